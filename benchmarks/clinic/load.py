"""Twenty people at once, each at a pace above a real one's.

Three boards on the wall refresh as the board's page does. Nine nurses sit at a chair each: the
cockpit refreshes as its page does, and every ten seconds an event is written (on a real floor a
set of vital signs comes every five to fifteen minutes). Eight people open one page after another
and read each for three seconds.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle
from uuid import uuid4

from benchmarks.clinic.floor import Floor
from benchmarks.tablet import Answer, Tablet

PASSWORD = "reprieve demo"
BOARDS, NURSES, READERS = 3, 9, 8
POLL_S = 2.5  # static/treatments/live.js
WRITE_S = 10.0
READ_S = 3.0
JSON = {"Accept": "application/json"}
POLL = {"HX_Request": "true", "X_Reprieve_Poll": "1"}

PAGES = {  # title: who opens it, its address
    "board": ("nurse", "/board/"),
    "today": ("nurse", "/today/"),
    "patients": ("nurse", "/patients/"),
    "patients, searched": ("front_desk", "/patients/?q=1"),
    "a patient": ("nurse", "/patients/{patient}/"),
    "medicines": ("nurse", "/patients/{patient}/medicines/"),
    "eligibility": ("prescriber", "/patients/{patient}/eligibility/"),
    "a course": ("prescriber", "/courses/{course}/"),
    "courses": ("prescriber", "/courses/"),
    "calendar": ("front_desk", "/calendar/"),
    "calendar day": ("front_desk", "/calendar/day/"),
    "cockpit": ("prescriber", "/sessions/{live}/"),
    "signed record": ("prescriber", "/sessions/{past}/record/"),
    "drugs": ("custodian", "/drugs/"),
    "drug register": ("custodian", "/drugs/register/"),
    "a vial": ("custodian", "/drugs/vials/{vial}/"),
    "psychotherapy notes": ("therapist", "/therapy/"),
    "protocols": ("prescriber", "/protocols/"),
    "people": ("owner", "/people/"),
    "audit": ("owner", "/audit/"),
    "summary": ("researcher", "/summary/"),
    "health": ("owner", "/health/"),
}


class Times:
    """Milliseconds by what was asked; failures by what they said."""

    def __init__(self) -> None:
        self.ms: dict[str, list[float]] = defaultdict(list)
        self.failed: list[str] = []
        self._lock = threading.Lock()

    def ask(self, name: str, act: Callable[[], Answer], *fine: int) -> Answer:
        """Do it and keep how long it took."""
        began = time.perf_counter()
        answer = act()
        took = 1000 * (time.perf_counter() - began)
        with self._lock:
            self.ms[name].append(took)
            if answer.status not in (fine or (200,)):
                self.failed.append(f"{name}: {answer.status} {answer.body[:200]!r}")
        return answer


class Person(threading.Thread):
    """Somebody who does something again and again until the time is up."""

    def __init__(self, tablet: Tablet, times: Times, ends: float, seed: int) -> None:
        super().__init__(daemon=True)
        self.tablet, self.times, self.ends = tablet, times, ends
        self.chance = random.Random(seed)
        self.error: str | None = None

    def run(self) -> None:
        """Not all at the same moment."""
        try:
            time.sleep(self.chance.uniform(0.0, READ_S))
            for rest in self.acts():
                if time.perf_counter() + rest > self.ends:
                    return
                time.sleep(rest)
        except Exception as error:
            self.error = f"{type(self).__name__}: {type(error).__name__}: {error}"

    def acts(self) -> Iterator[float]:
        """Acts, and after each how many seconds to rest."""
        raise NotImplementedError


class Board(Person):
    """A screen on the wall."""

    def acts(self) -> Iterator[float]:
        """Its refresh."""
        while True:
            self.times.ask("board refresh", lambda: self.tablet.get("/board/rows/", **POLL))
            yield POLL_S


class Nurse(Person):
    """A tablet at a chair."""

    session = ""

    def acts(self) -> Iterator[float]:
        """Refreshes of the cockpit, and an event now and then."""
        wrote = time.perf_counter() - self.chance.uniform(0.0, WRITE_S)
        path = f"/sessions/{self.session}/live/"
        while True:
            if time.perf_counter() - wrote >= WRITE_S:
                wrote = time.perf_counter()
                self.times.ask("event write", self._write)
            self.times.ask("cockpit refresh", lambda: self.tablet.get(path, **POLL), 200, 204)
            yield POLL_S

    def _write(self) -> Answer:
        sbp = self.chance.randint(110, 140)
        kind, form = self.chance.choice(
            [
                ("vitals", {"sbp": sbp, "dbp": sbp - 45, "hr": 70, "spo2": 98, "rr": 14}),
                ("observation", {"symptom": "nausea", "severity": "mild"}),
                ("note", {"about": "nursing", "text": "Resting, answers when spoken to."}),
            ]
        )
        now = datetime.now(UTC).isoformat()
        sent = {**form, "id": str(uuid4()), "at": now, "client_at": now}
        return self.tablet.post(f"/sessions/{self.session}/record/{kind}/", sent, **JSON)


class Reader(Person):
    """Somebody who opens pages."""

    floor: Floor
    tablets: dict[str, Tablet]

    def acts(self) -> Iterator[float]:
        """Every page in turn, each reader in an order of their own."""
        names = list(PAGES)
        self.chance.shuffle(names)
        for name in cycle(names):
            who, address = PAGES[name]
            path = address.format(
                patient=self.chance.choice(self.floor.patients),
                course=self.chance.choice(self.floor.courses),
                live=self.chance.choice(self.floor.live),
                past=self.chance.choice(self.floor.past),
                vial=self.chance.choice(self.floor.vials),
            )
            tablet = self.tablets[who]
            self.times.ask(f"page: {name}", lambda t=tablet, p=path: t.get(p))  # type: ignore[misc]
            yield READ_S


def run(port: int, floor: Floor, seconds: float, seed: int = 1) -> Times:
    """Everybody at once for a while; the first ten seconds warm up and do not count."""
    cookies = _signed_in(port)
    for warm_up, length in ((True, 10.0), (False, seconds)):
        times = Times()
        people = list(_people(port, floor, cookies, times, time.perf_counter() + length, seed))
        for person in people:
            person.start()
        for person in people:
            person.join()
        times.failed += [p.error for p in people if p.error]
        if times.failed or not warm_up:
            break
    return times


def _people(
    port: int,
    floor: Floor,
    cookies: dict[str, dict[str, str]],
    times: Times,
    ends: float,
    seed: int,
) -> Iterator[Person]:
    def tablet(who: str) -> Tablet:
        made = Tablet(port, who)
        made.cookies = dict(cookies[who])
        return made

    for k in range(BOARDS):
        yield Board(tablet("nurse2"), times, ends, seed + k)
    for k in range(NURSES):
        nurse = Nurse(tablet("nurse"), times, ends, seed + 100 + k)
        nurse.session = floor.live[k]
        yield nurse
    for k in range(READERS):
        reader = Reader(tablet("owner"), times, ends, seed + 200 + k)
        reader.floor = floor
        reader.tablets = {who: tablet(who) for who, _ in PAGES.values()}
        yield reader


def _signed_in(port: int) -> dict[str, dict[str, str]]:
    found = {}
    for who in {"nurse", "nurse2"} | {who for who, _ in PAGES.values()}:
        tablet = Tablet(port, who)
        tablet.sign_in(PASSWORD)
        found[who] = tablet.cookies
    return found
