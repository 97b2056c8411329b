"""Database triggers that keep rows append-only, on SQLite and on PostgreSQL.

SQLite has a way of changing a row that is neither an update nor a removal to its triggers: `INSERT
OR REPLACE` takes the row away that is in the way. A third trigger refuses to add what is there.

The one list of append-only tables is the migrations themselves: `protected()` reads every
`append_only(...)` step, and the triggers, the database role, `verify` and the tests use it.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

MESSAGE = "rows of {table} are append-only"


def install(table: str, vendor: str) -> list[str]:
    """SQL statements that refuse every update, removal and replacement of a table's rows.

    On SQLite the table must exist: what makes its rows unique is read from it.
    """
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
    refused = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    there = " OR ".join(_there(table, columns) for columns in _unique(table))
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refused}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refused}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refused}",
    ]


def _unique(table: str) -> Iterator[tuple[str, ...]]:
    """The sets of columns by which SQLite would find a row to replace."""
    yield ("rowid",)
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT name FROM pragma_index_list(%s) WHERE "unique" AND NOT partial', [table]
        )
        for (index,) in cursor.fetchall():
            cursor.execute("SELECT name FROM pragma_index_info(%s)", [index])
            yield tuple(name for (name,) in cursor.fetchall())


def _there(table: str, columns: tuple[str, ...]) -> str:
    same = " AND ".join(f'"{name}" = NEW."{name}"' for name in columns)
    return f"EXISTS (SELECT 1 FROM {table} WHERE {same})"


def remove(table: str, vendor: str) -> list[str]:
    """SQL statements that take the triggers away again (tests, and leaving a version)."""
    if vendor == "postgresql":
        return [
            f"DROP TRIGGER IF EXISTS {table}_keep ON {table}",
            f"DROP TRIGGER IF EXISTS {table}_keep_all ON {table}",
        ]
    return [f"DROP TRIGGER IF EXISTS {name}" for name in names(table, vendor)]


def names(table: str, vendor: str) -> list[str]:
    """Names of the triggers that a protected table carries."""
    if vendor == "postgresql":
        return [f"{table}_keep", f"{table}_keep_all"]
    return [f"{table}_no_{verb}" for verb in ("update", "delete", "replace")]


class AppendOnly(migrations.RunPython):
    """The migration step; `tables` is what it protects."""

    def __init__(self, *tables: str, again: bool = False) -> None:
        self.tables = tables
        super().__init__(
            self._run(remove, install), migrations.RunPython.noop if again else self._run(remove)
        )

    def _run(self, *made: Callable[[str, str], list[str]]) -> Callable[[Any, Any], None]:
        def step(apps: Any, schema_editor: Any) -> None:
            for table in self.tables:
                for statements in made:
                    for statement in statements(table, schema_editor.connection.vendor):
                        schema_editor.execute(statement)

        return step

    def deconstruct(self) -> tuple[str, Any, Any]:
        """How a squashed migration would write the step."""
        return "AppendOnly", list(self.tables), {}


def append_only(*tables: str) -> AppendOnly:
    """A migration step that makes tables append-only."""
    return AppendOnly(*tables)


def append_only_again(*tables: str) -> AppendOnly:
    """The same for tables that carry the triggers of an earlier version; going back keeps these."""
    return AppendOnly(*tables, again=True)


@cache
def protected() -> tuple[str, ...]:
    """Every table that a migration makes append-only, by name."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    found = {
        table
        for migration in loader.disk_migrations.values()
        for step in migration.operations
        if isinstance(step, AppendOnly)
        for table in step.tables
    }
    return tuple(sorted(found))


def missing() -> Iterator[str]:
    """Protected tables whose triggers are gone, or switched off, in this database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {row[0] for row in cursor.fetchall()}
    for table in protected():
        if not present.issuperset(names(table, connection.vendor)):
            yield table
