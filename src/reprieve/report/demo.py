"""The demonstration: when relief comes, how long it lasts, and what trials and people showed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reprieve.engine.calibration.ensemble import Ensemble, ensemble
from reprieve.engine.calibration.validation import OutcomeResult, predict_trial
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.mechanism.chain import Mechanism, mechanism
from reprieve.engine.mood.model import Baseline
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.trials.comparators import comparator, population
from reprieve.engine.trials.comparison import Comparison, compare
from reprieve.engine.trials.design import Course, Design, shipped
from reprieve.engine.trials.hindsight import Replay, replay
from reprieve.engine.trials.prognosis import Prognosis, Share, course
from reprieve.evidence import case, case_names, cite
from reprieve.pictures import Grid
from reprieve.report import compare as comparing
from reprieve.report.blocks import (
    Column,
    DataTable,
)
from reprieve.report.demo_pictures import (
    Seen,
    half_life_weeks,
)
from reprieve.report.session_pictures import session_picture

Tick = Callable[[str, int, int], None]

INFUSIONS = "ketamine 0.5 mg/kg IV over 40 min, three times weekly for 2 weeks"
ONE_INFUSION = "ketamine 0.5 mg/kg IV over 40 min"
SPRAY = "esketamine 56 mg nasal, twice weekly for 4 weeks"
# who the trials of each course admitted: designs murrough_2013b and popova_2019
INFUSION_PEOPLE = Baseline(32.0, 6.0, 24.0)
SPRAY_PEOPLE = Baseline(37.0, 5.7, 28.0)
INFUSIONS_SEEN = Seen(("E179", "E170", "E175", "E181", "E187"))
SPRAY_SEEN = Seen(("E349", "E315", "E317", "E324", "E351"))
LASTING_SEEN = Seen(("E183",))
OTHERS = (
    "ketamine 0.5 mg/kg IV three times weekly for 2 weeks",
    "esketamine",
    "augmentation",
    "ECT",
)
HORIZON_D = 84.0
# trials that the fit never read and that stand nearest to the two courses
TRIALS = (
    "berman_2000",
    "murrough_2013a",
    "shiroma_2014",
    "phillips_2019",
    "lapidus_2014",
    "fedgchin_2019",
    "real_esk_2022",
)


@dataclass(frozen=True)
class Demo:
    """Everything the page and the summary show."""

    seed: int
    used: Ensemble
    infusions: Prognosis
    spray: Prognosis
    trials: tuple[tuple[Design, list[OutcomeResult]], ...]
    replays: tuple[Replay, ...]
    session: Grid
    others: Comparison
    chain: Mechanism


def gather(seed: int, tick: Tick | None = None) -> Demo:
    """Run the main job: two courses, trials beside them, eight people, one session."""
    used, say = ensemble(), tick or (lambda what, done, total: None)
    infusions = course(
        Regimen.parse(INFUSIONS), used, seed, baseline=INFUSION_PEOPLE,
        progress=lambda done, total: say("Six infusions", done, total),
    )  # fmt: skip
    spray = course(
        Regimen.parse(SPRAY), used, seed, awareness="new_ad_active", baseline=SPRAY_PEOPLE,
        others=(Course("new_antidepressant"),),
        progress=lambda done, total: say("Four weeks of spray", done, total),
    )  # fmt: skip
    trials = []
    for done, name in enumerate(TRIALS, 1):
        design = shipped(name)
        trials.append((design, predict_trial(design, used, FormStimuli(), seed, 300)))
        say("Trials", done, len(TRIALS))
    replays = []
    for done, name in enumerate(case_names(), 1):
        replays.append(replay(case(name), used, seed))
        say("Eight people", done, len(case_names()))
    session = session_picture(Regimen.parse(ONE_INFUSION), None, seed)
    chain = mechanism(ONE_INFUSION)
    who = population("trd")
    others = compare(
        [comparator(text, who, HORIZON_D) for text in OTHERS], who, HORIZON_D, used,
        FormStimuli(), 1024, 12, seed, lambda done, total: say("Other treatments", done, total),
    )  # fmt: skip
    return Demo(seed, used, infusions, spray, tuple(trials), tuple(replays), session, others, chain)


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
    for name, c in (("six infusions", demo.infusions), ("spray, four weeks", demo.spray)):
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
        "courses": [_course_record(c) for c in (demo.infusions, demo.spray)],
        "trials": [
            {"design": d.key, "title": d.title, "outcomes": [r.record() for r in results]}
            for d, results in demo.trials
        ],
        "people": [_replay_record(r) for r in demo.replays],
        "others": comparing.record(demo.others),
        "evidence": cite(*sorted({d.reference for d, _ in demo.trials})),
    }


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
