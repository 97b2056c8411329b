"""The server is killed while sessions are entered, again and again: nothing answered is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clinic.own_clinic import SERVER, empty_clinic

ROOT = Path(__file__).parents[2]
CYCLES = 24  # on PostgreSQL every fifth ends the database's backends instead: 20 kills are left
PORT = 8121 + bool(SERVER)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What `make bench-reliability` does, fewer times."""
    room = tmp_path_factory.mktemp("kills")
    with empty_clinic(room) as clinic:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "benchmarks.reliability.run", "--cycles", str(CYCLES)),
                *("--port", str(PORT), "--tablets", "2", "--json", str(room / "result.json")),
            ],
            cwd=ROOT,
            env=clinic.environment,
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert (room / "result.json").exists(), done.stderr
    found: dict[str, object] = json.loads((room / "result.json").read_text())
    return found


def test_no_acknowledged_event_is_lost_changed_or_doubled_and_the_record_verifies(run):
    assert run["faults"] == []
    assert run["kills"] >= 20
    assert run["acknowledged"] >= 40
    assert run["sessions"] >= 2


def test_the_server_was_killed_in_the_middle_of_requests(run):
    assert run["kills_with_requests_in_flight"] >= 5
    assert run["unanswered_and_sent_again"] >= 5


def test_an_entry_that_was_answered_and_comes_again_is_the_same_event(run):
    assert run["answered_and_sent_again"] >= 3


def test_another_tablet_goes_on_from_the_servers_state(run):
    assert run["handed_over"] >= 2
