"""Simulated patients in the five situations in which a forecast is asked for.

Here is who they are, what is done and when they are scored; what then happens to them is drawn
in `truth`. Schedules, visit days and the mix of covariates are choices (assumed), near those of
trials and clinics.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case, Score, Treatment
from reprieve.engine.judging.truth import Truth, course_of, draw_truth
from reprieve.engine.trials.design import INACTIVE
from reprieve.errors import UnknownNameError

IV = "ketamine 0.5 mg/kg IV over 40 min"
NEW = ("sertraline 100 mg oral daily", "venlafaxine 150 mg oral daily")
INSTRUMENTS = (("MADRS",), ("PHQ-9",), ("MADRS", "PHQ-9"))
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Script:
    """A case to be: sessions (day, text), when it is asked about, visits, other treatments.

    `seen` are days of scores up to `asked_at` and `later` those after it.
    """

    sessions: tuple[tuple[float, str], ...]
    asked_at: float
    seen: tuple[float, ...]
    later: tuple[float, ...]
    other: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Simulated:
    """One simulated patient.

    `case` as known at the question, `record` with everything that came later, `later` the scores
    hidden from `case`, `truth` what nobody sees.
    """

    situation: str
    case: Case
    record: Case
    later: tuple[Score, ...]
    truth: Truth


def simulate_case(
    situation: str,
    rng: np.random.Generator,
    ensemble: Ensemble | None = None,
    *,
    name: str = "simulated",
    error_scale: float = 1.0,
    place: tuple[float, float, float] | None = None,
) -> Simulated:
    """One patient, drawn from exactly what the forecast takes for granted.

    Parameters
    ----------
    situation : a name of `SITUATIONS`
    ensemble : the parameter sets to draw a world from; those shipped when None
    error_scale : factor on the rating error; other than 1 it breaks the forecast's assumption
    place : the place's effects on drug, context and shared care, in SD between trials; drawn
        for each person when None

    Raises
    ------
    UnknownNameError
        No such situation.
    """
    if situation not in SITUATIONS:
        raise UnknownNameError("situation", situation, list(SITUATIONS))
    script = SITUATIONS[situation](rng)
    aware = str(rng.choice(["open", "aware_active", "masked"], p=[0.7, 0.2, 0.1]))
    skeleton = {
        "version": 1,
        "id": name,
        "clock": "day",
        "asked_at": max(script.asked_at, *script.later),
        **_who(rng),
        "setting": {"id": None, "awareness": aware, "visits": "clinic"},
        "treatments": [{"day": d, "regimen": t, "given": True} for d, t in script.sessions],
        "other": _others(script, rng),
        "scores": [],
        "events": [],
        "plan": None,
    }
    visits = np.array([*script.seen, *script.later])
    course = course_of(Case.from_dict(skeleton), visits, script.asked_at)
    truth = draw_truth(rng, course, ensemble, place)
    scores = _rated(truth, visits, INSTRUMENTS[rng.integers(3)], rng, script, error_scale)
    record = Case.from_dict({**skeleton, "scores": scores})
    case = Case.from_dict(_known({**skeleton, "scores": scores}, script.asked_at))
    later = tuple(s for s in record.scores if s.day > script.asked_at)
    return Simulated(situation, case, record, later, truth)


def _known(data: Mapping[str, Any], asked_at: float) -> dict[str, Any]:
    """The record up to the question, with what is given later as its plan."""
    kept = {k: [r for r in data[k] if r["day"] <= asked_at] for k in ("treatments", "scores")}
    ahead = [r for r in data["treatments"] if r["day"] > asked_at]
    planned: dict[str, Any] = {}
    if ahead:
        first = ahead[0]["day"]
        days = ", ".join(f"{r['day'] - first:g}" for r in ahead)
        planned = {"plan": f"{ahead[0]['regimen']}, on days {days}", "plan_from": first}
    return {**data, **kept, **planned, "asked_at": asked_at}


def _who(rng: np.random.Generator) -> dict[str, Any]:
    """Person and history. Ages and weights are coarse: like people share their kinetics."""
    known = rng.random(6) < 0.6
    age = int(np.clip(rng.normal(46, 13), 20, 78) / 10) * 10 + 5
    weight = float(15 * round(float(np.clip(rng.normal(80, 17), 50, 130)) / 15))
    person = {
        "age": age if known[0] else None,
        "sex": str(rng.choice(["F", "M"], p=[0.6, 0.4])) if known[1] else None,
        "weight_kg": weight if known[2] else None,
        "height_cm": 170.0 if known[2] and known[3] else None,
    }
    onset = float(min(age - 1, int(rng.uniform(14, 45))))
    history = {
        "failed_trials": int(rng.integers(2, 7)) if known[4] else None,
        "age_at_onset": onset if known[0] else None,
        "family_alcohol": bool(rng.random() < 0.35) if known[5] else None,
        "diagnosis": "MDD",
    }
    return {"person": person, "history": history}


def _others(script: Script, rng: np.random.Generator) -> Rows:
    rows = [{"what": what, "from": day, "to": None} for what, day in script.other]
    if rng.random() < 0.25:
        rows.append({"what": "diazepam 10 mg oral daily", "from": -200.0, "to": None})
    return rows


def _rated(
    truth: Truth,
    visits: np.ndarray[Any, Any],
    scales: Sequence[str],
    rng: np.random.Generator,
    script: Script,
    error_scale: float,
) -> Rows:
    """Scores at the visits; of two scales both are used at the start and after the question."""
    rows: Rows = []
    rated = {scale: truth.rated(scale, rng, error_scale) for scale in scales}
    for v, day in enumerate(visits.tolist()):
        both = len(scales) == 1 or v == 0 or day > script.asked_at
        used = scales if both else (str(rng.choice(scales)),)
        rows += [{"day": day, "instrument": s, "value": float(rated[s][v])} for s in used]
    return rows


def _before(rng: np.random.Generator) -> tuple[float, ...]:
    """One score before treatment, or two."""
    days = (float(-rng.integers(5, 15)), float(-rng.integers(0, 4)))
    return days if rng.random() < 0.4 else days[1:]


def _text(rng: np.random.Generator) -> str:
    return str(rng.choice([IV, IV, IV, "ketamine 0.75 mg/kg IV over 45 min"]))


def _induction_days(rng: np.random.Generator) -> list[float]:
    twice = [0.0, 3.0, 7.0, 10.0, 14.0, 17.0]
    return twice if rng.random() < 0.7 else [0.0, 2.0, 4.0, 7.0, 9.0, 11.0]


def _split(days: Sequence[float], asked: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(d for d in days if d <= asked), tuple(d for d in days if d > asked)


def _single(rng: np.random.Generator) -> Script:
    asked = float(rng.choice([1.0, 2.0, 3.0, 7.0]))
    seen, later = _split([1.0, 2.0, 3.0, 7.0, 10.0, 14.0, 21.0, 28.0], asked)
    kept = [d for d in seen[:-1] if rng.random() < 0.5]
    return Script(((0.0, _text(rng)),), asked, (*_before(rng), *kept, seen[-1]), later)


def _during(rng: np.random.Generator) -> Script:
    days, text = _induction_days(rng), _text(rng)
    done = int(rng.integers(2, 5))
    asked = days[done] - 0.5
    # scored before each session, as clinics do, and followed up afterwards
    visits = [*days[1:], days[-1] + 4.0, days[-1] + 11.0]
    seen, later = _split(visits, asked)
    return Script(tuple((d, text) for d in days), asked, (*_before(rng), *seen), later)


def _afterwards(rng: np.random.Generator) -> Script:
    days, text = _induction_days(rng), _text(rng)
    asked = days[-1] + float(rng.integers(1, 8))
    seen = [d for d in days[1:] if rng.random() < 0.7]
    later = [asked + d for d in (7.0, 14.0, 28.0, 42.0, 56.0, 84.0)]
    visits = (*_before(rng), *seen, asked)
    return Script(tuple((d, text) for d in days), asked, visits, tuple(later))


def _maintenance(rng: np.random.Generator) -> Script:
    days, text = _induction_days(rng), _text(rng)
    every = float(rng.choice([7.0, 14.0, 21.0, 28.0]))
    kept = [days[-1] + every * (k + 1) for k in range(10)]
    asked = kept[int(rng.integers(1, 4))] + float(rng.integers(1, int(every)))
    end = asked + 84.0
    all_days = [*days, *(d for d in kept if d <= end)]
    seen, later = _split(all_days[1:], asked)
    after = (*later, end) if not later or end - later[-1] > 3 else later
    shown = [*(d for d in seen[:-1] if rng.random() < 0.8), seen[-1]]
    visits = (*_before(rng), *shown, *([asked] if rng.random() < 0.5 else []))
    return Script(tuple((d, text) for d in all_days), asked, visits, tuple(after[:8]))


def _spray(rng: np.random.Generator) -> Script:
    mg = int(rng.choice([56, 84]))
    twice = [w * 7.0 + d for w in range(4) for d in (0.0, 3.0)]
    days = [*twice, 28.0, 35.0, 42.0, 49.0, 56.0, 70.0, 84.0]
    asked = float(rng.choice([8.0, 15.0, 22.0, 29.0, 43.0]))
    seen, later = _split([2.0, 8.0, 15.0, 22.0, 28.0, 42.0, 56.0, 70.0, 84.0], asked)
    text = f"esketamine {mg} mg nasal"
    new = (str(rng.choice(NEW)), float(rng.integers(-3, 2)))
    return Script(tuple((d, text) for d in days), asked, (*_before(rng), *seen), later, (new,))


SITUATIONS: Mapping[str, Callable[[np.random.Generator], Script]] = {
    "single_infusion": _single,
    "induction": _during,
    "after_induction": _afterwards,
    "maintenance": _maintenance,
    "spray_new_antidepressant": _spray,
}


def is_active(session: Treatment) -> bool:
    """Whether a session holds more than saline, placebo or midazolam."""
    return any(d.drug not in INACTIVE for d in session.regimen.doses)


def situation_of(case: Case, asked_at: float) -> str:
    """The situation that a record is nearest to when asked about on a day.

    What was given after that day counts as planned.
    """
    done = sum(t.day <= asked_at for t in case.given)
    ahead = len(case.given) - done
    nasal = any(d.route == "nasal" for t in case.given for d in t.regimen.doses)
    begun = any(
        o.kind == "new_antidepressant" and (o.from_day or 0.0) <= asked_at for o in case.other
    )
    if nasal and begun:
        return "spray_new_antidepressant"
    if done + ahead <= 2:
        return "single_infusion"
    if done < 6 and ahead:
        return "induction"
    return "maintenance" if ahead else "after_induction"
