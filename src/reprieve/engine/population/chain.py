"""The whole chain for very large populations: dose, plasma, receptor, session, mood, score.

The equations are those of the modular path (`kinetics`, `occupancy`, `effects`, `mood`) and their
kernels are called, not copied. What is saved is memory and time: plasma comes from closed forms
on the few hours around each session, block by block, and only sums outlive a block.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.core import arms
from reprieve.engine.core import effects as acute
from reprieve.engine.core import mood as mood_core
from reprieve.engine.core.stream_chain import blocked_hours, session_plasma
from reprieve.engine.dosing.doses import Dose, Regimen
from reprieve.engine.effects.adverse_events import event_probabilities
from reprieve.engine.effects.haemodynamics import draw_vitals
from reprieve.engine.effects.parameters import acute_model
from reprieve.engine.effects.sensitivity import draw_sensitivity, session_traits
from reprieve.engine.kinetics.compartments import NORKETAMINE
from reprieve.engine.kinetics.concentrations import SHARES, model_for, plan_for
from reprieve.engine.kinetics.models import Individuals, kinetic_model
from reprieve.engine.kinetics.occupancy import FU, IC50_R_NM, IC50_S_NM, NMOL_PER_MG, STEPS_PER_H
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import MoodParameters, Setting
from reprieve.engine.patient import People
from reprieve.engine.population.parallel import Block, Progress, map_blocks
from reprieve.engine.population.schedule import Schedule, windows
from reprieve.engine.population.streaming import ParentMetabolite
from reprieve.engine.trials.design import Form, sittings
from reprieve.engine.trials.trial import events
from reprieve.errors import ModelError

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

BLOCK = 1000  # people: enough to make the interpreter's share small
GROUP = 125  # people whose plasma is held at once: it fits in a core's cache
WATCHED_H = 4.0  # of each session's acute effects
STEP_H = 2.0 / 60.0  # of their grid
HORIZON_H = 12.0  # of the occupancy integral, as `occupancy.stimulus`
POTENCY = FU * NMOL_PER_MG / np.array([IC50_S_NM, IC50_R_NM])  # L/mg, as `occupancy`
POINTS = 61  # MADRS comes in whole points, 0-60


@dataclass(frozen=True)
class Course:
    """What everybody receives and when they are rated.

    Parameters
    ----------
    doses : intravenous, in one unit, told apart by `Dose.session`
    visits_d : days of the MADRS ratings, from the first dose
    params, setting : of the mood model
    awareness : of allocation, as in `mood.MoodParameters.gain`
    """

    doses: tuple[Dose, ...]
    visits_d: tuple[float, ...]
    params: MoodParameters
    setting: Setting
    awareness: str = "open"

    def __post_init__(self) -> None:
        wrong = {d.route for d in self.doses} - {"iv"}
        if wrong or len({d.drug for d in self.doses}) != 1 or not any(SHARES[self.doses[0].drug]):
            raise ModelError(
                "The streamed chain takes one of ketamine, esketamine and arketamine, IV; "
                "use simulate() for other courses."
            )

    @cached_property
    def starts_h(self) -> tuple[float, ...]:
        """Start of each session."""
        first: dict[int, float] = {}
        for dose in self.doses:
            first[dose.session] = min(first.get(dose.session, np.inf), dose.time_h)
        return tuple(first[k] for k in sorted(first))

    @cached_property
    def plasma(self) -> Schedule:
        """All doses; the watched hours of every session."""
        points = round(WATCHED_H / STEP_H) + 1
        return windows(self.doses, self.starts_h, WATCHED_H, points)

    @cached_property
    def table(self) -> tuple[list[Form], Array]:
        """Session forms, and the mood kernel's events."""
        regimen = Regimen(self.doses)
        branch = tuple(sittings(regimen, self.awareness))
        return events(branch, np.asarray(self.visits_d, float), self.params)

    @cached_property
    def forms(self) -> list[tuple[Schedule, Array]]:
        """One session of each form alone, and the weights of Simpson's rule over its grid."""
        found = []
        for form in self.table[0]:
            span = HORIZON_H + max(0.0, max(d.time_h + d.duration_h for d in form) - 1.0)
            steps = 2 * int(np.ceil(span * STEPS_PER_H / 2))
            weights = np.full(steps + 1, 2.0)  # Simpson's rule
            weights[1::2], weights[[0, -1]] = 4.0, 1.0
            plan = windows(form, [0.0], span, steps + 1)
            found.append((plan, weights * (span / steps / 3.0)))
        return found


@dataclass(frozen=True, slots=True)
class ChainPatients:
    """Every person of one block.

    `peaks` (sessions, n, 2) ketamine and norketamine, both enantiomers, mg/L; `extremes`
    (sessions, n, 8) in the columns of `core.effects`; `events` (sessions, n) probabilities by
    name; `stimulus` (n, forms) h; `entry` (n,) and `scores` (n, visits) MADRS.
    """

    peaks: Array
    extremes: Array
    events: dict[str, Array]
    stimulus: Array
    entry: Array
    scores: Array


def chain_block(people: People, rng: np.random.Generator, course: Course) -> ChainPatients:
    """The chain for one block of people.

    Draws, in this order: kinetics, sensitivities, resting vital signs, the occasion of each
    session, the mood model's uniforms, its fluctuation, the rating error at visits and at entry.
    """
    theta, share = parameters(course, Individuals.of(people, rng))
    scale = share[:, None] * (people.weight_kg if course.plasma.per_kg else np.ones(len(people)))
    peaks, extremes, happened = _sessions(theta, scale, people, rng, course)
    stimulus = np.empty((len(course.forms), len(people)))
    for (plan, weights), row in zip(course.forms, stimulus, strict=True):
        blocked_hours(theta, scale, plan.cut, weights, POTENCY, row)
    entry, scores = _scores(np.ascontiguousarray(stimulus.T), rng, course)
    return ChainPatients(peaks, extremes, happened, stimulus.T, entry, scores)


def parameters(course: Course, individuals: Individuals) -> tuple[Array, Array]:
    """Parameters of S and R (2, n, 10), and each one's share of a dose (2,)."""
    share = np.array(SHARES[course.doses[0].drug])
    tables = [_enantiomer(course.doses[0], individuals, which).table() for which in (0, 1)]
    return np.stack(tables), share


def _enantiomer(dose: Dose, individuals: Individuals, which: int) -> ParentMetabolite:
    """Parameters of S (0) or R (1), read back from the system that the kinetic room builds."""
    ratio = kinetic_model("derived_r_ketamine").value("cl_ratio") if which else 1.0
    model = kinetic_model(model_for(dose))
    plan = plan_for(model, [dose], individuals, which, ratio, NORKETAMINE)
    known = ("central", "peripheral1", "peripheral2", "nk", "nk_peripheral")
    if plan.system.compartments != known:
        raise ModelError(f"Model {model.key} is not a parent with one metabolite.")
    rate, (vc, vc_m) = plan.system.rates, (output.volume for output in plan.outputs)
    q1, q2, q_m = rate[:, 1, 0] * vc, rate[:, 2, 0] * vc, rate[:, 4, 3] * vc_m
    columns = (
        *(rate[:, 3, 0] * vc, vc, q1, q1 / rate[:, 0, 1], q2, q2 / rate[:, 0, 2]),
        *(-rate[:, :, 3].sum(axis=1) * vc_m, vc_m, q_m, q_m / rate[:, 3, 4]),
    )
    return ParentMetabolite(*(np.ascontiguousarray(column) for column in columns))


def _sessions(
    theta: Array, scale: Array, people: People, rng: np.random.Generator, course: Course
) -> tuple[Array, Array, dict[str, Array]]:
    """Plasma peaks (sessions, n, 2), extremes (sessions, n, 8), event probabilities by name."""
    model, n, sessions = acute_model(), len(people), len(course.starts_h)
    sensitivity = draw_sensitivity(n, rng, model)
    baseline = draw_vitals(people, rng, model).columns()
    traits = [session_traits(people, sensitivity, rng, model) for _ in range(sessions)]
    times = course.plasma.times_h[: len(course.plasma.times_h) // sessions] - course.starts_h[0]
    constants = [model.constants(k) for k in range(sessions)]
    peaks, out = np.empty((sessions, n, 2)), np.empty((sessions, n, acute.EXTREMES))
    plasma = np.empty((2, sessions, GROUP, len(times)))
    for low in range(0, n, GROUP):
        high = min(low + GROUP, n)
        session_plasma(theta, scale, low, high, course.plasma.cut, *plasma, peaks)
        for k in range(sessions):
            s, r = plasma[:, k, : high - low]
            part = traits[k][low:high], baseline[low:high], out[k, low:high]
            acute.acute_extremes(times, s, r, constants[k], *part)
    happened: dict[str, list[Array]] = {}
    for k in range(sessions):
        chances = event_probabilities(out[k, :, acute.PEAK_SITE], sensitivity, k, model)
        for name, chance in chances.items():
            happened.setdefault(name, []).append(chance)
    return peaks, out, {name: np.stack(rows) for name, rows in happened.items()}


def _scores(stimulus: Array, rng: np.random.Generator, course: Course) -> tuple[Array, Array]:
    """Observed MADRS at entry (n,) and at the visits (n, visits)."""
    n, visits, params = len(stimulus), len(course.visits_d), course.params
    uniform = np.clip(rng.random((n, mood.U_COLUMNS)), 1e-9, 1 - 1e-9)
    shock, noise = rng.standard_normal((n, visits, 2)), rng.standard_normal((n, visits))
    patient, amplitude, true = mood.draw_patients(params, uniform, course.setting)
    latent = np.empty((n, visits))
    arms.run_arm(
        patient, amplitude, stimulus, params.constant(first_line=course.setting.first_line),
        course.table[1], np.empty((0, 4)), shock, noise, -1, -1.0, params["sm"], latent,
        np.empty((0, visits, mood_core.PARTS)),
    )  # fmt: skip
    entry = true + params["sm"] * rng.standard_normal(n)
    low = course.setting.baseline.minimum
    return (
        np.asarray(np.round(np.clip(entry, low, mood.MADRS_MAX))),
        mood.observe(latent, noise, params["sm"]),
    )


@dataclass(frozen=True, slots=True)
class ChainSummary:
    """Sums over a population; `plus` puts two together.

    `histogram` (visits, 61) MADRS; `response`, `remission` (visits,) counts of a halved score and
    of 10 or less; `extremes`, `extremes_sq` (sessions, 8); `events` (sessions,) expected counts;
    `peaks` (sessions, 2) sums of ketamine and norketamine, mg/L; `stimulus` (forms,) sums, h.
    """

    n: int
    histogram: Counts
    response: Counts
    remission: Counts
    extremes: Array
    extremes_sq: Array
    events: dict[str, Array]
    peaks: Array
    stimulus: Array

    def plus(self, other: "ChainSummary") -> "ChainSummary":
        """Both together."""
        joint = {name: self.events[name] + other.events[name] for name in self.events}
        rest = (f for f in self.__dataclass_fields__ if f != "events")
        return ChainSummary(events=joint, **{f: getattr(self, f) + getattr(other, f) for f in rest})

    def score_mean_sd(self) -> tuple[Array, Array]:
        """(visits,) mean and SD of MADRS."""
        points = np.arange(POINTS)
        mean = self.histogram @ points / self.n
        return mean, np.sqrt(np.maximum(self.histogram @ points**2 / self.n - mean**2, 0.0))

    def extremes_mean_sd(self) -> tuple[Array, Array]:
        """(sessions, 8) mean and SD of the extremes of each session."""
        mean = self.extremes / self.n
        return mean, np.sqrt(np.maximum(self.extremes_sq / self.n - mean**2, 0.0))


def stream_chain(
    people: People,
    course: Course,
    seed: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> ChainSummary:
    """Kinetics to score for n people, in blocks of which only sums remain.

    The numbers depend on people, course and seed alone.

    Raises
    ------
    ModelError
        A course that is not intravenous, mixes drugs or units, or has sessions less than four
        hours apart.
    """

    def one(block: Block) -> ChainSummary:
        some = _some(people, slice(block.start, block.stop))
        return summary(chain_block(some, block.rng(), course))

    _ = course.plasma, course.table, course.forms  # built once, before the threads
    total, *rest = map_blocks(one, len(people), BLOCK, seed, workers, progress=progress)
    for part in rest:
        total = total.plus(part)
    return total


def _some(people: People, part: slice) -> People:
    columns = ("age_y", "female", "weight_kg", "height_cm", "japanese", "asian", "hypertension")
    return replace(people, **{name: getattr(people, name)[part] for name in columns})


def summary(patients: ChainPatients) -> ChainSummary:
    """The sums of one block."""
    scores = patients.scores
    counts = [np.bincount(column.astype(int), minlength=POINTS) for column in scores.T]
    return ChainSummary(
        n=len(scores),
        histogram=np.array(counts),
        response=(scores <= 0.5 * patients.entry[:, None]).sum(axis=0),
        remission=(scores <= 10.0).sum(axis=0),
        extremes=patients.extremes.sum(axis=1),
        extremes_sq=(patients.extremes**2).sum(axis=1),
        events={name: chance.sum(axis=1) for name, chance in patients.events.items()},
        peaks=patients.peaks.sum(axis=1),
        stimulus=patients.stimulus.sum(axis=0),
    )
