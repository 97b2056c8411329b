"""Rows are only added: the database refuses a change, and a change past it is found and named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import BigAutoField

from clinic import cast
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit import triggers
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.audit.verify import faults, heads, links, way_to_clinic
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.today.models import DayClosed
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession

By = Callable[[str], Actor]
PROTECTED = triggers.protected()


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def unguarded(table: str) -> Iterator[None]:
    """As somebody with the database in their hands: without triggers, and with them put back."""
    run(*triggers.remove(table, connection.vendor))
    yield
    run(*triggers.install(table, connection.vendor))


@pytest.fixture
def written(by: By) -> list[AuditEvent]:
    """Five rows of the audit."""
    return [
        AuditEvent.record(by("nurse"), "write", f"act {n}", None, None, {"n": str(n)})
        for n in range(1, 6)
    ]


def test_every_chained_model_is_append_only_and_leads_to_its_clinic() -> None:
    assert {m._meta.db_table for m in links()} <= set(PROTECTED)
    for model in links():
        assert way_to_clinic(model)


def test_every_protected_table_exists_and_carries_its_triggers(db: None) -> None:
    known = {m._meta.db_table for m in apps.get_models()}
    assert set(PROTECTED) <= known
    assert list(triggers.missing()) == []


TRIGGERS = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    "postgresql": (
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
    ),
}


@pytest.mark.parametrize("table", PROTECTED)
def test_each_protected_table_is_guarded_against_change_and_emptying(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS[connection.vendor], [table])
        assert cursor.fetchone()[0] == len(triggers.names(table, connection.vendor))
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            run(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET verb = 'nothing happened'",
        "DELETE FROM audit_auditevent",
        "UPDATE audit_auditevent SET detail = '{}' WHERE seq = 3",
    ],
)
@pytest.mark.usefixtures("written")
def test_the_database_refuses_to_rewrite_the_audit(statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(statement)
    assert list(faults()) == []


REPLACING = {
    "sqlite": (
        "INSERT OR REPLACE INTO audit_auditevent SELECT * FROM audit_auditevent WHERE seq = 3",
        "REPLACE INTO audit_auditevent SELECT * FROM audit_auditevent",
        # other ways for a row to be in the way: its number in the stream, its place in the file
        "INSERT OR REPLACE INTO audit_auditevent ({columns}) SELECT {columns_new_id} "
        "FROM audit_auditevent WHERE seq = 3",
        "INSERT OR REPLACE INTO audit_auditevent (rowid, {columns}) SELECT rowid, {columns_apart} "
        "FROM audit_auditevent WHERE seq = 3",
        "UPDATE OR REPLACE audit_auditevent SET seq = 4 WHERE seq = 3",
        "INSERT INTO audit_auditevent SELECT * FROM audit_auditevent WHERE seq = 3 "
        "ON CONFLICT DO UPDATE SET verb = 'nothing'",
    ),
    "postgresql": (
        "INSERT INTO audit_auditevent SELECT * FROM audit_auditevent WHERE seq = 3 "
        "ON CONFLICT (id) DO UPDATE SET verb = 'nothing'",
        "INSERT INTO audit_auditevent SELECT * FROM audit_auditevent "
        "ON CONFLICT (stream, seq) DO UPDATE SET verb = 'nothing'",
        "MERGE INTO audit_auditevent a USING (SELECT 3 AS n) b ON a.seq = b.n "
        "WHEN MATCHED THEN UPDATE SET verb = 'nothing'",
        "MERGE INTO audit_auditevent a USING (SELECT 3 AS n) b ON a.seq = b.n "
        "WHEN MATCHED THEN DELETE",
    ),
}


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.usefixtures("written")
def test_the_database_refuses_to_put_a_row_in_the_place_of_another(recursive: str) -> None:
    """Also for a program that opens the file itself, without the clinic's own settings."""
    columns = [f.column for f in AuditEvent._meta.concrete_fields]
    new_id = ["lower(hex(randomblob(16)))" if c == "id" else c for c in columns]
    words = {
        "columns": ", ".join(columns),
        "columns_new_id": ", ".join(new_id),
        "columns_apart": ", ".join("seq + 90" if c == "seq" else c for c in new_id),
    }
    if connection.vendor == "sqlite":
        run(f"PRAGMA recursive_triggers={recursive}")
    try:
        for statement in REPLACING[connection.vendor]:
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                run(statement.format(**words))
    finally:
        if connection.vendor == "sqlite":
            run("PRAGMA recursive_triggers=ON")
    assert list(faults()) == []


def test_sqlite_counts_a_replaced_row_as_a_removed_one(db: None) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers")
            assert cursor.fetchone() == (1,)


@pytest.mark.usefixtures("session")
def test_the_database_refuses_to_rewrite_the_ledger(vial: Vial) -> None:
    for statement in ("UPDATE ledger_ledgerentry SET amount = 1", "DELETE FROM ledger_ledgerentry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            run(statement)
    assert vial.entries.count() == 1


def test_a_whole_record_has_no_fault(
    written: list[AuditEvent], vial: Vial, session: TreatmentSession
) -> None:
    assert list(faults()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE audit_auditevent SET verb = 'nothing' WHERE seq = 3", "row 3: its content"),
        ("UPDATE audit_auditevent SET user_name = 'eve' WHERE seq = 3", "row 3: its content"),
        (
            "UPDATE audit_auditevent SET at = '2026-01-01T00:00:00+00:00' WHERE seq = 2",
            "row 2: its",
        ),
        ("DELETE FROM audit_auditevent WHERE seq = 3", "row 4: row 3 is missing"),
        ("DELETE FROM audit_auditevent WHERE seq = 1", "row 2: row 1 is missing"),
        ("UPDATE audit_auditevent SET seq = seq + 1 WHERE seq = 5", "row 6: row 5 is missing"),
    ],
)
@pytest.mark.usefixtures("written")
def test_a_change_past_the_triggers_is_found_and_the_first_bad_row_named(
    change: str, said: str
) -> None:
    with unguarded("audit_auditevent"):
        run(change)
    assert said in next(iter(faults()))


def test_a_row_changed_together_with_its_digest_breaks_the_next_one(
    written: list[AuditEvent],
) -> None:
    row = written[2]
    row.verb = "nothing happened"
    with unguarded("audit_auditevent"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_auditevent SET verb = %s, digest = %s WHERE seq = 3",
            [row.verb, row.computed()],
        )
    assert "row 4: does not follow" in next(iter(faults()))


def test_rows_cut_off_at_the_end_show_against_the_head_written_down(
    written: list[AuditEvent], clinic: Clinic
) -> None:
    before = heads(clinic)[0]
    assert (before.rows, before.digest) == (5, written[-1].digest)
    with unguarded("audit_auditevent"):
        run("DELETE FROM audit_auditevent WHERE seq > 3")
    assert heads(clinic)[0] != before


def test_missing_triggers_are_a_fault_of_their_own(db: None) -> None:
    run(*triggers.remove("audit_auditevent", connection.vendor))
    assert "audit_auditevent: the triggers" in next(iter(faults()))


class Editor:
    """What a migration step is given."""

    connection = connection

    def execute(self, statement: str) -> None:
        run(statement)


def test_a_clinic_made_before_gets_the_triggers_of_today(db: None) -> None:
    names = {table: triggers.names(table, connection.vendor)[-1] for table in PROTECTED}
    for table, last in names.items():
        on = f" ON {table}" if connection.vendor == "postgresql" else ""
        run(f"DROP TRIGGER {last}{on}")
    assert set(triggers.missing()) == set(PROTECTED)
    module = import_module("reprieve.clinic.audit.migrations.0003_no_replace")
    (step,) = module.Migration.operations
    step.code(apps, Editor())
    assert list(triggers.missing()) == []
    step.reverse_code(apps, Editor())
    assert list(triggers.missing()) == []


# How many columns a row's digest has been made of from the first version on.
SIGNED = {
    "audit.auditevent": 15,
    "consents.consent": 17,
    "ledger.count": 10,
    "ledger.countanswer": 12,
    "ledger.countline": 8,
    "ledger.ledgerentry": 19,
    "ledger.loss": 16,
    "ledger.lossstep": 11,
    "therapy.psychotherapynote": 11,
    "today.dayclosed": 14,
    "treatments.sessionevent": 12,
}


def test_a_new_column_of_a_chained_row_is_named_so_that_old_digests_go_on_holding() -> None:
    """Where this fails: make the column nullable and name it in the model's `added_later`."""
    found = {}
    for model in links():
        columns = {
            f.attname
            for f in model._meta.concrete_fields
            if f.attname != "digest" and not isinstance(f, BigAutoField)
        }
        assert all(model._meta.get_field(name).null for name in model.added_later)
        found[model._meta.label_lower] = len(columns - model.added_later)
    assert found == SIGNED


def test_a_row_written_before_a_column_was_added_keeps_its_digest(
    by: By, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`patient_id` stands for a column that came later: empty in old rows, filled in new ones."""
    row = AuditEvent.record(by("nurse"), "write", "act", None, None, {})
    before = {k: v for k, v in row.facts().items() if k != "patient_id"}
    monkeypatch.setattr(AuditEvent, "added_later", frozenset({"patient_id"}))
    assert row.facts() == before
    row.patient_id = row.pk
    assert row.facts() == before | {"patient_id": str(row.pk)}


def test_a_balance_that_its_rows_do_not_add_up_to(vial: Vial) -> None:
    Vial.objects.filter(pk=vial.pk).update(balance=3)
    (found,) = faults()
    assert f"ledger.vial {vial.pk}: says 3" in found


def test_a_row_that_does_not_follow_in_amount(vial: Vial, people: dict[str, User]) -> None:
    """Chained properly and still wrong: whoever wrote it computed the balance wrongly."""
    with transaction.atomic():
        LedgerEntry(
            stream=f"vial:{vial.pk}", clinic=vial.lot.clinic, vial=vial, kind="receive", amount=1,
            balance_before=9, balance_after=10, at=cast.NOW, entered_at=cast.NOW,
            by=people["custodian"],
        ).append()  # fmt: skip
    (found,) = faults()
    assert "row 2: begins at 9" in found


def test_a_session_whose_row_says_another_phase_than_its_events(
    session: TreatmentSession, people: dict[str, User]
) -> None:
    with transaction.atomic():
        SessionEvent(
            stream=f"session:{session.pk}", session=session, kind="check_in", at=cast.NOW,
            entered_at=cast.NOW, by=people["nurse"], by_name="N", data={},
        ).append()  # fmt: skip
    TreatmentSession.objects.filter(pk=session.pk).update(last_seq=1, phase="recovery")
    (found,) = faults()
    assert "says recovery where its events say checked_in" in found
    TreatmentSession.objects.filter(pk=session.pk).update(last_seq=2, phase="checked_in")
    (found,) = faults()
    assert "counts 2 events where the last is 1" in found


def test_a_session_that_is_over_holds_nothing(
    session: TreatmentSession, vial: Vial, people: dict[str, User]
) -> None:
    with transaction.atomic():
        LedgerEntry(
            stream=f"vial:{vial.pk}", clinic=vial.lot.clinic, vial=vial, session=session,
            kind="draw", amount=-1, held=1, balance_before=10, balance_after=9, at=cast.NOW,
            entered_at=cast.NOW, by=people["nurse"],
        ).append()  # fmt: skip
    Vial.objects.filter(pk=vial.pk).update(balance=9)
    assert list(faults()) == []
    TreatmentSession.objects.filter(pk=session.pk).update(phase="signed")
    (found,) = faults()
    assert "is over and still holds 1" in found


def test_a_clinic_is_checked_by_itself(
    written: list[AuditEvent], other_clinic: dict[str, User], clinic: Clinic
) -> None:
    elsewhere = other_clinic["nurse"]
    AuditEvent.record(Actor.as_user(elsewhere), "write", "act", None, None, {})
    with unguarded("audit_auditevent"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_auditevent SET verb = 'x' WHERE stream = %s",
            [f"audit:{elsewhere.clinic_id}"],
        )
    assert list(faults(clinic)) == []
    assert len(list(faults(elsewhere.clinic))) == 1
    assert len(list(faults())) == 1


def test_rows_cut_off_after_a_day_was_closed_are_missed(
    written: list[AuditEvent], clinic: Clinic, people: dict[str, User]
) -> None:
    last = written[-1]
    with transaction.atomic():
        DayClosed(
            stream=f"days:{clinic.pk}", clinic=clinic, day=cast.NOW.date(), at=cast.NOW,
            by=people["nurse"], printed_name="N", held=0, audit_seq=last.seq,
            audit_digest=last.digest,
        ).append()  # fmt: skip
    assert list(faults()) == []
    with unguarded("audit_auditevent"):
        run("DELETE FROM audit_auditevent WHERE seq > 3")
    (found,) = faults()
    assert "row 5: is gone since" in found


def test_a_column_of_a_later_version_leaves_older_digests_as_they_were(vial: Vial) -> None:
    row = vial.entries.get()
    assert "witness_id" not in row.facts()
    row.reason = "something else"
    assert row.computed() != row.digest
