"""What the cockpit puts on screen beside the session's view: steps, keypad, lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from decimal import Decimal

from reprieve.clinic.actor import Actor
from reprieve.clinic.treatments.hiding import veiled
from reprieve.clinic.treatments.kinds import KINDS
from reprieve.clinic.treatments.numbers import exact, said
from reprieve.clinic.treatments.picture import is_late
from reprieve.clinic.treatments.sayings import say, title
from reprieve.clinic.treatments.state import Event, Phase, SessionState
from reprieve.evidence.practice import MEASURES, Protocol

KEYPAD = ("sbp", "dbp", "hr", "spo2", "rr", "moaas")
SHORT = {
    "sbp": ("SYS", "mmHg"),
    "dbp": ("DIA", "mmHg"),
    "hr": ("HR", "/min"),
    "spo2": ("SpO₂", "%"),
    "rr": ("RR", "/min"),
    "moaas": ("MOAA", "0-5"),
    "temp": ("Temp", "°C"),
    "o2_l_min": ("O₂", "L/min"),
}
BAR = (Phase.CHECKED_IN, Phase.READY, Phase.IN_SESSION, Phase.RECOVERY, Phase.DISCHARGED)
QUIET = ("correction", "prompt", "assign")  # they show on what they are about


@dataclass(frozen=True, slots=True)
class Key:
    """A field of the keypad: `low` and `high` are what the protocol holds possible."""

    name: str
    label: str
    unit: str
    long: str
    low: str
    high: str
    last: str
    last_at: datetime | None


def keypad(state: SessionState, protocol: Protocol, names: Iterable[str] = KEYPAD) -> list[Key]:
    """Fields for a set of readings; the last value is shown beside each, never filled in."""
    return [_key(name, state, protocol) for name in names]


def _key(name: str, state: SessionState, protocol: Protocol) -> Key:
    bounds, last = protocol.bounds(name), state.last(name)
    value = last.get(name) if last else None
    measure = MEASURES.get(name)
    return Key(
        name,
        *SHORT[name],
        measure.title if measure else SHORT[name][0],
        _edge(bounds.possible_low),
        _edge(bounds.possible_high),
        said(value) if value is not None else "",
        last.at if last else None,
    )


def _edge(value: float | None) -> str:
    return "" if value is None else said(exact(value))


@dataclass(frozen=True, slots=True)
class Stage:
    """A piece of the phase bar."""

    title: str
    state: str  # past, now, coming


def stages(phase: Phase) -> list[Stage]:
    """The phases of a usual session and where this one stands."""
    names = {
        Phase.CHECKED_IN: "arrived",
        Phase.READY: "ready",
        Phase.IN_SESSION: "dose",
        Phase.RECOVERY: "recovery",
        Phase.DISCHARGED: "home",
    }
    at = BAR.index(phase) if phase in BAR else (len(BAR) if phase is Phase.SIGNED else -1)
    return [
        Stage(names[p], "now" if k == at else ("past" if k < at else "coming"))
        for k, p in enumerate(BAR)
    ]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do before or after the dose; `kind` is the event that it makes."""

    kind: str
    title: str
    done: bool
    may: bool
    said: str = ""
    next: bool = False


def steps(state: SessionState, by: Actor, protocol: Protocol) -> list[Step]:
    """What stands between this moment and the next phase, in the order of the floor."""
    if state.phase is Phase.PLANNED:
        wanted: Sequence[tuple[str, str, Event | None]] = [("check_in", "Check in", None)]
    elif state.phase in (Phase.CHECKED_IN, Phase.READY):
        wanted = _before(state)
    elif state.phase is Phase.RECOVERY:
        wanted = [*_waste(state), ("discharge", "Discharge", None)]
    elif state.phase in (Phase.DISCHARGED, Phase.ABORTED):
        wanted = [*_waste(state), ("sign", "Sign", None)]
    else:
        wanted = _waste(state) if state.phase is not Phase.IN_SESSION else []
    made = [_step(kind, title_, event, by, protocol, state) for kind, title_, event in wanted]
    first = next((k for k, s in enumerate(made) if not s.done), None)
    return [replace(s, next=k == first) for k, s in enumerate(made)]


def _before(state: SessionState) -> list[tuple[str, str, Event | None]]:
    prepared = state.preparation
    return [
        ("weight", "Weight", state.weights[-1] if state.weights else None),
        ("vitals", "Vital signs", _last_set(state)),
        ("decision", "Go/no-go", state.decision if state.go else None),
        ("prepare", "Prepare", prepared.event if prepared else None),
        ("second_check", "Second check", state.second_check if state.checked else None),
        ("start", "Start", None),
    ]


def _last_set(state: SessionState) -> Event | None:
    """The last set with a pressure, or the last of any kind."""
    found = state.last("sbp") or (state.vitals[-1] if state.vitals else None)
    return found.event if found else None


def _waste(state: SessionState) -> list[tuple[str, str, Event | None]]:
    if state.left_over <= 0 or state.preparation is None:
        return []
    left = f"Waste {said(state.left_over)} {state.preparation.unit}"
    return [("waste", left, None)]


def _step(
    kind: str, name: str, event: Event | None, by: Actor, protocol: Protocol, state: SessionState
) -> Step:
    text = ""
    if event is not None and veiled(event, state) is None:
        text = say(event, protocol)
    return Step(kind, name, event is not None, by.may(KINDS[kind].permission), text)


@dataclass(frozen=True, slots=True)
class Line:
    """An event as a list shows it: what came first, what corrections say, who and when."""

    event: Event
    title: str
    text: str
    late: bool
    struck: bool
    changes: tuple[str, ...]
    correctable: bool

    @property
    def late_min(self) -> int:
        """Minutes from happening to entering."""
        return round(self.event.late_min)


def lines(
    state: SessionState,
    protocol: Protocol,
    zone: tzinfo,
    *,
    every: bool = False,
    locked: bool = False,
) -> list[Line]:
    """The record in order of happening; `every` also lists prompts' answers and corrections.

    What must not be read yet, or not on a locked screen, is left out of the text.
    """
    shown = [e for e in state.record if every or e.kind not in QUIET]
    shown.sort(key=lambda e: (e.at, e.seq))
    return [_line(e, state, protocol, zone, locked) for e in shown]


def _line(
    event: Event, state: SessionState, protocol: Protocol, zone: tzinfo, locked: bool
) -> Line:
    veil = veiled(event, state, locked=locked)
    changes = tuple(
        f"{c.entered_at.astimezone(zone):%H:%M} {c.by_name}: {say(c, protocol, zone)}"
        for c in state.corrected.get(event.id, ())
        if veil is None
    )
    return Line(
        event,
        title(event.kind),
        say(event, protocol, zone) if veil is None else veil,
        is_late(event, protocol),
        event.id in state.voided,
        changes,
        event.kind not in ("correction", "prompt", "sign", "countersign", "addendum", "assign"),
    )


@dataclass(frozen=True, slots=True)
class Pump:
    """How the drug runs: volumes in mL, rate in mL/h; `share` given of the whole, per cent."""

    given: Decimal
    total: Decimal
    rate: Decimal
    mg: Decimal

    @property
    def share(self) -> int:
        """Whole per cent of the volume that has flowed."""
        return int(100 * self.given / self.total) if self.total else 0


def pump(state: SessionState, now: datetime) -> Pump | None:
    """The infusion of a session; None where nothing is infused."""
    prepared = state.preparation
    if prepared is None or not prepared.total_ml or not prepared.minutes:
        return None
    given = state.given_ml(now).quantize(Decimal("0.1"))
    rate = state.rates[-1].rate_ml_h if state.rates and state.ended_at is None else Decimal(0)
    mg = (prepared.mg * given / prepared.total_ml).quantize(Decimal("0.1"))
    return Pump(given, prepared.total_ml, rate, mg)


def instruments(protocol: Protocol) -> list[tuple[str, str]]:
    """Ratings that the protocol's clock asks for, and the others that it has a range for."""
    asked = [n for o in protocol.observations for n in o.schedule.readings]
    scored = [k for k, m in MEASURES.items() if m.kind == "reading" and m.unit == "points"]
    names = dict.fromkeys(n for n in (*asked, *scored) if n in scored)
    return [(n, MEASURES[n].title) for n in names]
