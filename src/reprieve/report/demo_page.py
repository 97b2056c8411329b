"""The demonstration as a page: what was asked, what came out, what trials and people showed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from reprieve.engine.calibration.validation import OutcomeResult, coverage
from reprieve.engine.judging.people import Period, Replay
from reprieve.engine.trials.design import Design
from reprieve.engine.trials.prognosis import Prognosis
from reprieve.evidence import bibliography
from reprieve.report import compare as comparing
from reprieve.report import mechanism as chain
from reprieve.report.beside import beside_table, verdicts
from reprieve.report.blocks import (
    Aside,
    Badge,
    Block,
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
from reprieve.report.demo import (
    INFUSION_PEOPLE,
    INFUSIONS,
    INFUSIONS_SEEN,
    LASTING_SEEN,
    NAMES,
    SHARES_DAY,
    SPRAY,
    SPRAY_PEOPLE,
    SPRAY_SEEN,
    Demo,
    after_last,
    half_lost,
    percent,
    uses,
    warnings,
)
from reprieve.report.demo_pictures import (
    cases_picture,
    course_picture,
    half_life_weeks,
    lasting_picture,
    row_name,
    trials_picture,
)
from reprieve.report.page import page
from reprieve.report.unfolding_page import kept_promise
from reprieve.report.unfolding_page import section as unfolding_section


def write(demo: Demo) -> str:
    """The report as one HTML file."""
    return page(
        "When relief comes, and how long it lasts",
        [
            unfolding_section(demo.unfolded),
            _in_short(demo),
            _infusions(demo),
            _spray(demo),
            _lasting(demo),
            _people(demo),
            _trials(demo),
            _session(demo),
            _chain(demo),
            _others(demo),
            _limits(),
            _sources(demo),
        ],
        _footer(demo),
        lead=_lead(demo),
    )


def _lead(demo: Demo) -> str:
    one = demo.infusions
    return (
        f"{kept_promise(demo.unfolded)} Of 100 adults with treatment-resistant depression, "
        f"about {_of_100(one, 1)} are half better one day after a first open infusion of "
        f"ketamine, and {_of_100(one, after_last(one))} after six. {_lasts(one)} This is what "
        "a model of published trials expects; below is what trials and eight real people showed."
    )


def _of_100(course_: Prognosis, day: float) -> str:
    middle, low, high = (100 * v for v in course_.at(course_.response, day))
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"


def _lasts(course_: Prognosis) -> str:
    week = half_life_weeks(course_)
    if week is None:
        return "More than half of those still respond when the weeks followed end."
    return f"Without further doses, half of those have lost it by week {week:.0f}."


def _in_short(demo: Demo) -> Section:
    one, two = demo.infusions, demo.spray
    last = after_last(one)
    cards = [
        Card("Responding a day after the first open infusion", _middle(one, 1.0), _range(one, 1.0)),
        Card(
            "Responding after six open infusions",
            _middle(one, last),
            _range(one, last),
        ),
        Card("Responding after four weeks of masked spray", _middle(two, 28.0), _range(two, 28.0)),
        Card("Half of responders lost, infusions stopped", half_lost(one), "after the last dose"),
    ]
    return Section(
        "In short",
        [
            Cards(cards),
            "A response is a fall of the MADRS by half or more; remission is a score of 10 or "
            "less. Ranges are 90 % intervals over parameter sets that fit the trials, and over "
            "places, since two trials of one treatment differ by more than chance. The infusions "
            "are given openly and the spray masked, each as its trials did: the two are not to be "
            "set against each other.",
            _made_of(demo),
            Shown(demo.parts_shown, "Median and 90 % of parameter sets, latent scale."),
            Items([*uses(INFUSIONS), *uses(SPRAY)]),
            Aside(
                "This describes groups of people in trials. It is not advice, and no dose "
                "should be taken because of it.",
                "Not a recommendation.",
                "warn",
            ),
        ],
    )


def _made_of(demo: Demo) -> str:
    said = [f"{p.name} {p.middle:.0f} % ({p.low:.0f} to {p.high:.0f})" for p in demo.parts]
    return (
        f"Of the improvement on day {SHARES_DAY:.0f} of six open infusions, each part's share is: "
        f"{', '.join(said)}. What is known separates the first two poorly."
    )


def _middle(course_: Prognosis, day: float) -> str:
    return f"{100 * course_.at(course_.response, day)[0]:.0f} %"


def _range(course_: Prognosis, day: float) -> str:
    _, low, high = course_.at(course_.response, day)
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def _infusions(demo: Demo) -> Section:
    shown = course_picture(
        demo.infusions, INFUSIONS_SEEN, "Six open infusions in two weeks, then none", 53.0
    )
    return Section(
        "The standard course: six infusions",
        [
            f"Regimen: {INFUSIONS}. Open treatment, MADRS at entry "
            f"{INFUSION_PEOPLE.mean:.0f} on average, {demo.infusions.patients:,} virtual "
            "patients. Dots are every response rate that the evidence holds for six infusions, "
            "with 95 % intervals computed from their size: squares were read by the fit, circles "
            "were kept from it, hollow ones are recalled. Their schedules, scales and care differ "
            "(three weeks and self-rated in anand_2023, infusions continued in oliver_2022); the "
            "table under the picture says which.",
            Shown(shown, "Model: middle and 90 % interval. Lines join the days of rating."),
            when_table(demo.infusions, (4 / 24, 1.0, 7.0, after_last(demo.infusions))),
        ],
    )


def _spray(demo: Demo) -> Section:
    shown = course_picture(demo.spray, SPRAY_SEEN, "Four weeks of masked spray, then none", 66.0)
    return Section(
        "The spray",
        [
            f"Regimen: {SPRAY}, masked and beside a newly started antidepressant, as in its "
            f"trials; MADRS at entry {SPRAY_PEOPLE.mean:.0f} on average. The antidepressant goes "
            "on when the spray stops. Dots as above; turkoz_2021 pools the trials of popova_2019 "
            "and fedgchin_2019, ochs_ross_2020 took people over 65, entrd_vienna is open care.",
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
        [(f"after {name}", c) for name, c in zip(NAMES, (demo.infusions, demo.spray), strict=True)],
        LASTING_SEEN,
    )
    return Section(
        "How long it lasts",
        [
            "Those who respond a day after the last dose are rated weekly, without further "
            "doses; the first visit with less than half of the improvement ends the response. "
            "After the spray the antidepressant is continued, which is why more is kept.",
            Shown(picture, "Middle and 90 % interval; dots as above, of few responders."),
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
            *(Aside(text, "A rough band.", "warn") for text in warnings(demo)),
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
        Column("95 %", numeric=True), "Unit", "Verdict", "Status",
    ]  # fmt: skip
    rows = [_trial_row(d, r) for d, results in demo.trials for r in results]
    return Section(
        "What trials saw, and what the model expects",
        [
            "All trials and cohorts that were set aside before the model was fitted, the misses "
            "among them: older people, registries, care outside trials. Each was run again as a "
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


def _chain(demo: Demo) -> Section:
    return Section(
        "From receptor to mood",
        [chain.stepper(demo.chain), Aside(chain.LIMITS)],
    )


def _others(demo: Demo) -> Section:
    return Section(
        "Beside other treatments",
        [
            "The same virtual patients under other treatments, each with the effect and the "
            "spread that its own trials reported. Settings differ between trials: who took part, "
            "what they knew, how they were rated. A small difference here is not a finding.",
            Shown(comparing.figure(demo.others), "Median and 90 % of parameter sets."),
            *_beside(demo),
            comparing.course_table(demo.others),
            comparing.setting_table(demo.others),
        ],
    )


def _beside(demo: Demo) -> list[Block]:
    table = beside_table(demo.others)
    return [*([table] if table else []), Items(verdicts(demo.others))]


def _limits() -> Section:
    return Section(
        "What this cannot say",
        [
            Items(
                [
                    "A drug that dissociates is hard to mask: how much of the fall is the drug and "
                    "how much is expectation is bounded by contrasts between arms, not known.",
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
    keys |= (
        set(comparing.cited(demo.others))
        | {design.reference for design, _ in demo.trials}
        | {"nimh_ds005917"}
    )
    known = bibliography()
    items: list[Inline] = []
    for key in sorted(k for k in keys if k in known):
        reference = known[key]
        text = str(reference).removesuffix(f"doi:{reference.doi}").removesuffix(reference.url)
        items.append([f"{text.strip()} ", Link(reference.doi or "source", reference.url)]
                     if reference.url else text)  # fmt: skip
    return Section("Sources", [Items(items)])


def _footer(demo: Demo) -> str:
    head = demo.used.header
    return (
        f"Written by reprieve demo, seed {demo.seed}. Ensemble of {len(demo.used)} parameter sets "
        f"of {head.get('date', 'unknown date')}, engine {head.get('engine')}. The same seed gives "
        "the same page."
    )
