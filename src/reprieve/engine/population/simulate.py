"""Virtual patients on a regimen: levels, occupancy, acute effects, mood and score, summed up.

People come in fixed blocks with seeds of their own (`engine.parallel`), so the numbers depend on
the question, n and the seed, and on nothing else; only summaries are kept.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble, ensemble
from reprieve.engine.dosing.doses import Dose, Regimen
from reprieve.engine.dosing.vocabulary import MEDICINE_CLASS
from reprieve.engine.effects.thresholds import counted_by_label, label_minutes
from reprieve.engine.kinetics.standing import kinetic_standing
from reprieve.engine.mood.model import OTHERS, Array, Baseline
from reprieve.engine.mood.predictors import CheckIn
from reprieve.engine.patient import Demography, Patient
from reprieve.engine.population.block import Question, run_block, session_times
from reprieve.engine.population.parallel import BLOCK, Progress, each_block
from reprieve.engine.population.summaries import Spread, Tally
from reprieve.engine.trials.design import Course, Design, Plan, Sitting, sittings
from reprieve.errors import InputError
from reprieve.evidence import instrument
from reprieve.evidence.practice import Protocol, governing, use_of

RESISTANT = Baseline(33.0, 5.5, 20.0)  # adults of the trials in resistant depression (assumed)
HOURS_4_D = 4 / 24
LONGEST_D = 3 * 366.0
DAILY_VISITS_D = 84  # scores are looked at daily for so long, then weekly
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What n virtual patients did, as distributions.

    `tally` holds every distribution by name: `level:` and `cmax:` and `auc:` of ketamine,
    norketamine, hnk (ng/mL, ng*h/mL) and occupancy (%) in the first session at `times_h` (h);
    `first:` and `last:` courses of cadss, moaas, sbp, dbp, hr, spo2; `peak:` by session; `score`,
    `change` (points) at `visits_d`; `total_mg`. Sums over people: `response`, `remission` (and
    `_so_far`) by visit, the same and the score of the same people without active drug under
    `inert:`, `crossed:` stop rules and `event:` by session, `ever_` in the course.
    No `event:` where the protocol is not the usual one: the rates are those of two-hour sessions.
    """

    regimen: Regimen
    n: int
    seed: int
    awareness: str
    baseline: Baseline
    protocol: Protocol
    session_d: Array
    times_h: Array
    last_times_h: Array
    visits_d: Array
    assumptions: tuple[str, ...]
    tally: Tally

    @property
    def use(self) -> tuple[str, ...]:
        """How what is given stands to its label, a sentence for each drug and route."""
        return use_of(self.regimen.doses)

    @property
    def kinetics(self) -> tuple[str, ...]:
        """How well the kinetics are known, a sentence for each model."""
        return kinetic_standing(self.regimen.doses)

    @property
    def readings_min(self) -> tuple[float, ...]:
        """Minutes at which the first session's signs are read."""
        first = self.regimen.doses[0].session
        doses = [d for d in self.regimen.doses if d.session == first]
        lasted = max(d.end_h for d in doses) - min(d.time_h for d in doses)
        return self.protocol.vitals.minutes(lasted)

    def spread(self, name: str) -> Spread:
        """One distribution by name."""
        return self.tally.spreads[name]

    def share(self, name: str) -> Array:
        """One sum over people as a share of them, 0 to 1."""
        return self.tally.share(name)

    def at_day(self, name: str, day: float) -> float:
        """A share at the visit nearest to a day."""
        return float(self.share(name)[int(np.argmin(np.abs(self.visits_d - day)))])

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists, for JSON."""
        return {
            "regimen": self.regimen.text or self.regimen.format(),
            "n": self.n,
            "seed": self.seed,
            "awareness": self.awareness,
            "baseline": {"mean": self.baseline.mean, "sd": self.baseline.sd,
                         "minimum": self.baseline.minimum},
            "use": list(self.use),
            "kinetics": list(self.kinetics),
            "protocol": f"{self.protocol.name} v{self.protocol.version}",
            "protocol_level": self.protocol.level,
            "protocol_note": self.protocol.note,
            "readings_min": list(self.readings_min),
            "label_readings_min": {n: list(label_minutes(n)) for n in counted_by_label()},
            "assumptions": list(self.assumptions),
            "session_d": self.session_d.tolist(),
            "times_h": self.times_h.tolist(),
            "last_times_h": self.last_times_h.tolist(),
            "visits_d": self.visits_d.tolist(),
            "distributions": {k: _described(s) for k, s in sorted(self.tally.spreads.items())},
            "shares": {k: _rounded(self.share(k)) for k in sorted(self.tally.sums)},
        }  # fmt: skip


def simulate(
    regimen: Regimen | str,
    n: int = 10_000,
    seed: int = 1,
    *,
    patient: Patient | None = None,
    checkin: CheckIn | None = None,
    where: Demography | None = None,
    baseline: Baseline = RESISTANT,
    awareness: str = "open",
    for_d: float | None = None,
    members: Ensemble | None = None,
    block: int = BLOCK,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> Simulation:
    """Run n virtual patients through the whole chain.

    Parameters
    ----------
    regimen : a `Regimen`, or its text
    n, seed : the same numbers come back for the same n and seed on any number of workers
    patient : what is known of everybody; the rest is drawn, from `where`
    checkin : what everybody tells of sleep, activity, alcohol, stress, psychotherapy
    baseline : MADRS at entry
    awareness : of what is given, as trials name it ("open", "midazolam_control" ...)
    for_d : days to follow; four weeks after the last session when None
    members : parameter sets of the mood model; the shipped ensemble when None. Every 125 people
        are treated at a place of their own under one member, so that doubt about parameters and
        differences between places are in the spread.
    block : people a block; part of what decides the numbers
    workers, cluster, progress : as in `parallel.each_block`

    Raises
    ------
    InputError
        The regimen has no session, or n, seed, for_d or awareness cannot be.
    ModelError
        No kinetic model answers for a dose.
    """
    asked = regimen if isinstance(regimen, Regimen) else Regimen.parse(regimen, until_d=for_d)
    sessions, horizon = _sessions(asked, awareness, for_d)
    visits = _visits(horizon)
    others, notes = _others(asked, horizon)
    members = members or ensemble()
    members.member(0).gain(awareness)  # refuses an unknown one
    design = Design(
        key="simulation", title=asked.text, split="none", instrument="MADRS", baseline=baseline,
        visits_d=tuple(visits.tolist()),
        arms=(Plan("all", None, (sessions,), others),),
    )  # fmt: skip
    protocol = governing(asked.doses)
    scale = instrument("MADRS")
    question = Question(
        sessions, design, members, patient, where, protocol.name, _milligrams(asked.doses),
        scale.response.value, scale.remission.value, checkin,
    )  # fmt: skip
    total: Tally | None = None
    work = partial(run_block, question)
    for part in each_block(work, n, block, seed, workers, cluster, progress):
        if total is None:
            total = part
        else:
            total.add(part)
    assert total is not None
    return Simulation(
        asked, n, seed, awareness, baseline, protocol,
        np.array([s.day for s in sessions]),
        session_times(sessions[0].form), session_times(sessions[-1].form), visits,
        (*asked.assumptions, *notes), total,
    )  # fmt: skip


def _sessions(
    regimen: Regimen, awareness: str, for_d: float | None
) -> tuple[tuple[Sitting, ...], float]:
    if for_d is not None and not 0 < for_d <= LONGEST_D:
        raise InputError(f"Following for {for_d:g} days; expected above 0, at most {LONGEST_D:g}.")
    found = sittings(regimen, awareness)
    if not found:
        raise InputError(
            "The regimen has no session to simulate; it needs a dose of ketamine, esketamine, "
            "arketamine or of a control."
        )
    horizon = for_d if for_d is not None else found[-1].day + 28.0
    kept = tuple(s for s in found if s.day <= horizon)
    if not kept:
        raise InputError(f"No session falls within the {horizon:g} days to be followed.")
    return kept, horizon


def _visits(horizon_d: float) -> Array:
    """Days of rating: four hours, then daily, then weekly; always the last day."""
    daily = np.arange(1.0, min(horizon_d, DAILY_VISITS_D) + 1e-9)
    weekly = np.arange(DAILY_VISITS_D + 7.0, horizon_d + 1e-9, 7.0)
    early = [HOURS_4_D] if horizon_d > HOURS_4_D else []
    return np.unique(np.concatenate([early, daily, weekly, [horizon_d]]))


def _milligrams(doses: tuple[Dose, ...]) -> tuple[float, float]:
    active = [d for d in doses if d.drug not in ("saline", "midazolam", "placebo")]
    fixed = sum(d.amount for d in active if d.unit == "mg")
    return fixed, sum(d.amount for d in active if d.unit == "mg/kg")


_AS = {
    "augmentation": "atypical_augmentation",
    **dict.fromkeys(("ssri", "snri", "tricyclic", "maoi", "other antidepressant"),
                    "new_antidepressant"),
}  # fmt: skip


def _others(regimen: Regimen, horizon_d: float) -> tuple[tuple[Course, ...], list[str]]:
    """Home medicines that start with or after treatment, as courses of the mood model."""
    spans: dict[str, tuple[float, float]] = {}
    notes: list[str] = []
    for daily in regimen.daily:
        kind = MEDICINE_CLASS.get(daily.drug, "other")
        what = "quetiapine_augmentation" if daily.drug == "quetiapine" else _AS.get(kind)
        if what is None:
            notes.append(f"{daily.drug} at home: no effect on mood is modelled")
        elif daily.from_d < 0:
            notes.append(f"{daily.drug} taken before day 0: read as stable, no new effect")
        else:
            end = horizon_d if daily.to_d is None else daily.to_d
            low, high = spans.get(what, (daily.from_d, end))
            spans[what] = min(low, daily.from_d), max(high, end)
    if len(spans) > OTHERS:
        raise InputError(f"{len(spans)} kinds of home medicine; at most {OTHERS} are modelled.")
    return tuple(Course(what, a, b) for what, (a, b) in spans.items()), notes


def _described(spread: Spread) -> dict[str, Any]:
    found = {"mean": _rounded(spread.mean), "sd": _rounded(spread.sd)}
    found |= {f"p{100 * q:02.0f}": _rounded(spread.quantile(q)) for q in QUANTILES}
    return found


def _rounded(values: Array) -> list[float]:
    return [float(f"{x:.6g}") for x in values]
