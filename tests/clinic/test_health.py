"""The health page: a green means that something was asked just now, a red says what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from reprieve.clinic.health import kept
from reprieve.clinic.health.checks import Check, checks


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    """A data folder of its own: nothing backed up, nothing verified."""
    settings.DATA_DIR = tmp_path
    return tmp_path


def check(title: str, now: datetime | None = None) -> Check:
    return next(c for c in checks(now or datetime.now(UTC)) if c.title == title)


def backed_up(folder: Path, hours_ago: float) -> Path:
    file = folder / "reprieve.tar.gz"
    file.write_bytes(b"a backup")
    kept.note_backup(file, datetime.now(UTC) - timedelta(hours=hours_ago))
    return file


def test_a_clinic_without_a_backup_is_red(db):
    found = check("Backup")
    assert found.standing == "bad"
    assert "reprieve clinic backup" in found.advice


def test_a_fresh_backup_is_green_and_named(db, folder):
    backed_up(folder, 3)
    found = check("Backup")
    assert (found.standing, found.answer) == ("ok", "reprieve.tar.gz, 3 h ago")


@pytest.mark.parametrize(("hours", "standing"), [(25.9, "ok"), (26.1, "bad"), (24 * 9, "bad")])
def test_a_stale_backup_turns_red(hours, standing, db, folder):
    backed_up(folder, hours)
    assert check("Backup").standing == standing


def test_a_backup_that_is_no_longer_where_it_was_written_is_asked_about(db, folder):
    backed_up(folder, 3).unlink()
    found = check("Backup")
    assert found.standing == "warn"
    assert "no longer where it was written" in found.answer


def test_what_is_kept_of_the_last_backup_may_be_damaged_and_is_then_none(db, folder):
    (folder / "backups").mkdir()
    (folder / "backups" / "last.json").write_text('{"file": 1')
    assert check("Backup").answer == "none yet"


def test_a_verification_is_green_for_a_day_and_red_with_a_fault(db):
    assert check("Record verified").standing == "warn"
    kept.note_verified(datetime.now(UTC) - timedelta(hours=2), [])
    assert check("Record verified").standing == "ok"
    kept.note_verified(datetime.now(UTC) - timedelta(hours=30), [])
    assert check("Record verified").standing == "warn"
    kept.note_verified(datetime.now(UTC), ["treatments.sessionevent row 3: changed", "another"])
    found = check("Record verified")
    assert found.standing == "bad"
    assert "2 faults" in found.answer
    assert "row 3: changed" in found.answer


def test_sqlite_says_what_it_gives_up(db, settings):
    if connection.vendor != "sqlite":
        assert check("Database").standing == "ok"
        return
    settings.MODE = "production"
    found = check("Database")
    assert found.standing == "warn"
    for given_up in ("writers wait for each other", "no database role", "no standby"):
        assert given_up in found.advice


def test_what_is_acknowledged_is_stored_and_the_database_was_asked(db):
    assert check("Acknowledged means stored").standing == "ok"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys")
            assert cursor.fetchone() == (1,)
        else:
            cursor.execute("SET LOCAL synchronous_commit TO off")
            assert check("Acknowledged means stored").standing == "bad"


def test_a_server_whose_clock_is_off_is_red(db):
    assert check("Clock").standing == "ok"
    assert check("Clock", datetime.now(UTC) + timedelta(minutes=3)).standing == "bad"


def test_a_full_disk_is_red(db, monkeypatch):
    monkeypatch.setattr("reprieve.clinic.health.checks.DISK_LOW", 1 << 62)
    assert check("Disk").standing == "bad"


def test_the_page_shows_every_check_and_the_worst_of_them(as_role, folder):
    page = as_role("nurse").get("/health/").content.decode()
    for found in checks(datetime.now(UTC)):
        assert found.title in page
    assert "needs action" in page
    backed_up(folder, 1)
    kept.note_verified(datetime.now(UTC), [])
    assert "needs action" not in as_role("nurse").get("/health/").content.decode()


def test_a_watchdog_is_answered_without_signing_in(db):
    assert Client().get("/health/live/").json() == {"live": True}


def test_a_watchdog_hears_that_the_database_is_gone(db, monkeypatch):
    def gone() -> None:
        raise DatabaseError("gone")

    with monkeypatch.context() as without:
        without.setattr(connection, "cursor", gone)
        answer = Client().get("/health/live/")
    assert (answer.status_code, answer.json()) == (503, {"live": False})
