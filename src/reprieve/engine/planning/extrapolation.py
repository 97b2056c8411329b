"""Warnings wherever an answer about a dose or a route goes beyond what was tried."""

from collections.abc import Sequence
from dataclasses import dataclass

from reprieve.engine.kinetics.standing import kinetic_standing
from reprieve.engine.planning.tested import Tried, given, references, span, tried
from reprieve.engine.planning.wording import lasting, treatment
from reprieve.engine.trials.design import Form
from reprieve.evidence.practice import governing

_BY = {"iv": "by vein", "im": "into the muscle", "sc": "under the skin", "nasal": "by nose",
       "oral": "by mouth", "sublingual": "under the tongue"}  # fmt: skip
SLACK = 1e-6
MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Beyond:
    """One way in which an answer is extrapolation.

    `kind`: `untried` (no trial of the route), `dose`, `repeated`, `length`, `unfitted` (the model
    saw no such trial), `kinetics` (absorption assumed), `switch` (of route or drug in one person)
    or `protocol` (outside its usual range, or hypothetical). `sources` are bibliography keys of
    what the range rests on.
    """

    kind: str
    sentence: str
    sources: tuple[str, ...] = ()


def beyond(
    form: Form, repeated: bool, before: Sequence[Form] = (), weight_kg: float | None = None
) -> tuple[Beyond, ...]:
    """Where the answer about a session goes beyond the evidence.

    Parameters
    ----------
    form : what is asked about
    repeated : whether it would be part of a course by that route, not a single session
    before : what the person has had
    weight_kg : to read a dose in mg beside trials per kg
    """
    first = form[0]
    arms = tried(first.drug, first.route)
    how = f"{first.drug} {_BY[first.route]}"
    found = [] if arms else [Beyond("untried", f"No trial in the evidence gave {how}.")]
    if arms:
        found += _doses(form, how, arms, repeated, weight_kg)
        found += _length(form, how, arms)
    found += _unfitted(form, how, arms, weight_kg)
    found += [Beyond("kinetics", s) for s in kinetic_standing(form) if s.startswith("Absorption")]
    found += _switched(form, before)
    return (*found, *_protocol(form))


def _doses(
    form: Form, how: str, arms: Sequence[Tried], repeated: bool, weight_kg: float | None
) -> list[Beyond]:
    unit, amount = _comparable(form, arms, weight_kg)
    whole = span(arms, unit)
    if whole is None:
        sentence = f"Trials of {how} did not dose in {unit}; their range says nothing here."
        return [Beyond("dose", sentence, _named(arms))]
    if not _within(amount, whole):
        sentence = (
            f"Trials with their numbers in the evidence gave {how} at {_range(whole, unit)}; "
            f"{amount:.3g} {unit} is beyond."
        )
        ends = [a for a in arms if a.unit == unit and (a.low == whole[0] or a.high == whole[1])]
        return [Beyond("dose", sentence, _named(ends))]
    many = [a for a in arms if a.repeated]
    again = span(many, unit)
    if not repeated or (again is not None and _within(amount, again)):
        return []
    tried_at = "never" if again is None else f"at {_range(again, unit)} only"
    sentence = (
        f"Repeated sessions of {how} were tried {tried_at}; {amount:.3g} {unit} in a "
        "course of them is extrapolation."
    )
    return [Beyond("repeated", sentence, _named(many))]


def _comparable(form: Form, arms: Sequence[Tried], weight_kg: float | None) -> tuple[str, float]:
    """The dose in the unit of the trials, where body weight allows."""
    unit, amount, _ = given(form)
    units = {a.unit for a in arms}
    if unit not in units and weight_kg:
        return ("mg/kg", amount / weight_kg) if unit == "mg" else ("mg", amount * weight_kg)
    return unit, amount


def _length(form: Form, how: str, arms: Sequence[Tried]) -> list[Beyond]:
    hours = given(form)[2]
    known = [a.hours for a in arms if a.hours is not None]
    if not known or hours <= max(known) + SLACK:
        return []
    sentence = (
        f"Trials with their numbers in the evidence gave {how} over up to {lasting(max(known))} "
        f"({len(known)} arms); {lasting(hours)} is extrapolation from how long receptors are held."
    )
    return [Beyond("length", sentence, _named([a for a in arms if a.hours == max(known)]))]


def _unfitted(form: Form, how: str, arms: Sequence[Tried], weight_kg: float | None) -> list[Beyond]:
    """Whether the model was fitted to such a dose by such a route."""
    fitted = [a for a in arms if a.taught]
    if not fitted:
        sentence = (
            f"No trial of {how} taught the model; its effect on mood is carried over from other "
            "routes by how long receptors are held."
        )
        return [Beyond("unfitted", sentence)]
    unit, amount = _comparable(form, fitted, weight_kg)
    known = span(fitted, unit)
    if known is not None and _within(amount, known):
        return []
    reach = "another unit" if known is None else _range(known, unit)
    sentence = (
        f"The trials of {how} that taught the model gave {reach}; what {amount:.3g} {unit} does to "
        "mood follows from how long receptors are held, which is assumed."
    )
    return [Beyond("unfitted", sentence, _named(fitted))]


def _switched(form: Form, before: Sequence[Form]) -> list[Beyond]:
    """A change of drug or route in one person."""
    had = dict.fromkeys((f[0].drug, f[0].route) for f in before)
    now = form[0].drug, form[0].route
    if not had or now in had:
        return []
    was = " and ".join(f"{drug} {_BY[route]}" for drug, route in had)
    sentence = (
        f"This person has had {was}. No trial in the evidence moved people from one to the other; "
        "that their response goes with them is assumed."
    )
    return [Beyond("switch", sentence)]


def _protocol(form: Form) -> list[Beyond]:
    protocol = governing(form)
    found = []
    if protocol.level != "usual" and protocol.note:
        found.append(Beyond("protocol", f"{treatment(form)}: {protocol.note}", protocol.references))
    unit, amount, _ = given(form[:1])
    usual = protocol.dose(unit)
    if usual is not None and usual.judge(amount) != "usual":
        sources = (usual.source,) if usual.source else ()
        sentence = f"Protocol {protocol.name} has {_range(usual.usual, unit)} ({usual.standing})."
        found.append(Beyond("protocol", sentence, sources))
    return found


def _within(amount: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] * (1 - SLACK) <= amount <= bounds[1] * (1 + SLACK)


def _range(bounds: tuple[float, float], unit: str) -> str:
    low, high = bounds
    return f"{low:g} {unit}" if low == high else f"{low:g} to {high:g} {unit}"


def _named(arms: Sequence[Tried]) -> tuple[str, ...]:
    return references(arms)[:MOST_NAMED]
