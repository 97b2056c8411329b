"""The next session of one person: peaks, odds of crossing thresholds, time to recover.

People like the patient go through the session (`acute_people`); what the patient did at earlier
sessions weights them (`acute_posterior`). No session is advised here: these are odds.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np

from reprieve.engine.effects.parameters import acute_model
from reprieve.engine.effects.thresholds import Crossing
from reprieve.engine.patient import Array, Patient
from reprieve.engine.session.history import History, Noted, Sign, read_history
from reprieve.engine.session.likelihood import effective, weights
from reprieve.engine.session.people import (
    SHARING,
    Ahead,
    ahead,
    crowd,
    is_active,
    on_own_clock,
    person_model,
)
from reprieve.engine.session.posterior import Known, known
from reprieve.engine.session.words import dissociation, line, notes, percent, plain, words
from reprieve.engine.trials.design import Form
from reprieve.errors import InputError, ModelError
from reprieve.evidence.practice import Protocol, governing

DISSOCIATED = "cadss_above"
MOST_REPORTED = 8
MOST_SESSIONS = 10_000
_FEWEST = 100
_PEAKS = {
    "sbp_rise": ("systolic pressure, largest rise measured", "mmHg"),
    "sbp_read": ("systolic pressure, highest reading", "mmHg"),
    "dbp_rise": ("diastolic pressure, largest rise measured", "mmHg"),
    "dbp_read": ("diastolic pressure, highest reading", "mmHg"),
    "hr": ("heart rate, highest reading", "1/min"),
    "cadss": ("dissociation, highest CADSS", "points"),
    "moaas": ("sedation, lowest MOAA/S", "0-5"),
    "spo2": ("oxygen saturation, lowest reading", "%"),
}
_KNOWN_REST = {"sbp_read": "resting_sbp", "dbp_read": "resting_dbp"}
_ABOUT = {
    **dict.fromkeys(("cadss", "dissociation", "hallucination"), DISSOCIATED),
    **dict.fromkeys(("sbp", "resting_sbp", "blood_pressure_increased"), "sbp"),
    **dict.fromkeys(("dbp", "resting_dbp"), "dbp"),
    **dict.fromkeys(("hr", "tachycardia"), "hr_high"),
}


@dataclass(frozen=True, slots=True)
class Peak:
    """One extreme of the session: median, middle 80 % of people like this one, usual minute.

    Rises are true values above rest; readings scatter and are higher. `time_min` is None where
    nothing acts or no minute stands out.
    """

    name: str
    unit: str
    median: float
    low80: float
    high80: float
    time_min: float | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """One line not to be crossed, and the probability that one reading of the session does.

    `low` and `high` span the doubt about the model's parameters; None while the acute model has
    single values only. `standing` says whose word it is, `status` how well its number is known.
    """

    name: str
    probability: float
    low: float | None
    high: float | None
    source: str
    standing: str
    status: str = "assumed"


@dataclass(frozen=True, slots=True)
class NextSession:
    """What to expect of one session. Times in minutes from its start, days from the first.

    `thresholds` come from the protocol that governs the doses; `reported` are adverse events by
    their chance of being reported; `resolved_by` is when most have recovered, None if that is
    later than was followed; `effective` is how many people the odds rest on.
    """

    session: str
    day: float | None
    peaks: tuple[Peak, ...]
    thresholds: tuple[Threshold, ...]
    resolved_by: float | None
    earlier: tuple[str, ...]
    notes: tuple[str, ...]
    reported: tuple[Threshold, ...] = ()
    effective: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; tuples are lists."""
        plain = asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}


def next_session(
    form: Form | None,
    patient: Patient,
    events: Sequence[Noted],
    sessions_before: int,
    seed: int = 0,
    n: int = 2000,
    *,
    day: float | None = None,
    given: Sequence[tuple[float, Form | None]] = (),
    origin: datetime | None = None,
) -> NextSession:
    """Acute outlook of one session of one person.

    Parameters
    ----------
    form : the doses, on the session's own clock; None or () where nothing is given
    patient : what is known; the rest is integrated over
    events : what happened at earlier sessions
    sessions_before : how many there were; dissociation falls with them, pressure does not
    seed, n : the same numbers for the same; n virtual people
    day : of the session, only shown
    given : day and doses of the earlier sessions (the last ones, in order); like `form` if empty
    origin : the instant of day 0 where there are dates, only shown

    A session without a kinetic model comes back with a note and no numbers.

    Raises
    ------
    InputError
        `sessions_before`, `seed` or n cannot be; a patient's interaction is unknown.
    """
    check(sessions_before, seed, n)
    doses = on_own_clock(form)
    past = tuple((d, on_own_clock(f)) for d, f in given)
    history = read_history(events, past, doses, sessions_before, origin)
    try:
        return _outlook(doses, patient, history, sessions_before, seed, n + -n % SHARING, day)
    except ModelError as error:
        note = f"No numbers: {error}"
        return NextSession(words(doses), day, (), (), None, (), (note, *history.notes))


def check(sessions_before: int, seed: int, n: int) -> None:
    """Refuse what cannot be asked, in words."""
    if not 0 <= sessions_before <= MOST_SESSIONS:
        raise InputError(
            f"{sessions_before} earlier sessions came; expected 0 to {MOST_SESSIONS:,}."
        )
    if seed < 0:
        raise InputError(f"The seed was {seed}; expected 0 or more.")
    if n < _FEWEST:
        raise InputError(f"{n} virtual people were asked for; expected at least {_FEWEST}.")


@lru_cache(maxsize=256)
def _outlook(
    form: Form,
    patient: Patient,
    history: History,
    sessions_before: int,
    seed: int,
    n: int,
    day: float | None,
) -> NextSession:
    found = known(history, patient, seed, n)
    weight, seen = found.weight, ahead(found.who, form, patient, sessions_before, seed)
    protocol = governing(form)
    unsaid = ("moaas", "spo2") if any(d.drug == "midazolam" for d in form) else ()
    kinds = {s.kind for s in history.signs}
    return NextSession(
        session=words(form),
        day=day,
        peaks=_peaks(seen, weight, is_active(form), unsaid, kinds),
        thresholds=_thresholds(seen, weight, protocol, unsaid),
        resolved_by=None if unsaid else _resolved_by(seen, weight),
        earlier=_earlier(history, found, form, patient, sessions_before, seed),
        notes=(*notes(form, protocol, history.signs, effective(weight), n), *history.notes),
        reported=_reported(seen, weight) if protocol.level == "usual" and not unsaid else (),
        effective=effective(weight),
    )


def _peaks(
    seen: Ahead, weight: Array, active: bool, unsaid: tuple[str, ...], told: set[str]
) -> tuple[Peak, ...]:
    found = []
    for key, (name, unit) in _PEAKS.items():
        if key in unsaid or (key in _KNOWN_REST and _KNOWN_REST[key] not in told):
            continue
        low, middle, high = _quantiles(seen.peaks[key], weight, (0.1, 0.5, 0.9))
        minute = seen.minute.get(key) if active else None
        at = None if minute is None else _quantiles(minute, weight, (0.5,))[0]
        found.append(Peak(name, unit, middle, low, high, at))
    return tuple(found)


def _thresholds(
    seen: Ahead, weight: Array, protocol: Protocol, unsaid: tuple[str, ...]
) -> tuple[Threshold, ...]:
    found = [
        as_threshold(c, protocol, float(weight @ c.by_person))
        for c in seen.crossings
        if c.sign not in unsaid
    ]
    cut = Threshold(
        dissociation(), float(weight @ seen.dissociated), None, None,
        "janssen_dissociation_2024", "trials", "verified",
    )  # fmt: skip
    return (*found, cut)


def as_threshold(crossing: Crossing, protocol: Protocol, probability: float) -> Threshold:
    """A line of a protocol or of the label with its odds, and whose word it is."""
    rule = crossing.threshold
    source = rule.source or f"protocol {protocol.name} v{protocol.version}"
    return Threshold(line(crossing), probability, None, None, source, rule.standing, rule.status)


def _reported(seen: Ahead, weight: Array) -> tuple[Threshold, ...]:
    """The adverse events most likely to be reported of this session."""
    chances = {name: float(weight @ chance) for name, chance in seen.events.items()}
    most = sorted(chances, key=lambda name: -chances[name])[:MOST_REPORTED]
    events = acute_model().events
    return tuple(
        Threshold(f"{plain(name)} reported", chances[name], None, None, "reprieve_acute",
                  "trials", events[name].status)
        for name in most
    )  # fmt: skip


def _resolved_by(seen: Ahead, weight: Array) -> float | None:
    minute = _quantiles(seen.recovered_min, weight, (person_model()["recovered_share"],))[0]
    return round(minute) if np.isfinite(minute) else None


def _earlier(
    history: History, found: Known, form: Form, patient: Patient, session: int, seed: int
) -> tuple[str, ...]:
    """Each earlier sign, and what it alone does to the odds that it is about."""
    if not history.signs:
        return ()
    first = crowd(patient, seed, len(found.weight))
    seen, said = ahead(first, form, patient, session, seed), []
    for sign, part in zip(history.signs, found.by_sign, strict=True):
        name, chance = _odds_about(sign, seen, governing(form))
        if chance is None:
            said.append(f"{sign.told}: counted.")
            continue
        before, after = float(chance.mean()), float(weights(part) @ chance)
        said.append(f"{sign.told}: by itself it moves the odds of {name} from {percent(before)} "
                    f"to {percent(after)}.")  # fmt: skip
    return tuple(said)


def _odds_about(sign: Sign, seen: Ahead, protocol: Protocol) -> tuple[str, Array | None]:
    about = _ABOUT.get(sign.kind, sign.kind)
    if about == DISSOCIATED:
        return dissociation(), seen.dissociated
    if about in seen.events:
        usual = protocol.level == "usual"
        return f"{plain(about)} reported", seen.events[about] if usual else None
    crossing = next((c for c in seen.crossings if c.name == about), None)
    return ("", None) if crossing is None else (line(crossing), crossing.by_person)


def _quantiles(values: Array, weight: Array, at: tuple[float, ...]) -> tuple[float, ...]:
    """Weighted quantiles: the smallest value below which that share of the weight lies."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order])
    k = np.minimum(np.searchsorted(share, np.array(at) * share[-1]), len(values) - 1)
    return tuple(float(v) for v in values[order][k])
