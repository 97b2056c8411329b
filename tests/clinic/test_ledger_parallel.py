"""Writers in processes of their own race for the same vials, on SQLite and on PostgreSQL.

Each session is driven by two processes at once, as by two tablets, and vials are drawn from in
any order: nothing may go below zero, no unit may be counted twice, nobody may wait for ever.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

HERE = Path(__file__).resolve().parent
RUN = "import django; django.setup(); from clinic.ledger_writers import main; main()"
SERVER = os.environ.get("REPRIEVE_TEST_DATABASE", "postgres://root@127.0.0.1:5432/test")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a clinic on a new, empty database."""
    env = {**os.environ, "REPRIEVE_MODE": "test", "REPRIEVE_DATA": str(tmp_path)}
    env["PYTHONPATH"] = str(HERE.parent)
    env["DJANGO_SETTINGS_MODULE"] = "clinic_settings"
    env.pop("REPRIEVE_TEST_DATABASE", None)
    if request.param == "sqlite":
        yield env
        return
    psycopg = pytest.importorskip("psycopg")
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL server to be reached; set REPRIEVE_TEST_DATABASE")
    name = f"reprieve_race_{uuid4().hex[:12]}"
    server.execute(f'CREATE DATABASE "{name}"')
    yield {**env, "REPRIEVE_TEST_DATABASE": urlunsplit(urlsplit(SERVER)._replace(path=name))}
    server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.close()


def start(database: dict[str, str], *args: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", RUN, *args]
    return subprocess.Popen(
        command, env=database, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def answer(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err[-3000:]
    found: dict[str, Any] = json.loads(out)
    return found


def test_racing_writers_never_overdraw_a_vial_nor_spend_a_unit_twice(
    database: dict[str, str],
) -> None:
    ids = answer(start(database, "prepare"))
    racers = [
        start(database, "race", session, str(seed), *ids["vials"])
        for seed, session in enumerate(ids["sessions"] * 2)
    ]
    done = [answer(racer) for racer in racers]
    assert sum(d.get("drawn", 0) for d in done) > 10
    assert sum(d.get("refused", 0) for d in done) > 0, "the vials never ran dry: nothing was raced"
    found = answer(start(database, "check"))
    assert found["wrong"] == []
    drawn, used, held, left = (Decimal(found[k]) for k in ("drawn", "used", "held", "left"))
    assert drawn + left == 30
    assert used + held == drawn
