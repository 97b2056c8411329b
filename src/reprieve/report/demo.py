"""The demonstration: one patient unfolding, when relief comes, and what trials showed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble, ensemble
from reprieve.engine.calibration.validation import OutcomeResult, predict_trial
from reprieve.engine.cases.case import Case
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.forecast.posterior import FEWEST
from reprieve.engine.judging.people import Replay, foretold
from reprieve.engine.mechanism.chain import Mechanism, mechanism
from reprieve.engine.mood.model import Baseline
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.trials.comparators import comparator, population
from reprieve.engine.trials.comparison import Comparison, compare
from reprieve.engine.trials.design import Course, Design, shipped, shipped_names
from reprieve.engine.trials.prognosis import Prognosis, Share, course
from reprieve.evidence import case, case_names, cite
from reprieve.evidence.practice import use_of
from reprieve.pictures import Figure, Grid
from reprieve.report import compare as comparing
from reprieve.report.blocks import (
    Column,
    DataTable,
)
from reprieve.report.demo_pictures import (
    Seen,
    after_infusions,
    half_life_weeks,
    six_infusions,
    spray_induction,
)
from reprieve.report.mood import parts, parts_picture
from reprieve.report.session_pictures import session_picture
from reprieve.report.unfolding import Unfolded, unfold
from reprieve.report.unfolding import record as unfolding_record

Tick = Callable[[str, int, int], None]

INFUSIONS = "ketamine 0.5 mg/kg IV over 40 min, three times weekly for 2 weeks"
ONE_INFUSION = "ketamine 0.5 mg/kg IV over 40 min"
SPRAY = "esketamine 56 mg nasal, twice weekly for 4 weeks"
# who the trials of each course admitted: designs murrough_2013b and popova_2019
INFUSION_PEOPLE = Baseline(32.0, 6.0, 24.0)
SPRAY_PEOPLE = Baseline(37.0, 5.7, 28.0)
INFUSIONS_SEEN = Seen(six_infusions)
SPRAY_SEEN = Seen(spray_induction)
LASTING_SEEN = Seen(after_infusions)
# what patients know, said wherever the two courses stand side by side
NAMES = ("six open infusions", "four weeks of masked spray")
SHARES_DAY = 12.0
OTHERS = (
    "ketamine 0.5 mg/kg IV three times weekly for 2 weeks",
    "esketamine",
    "quetiapine",
    "augmentation",
    "ECT",
)
HORIZON_D = 84.0
PATIENT = "nimh_moa104"  # better, worse, and better again after saline: every turn is instructive
REPLICATES = 200


def unseen_trials() -> list[Design]:
    """Every design that the fit was kept from and that has a number to foretell."""
    designs = [shipped(name) for name in shipped_names()]
    return [d for d in designs if d.split == "validation" and d.outcomes]


@dataclass(frozen=True, slots=True)
class Part:
    """A part's share of the mean improvement (latent scale), %: median and 90 % interval."""

    name: str
    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Demo:
    """Everything the page and the summary show."""

    seed: int
    used: Ensemble
    unfolded: Unfolded
    infusions: Prognosis
    spray: Prognosis
    trials: tuple[tuple[Design, list[OutcomeResult]], ...]
    replays: tuple[Replay, ...]
    session: Grid
    others: Comparison
    chain: Mechanism
    parts: tuple[Part, ...]
    parts_shown: Figure


def gather(seed: int, tick: Tick | None = None) -> Demo:
    """Run the main job: two courses, trials beside them, eight people, one session."""
    used, say = ensemble(), tick or (lambda what, done, total: None)
    unfolded = unfold(
        Case.from_dict(case(PATIENT)), used, seed,
        lambda done, total: say("One patient, score by score", done, total),
    )  # fmt: skip
    infusions = course(
        Regimen.parse(INFUSIONS), used, seed, baseline=INFUSION_PEOPLE,
        progress=lambda done, total: say("Six infusions", done, total),
    )  # fmt: skip
    spray = course(
        Regimen.parse(SPRAY), used, seed, awareness="new_ad_active", baseline=SPRAY_PEOPLE,
        others=(Course("new_antidepressant"),),
        progress=lambda done, total: say("Four weeks of spray", done, total),
    )  # fmt: skip
    trials, unseen = [], unseen_trials()
    for done, design in enumerate(unseen, 1):
        trials.append((design, predict_trial(design, used, FormStimuli(), seed, REPLICATES)))
        say("Trials", done, len(unseen))
    replays = []
    for done, name in enumerate(case_names(), 1):
        replays.append(foretold(Case.from_dict(case(name)), used, seed))
        say("Eight people", done, len(case_names()))
    session = session_picture(Regimen.parse(ONE_INFUSION), None, seed)
    chain = mechanism(ONE_INFUSION)
    who = population("trd")
    others = compare(
        [comparator(text, who, HORIZON_D) for text in OTHERS], who, HORIZON_D, used,
        FormStimuli(), 1024, 12, seed, lambda done, total: say("Other treatments", done, total),
    )  # fmt: skip
    return Demo(
        seed, used, unfolded, infusions, spray, tuple(trials), tuple(replays), session, others,
        chain, shares(seed), parts_picture(seed),
    )  # fmt: skip


def shares(seed: int) -> tuple[Part, ...]:
    """What the mean improvement a day after six open infusions is made of, %."""
    days, made = parts(seed)
    at = int(np.argmin(np.abs(days - SHARES_DAY)))
    whole = np.sum([rows[:, at] for rows in made.values()], axis=0)
    found = []
    for name, rows in made.items():
        low, middle, high = np.quantile(100 * rows[:, at] / whole, [0.05, 0.5, 0.95])
        found.append(Part(name, float(middle), float(low), float(high)))
    return tuple(found)


def thin(demo: Demo) -> list[Replay]:
    """People whom so few virtual patients resemble that their bands are rough."""
    return [r for r in demo.replays if r.thin]


def warnings(demo: Demo) -> list[str]:
    """What a reader must know before trusting single numbers."""
    return [
        f"{r.id}: the virtual patients who resemble this person are worth {r.effective:.0f}; "
        f"{FEWEST} are wanted, so the bands are rough."
        for r in thin(demo)
    ]


def after_last(course_: Prognosis) -> float:
    """The day after the last dose, when a course is judged."""
    return course_.last_dose_d + 1


def half_lost(course_: Prognosis) -> str:
    """The week by which half of the responders have lost their response, in words."""
    week = half_life_weeks(course_)
    return "later than followed" if week is None else f"week {week:.0f}"


def percent(share: Share, course_: Prognosis, day: float) -> str:
    """A probability with its interval, in words."""
    middle, low, high = (100 * v for v in course_.at(share, day))
    return f"{middle:.0f} % ({low:.0f} to {high:.0f})"


def summary(demo: Demo) -> DataTable:
    """The answer as a table for the terminal, per cent with 90 % intervals."""
    rows = []
    for name, c in zip(NAMES, (demo.infusions, demo.spray), strict=True):
        shown = [(c.response, 1.0), (c.response, after_last(c)), (c.remission, after_last(c))]
        rows.append([name, *(_brief(share, c, day) for share, day in shown), half_lost(c)])
    heads: list[Column | str] = [
        "Course",
        Column("Better, day 1", "%", numeric=True),
        Column("Better, end", "%", numeric=True),
        Column("Remitted, end", "%", numeric=True),
        "Half lost",
    ]
    return DataTable(heads, rows, "When relief comes and how long it lasts")


def _brief(share: Share, course_: Prognosis, day: float) -> str:
    middle, low, high = (100 * v for v in course_.at(share, day))
    return f"{middle:.0f} ({low:.0f}–{high:.0f})"


def record(demo: Demo) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "seed": demo.seed,
        "ensemble": demo.used.header,
        "patient": unfolding_record(demo.unfolded),
        "courses": [_course_record(c) for c in (demo.infusions, demo.spray)],
        "awareness": {"infusions": "open", "spray": "masked, with a new antidepressant"},
        "label_status": [*uses(INFUSIONS), *uses(SPRAY)],
        "improvement_made_of": {
            "day": SHARES_DAY,
            "unit": "% of the mean latent improvement",
            "parts": {
                p.name: [round(p.middle, 1), round(p.low, 1), round(p.high, 1)] for p in demo.parts
            },
        },
        "warnings": warnings(demo),
        "trials": [
            {"design": d.key, "title": d.title, "outcomes": [r.record() for r in results]}
            for d, results in demo.trials
        ],
        "people": [_replay_record(r) for r in demo.replays],
        "others": comparing.record(demo.others),
        "evidence": cite(*sorted({d.reference for d, _ in demo.trials})),
    }


def uses(regimen: str) -> tuple[str, ...]:
    """How a regimen's drugs stand to their labels."""
    return use_of(Regimen.parse(regimen).doses)


def _course_record(c: Prognosis) -> dict[str, Any]:
    return {
        "regimen": c.regimen, "patients": c.patients, "days": c.days.round(3).tolist(),
        "response": _share_record(c.response), "remission": _share_record(c.remission),
        "ever_responded": _share_record(c.responded), "last_dose_d": c.last_dose_d,
        "weeks_after": c.weeks.tolist(), "still_responding": _share_record(c.lasting),
        "half_of_responders_lost_week": half_life_weeks(c),
    }  # fmt: skip


def _share_record(share: Share) -> dict[str, list[float]]:
    return {
        "middle": share.middle.round(4).tolist(),
        "low": share.low.round(4).tolist(),
        "high": share.high.round(4).tolist(),
    }


def _replay_record(r: Replay) -> dict[str, Any]:
    return {
        "id": r.id,
        "entry": r.entry,
        "periods": [
            {
                "after": p.what, "start_d": p.start_d, "day": p.seen_d.tolist(),
                "seen": p.seen.tolist(), "median": p.foretold[2].tolist(),
                "low_80": p.foretold[0].tolist(), "high_80": p.foretold[4].tolist(),
                "effective_patients": round(p.effective),
            }
            for p in r.periods
        ],
    }  # fmt: skip
