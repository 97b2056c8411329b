"""Two tablets send one queue at the same moment: each entry is there once, none is lost."""

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

from clinic.record_writers import ENTRIES
from clinic.test_ledger_parallel import database

__all__ = ["database"]  # the fixture
RUN = "import django; django.setup(); from clinic.record_writers import main; main()"


def run(env: dict[str, str], *args: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", RUN, *args]
    return subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def said(process: "subprocess.Popen[str]") -> Any:
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err[-3000:]
    return json.loads(out)


def test_two_tablets_that_send_one_queue_store_it_once(database: dict[str, str]) -> None:
    session = said(run(database, "prepare"))
    tablets = [run(database, "send", session) for _ in range(2)]
    first, second = (said(t) for t in tablets)
    found = said(run(database, "check", session))
    assert found["faults"] == []
    assert found["seqs"] == list(range(1, found["last"] + 1))
    assert first == second  # both were told the same number for the same entry
    assert {k: found["sent"][k] for k in first} == first
    assert len(first) == ENTRIES
    assert found["phase"] == ["recovery", "recovery"]
    assert [Decimal(h) for h in found["held"]] == [0, 0]
