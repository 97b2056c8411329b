"""One run on one database: `python -m benchmarks.reliability.run --cycles 20 --json out.json`.

The database is SQLite in a new folder, or the empty one that DATABASE_URL names.
"""

import argparse
import json
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from benchmarks.reliability import postgres
from benchmarks.reliability.nursery import Server
from reprieve.clinic import running

if TYPE_CHECKING:  # both need Django, which `running.prepare` starts
    from benchmarks.reliability import playing
    from benchmarks.reliability.days import Day

# a server lives between nothing and this long after its first answer; longer on a busy machine,
# by how long the start took, or no request would ever be answered
LONGEST_S = 0.4
STARTS = 3
REST_S = 0.04  # between two entries on one tablet


@dataclass
class Result:
    """What one run found. Times in seconds."""

    database: str
    seed: int
    asked_cycles: int = 0
    cycles: int = 0
    kills: int = 0
    backends_ended: int = 0
    kills_with_requests_in_flight: int = 0
    acknowledged: int = 0
    sessions: int = 0
    handed_over: int = 0
    unanswered_and_sent_again: int = 0
    stored_though_never_answered: int = 0
    answered_and_sent_again: int = 0
    server_errors: int = 0
    start_median_s: float = 0.0
    took_s: float = 0.0
    faults: list[str] = field(default_factory=list)


def main() -> int:
    """Exit 1 where anything was lost, changed or doubled."""
    asked = _options()
    with tempfile.TemporaryDirectory(prefix="reprieve-kills-") as room:
        folder = (asked.folder or Path(room)) / "clinic"
        running.prepare(folder, "demo")
        result = _run(folder, asked)
    text = json.dumps(asdict(result), indent=1)
    if asked.json:
        asked.json.write_text(text + "\n")
    print(text)
    return 1 if result.faults else 0


def _options() -> argparse.Namespace:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--cycles", type=int, default=20)
    read.add_argument("--port", type=int, default=8120)
    read.add_argument("--minutes", type=float, default=1e9, help="stop killing after so long")
    read.add_argument("--tablets", type=int, default=3, help="that enter events at once")
    read.add_argument("--seed", type=int, default=1)
    read.add_argument("--json", type=Path, help="where the result is written")
    read.add_argument("--folder", type=Path, help="keep the clinic here")
    return read.parse_args()


def _run(folder: Path, asked: argparse.Namespace) -> Result:
    from django.db import connection

    from benchmarks.reliability import days, playing, reading

    result = Result(connection.vendor, asked.seed, asked.cycles)
    began = time.perf_counter()
    cast = days.open_clinic()
    server, tally = Server(folder, asked.port), playing.Tally()
    supply, chance = _Supply(days.days(cast)), random.Random(asked.seed)
    try:
        server.start()
        ward = playing.Ward(asked.port, list(cast.users))
        ward.sign_in()
        players = [
            playing.Player(supply, ward.spare(), tally, asked.seed * 100 + k, REST_S)
            for k in range(asked.tablets)
        ]
        for player in players:
            player.start()
        ended = _cycles(server, players, tally, chance, asked, result)
        for player in players:
            player.stopping.set()
        for player in players:
            player.join(timeout=120)
        result.faults += [f"a tablet gave up: {p.failed}" for p in players if p.failed]
        result.faults += ["a tablet did not finish" for p in players if p.is_alive()]
    finally:
        server.close()
    result.faults += reading.faults(tally)
    result.stored_though_never_answered = reading.stored_unanswered(tally, ended)
    result.acknowledged, result.sessions = len(tally.acknowledged), len(tally.finished)
    result.handed_over = tally.handed_over
    result.unanswered_and_sent_again = tally.resent
    result.answered_and_sent_again = tally.resent_known
    result.server_errors = tally.errors
    result.took_s = round(time.perf_counter() - began, 1)
    return result


def _cycles(
    server: Server,
    players: "list[playing.Player]",
    tally: "playing.Tally",
    chance: random.Random,
    asked: argparse.Namespace,
    result: Result,
) -> list[float]:
    """Kill and start again; the times of the kills, seconds since the epoch."""
    starts, ended, started = [], [], 0.0
    with _progress(result.database) as progress:
        task = progress.add_task("", total=asked.cycles)
        ends = time.monotonic() + asked.minutes * 60
        for number in range(asked.cycles):
            time.sleep(chance.uniform(0.0, max(LONGEST_S, STARTS * started)))
            result.kills_with_requests_in_flight += tally.in_flight > 0
            if result.database == "postgresql" and number % 5 == 4:
                ended.append(time.time())
                result.backends_ended += postgres.end_backends()
            else:
                ended.append(server.kill())
                chance.choice(players).change_hands()
                started = server.start()
                starts.append(started)
                result.kills += 1
            result.cycles += 1
            progress.advance(task)
            if any(p.failed for p in players) or time.monotonic() > ends:
                break
    result.start_median_s = round(median(starts), 3) if starts else 0.0
    return ended


def _progress(title: str) -> Progress:
    return Progress(
        f"kills on {title}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


class _Supply:
    """Sessions for several tablets; each is made when one asks for it."""

    def __init__(self, days: "Iterator[Day]") -> None:
        self.days, self.lock = days, threading.Lock()

    def __call__(self) -> "Day":
        with self.lock:
            return next(self.days)


if __name__ == "__main__":
    raise SystemExit(main())
