"""The program's own role on PostgreSQL adds to the record and cannot change it, triggers or not."""

from collections.abc import Callable, Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from reprieve.clinic.actor import Actor
from reprieve.clinic.audit import triggers
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.audit.roles import grant, statements
from reprieve.clinic.audit.triggers import protected
from reprieve.errors import InputError

By = Callable[[str], Actor]
ROLE = "reprieve_role_of_a_test"


def test_a_role_on_sqlite_is_refused_with_what_to_do(db: None) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("here it is not refused")
    with pytest.raises(InputError, match="DATABASE_URL"):
        list(grant(ROLE))


@pytest.mark.parametrize("name", ["", "Robert", 'x"; DROP TABLE x; --', "1st", "a" * 64])
def test_a_name_that_cannot_be_a_role_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="small letters"):
        statements(name, False, "clinic")


def test_every_protected_table_is_taken_from_the_role() -> None:
    said = statements(ROLE, False, "clinic")
    for table in protected():
        assert f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM "{ROLE}"' in said


@pytest.fixture
def acting(db: None) -> Iterator[None]:
    """The rest of the test as the program's role; the role goes with the test's transaction."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: set REPRIEVE_TEST_DATABASE")
    list(grant(ROLE))
    list(grant(ROLE))  # again, as after an upgrade
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def become() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{ROLE}"')


@pytest.mark.usefixtures("acting")
def test_the_role_writes_and_reads_the_audit(by: By) -> None:
    nurse = by("nurse")
    become()
    AuditEvent.record(nurse, "write", "act", None, None, {})
    assert AuditEvent.objects.count() == 1


@pytest.mark.usefixtures("acting")
@pytest.mark.parametrize("verb", ["UPDATE {} SET seq = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_role_changes_nothing_even_without_triggers(verb: str) -> None:
    tables = [t for t in protected() if t in ("audit_auditevent", "ledger_ledgerentry")]
    assert len(tables) == 2
    with connection.cursor() as cursor:
        for table in tables:
            for statement in triggers.remove(table, connection.vendor):
                cursor.execute(statement)
    become()
    for table in tables:
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(verb.format(table))


@pytest.mark.usefixtures("acting")
def test_the_role_takes_no_trigger_away_and_makes_no_table() -> None:
    become()
    for statement in (
        "DROP TRIGGER audit_auditevent_keep ON audit_auditevent",
        "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
        "CREATE TABLE public.mine (id int)",
    ):
        with (
            pytest.raises(DatabaseError, match=r"must be owner|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
