"""One block of virtual patients through the whole chain, left behind as a tally.

kinetics -> occupancy -> acute effects of each session; occupancy integral -> plasticity -> mood
-> score. Each session's kinetics stand alone: what earlier sessions left is ignored, as in
`engine.occupancy.stimulus`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.effects.acute import AcuteEffects, acute_effects
from reprieve.engine.effects.dissociation import dissociated, rated_cadss
from reprieve.engine.effects.haemodynamics import SIGNS, change_readings, draw_vitals, oximetry
from reprieve.engine.effects.sensitivity import draw_sensitivity
from reprieve.engine.effects.thresholds import threshold_probabilities
from reprieve.engine.kinetics.concentrations import Concentrations, concentrations, parent
from reprieve.engine.kinetics.models import Individuals
from reprieve.engine.kinetics.occupancy import occupancy
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array
from reprieve.engine.mood.predictors import CheckIn, shift
from reprieve.engine.patient import Demography, Patient, People, draw_people
from reprieve.engine.population.parallel import Block
from reprieve.engine.population.summaries import Bins, Spread, Tally
from reprieve.engine.trials.design import Design, Form, Plan, Sitting
from reprieve.engine.trials.trial import ArmResult, elsewhere, run_trial
from reprieve.evidence.practice import Protocol, protocol

PLACE = 125  # people treated at one place, under one member of the ensemble
FINE_H = 4.0  # what follows the last dose is looked at every 5 minutes for so long
STEP_H = 1 / 12
LONG_H = 12.0  # input that lasts longer is followed finely at its ends only
HORIZON_H = 12.0  # of the occupancy integral
COARSE_STEPS = 96
PEOPLE, SENSES, REST, OCCASION, BODY, MIND = range(6)  # independent streams of a block's seed

LEVEL = Bins(1e-2, 1e5, 700, log=True)  # ng/mL
SHARE = Bins(0.0, 100.0, 500)
POINTS = Bins(0.0, 92.0, 460)
PRESSURE = Bins(0.0, 320.0, 640)
RISE = Bins(-80.0, 160.0, 480)
PULSE = Bins(0.0, 250.0, 500)
OXYGEN = Bins(40.0, 100.0, 600)
CALM = Bins.of_whole(0, 5)
SCORE = Bins.of_whole(0, 60)
MG = Bins(1e-2, 1e6, 800, log=True)
COURSES = {"cadss": POINTS, "moaas": CALM, "sbp": PRESSURE, "dbp": PRESSURE, "hr": PULSE,
           "spo2": OXYGEN}  # fmt: skip
PEAKS = {
    "cadss": Bins.of_whole(0, 92), "moaas": CALM, "sbp": PRESSURE, "dbp": PRESSURE, "hr": PULSE,
    "sbp_rise": RISE, "dbp_rise": RISE, "hr_rise": RISE, "spo2": OXYGEN,
    "sbp_rise_true": RISE, "dbp_rise_true": RISE,
}  # fmt: skip
LOWEST = ("moaas", "spo2")
DISSOCIATED = "cadss_above_4"


@dataclass(frozen=True, slots=True)
class Question:
    """What every block needs to know; small and picklable."""

    sittings: tuple[Sitting, ...]
    design: Design
    ensemble: Ensemble
    patient: Patient | None
    where: Demography | None
    protocol_name: str
    total_mg: tuple[float, float]  # fixed, and per kg
    response_fall: float
    remission_at_most: float
    checkin: CheckIn | None = None

    @property
    def protocol(self) -> Protocol:
        """Looked up where the block runs: what travels is a name."""
        return protocol(self.protocol_name)

    @property
    def plan(self) -> Plan:
        return self.design.arms[0]


def session_times(form: Form | None) -> Array:
    """Hours at which a session is followed: finely while something happens, then sparsely."""
    given = given_h(form)
    if given > LONG_H:
        return _long_times(given)
    fine = given + FINE_H - min(given, 40 / 60)
    end = HORIZON_H + max(0.0, given - 1.0)
    step = max(STEP_H, fine / COARSE_STEPS)
    first = np.arange(0.0, fine - 1e-9, step)
    return np.concatenate([first, np.linspace(fine, end, 33)])


def given_h(form: Form | None) -> float:
    """Hours from the start of a session to the end of its last input."""
    return max((d.end_h for d in form), default=0.0) if form else 0.0


def _long_times(given: float) -> Array:
    """An infusion of a day or more: finely at its start and its end, hourly between."""
    start, stop = np.arange(0.0, FINE_H, STEP_H), given + FINE_H
    between = np.linspace(FINE_H, given, max(2, int(np.ceil(given - FINE_H))), endpoint=False)
    after = np.linspace(given, stop, 25)
    late = np.linspace(stop, given + HORIZON_H - 1.0, 9)[1:]
    return np.concatenate([start, between, after, late])


def run_block(question: Question, block: Block) -> Tally:
    """Everything about the people of one block that is kept."""
    people = draw_people(len(block), block.rng(PEOPLE), question.patient, question.where)
    tally = Tally(len(block))
    body = _Body(people, block)
    _sessions(question, block, people, body, tally)
    _course_of_mood(question, block, body, tally)
    fixed, per_kg = question.total_mg
    tally.spreads["total_mg"] = Spread.of(fixed + per_kg * people.weight_kg, MG)
    return tally


class _Body:
    """The kinetics of one block's people: each form of session is solved once."""

    def __init__(self, people: People, block: Block) -> None:
        self.people, self.block = people, block
        self.individuals = Individuals.of(people, block.rng(BODY))
        self.known: dict[Form | None, Concentrations] = {}
        self.stimulus: dict[Form, Array] = {}

    def levels(self, form: Form | None) -> Concentrations:
        """Plasma after one session, with metabolites for the first form asked for."""
        if form not in self.known:
            times = session_times(form)
            if form is None:
                zero = np.zeros((len(self.people), len(times)))
                found = Concentrations(times, zero, zero, zero, zero, zero, zero)
            elif not any(self.known):
                found = concentrations(form, self.people, times, self.block.rng(BODY))
            else:
                found = parent(form, self.individuals, times)
            self.known[form] = found
            if form is not None:
                self.stimulus[form] = np.asarray(np.trapezoid(occupancy(found), times, axis=1))
        return self.known[form]


def _sessions(question: Question, block: Block, people: People, body: _Body, tally: Tally) -> None:
    sensitivity = draw_sensitivity(len(block), block.rng(SENSES))
    rest, occasion = draw_vitals(people, block.rng(REST)), block.rng(OCCASION)
    peaks: dict[str, list[Array]] = {name: [] for name in PEAKS}
    crossed: dict[str, list[Array]] = {}
    happened: dict[str, list[Array]] = {}
    last = len(question.sittings) - 1
    for k, sitting in enumerate(question.sittings):
        levels = body.levels(sitting.form)
        effects = acute_effects(levels, people, occasion, k, rest, sensitivity)
        if k == 0:
            _levels(levels, tally)
        if k in (0, last):
            _courses(effects, "first" if k == 0 else "last", tally)
        if k == last == 0:
            _courses(effects, "last", tally)
        lasted = given_h(sitting.form)
        seen = _readings(effects, question.protocol.vitals.minutes(lasted), occasion)
        for name, columns in peaks.items():
            extreme = np.min if name in LOWEST else np.max
            columns.append(extreme(seen[name], axis=1))
        for name, met in _crossings(effects, seen, question.protocol, lasted).items():
            crossed.setdefault(name, []).append(met)
        if question.protocol.level == "usual":
            for name, chance in effects.events.items():
                happened.setdefault(name, []).append(chance)
    for name, columns in peaks.items():
        tally.spreads[f"peak:{name}"] = Spread.of(np.stack(columns, axis=1), PEAKS[name])
    _by_session("crossed", crossed, tally)
    _by_session("event", happened, tally)


def _levels(levels: Concentrations, tally: Tally) -> None:
    for name in ("ketamine", "norketamine", "hnk"):
        curve = 1000.0 * getattr(levels, name)  # ng/mL
        tally.spreads[f"level:{name}"] = Spread.of(curve, LEVEL)
        tally.spreads[f"cmax:{name}"] = Spread.of(curve.max(axis=1), LEVEL)
        tally.spreads[f"auc:{name}"] = Spread.of(np.trapezoid(curve, levels.times_h, axis=1), LEVEL)
    blocked = 100.0 * occupancy(levels)
    tally.spreads["level:occupancy"] = Spread.of(blocked, SHARE)
    tally.spreads["cmax:occupancy"] = Spread.of(blocked.max(axis=1), SHARE)
    hours = np.asarray(np.trapezoid(blocked / 100.0, levels.times_h, axis=1))
    tally.spreads["occupancy_h"] = Spread.of(hours, Bins(0.0, 150.0, 15000))


def _courses(effects: AcuteEffects, when: str, tally: Tally) -> None:
    for name, bins in COURSES.items():
        tally.spreads[f"{when}:{name}"] = Spread.of(getattr(effects, name), bins)


def _readings(
    effects: AcuteEffects, minutes: tuple[float, ...], rng: np.random.Generator
) -> Mapping[str, Array]:
    """What is written down at the protocol's minutes, (n, minutes) each, with reading error.

    Rises are over one reading before the dose. Published peaks are the largest of such readings
    and exceed the true course, the more so the more readings there are; `_rise_true` is the
    course's own peak over rest, without them. Sedation is watched all the time.
    """
    seen: dict[str, Array] = {}
    for sign in SIGNS:
        before, change = change_readings(effects, sign, minutes, rng)
        seen[sign], seen[f"{sign}_rise"] = before[:, None] + change, change
    seen["spo2"] = oximetry(effects, minutes, rng)
    seen["cadss"] = rated_cadss(effects, minutes, rng)
    seen["moaas"] = effects.moaas
    for sign in ("sbp", "dbp"):
        resting = getattr(effects.baseline, sign)[:, None]
        seen[f"{sign}_rise_true"] = getattr(effects, sign) - resting
    return seen


def _crossings(
    effects: AcuteEffects, seen: Mapping[str, Array], protocol: Protocol, lasted_h: float
) -> dict[str, Array]:
    """(n,) each: probability that a session meets a threshold; 0 or 1 for dissociation."""
    met = {c.name: c.by_person for c in threshold_probabilities(effects, protocol, None, lasted_h)}
    met[DISSOCIATED] = dissociated(seen["cadss"]).astype(float)
    return met


def _by_session(kind: str, chances: Mapping[str, list[Array]], tally: Tally) -> None:
    """Sums of probabilities by session, and of having it at least once in the course."""
    for name, columns in chances.items():
        chance = np.stack(columns, axis=1)
        tally.sums[f"{kind}:{name}"] = chance.sum(axis=0)
        tally.sums[f"ever_{kind}:{name}"] = np.array([(1 - (1 - chance).prod(axis=1)).sum()])


# -- mood -----------------------------------------------------------------------------------------


def _course_of_mood(question: Question, block: Block, body: _Body, tally: Tally) -> None:
    rng = block.rng(MIND)
    for start in range(0, len(block), PLACE):
        people = slice(start, min(start + PLACE, len(block)))
        given, inert = _at_place(question, people, body, rng)
        part = _scores(question, given)
        part.sums |= _inert(question, inert)
        if start == 0:
            tally.spreads |= part.spreads
            tally.sums |= part.sums
        else:
            for name, spread in part.spreads.items():
                tally.spreads[name].add(spread)
            for name, values in part.sums.items():
                tally.sums[name] = tally.sums[name] + values


def _at_place(
    question: Question, people: slice, body: _Body, rng: np.random.Generator
) -> tuple[ArmResult, ArmResult]:
    """The course of mood as asked, and of the same people by the same chance without the drug."""
    chosen = int(rng.choice(len(question.ensemble), p=question.ensemble.weights))
    setting = elsewhere(question.design, rng)
    n = people.stop - people.start
    uniform = np.clip(rng.random((n, mood.U_COLUMNS)), 1e-9, 1 - 1e-9)

    seed = int(rng.integers(2**31))
    # drawn last, so that knowing more of a patient moves no other draw
    em, context = shift(question.patient or Patient(), rng, checkin=question.checkin)
    setting = replace(setting, em_shift=float(em), context_shift=float(context))

    def stimuli(form: Form, uniform: Array) -> Array:
        return body.stimulus[form][people]

    member = question.ensemble.member(chosen)
    plan = question.plan
    without = tuple(replace(s, form=None) for s in plan.branches[0])
    inert = replace(question.design, arms=(replace(plan, branches=(without,)),))
    given, same = (
        run_trial(design, member, uniform, seed, stimuli, setting).arms[plan.name]
        for design in (question.design, inert)
    )
    return given, same


def _inert(question: Question, arm: ArmResult) -> dict[str, Array]:
    """Sums over people who believed the same and got nothing active."""
    responds = arm.scores <= (1.0 - question.response_fall) * arm.baseline[:, None]
    return {
        "inert:response": responds.sum(axis=0).astype(float),
        "inert:remission": (arm.scores <= question.remission_at_most).sum(axis=0).astype(float),
        "inert:score": arm.scores.sum(axis=0),
    }


def _scores(question: Question, arm: ArmResult) -> Tally:
    tally = Tally(len(arm))
    base = arm.baseline[:, None]
    responds = arm.scores <= (1.0 - question.response_fall) * base
    remits = arm.scores <= question.remission_at_most
    tally.spreads["score"] = Spread.of(arm.scores, SCORE)
    tally.spreads["baseline"] = Spread.of(arm.baseline, SCORE)
    tally.spreads["change"] = Spread.of(arm.scores - base, Bins.of_whole(-60, 60))
    for name, state in (("response", responds), ("remission", remits)):
        tally.sums[name] = state.sum(axis=0).astype(float)
        tally.sums[f"{name}_so_far"] = (
            np.maximum.accumulate(state, axis=1).sum(axis=0).astype(float)
        )
    return tally
