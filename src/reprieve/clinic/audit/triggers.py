"""Database triggers that keep rows append-only, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from typing import Any

from django.db import migrations

MESSAGE = "rows of {table} are append-only"


def install(table: str, vendor: str) -> list[str]:
    """SQL statements that refuse every update and removal of a table's rows."""
    message = MESSAGE.format(table=table)
    if vendor == "postgresql":
        return [
            f"CREATE OR REPLACE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$",
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_keep()",
            f"CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_keep()",
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def remove(table: str, vendor: str) -> list[str]:
    """SQL statements that take the triggers away again (tests, and leaving a version)."""
    if vendor == "postgresql":
        return [
            f"DROP TRIGGER IF EXISTS {table}_keep ON {table}",
            f"DROP TRIGGER IF EXISTS {table}_keep_all ON {table}",
        ]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]


def append_only(*tables: str) -> migrations.RunPython:
    """A migration step that makes tables append-only."""

    def run(made: Callable[[str, str], list[str]]) -> Callable[[Any, Any], None]:
        def step(apps: Any, schema_editor: Any) -> None:
            for table in tables:
                for statement in made(table, schema_editor.connection.vendor):
                    schema_editor.execute(statement)

        return step

    return migrations.RunPython(run(install), run(remove))
