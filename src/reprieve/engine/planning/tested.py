"""What was tried in people with depression, from the evidence: doses, lengths, repetition.

A question about a dose or a route is answered by the same model whether anybody tried it or not;
here stands where trials end and extrapolation begins. Nothing is written in code: the ranges are
those of the arms in `evidence/studies`, and of the designs that the model was fitted to.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from reprieve.engine.trials.design import Form, shipped, shipped_names
from reprieve.evidence import keys, load
from reprieve.evidence.study import Arm

_DRUGS = {"racemic ketamine": "ketamine", "esketamine": "esketamine"}
_ROUTES = {"IV": "iv", "IN": "nasal", "SC": "sc", "IM": "im", "oral": "oral",
           "sublingual": "sublingual"}  # fmt: skip
_ONCE = re.compile(r"\bsingle\b|first dose", re.I)


@dataclass(frozen=True, slots=True)
class Tried:
    """One arm: a dose (or a range of doses) of a unit, how long, and whether it was repeated.

    `taught` says that the model was fitted to it; `hours` is None where no length was given.
    """

    reference: str
    low: float
    high: float
    unit: str
    hours: float | None
    repeated: bool
    taught: bool = False


@cache
def tried(drug: str, route: str) -> tuple[Tried, ...]:
    """Every arm of the evidence that gave the drug by the route for depression."""
    return (*_published(drug, route), *_fitted(drug, route))


def _published(drug: str, route: str) -> Iterable[Tried]:
    for key in keys("studies"):
        for arm in load(f"studies/{key}").arms:
            if _DRUGS.get(arm.drug) == drug and _ROUTES.get(arm.route) == route:
                yield from _arm(key, arm)


def _arm(key: str, arm: Arm) -> Iterable[Tried]:
    doses = [float(part) for part in re.findall(r"\d+(?:\.\d+)?", str(arm.dose or ""))]
    if doses and arm.dose_unit in ("mg", "mg/kg"):
        hours = None if arm.duration_min is None else arm.duration_min / 60.0
        repeated = not _ONCE.search(arm.schedule)
        yield Tried(key, min(doses), max(doses), arm.dose_unit, hours, repeated)


def _fitted(drug: str, route: str) -> Iterable[Tried]:
    for name in shipped_names():
        design = shipped(name)
        if design.split != "calibration":
            continue
        for plan in design.arms:
            for branch in plan.branches:
                forms = [s.form for s in branch if s.form]
                for form in dict.fromkeys(forms):
                    if (form[0].drug, form[0].route) == (drug, route):
                        unit, amount, hours = given(form)
                        many = len(forms) > 1
                        yield Tried(design.reference, amount, amount, unit, hours, many, True)


def given(form: Form) -> tuple[str, float, float]:
    """Unit, amount and length (h) of a session."""
    unit = form[0].unit
    hours = max(d.end_h for d in form) - min(d.time_h for d in form)
    return unit, sum(d.amount for d in form if d.unit == unit), hours


def span(arms: Iterable[Tried], unit: str) -> tuple[float, float] | None:
    """Lowest and highest dose of arms in a unit; None without any."""
    found = [a for a in arms if a.unit == unit]
    return (min(a.low for a in found), max(a.high for a in found)) if found else None


def references(arms: Iterable[Tried]) -> tuple[str, ...]:
    """Keys of the papers, in order."""
    return tuple(dict.fromkeys(a.reference for a in arms))
