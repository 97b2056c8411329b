"""The demonstration: when relief comes, how long it lasts, and what trials and people showed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reprieve.engine.design import Course, Design, shipped
from reprieve.engine.dosing import Regimen
from reprieve.engine.ensemble import Ensemble, ensemble
from reprieve.engine.hindsight import Period, Replay, replay
from reprieve.engine.mood import Baseline
from reprieve.engine.prognosis import Prognosis, Share, course
from reprieve.engine.stimuli import FormStimuli
from reprieve.engine.validation import OutcomeResult, coverage, predict_trial
from reprieve.evidence import bibliography, case, case_names, cite
from reprieve.pictures import Grid
from reprieve.report.blocks import (
    Aside,
    Badge,
    Card,
    Cards,
    Column,
    DataTable,
    Inline,
    Items,
    Link,
    Section,
    Shown,
)
from reprieve.report.demo_pictures import (
    Seen,
    cases_picture,
    course_picture,
    half_life_weeks,
    lasting_picture,
    row_name,
    trials_picture,
)
from reprieve.report.page import page
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
    return Demo(seed, used, infusions, spray, tuple(trials), tuple(replays), session)


# --- the page -----------------------------------------------------------------------------------


def write(demo: Demo) -> str:
    """The report as one HTML file."""
    return page(
        "When relief comes, and how long it lasts",
        [
            _in_short(demo),
            _infusions(demo),
            _spray(demo),
            _lasting(demo),
            _people(demo),
            _trials(demo),
            _session(demo),
            _limits(),
            _sources(demo),
        ],
        _footer(demo),
        lead=_lead(demo),
    )


def _lead(demo: Demo) -> str:
    course_ = demo.infusions
    first, end = course_.at(course_.response, 1)[0], course_.at(course_.response, _end(course_))[0]
    return (
        f"Of 100 adults with treatment-resistant depression, about {100 * first:.0f} are better "
        f"by half a day after a first infusion of ketamine, and {100 * end:.0f} after six. "
        f"{_lasts(course_)} This is what a model of published trials expects, and below is what "
        "the trials and eight real people showed."
    )


def _lasts(course_: Prognosis) -> str:
    week = half_life_weeks(course_)
    if week is None:
        return "More than half of those still respond when the weeks followed end."
    return f"Without further doses, half of those have lost it by week {week:.0f}."


def _end(course_: Prognosis) -> float:
    return course_.last_dose_d + 1


def percent(share: Share, course_: Prognosis, day: float) -> str:
    """A probability with its interval, in words."""
    middle, low, high = (100 * v for v in course_.at(share, day))
    return f"{middle:.0f} % ({low:.0f} to {high:.0f})"


def _in_short(demo: Demo) -> Section:
    one, two = demo.infusions, demo.spray
    cards = [
        Card("Responding a day after the first infusion", _middle(one, 1.0), _range(one, 1.0)),
        Card("Responding after six infusions", _middle(one, _end(one)), _range(one, _end(one))),
        Card("Responding after four weeks of spray", _middle(two, 28.0), _range(two, 28.0)),
        Card("Half of responders lost, infusions stopped", _week(one), "after the last dose"),
    ]
    return Section(
        "In short",
        [
            Cards(cards),
            "A response is a fall of the MADRS by half or more; remission is a score of 10 or "
            "less. Ranges are 90 % intervals over parameter sets that fit the trials and over "
            "places: where one is treated matters about as much as chance does.",
            Aside(
                "This describes groups of people in trials. It is not advice, and no dose "
                "should be taken because of it.",
                "Not a recommendation.",
                "warn",
            ),
        ],
    )


def _middle(course_: Prognosis, day: float) -> str:
    return f"{100 * course_.at(course_.response, day)[0]:.0f} %"


def _range(course_: Prognosis, day: float) -> str:
    _, low, high = course_.at(course_.response, day)
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def _week(course_: Prognosis) -> str:
    week = half_life_weeks(course_)
    return "later than followed" if week is None else f"week {week:.0f}"


def _infusions(demo: Demo) -> Section:
    shown = course_picture(
        demo.infusions, INFUSIONS_SEEN, "Six infusions in two weeks, then none", 53.0
    )
    return Section(
        "The standard course: six infusions",
        [
            f"Regimen: {INFUSIONS}. Open treatment, MADRS at entry "
            f"{INFUSION_PEOPLE.mean:.0f} on average, {demo.infusions.patients:,} virtual "
            "patients. Dots are what trials of this course reported, with 95 % intervals "
            "computed from their size.",
            Shown(shown, "Model: middle and 90 % interval. Lines join the days of rating."),
            when_table(demo.infusions, (4 / 24, 1.0, 7.0, _end(demo.infusions))),
        ],
    )


def _spray(demo: Demo) -> Section:
    shown = course_picture(demo.spray, SPRAY_SEEN, "Four weeks of spray, then none", 66.0)
    return Section(
        "The spray",
        [
            f"Regimen: {SPRAY}, masked and beside a newly started antidepressant, as in its "
            f"trials; MADRS at entry {SPRAY_PEOPLE.mean:.0f} on average. The antidepressant goes "
            "on when the spray stops.",
            Shown(shown, "Model: middle and 90 % interval. Lines join the days of rating."),
            when_table(demo.spray, (4 / 24, 1.0, 7.0, 14.0, 28.0)),
        ],
    )


def when_table(course_: Prognosis, days: Sequence[float]) -> DataTable:
    """Response and remission on chosen days."""
    heads: list[Column | str] = [
        "When",
        Column("Responding", "% of patients (90 %)", numeric=True),
        Column("In remission", "% of patients (90 %)", numeric=True),
        Column("Has ever responded", "% of patients (90 %)", numeric=True),
    ]
    rows = [
        [
            _when(day), percent(course_.response, course_, day),
            percent(course_.remission, course_, day), percent(course_.responded, course_, day),
        ]
        for day in days
    ]  # fmt: skip
    return DataTable(heads, rows, "When relief comes")


def _when(day: float) -> str:
    return f"{24 * day:.0f} h" if day < 0.9 else f"day {day:.0f}"


def _lasting(demo: Demo) -> Section:
    picture = lasting_picture(
        [("after six infusions", demo.infusions), ("after four weeks of spray", demo.spray)],
        LASTING_SEEN,
    )
    return Section(
        "How long it lasts",
        [
            "Those who respond a day after the last dose are rated weekly, without further "
            "doses; the first visit with less than half of the improvement ends the response. "
            "After the spray the antidepressant is continued, which is why more is kept.",
            Shown(picture, "Middle and 90 % interval; the trial's dot is 11 responders."),
        ],
    )


def _people(demo: Demo) -> Section:
    rows = [_period_row(r, p) for r in demo.replays for p in r.periods]
    hits, scores = _hits(demo.replays)
    heads: list[Column | str] = [
        "Person", "After", Column("Entry", "MADRS", 0),
        Column("Day 2 seen", "MADRS", 0), Column("Foretold", "median (80 %)", numeric=True),
        Column("Day 10 seen", "MADRS", 0), Column("Foretold", "median (80 %)", numeric=True),
    ]  # fmt: skip
    return Section(
        "Eight real people",
        [
            "Eight patients of a crossover trial (open data) received ketamine 0.5 mg/kg and "
            "saline two weeks apart. For each period the model knew only the scores before it, "
            "and drew the band; dots are what came.",
            Shown(cases_picture(demo.replays), "Shaded: 80 % of what was foretold; line: median."),
            f"{hits} of {scores} scores fell inside their 80 % band; a band that keeps its "
            f"promise would hold about {0.8 * scores:.0f}. Two days after ketamine the "
            f"median error was {_error(demo.replays, 'ketamine'):.0f} points, after saline "
            f"{_error(demo.replays, 'saline'):.0f}. On average scores fell by "
            f"{_fall(demo.replays, 'ketamine'):.0f} points two days after ketamine where the "
            f"model foretold {_foretold_fall(demo.replays, 'ketamine'):.0f}, and by "
            f"{_fall(demo.replays, 'saline'):.0f} after saline where it foretold "
            f"{_foretold_fall(demo.replays, 'saline'):.0f}. Eight people describe; they decide "
            "nothing.",
            DataTable(heads, rows, "Foretold and seen, person by person"),
        ],
    )


def _period_row(r: Replay, p: Period) -> list[Any]:
    cells: list[Any] = [r.id.rsplit("-", 1)[-1].upper(), p.what, r.entry]
    for k in range(2):
        if k < len(p.seen):
            low, middle, high = p.foretold[0, k], p.foretold[2, k], p.foretold[4, k]
            cells += [float(p.seen[k]), f"{middle:.0f} ({low:.0f} to {high:.0f})"]
        else:
            cells += [None, None]
    return cells


def _hits(replays: Sequence[Replay]) -> tuple[int, int]:
    hits = sum(int(p.inside.sum()) for r in replays for p in r.periods)
    return hits, sum(len(p.seen) for r in replays for p in r.periods)


def _two_days(replays: Sequence[Replay], what: str) -> list[tuple[Replay, Period]]:
    return [(r, p) for r in replays for p in r.periods if p.what == what and len(p.seen)]


def _error(replays: Sequence[Replay], what: str) -> float:
    found = _two_days(replays, what)
    return float(np.median([abs(p.seen[0] - p.foretold[2, 0]) for _, p in found]))


def _fall(replays: Sequence[Replay], what: str) -> float:
    return float(np.mean([r.entry - p.seen[0] for r, p in _two_days(replays, what)]))


def _foretold_fall(replays: Sequence[Replay], what: str) -> float:
    return float(np.mean([r.entry - p.foretold[2, 0] for r, p in _two_days(replays, what)]))


def _trials(demo: Demo) -> Section:
    inside, seen = coverage(r for _, results in demo.trials for r in results)
    heads: list[Column | str] = [
        "Trial, arm and outcome", Column("Seen", "", 1), Column("Model", "", 1),
        Column("95 %", numeric=True), "Unit", "", "Status",
    ]  # fmt: skip
    rows = [_trial_row(d, r) for d, results in demo.trials for r in results]
    return Section(
        "What trials saw, and what the model expects",
        [
            "These trials were set aside before the model was fitted. Each was run again as a "
            "virtual trial of its own size, place and entry criteria; the interval holds the "
            "chance of a small sample, doubt about parameters, and the spread between trials.",
            Shown(trials_picture(demo.trials)),
            f"{inside} of {seen} published numbers lie inside the 95 % interval.",
            DataTable(heads, rows, "Every number of these trials that the model can compute"),
        ],
    )


def _trial_row(design: Design, r: OutcomeResult) -> list[Any]:
    o = r.outcome
    verdict = "" if r.inside is None else Badge("inside" if r.inside else "outside")
    interval = f"{r.p95[0]:.1f} to {r.p95[1]:.1f}".replace("-", "−")
    return [row_name(design, r), o.value, r.median, interval, o.unit, verdict, Badge(o.status)]


def _session(demo: Demo) -> Section:
    return Section(
        "The first hours of a session",
        [
            "What happens in the chair: the drug enters, blocks NMDA receptors, people "
            "dissociate and blood pressure rises. Relief is what remains when all of this is "
            "over.",
            Shown(demo.session, "Median and 80 % of people; the shaded stretch is the infusion."),
        ],
    )


def _limits() -> Section:
    return Section(
        "What this cannot say",
        [
            Items(
                [
                    "Nobody in the published trials was treated blind to a dissociating drug: "
                    "how much of the fall is the drug and how much is expectation is bounded by "
                    "arm contrasts, not known.",
                    "Numbers marked recalled were not seen at their source.",
                    "The durations of response rest on few and small trials.",
                    "People outside the trials' entry criteria (psychosis, bipolar depression, "
                    "recent substance use, uncontrolled blood pressure) are not described.",
                ]
            )
        ],
    )


def _sources(demo: Demo) -> Section:
    keys = {o.reference for seen in (INFUSIONS_SEEN, SPRAY_SEEN, LASTING_SEEN)
            for o in seen.observed()}  # fmt: skip
    keys |= {design.reference for design, _ in demo.trials} | {"nimh_ds005917"}
    known = bibliography()
    items: list[Inline] = []
    for key in sorted(k for k in keys if k in known):
        reference = known[key]
        text = str(reference).removesuffix(f"doi:{reference.doi}").strip()
        items.append([f"{text} ", Link(reference.doi or "source", reference.url)]
                     if reference.url else text)  # fmt: skip
    return Section("Sources", [Items(items)])


def _footer(demo: Demo) -> str:
    head = demo.used.header
    return (
        f"Written by reprieve demo, seed {demo.seed}. Ensemble of {len(demo.used)} parameter sets "
        f"of {head.get('date', 'unknown date')}, engine {head.get('engine')}. The same seed gives "
        "the same page."
    )


# --- the summary --------------------------------------------------------------------------------


def summary(demo: Demo) -> DataTable:
    """The answer as a table for the terminal, per cent with 90 % intervals."""
    rows = []
    for name, c in (("six infusions", demo.infusions), ("spray, four weeks", demo.spray)):
        shown = [(c.response, 1.0), (c.response, _end(c)), (c.remission, _end(c))]
        rows.append([name, *(_brief(share, c, day) for share, day in shown), _week(c)])
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
