"""A PostgreSQL role for the program, which can add to the record and never change it.

The triggers refuse a change by anybody who does not take them away first. This role could not take
them away either: it does not own the tables and has no right to update, delete or truncate those
that are append-only. Migrations go on being run by the owner of the database.
"""

import re
from collections.abc import Iterator

from django.db import connection, transaction

from reprieve.clinic.audit.triggers import protected
from reprieve.errors import InputError

NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"


def statements(name: str, exists: bool, database: str) -> list[str]:
    """SQL that makes the role (without a password: set one yourself) and gives it its rights.

    Raises
    ------
    InputError
        The name is not a plain PostgreSQL name.
    """
    if not NAME.match(name):
        raise InputError(
            f"'{name}' cannot be the name of a role; expected small letters, digits and _, such "
            "as reprieve_app."
        )
    made = [] if exists else [f'CREATE ROLE "{name}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE']
    return [
        *made,
        f'GRANT CONNECT ON DATABASE {_quoted(database)} TO "{name}"',
        f'GRANT USAGE ON SCHEMA public TO "{name}"',
        f'REVOKE CREATE ON SCHEMA public FROM "{name}"',
        f'GRANT {EVERYTHING} ON ALL TABLES IN SCHEMA public TO "{name}"',
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{name}"',
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {EVERYTHING} ON TABLES TO "{name}"',
        f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO "{name}"',
        f'REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON django_migrations FROM "{name}"',
        *(
            f'REVOKE UPDATE, DELETE, TRUNCATE ON {_quoted(table)} FROM "{name}"'
            for table in protected()
        ),
    ]


def grant(name: str) -> Iterator[str]:
    """Make the role or bring its rights up to date; the statements as they are run.

    Raises
    ------
    InputError
        The database is not PostgreSQL, or the name cannot be used.
    """
    if connection.vendor != "postgresql":
        raise InputError(
            "A role needs PostgreSQL; this clinic is on SQLite, where whoever can write the file "
            "can change it. Set DATABASE_URL to a PostgreSQL database."
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        exists = cursor.fetchone() is not None
        cursor.execute("SELECT current_database()")
        (database,) = cursor.fetchone()
        for statement in statements(name, exists, str(database)):
            cursor.execute(statement)
            yield f"{statement};"


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
