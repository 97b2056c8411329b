"""Whether a trial of an antidepressant was adequate, and whether depression counts as resistant.

The rule is dose, weeks and adherence, each against a limit that is shown: the least daily dose
of `antidepressants.toml`, the rest from the protocol's `eligibility`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from reprieve.errors import InputError
from reprieve.evidence.medicines import medicine_file, named
from reprieve.evidence.practice.thresholds import Standing, Threshold
from reprieve.evidence.schema import STANDINGS, STATUSES, Table, thaw

OUTCOMES = ("none", "partial", "response", "remission", "intolerance", "unknown")
FAILED = ("none", "partial")
Judged = Literal["adequate", "not", "unknown"]


@dataclass(frozen=True, slots=True)
class LeastDose:
    """The least daily dose in mg that makes a trial adequate."""

    drug: str
    kind: str
    mg_per_day: float
    standing: Standing
    status: str
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """One antidepressant trial of the current episode, as the chart has it; None is not known.

    `dose_mg` is the highest daily dose that was held, `weeks` how long at or above the least
    dose, `adherence` the share of doses taken in %, `outcome` one of `OUTCOMES`.
    """

    drug: str
    dose_mg: float | None
    weeks: float | None
    adherence: float | None
    outcome: str = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a trial is judged: `reasons` say each part of the rule with its number.

    `failed` is whether an adequate trial brought too little; None where that is not known.
    """

    trial: Trial
    drug: str
    judged: Judged
    failed: bool | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resistance:
    """How many different antidepressants failed in adequate trials, against what is asked."""

    failed: int
    may_have_failed: int
    asked: float
    met: bool | None
    sentence: str
    verdicts: tuple[Verdict, ...]


@cache
def least_doses() -> Mapping[str, LeastDose]:
    """The least adequate daily dose by the name of the antidepressant."""
    table = Table(thaw(medicine_file("antidepressants")), "antidepressants.toml")
    table.integer("version", low=1)
    table.text("title")
    standing: Standing = table.choice("standing", STANDINGS)  # type: ignore[assignment]
    status = table.choice("status", STATUSES)
    found = {}
    for entry in table.subs("drug"):
        dose = LeastDose(
            entry.text("name"),
            entry.text("class"),
            entry.number("mg_per_day", low=0.1),
            standing,
            status,
            entry.text("source", ""),
            entry.text("note", ""),
        )
        entry.done()
        found[dose.drug] = dose
    table.done()
    return found


def antidepressant(typed: str) -> LeastDose | None:
    """The antidepressant of a typed name ("Zoloft 100"); None if none or several are named."""
    found = [least_doses()[name] for name in named(typed).names if name in least_doses()]
    return found[0] if len(found) == 1 else None


def judge_trial(trial: Trial, eligibility: Mapping[str, Threshold]) -> Verdict:
    """Whether a trial was adequate: no if any part falls short, unknown if any is not known.

    Parameters
    ----------
    trial : as the chart has it
    eligibility : the protocol's group, with `trial_weeks` and `trial_adherence`; a part that the
        protocol leaves out is not asked

    Raises
    ------
    InputError
        An outcome that is not one of `OUTCOMES`, or a number below zero.
    """
    _check(trial)
    least = antidepressant(trial.drug)
    parts = [_dose(trial, least)]
    parts += _against("weeks", trial.weeks, eligibility.get("trial_weeks"))
    parts += _against("% of doses taken", trial.adherence, eligibility.get("trial_adherence"))
    met = [part for part, _ in parts]
    judged: Judged = "not" if False in met else "unknown" if None in met else "adequate"
    failed = {"adequate": _failed(trial.outcome), "not": False, "unknown": None}[judged]
    if judged == "unknown" and _failed(trial.outcome) is False:
        failed = False
    return Verdict(
        trial,
        trial.drug if least is None else least.drug,
        judged,
        failed,
        tuple(said for _, said in parts),
    )


def judge_resistance(trials: Iterable[Trial], eligibility: Mapping[str, Threshold]) -> Resistance:
    """Whether enough different antidepressants failed; None while an unknown could decide."""
    verdicts = tuple(judge_trial(trial, eligibility) for trial in trials)
    failed = {v.drug for v in verdicts if v.failed}
    open_ = {v.drug for v in verdicts if v.failed is None} - failed
    asked = eligibility["adequate_trials"]
    met: bool | None = asked.met(len(failed))
    if not met and asked.met(len(failed) + len(open_)):
        met = None
    sentence = (
        f"Failed in adequate trials: {len(failed)} different antidepressants; the protocol asks "
        f"for at least {asked.value:g} ({asked.standing})."
    )
    if met is None:
        sentence += f" Not to be judged before what is missing is filled in: {len(open_)}."
    return Resistance(len(failed), len(open_), asked.value, met, sentence, verdicts)


def _check(trial: Trial) -> None:
    if trial.outcome not in OUTCOMES:
        raise InputError(f"The outcome was '{trial.outcome}'; give one of {', '.join(OUTCOMES)}.")
    for name in ("dose_mg", "weeks", "adherence"):
        value = getattr(trial, name)
        if value is not None and not 0 <= value < float("inf"):
            raise InputError(f"{name} of {trial.drug} was {value}; give 0 or more.")


def _failed(outcome: str) -> bool | None:
    return None if outcome == "unknown" else outcome in FAILED


def _dose(trial: Trial, least: LeastDose | None) -> tuple[bool | None, str]:
    if least is None:
        return None, f"{trial.drug}: no least adequate dose is recorded here; judge it by hand."
    limit = f"at least {least.mg_per_day:g} mg/d for {least.drug} ({least.status})"
    if trial.dose_mg is None:
        return None, f"The dose is not known; asked is {limit}."
    met = trial.dose_mg >= least.mg_per_day
    return met, f"{trial.dose_mg:g} mg/d {_meets(met)} {limit}."


def _against(
    what: str, value: float | None, asked: Threshold | None
) -> list[tuple[bool | None, str]]:
    if asked is None:
        return []
    unit = "" if what.startswith("%") else " "
    limit = f"at least {asked.value:g}{unit}{what} ({asked.standing}, {asked.status})"
    if value is None:
        return [(None, f"Not known; asked is {limit}.")]
    met = asked.met(value)
    return [(met, f"{value:g}{unit}{what} {_meets(met)} {limit}.")]


def _meets(met: bool) -> str:
    return "meets" if met else "falls short of"
