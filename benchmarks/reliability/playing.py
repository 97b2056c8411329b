"""Tablets that play sessions while the server is killed under them.

A tablet does what the cockpit's queue does: an entry gets its id and its time when it is made, and
is sent until the server has acknowledged it. Nothing else is kept.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from benchmarks.reliability.checking import Acknowledged
from benchmarks.reliability.days import PASSWORD, Day
from benchmarks.tablet import GONE, Answer, Tablet
from reprieve.clinic.treatments.forms import FORMS
from reprieve.clinic.treatments.models import SessionEvent
from reprieve.clinic.treatments.state import SessionState, replay

AGAIN_S = 0.02
PATIENCE_S = 180.0
JSON = {"Accept": "application/json"}


@dataclass
class Tally:
    """What happened, counted; every field is guarded by `lock`."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    resent: int = 0  # without an answer the first time
    resent_known: int = 0  # after an answer: the same event has to come back
    errors: int = 0  # 5xx: the database went away under the server
    handed_over: int = 0  # sessions that another tablet went on with
    finished: list[UUID] = field(default_factory=list)
    answered: dict[UUID, float] = field(default_factory=dict)  # s since the epoch
    in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Ward:
    """Everybody's tablets: each person has two, so that a session can change hands."""

    def __init__(self, port: int, usernames: list[str]) -> None:
        self.tablets = {name: [Tablet(port, name) for _ in range(2)] for name in usernames}

    def sign_in(self) -> None:
        """Everybody on both of theirs."""
        for pair in self.tablets.values():
            for tablet in pair:
                tablet.sign_in(PASSWORD)

    def spare(self) -> "Ward":
        """The same cookies for another thread: a connection is one thread's own."""
        made = Ward(0, [])
        for name, pair in self.tablets.items():
            made.tablets[name] = []
            for tablet in pair:
                copy = Tablet(tablet.port, name)
                copy.cookies = dict(tablet.cookies)
                made.tablets[name].append(copy)
        return made


class Player(threading.Thread):
    """Plays one session after the other until told to stop between two of them."""

    def __init__(
        self, days: Callable[[], Day], ward: Ward, tally: Tally, seed: int, rest_s: float
    ) -> None:
        super().__init__(daemon=True)
        self.days, self.ward, self.tally = days, ward, tally
        self.chance, self.rest_s = random.Random(seed), rest_s
        self.stopping = threading.Event()
        self.hand = 0  # which tablet of each pair
        self.failed: str | None = None

    def run(self) -> None:
        """Until stopped."""
        try:
            while not self.stopping.is_set():
                self._play(self.days())
        except Exception as error:
            self.failed = f"{type(error).__name__}: {error}"
        finally:
            connection.close()

    def change_hands(self) -> None:
        """From the next entry on, the other tablet of each person."""
        self.hand = 1 - self.hand

    def _play(self, day: Day) -> None:
        hand = self.hand
        for act in day.acts:
            at = day.at(act)
            state = _state(day.session)
            now = datetime.now(UTC)
            if hand != self.hand:
                hand = self.hand
                self._open(day.session)
            says = act.says(state, at or now)
            if says is None:
                continue
            form = dict(says)
            if act.kind in ("sign", "countersign"):
                form["password"] = PASSWORD
            self._send(day.session, act.kind, act.role, form, at, now)
            time.sleep(self.chance.uniform(0.0, self.rest_s))
        with self.tally.lock:
            self.tally.finished.append(day.session)

    def _open(self, session: UUID) -> None:
        """Another tablet goes on: it opens the session's page from the server's state."""
        answer = self._until_answered(lambda t: t.get(f"/sessions/{session}/"), "nurse")
        if answer.status != 200:
            raise RuntimeError(f"the session's page answered {answer.status} on another tablet")
        with self.tally.lock:
            self.tally.handed_over += 1

    def _send(
        self,
        session: UUID,
        kind: str,
        who: str,
        form: dict[str, Any],
        at: datetime | None,
        now: datetime,
    ) -> None:
        """Queue an entry, send it until it is acknowledged, now and then once more."""
        id, path = uuid4(), f"/sessions/{session}/record/{kind}/"
        sent = form | {"id": str(id), "client_at": now.isoformat()}
        if at is not None:
            sent["at"] = at.isoformat()
        answer = self._until_answered(lambda t: t.post(path, sent, **JSON), who)
        if answer.status != 200:
            raise RuntimeError(f"{kind} was refused: {answer.status} {answer.body[:300]!r}")
        told = answer.json
        content = FORMS[kind](form)
        assert content.is_valid(), content.errors
        event = Acknowledged(
            UUID(told["id"]),
            session,
            kind,
            content.payload(),
            datetime.fromisoformat(told["at"]),
            told["seq"],
        )
        if event.id != id or at not in (None, event.at):
            raise RuntimeError(f"{kind} {id} of {at} was answered as {event.id} of {event.at}")
        with self.tally.lock:
            self.tally.acknowledged.append(event)
            self.tally.answered[id] = time.time()
        if self.chance.random() < 0.1:
            again = self._until_answered(lambda t: t.post(path, sent, **JSON), who)
            if again.status != 200 or again.json["seq"] != event.seq:
                raise RuntimeError(f"{kind} {id} sent again: {again.status} {again.body[:200]!r}")
            with self.tally.lock:
                self.tally.resent_known += 1

    def _until_answered(self, ask: Callable[[Tablet], Answer], who: str) -> Answer:
        """Ask again while nobody answers, or the database is away.

        Raises
        ------
        RuntimeError
            For too long: that is no kill, but a server that fails.
        """
        began, answer = time.monotonic(), None
        while time.monotonic() - began < PATIENCE_S:
            tablet = self.ward.tablets[who][self.hand]
            with _flight(self.tally):
                try:
                    answer = ask(tablet)
                except GONE:
                    answer = None
            if answer is not None and not _database_gone(answer):
                return answer
            with self.tally.lock:
                self.tally.resent += 1
                self.tally.errors += answer is not None
            time.sleep(AGAIN_S)
        told = f"{answer.status} {answer.body[:300]!r}" if answer else "no answer"
        raise RuntimeError(f"after {PATIENCE_S:.0f} s of asking: {told}")


def _database_gone(answer: Answer) -> bool:
    """An answer that is none: the queue of the cockpit sends again after it too.

    Django answers 400 with a page where the sign-in could not be stored because its database went
    away meanwhile.
    """
    scripted = "json" in answer.headers.get("Content-Type", "")
    return answer.status >= 500 or (answer.status == 400 and not scripted)


@contextmanager
def _flight(tally: Tally) -> Iterator[None]:
    """A request on its way."""
    with tally.lock:
        tally.in_flight += 1
    try:
        yield
    finally:
        with tally.lock:
            tally.in_flight -= 1


def _state(session: UUID) -> SessionState:
    """The session as the database has it: what an act says may depend on it."""
    events = SessionEvent.objects.filter(session=session).order_by("seq")
    return replay(e.plain for e in events)
