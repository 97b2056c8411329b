"""A backup comes back whole, into an empty place, or not at all."""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.own_clinic import SERVER, OwnClinic, empty_clinic

pytestmark = pytest.mark.skipif(
    bool(SERVER) and not (shutil.which("pg_dump") and shutil.which("pg_restore")),
    reason="pg_dump and pg_restore are not installed",
)


@pytest.fixture(scope="module")
def treated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnClinic]:
    """A clinic with sessions, notes, corrections and a ledger."""
    with empty_clinic(tmp_path_factory.mktemp("kept") / "clinic") as clinic:
        made = clinic.python("-m", "clinic.treated", clinic.folder)
        assert made.returncode == 0, made.stderr
        yield clinic


@pytest.fixture(scope="module")
def file(treated: OwnClinic) -> Path:
    """Its backup, with the key."""
    target = treated.folder.parent / "kept.tar.gz"
    made = treated.run("backup", "--out", target, "--with-key")
    assert made.returncode == 0, made.stderr
    return target


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[OwnClinic]:
    with empty_clinic(tmp_path / "restored") as clinic:
        yield clinic


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar.getmembers()}  # type: ignore[union-attr]


def packed(target: Path, contents: dict[str, bytes]) -> Path:
    with tarfile.open(target, "w:gz") as tar:
        for name, content in contents.items():
            told = tarfile.TarInfo(name)
            told.size = len(content)
            tar.addfile(told, io.BytesIO(content))
    return target


def test_every_row_of_every_table_comes_back_and_the_record_verifies(treated, file, empty):
    done = empty.run("restore", file)
    assert done.returncode == 0, done.stderr
    assert "The record verifies" in done.stdout
    before, after = treated.tables(), empty.tables()
    assert len(before["treatments_sessionevent"]) > 20
    assert len(before["therapy_psychotherapynote"]) == 1
    assert {"draw", "give", "waste"} <= {k for row in before["ledger_ledgerentry"] for k in row}
    assert before == after
    assert (empty.folder / "secret.key").read_text() == (treated.folder / "secret.key").read_text()
    assert (empty.folder / "mode").read_text() == "demo\n"
    assert empty.run("verify").returncode == 0


def test_restored_rows_are_append_only_again(file, empty):
    assert empty.run("restore", file).returncode == 0
    connection = empty.connection()
    with pytest.raises(Exception, match="append-only"):
        connection.execute("DELETE FROM treatments_sessionevent")
    connection.close()


def test_the_manifest_counts_what_is_in_the_file(treated, file):
    told = json.loads(members(file)["manifest.json"])
    assert told["rows"] == {name: len(rows) for name, rows in treated.tables().items()}
    assert told["database"] == ("postgresql" if SERVER else "sqlite")
    assert len(told["audit_heads"]) == 1


def test_a_backup_is_readable_by_its_owner_only_and_holds_no_key_unasked(treated, tmp_path):
    made = treated.run("backup", "--out", tmp_path / "plain.tar.gz")
    assert made.returncode == 0, made.stderr
    assert "secret key is not in it" in made.stdout
    assert "secret.key" not in members(tmp_path / "plain.tar.gz")
    assert (tmp_path / "plain.tar.gz").stat().st_mode & 0o077 == 0


def test_whoever_restores_without_the_key_is_told_to_put_it_back(treated, empty, tmp_path):
    assert treated.run("backup", "--out", tmp_path / "plain.tar.gz").returncode == 0
    done = empty.run("restore", tmp_path / "plain.tar.gz")
    assert done.returncode == 0, done.stderr
    assert "holds no key" in done.stdout


def test_a_backup_never_overwrites_another(treated, file):
    before = file.read_bytes()
    refused = treated.run("backup", "--out", file)
    assert refused.returncode == 2
    assert "never overwrites" in refused.stderr
    assert file.read_bytes() == before


def test_a_clinic_that_is_there_is_never_restored_over(treated, file):
    before = treated.tables()
    refused = treated.run("restore", file)
    assert refused.returncode == 2
    assert "restore into" in refused.stderr
    assert treated.tables() == before


def test_a_clinic_of_another_mode_is_not_restored_over(file, empty):
    empty.folder.mkdir()
    (empty.folder / "mode").write_text("production\n")
    refused = empty.run("restore", file)
    assert refused.returncode == 2
    assert "holds a production clinic" in refused.stderr


@pytest.mark.skipif(bool(SERVER), reason="a write-ahead log is SQLite's")
def test_a_write_ahead_log_left_behind_is_not_read_into_a_restored_database(file, empty):
    empty.folder.mkdir()
    (empty.folder / "clinic.sqlite3-wal").write_bytes(b"left behind")
    refused = empty.run("restore", file)
    assert refused.returncode == 2
    assert "clinic.sqlite3-wal" in refused.stderr


@pytest.mark.parametrize("part", ["the database", "the archive", "the end", "no archive"])
def test_a_damaged_file_is_refused_and_leaves_nothing(part, file, empty, tmp_path):
    damaged = tmp_path / "damaged.tar.gz"
    whole = file.read_bytes()
    if part == "the database":
        contents = members(file)
        name = next(n for n in contents if n.startswith("clinic."))
        middle = len(contents[name]) // 2
        contents[name] = contents[name][:middle] + b"\x00?" + contents[name][middle + 2 :]
        packed(damaged, contents)
    elif part == "the archive":
        middle = len(whole) // 2
        damaged.write_bytes(whole[:middle] + bytes(64) + whole[middle + 64 :])
    elif part == "the end":
        damaged.write_bytes(whole[: len(whole) // 2])
    else:
        damaged.write_text("not an archive")
    refused = empty.run("restore", damaged)
    assert refused.returncode == 2, refused.stdout
    assert "damaged" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not list(empty.folder.glob("*"))


def test_a_file_of_a_later_format_names_the_version_that_reads_it(file, empty, tmp_path):
    contents = members(file)
    told = json.loads(contents["manifest.json"])
    contents["manifest.json"] = json.dumps(told | {"format": 9, "version": "9.9"}).encode()
    refused = empty.run("restore", packed(tmp_path / "later.tar.gz", contents))
    assert refused.returncode == 2
    assert "format 9" in refused.stderr
    assert "9.9" in refused.stderr


def test_a_backup_of_the_other_database_is_refused(file, empty, tmp_path):
    contents = members(file)
    told = json.loads(contents["manifest.json"])
    told["database"] = "sqlite" if SERVER else "postgresql"
    contents["manifest.json"] = json.dumps(told).encode()
    refused = empty.run("restore", packed(tmp_path / "other.tar.gz", contents))
    assert refused.returncode == 2
    assert "DATABASE_URL" in refused.stderr


def test_a_file_that_reaches_out_of_its_folder_is_refused(file, empty, tmp_path):
    contents = members(file) | {"../outside": b"taken"}
    refused = empty.run("restore", packed(tmp_path / "out.tar.gz", contents))
    assert refused.returncode == 2
    assert not (tmp_path / "outside").exists()


def test_a_restored_record_that_does_not_verify_is_said_and_fails(treated, file, tmp_path):
    """A row changed past the triggers before the backup is found after the restore."""
    with empty_clinic(tmp_path / "first") as first, empty_clinic(tmp_path / "second") as second:
        assert first.run("restore", file).returncode == 0
        connection = first.connection()
        if SERVER:
            connection.execute("ALTER TABLE treatments_sessionevent DISABLE TRIGGER USER")
        else:
            connection.execute("DROP TRIGGER treatments_sessionevent_no_update")
        connection.execute("UPDATE treatments_sessionevent SET by_name = 'Somebody Else'")
        connection.close()
        assert first.run("backup", "--out", tmp_path / "bad.tar.gz").returncode == 0
        done = second.run("restore", tmp_path / "bad.tar.gz")
        assert done.returncode == 1
        assert "does not verify" in done.stdout
        assert "treatments.sessionevent" in done.stdout


def test_a_backup_taken_while_events_are_written_is_of_one_moment(treated, tmp_path):
    """Its manifest counts the very rows that are in the file, although more came meanwhile."""
    with empty_clinic(tmp_path / "busy") as busy, empty_clinic(tmp_path / "copy") as copy:
        made = busy.python("-m", "clinic.treated", busy.folder)
        assert made.returncode == 0, made.stderr
        writer = busy.begin("-m", "clinic.auditing", busy.folder)
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "writing\n"
            for number in range(3):
                done = busy.run("backup", "--out", tmp_path / f"{number}.tar.gz")
                assert done.returncode == 0, done.stderr
        finally:
            writer.kill()
            writer.communicate()
        counts = [_audit_rows(tmp_path / f"{number}.tar.gz") for number in range(3)]
        assert counts[0] < counts[1] < counts[2] < len(busy.tables()["audit_auditevent"])
        done = copy.run("restore", tmp_path / "1.tar.gz")
        assert done.returncode == 0, done.stdout
        assert len(copy.tables()["audit_auditevent"]) == counts[1]


def _audit_rows(file: Path) -> int:
    rows: int = json.loads(members(file)["manifest.json"])["rows"]["audit_auditevent"]
    return rows
