"""What the health page asks, each answer with what it means and what to do."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from reprieve.clinic.health.kept import last_backup, last_verified

Standing = Literal["ok", "warn", "bad"]
# every night, and two hours for the night that starts later or takes longer
BACKUP_DUE = timedelta(hours=26)
VERIFY_DUE = timedelta(hours=26)
DISK_LOW = 2 * 1024**3  # bytes


@dataclass(frozen=True, slots=True)
class Check:
    """One question about the machine, its answer, and what to do about it."""

    title: str
    standing: Standing
    answer: str
    advice: str = ""


def checks(now: datetime) -> tuple[Check, ...]:
    """Every check, in the order of the page."""
    return tuple(ask(now) for ask in ASKED)


def _database(_: datetime) -> Check:
    if connection.vendor == "postgresql":
        version = _shown("server_version")
        return Check("Database", "ok", f"PostgreSQL {version}, with row locks and roles")
    return Check(
        "Database",
        "warn" if settings.MODE == "production" else "ok",
        "SQLite, write-ahead log, every commit synced to disk",
        "One file and nothing to run. It gives up: writers wait for each other, no database role "
        "that cannot touch audit and ledger, no standby. Set DATABASE_URL to PostgreSQL for a "
        "clinic with more than a few chairs.",
    )


def _shown(name: str) -> str:
    """A setting as this connection to PostgreSQL has it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


def _durability(_: datetime) -> Check:
    if connection.vendor == "postgresql":
        found = {name: _shown(name) for name in ("synchronous_commit", "fsync", "full_page_writes")}
        good = "off" not in found.values()
        return Check(
            "Acknowledged means stored",
            "ok" if good else "bad",
            ", ".join(f"{name} is {value}" for name, value in found.items()),
            "" if good else "Set each of them to on: an acknowledged event could be lost.",
        )
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        journal = cursor.fetchone()[0]
        cursor.execute("PRAGMA synchronous")
        synchronous = cursor.fetchone()[0]
        cursor.execute("PRAGMA foreign_keys")
        keys = cursor.fetchone()[0]
    memory = journal == "memory"  # a test's database
    good = (journal == "wal" or memory) and synchronous == 2 and keys == 1
    return Check(
        "Acknowledged means stored",
        "ok" if good else "bad",
        f"journal {journal}, synchronous {'full' if synchronous == 2 else synchronous}, "
        f"foreign keys {'on' if keys else 'off'}",
        "" if good else "Expected wal, full, on: start the clinic with `reprieve clinic serve`.",
    )


def _role(_: datetime) -> Check:
    title = "The program cannot rewrite history"
    if connection.vendor != "postgresql":
        return Check(title, "ok", "append-only by triggers; SQLite has no roles")
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('audit_auditevent', 'UPDATE')")
        may = cursor.fetchone()[0]
    if not may:
        return Check(title, "ok", "the database role may only add to audit, events and ledger")
    return Check(
        title,
        "warn",
        "append-only by triggers, but this database role owns the tables",
        "Run `reprieve clinic database-role NAME` as the owner and let the clinic connect as it.",
    )


def _migrations(_: datetime) -> Check:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return Check("Tables", "ok", "as this version expects them")
    return Check(
        "Tables",
        "bad",
        f"{len(plan)} changes of this version are not in the database",
        "Back up, then start the clinic again: it brings the tables up to date.",
    )


def _backup(now: datetime) -> Check:
    found = last_backup()
    if found is None:
        return Check(
            "Backup",
            "warn" if settings.MODE == "demo" else "bad",
            "none yet",
            "Run `reprieve clinic backup` now, and every night from cron or a timer.",
        )
    file, made = found
    late, moved = now - made > BACKUP_DUE, not file.exists()
    return Check(
        "Backup",
        "bad" if late else "warn" if moved else "ok",
        f"{file.name}, {_ago(now - made)} ago{', no longer where it was written' if moved else ''}",
        "Older than a day: run `reprieve clinic backup`, every night from cron or a timer."
        if late
        else "Make sure that it is kept elsewhere."
        if moved
        else "",
    )


def _chain(now: datetime) -> Check:
    found = last_verified()
    if found is None:
        return Check(
            "Record verified", "warn", "never", "Run `reprieve clinic verify`, best every night."
        )
    at, bad, first = found
    if bad:
        return Check(
            "Record verified",
            "bad",
            f"{bad} faults {_ago(now - at)} ago: {first}",
            "Stop, keep the database as it is, and restore beside it to compare.",
        )
    late = now - at > VERIFY_DUE
    return Check(
        "Record verified",
        "warn" if late else "ok",
        f"no fault, {_ago(now - at)} ago",
        "Older than a day: run `reprieve clinic verify`." if late else "",
    )


def _disk(_: datetime) -> Check:
    free = shutil.disk_usage(Path(settings.DATA_DIR)).free
    low = free < DISK_LOW
    return Check(
        "Disk",
        "bad" if low else "ok",
        f"{free / 1024**3:.1f} GB free where the data folder is",
        "Below 2 GB: make room before the database cannot write." if low else "",
    )


def _clock(now: datetime) -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        told = cursor.fetchone()[0]
    told = datetime.fromisoformat(told).replace(tzinfo=UTC) if isinstance(told, str) else told
    apart = abs((told - now).total_seconds())
    off = apart > 5
    return Check(
        "Clock",
        "bad" if off else "ok",
        f"database and server agree within {max(1, round(apart))} s; cockpits show their own skew",
        "Set both to network time (NTP): every due time hangs on it." if off else "",
    )


def _secrets(_: datetime) -> Check:
    if settings.MODE != "production":
        return Check(
            "Mode",
            "warn",
            f"{settings.MODE}: invented people, relaxed sign-in",
            "Never enter a real person here.",
        )
    if not settings.BEHIND_TLS:
        return Check(
            "Connection",
            "warn",
            "loopback without TLS",
            "Put a proxy with HTTPS in front and set REPRIEVE_BEHIND_TLS=yes.",
        )
    return Check("Connection", "ok", "HTTPS by the proxy in front, HSTS on")


ASKED: tuple[Callable[[datetime], Check], ...] = (
    _database,
    _durability,
    _role,
    _migrations,
    _backup,
    _chain,
    _disk,
    _clock,
    _secrets,
)


def _ago(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    if hours < 1:
        return f"{round(hours * 60)} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} d"
