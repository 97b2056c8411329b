"""`reprieve clinic`: what the keeper of a clinic reads in the terminal, and its exit codes."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.tablet import GONE, Answer, Tablet

from clinic.own_clinic import SERVER, OwnClinic, empty_clinic

PORT = 8127


@pytest.fixture(scope="module")
def treated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnClinic]:
    """A demo clinic with a treatment day in it."""
    with empty_clinic(tmp_path_factory.mktemp("cli") / "clinic") as clinic:
        made = clinic.python("-m", "clinic.treated", clinic.folder)
        assert made.returncode == 0, made.stderr
        yield clinic


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit 2, one line, no traceback."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_a_record_that_holds_verifies_with_exit_0_and_the_outcome_is_kept(treated):
    done = treated.run("verify")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("No fault")
    assert json.loads((treated.folder / "verified.json").read_text())["faults"] == 0
    assert json.loads(treated.run("verify", "--json").stdout) == {"faults": []}


def test_the_first_bad_row_is_named_with_exit_1(tmp_path):
    with empty_clinic(tmp_path / "clinic") as clinic:
        assert clinic.python("-m", "clinic.treated", clinic.folder).returncode == 0
        connection = clinic.connection()
        if SERVER:
            connection.execute("ALTER TABLE ledger_ledgerentry DISABLE TRIGGER USER")
            connection.execute("UPDATE ledger_ledgerentry SET balance_after = 9 WHERE seq = 2")
            connection.execute("ALTER TABLE ledger_ledgerentry ENABLE TRIGGER USER")
        else:
            [trigger] = connection.execute(
                "SELECT sql FROM sqlite_master WHERE name = 'ledger_ledgerentry_no_update'"
            ).fetchone()
            connection.execute("DROP TRIGGER ledger_ledgerentry_no_update")
            connection.execute("UPDATE ledger_ledgerentry SET balance_after = 9 WHERE seq = 2")
            connection.execute(trigger)
        connection.close()
        done = clinic.run("verify")
        assert done.returncode == 1
        assert re.search(
            r"The first:\n  ledger\.ledgerentry vial:.* row 2: its content", done.stdout
        )
        assert json.loads(clinic.run("verify", "--json").stdout)["faults"]
        assert json.loads((clinic.folder / "verified.json").read_text())["faults"] > 0


@pytest.mark.parametrize("command", [("verify",), ("backup",), ("database-role", "app")])
def test_a_folder_without_a_clinic_is_refused(command, tmp_path):
    clinic = OwnClinic(tmp_path / "nothing")
    refused(clinic.run(*command), "No clinic in", "--data")
    assert not clinic.folder.exists()


def test_a_clinic_that_was_never_started_has_no_tables_to_verify(tmp_path):
    with empty_clinic(tmp_path / "clinic") as clinic:
        clinic.folder.mkdir()
        (clinic.folder / "mode").write_text("demo\n")
        (clinic.folder / "secret.key").write_text("k" * 64)
        refused(clinic.run("verify"), "reprieve clinic serve")


def test_tables_of_another_version_are_not_verified_but_backed_up(tmp_path):
    with empty_clinic(tmp_path / "clinic") as clinic:
        assert clinic.python("-m", "clinic.treated", clinic.folder).returncode == 0
        connection = clinic.connection()
        connection.execute("DELETE FROM django_migrations WHERE app = 'ledger'")
        connection.close()
        refused(clinic.run("verify"), "not those of this version", "Back up")
        if not SERVER:
            assert clinic.run("backup").returncode == 0


def test_a_database_that_does_not_answer_is_said_in_words(tmp_path):
    clinic = OwnClinic(tmp_path / "clinic", "postgres://nobody:secret@127.0.0.1:1/nothing")
    clinic.folder.mkdir()
    (clinic.folder / "mode").write_text("demo\n")
    (clinic.folder / "secret.key").write_text("k" * 64)
    done = clinic.run("verify")
    refused(done, "does not answer")
    assert "secret" not in done.stderr.replace("secret.key", "")


def test_a_folder_whose_key_is_gone_says_where_a_key_comes_from(treated, tmp_path):
    clinic = OwnClinic(tmp_path / "clinic", treated.url)
    clinic.folder.mkdir()
    (clinic.folder / "mode").write_text("demo\n")
    refused(clinic.run("verify"), "No secret key", "REPRIEVE_SECRET_KEY")


def test_a_folder_of_an_unknown_mode_is_refused(tmp_path):
    clinic = OwnClinic(tmp_path / "clinic")
    clinic.folder.mkdir()
    (clinic.folder / "mode").write_text("holiday\n")
    refused(clinic.run("verify"), "holiday", "production")


def test_a_demo_is_not_served_as_a_real_clinic(treated):
    refused(treated.run("serve", "--port", str(PORT)), "holds a demo clinic")


def test_a_port_that_is_taken_is_said_before_anything_is_made(tmp_path):
    clinic = OwnClinic(tmp_path / "clinic")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(clinic.run("serve", "--port", port), f"Port {port} is taken", "--port")
    assert not clinic.folder.exists()


def test_several_processes_need_postgresql(tmp_path):
    clinic = OwnClinic(tmp_path / "clinic")
    done = clinic.run("serve", "--port", str(PORT), "--workers", "2")
    refused(done, "2 processes need PostgreSQL")


def test_without_the_clinics_libraries_it_says_how_to_install_them():
    program = "import sys; sys.modules['django'] = None; from reprieve.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "clinic", "verify"], capture_output=True, text=True
    )
    refused(done, "pip install 'reprieve[clinic]'")


def test_a_new_clinic_is_served_and_leads_to_its_first_account(tmp_path):
    with empty_clinic(tmp_path / "clinic") as clinic:
        arguments = ("-u", "-m", "reprieve.cli", "clinic", "serve", "--port", str(PORT))
        served = clinic.begin(*arguments, "--data", clinic.folder)
        try:
            assert served.stdout is not None
            told = "".join(served.stdout.readline() for _ in range(4))
            address = re.search(rf"http://localhost:{PORT}(/first/\S+/)", told)
            assert address is not None, told
            tablet = Tablet(PORT, "nobody")
            assert _when_up(tablet, "/health/live/").json == {"live": True}
            assert tablet.get(address[1]).status == 200
            assert tablet.get("/patients/").status == 302  # to the sign-in page
        finally:
            served.terminate()
            served.communicate(timeout=30)
        assert (clinic.folder / "secret.key").stat().st_mode & 0o077 == 0
        assert clinic.folder.stat().st_mode & 0o077 == 0
        assert (clinic.folder / "mode").read_text() == "production\n"
        assert clinic.run("verify").returncode == 0


def _when_up(tablet: Tablet, path: str) -> Answer:
    for _ in range(600):
        try:
            return tablet.get(path)
        except GONE:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


def test_the_data_folder_may_be_anywhere_a_person_can_write(tmp_path: Path):
    clinic = OwnClinic(tmp_path / "file" / "clinic")
    (tmp_path / "file").write_text("not a folder")
    done = clinic.run("serve", "--port", str(PORT))
    refused(done)
