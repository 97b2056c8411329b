"""The forecast judged on patients simulated from its own assumptions, and on eight real people."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from reprieve.engine.calibration.ensemble import ensemble
from reprieve.engine.judging.measures import BINS, Errors
from reprieve.engine.judging.real_people import described
from reprieve.engine.judging.sbc import Calibration, calibrate, level
from reprieve.engine.judging.scores import BASELINES, MODEL, Question, Scores, gathered
from reprieve.engine.judging.scoring import Settings
from reprieve.engine.judging.situations import SITUATIONS
from reprieve.errors import InputError
from reprieve.report.asked import Asked
from reprieve.report.blocks import Aside, Badge, Block, Cell, Column, DataTable, Section
from reprieve.report.score import (
    HOW,
    SITUATION_WORDS,
    WHAT,
    WORDS,
    ahead_table,
    errors_record,
    method_table,
    parts_table,
    percent,
    pit_figure,
    refusals,
    scores_record,
)

TITLE = "Validation: one patient's forecast"
PATIENTS = 2000
# share of later scores that each interval may hold, per cent
BARS = {"coverage_50": (47.0, 53.0), "coverage_80": (77.0, 83.0), "coverage_95": (93.0, 97.0)}
GROUPS = ("severity", "sex", "age", "instruments", "scores seen")
SIMULATED = (
    "Patients are simulated from exactly what the forecast takes for granted: a parameter set of "
    "the ensemble, the place, the person, covariates' coefficients, baseline, fluctuation, "
    "relapses, personal offsets between scales, rating error, whole points. The simulation is "
    "written from the population model and not from the forecast's own code. It shows that the "
    "computation is right and what there is to gain from it; it cannot show that real people "
    "resemble the model."
)
LEVEL = (
    "A true quantity is as likely to lie at one place of its posterior as at any other, so ranks "
    "are level. p is twice the smaller of two tests (chi-square over up to 20 bins; Kolmogorov on "
    "the whole curve); a situation passes when no p times their number is below 0.01. Furthest is "
    "the largest distance of the curve from the diagonal. That the check can fail is tested: ranks "
    "bend when the forecast assumes half the rating error that the patients have."
)
TRAINED = (
    "The baselines were fitted to 2,000 training patients of the same situation, drawn from the "
    "process that the test patients come from: more than any clinic could give them."
)
EIGHT = (
    "Eight people of one crossover trial. They describe; they pass or fail nothing. The first "
    "infusion is foretold from one score."
)


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """Everything that a run found, in the order of the situations, and what it ran with."""

    calibrations: tuple[Calibration, ...]
    real: dict[str, Scores]
    seed: int
    patients: int

    @property
    def passed(self) -> bool:
        """Whether every coverage lies within its bars and all ranks are level."""
        return all(covered(c) and level(c.ranks) for c in self.calibrations)


def run(asked: Asked) -> bool:
    """`reprieve validate --forecast`: whether every bar is met."""
    from reprieve.report.console import progress_bar, show_json
    from reprieve.report.facts import write

    if asked.cluster is not None:
        raise InputError("--cluster and --forecast exclude each other; it runs on this machine.")
    n = asked.patients or PATIENTS
    made = []
    for name in SITUATIONS:
        with progress_bar(SITUATION_WORDS[name].capitalize(), asked.as_json) as tick:
            made.append(calibrate(name, n, asked.seed, workers=asked.workers, progress=tick))
    found = Found(tuple(made), described(Settings(asked.seed)), asked.seed, n)
    data = record(found)
    if asked.out:
        write(asked.out, TITLE, verdict(found), sections(found), footer(found), data)
    show_json(data) if asked.as_json else show(found)
    return found.passed


def covered(one: Calibration) -> bool:
    """Whether all three intervals held what they should."""
    found = one.scores.errors(MODEL)
    return found is not None and all(_within(found, name) for name in BARS)


def _within(found: Errors, name: str) -> bool:
    low, high = BARS[name]
    return low <= 100 * float(getattr(found, name)) <= high


def record(found: Found) -> dict[str, Any]:
    """Everything, for JSON: `facts` as every validation names them."""
    return {
        "title": TITLE,
        "seed": found.seed,
        "patients_per_situation": found.patients,
        "ensemble": ensemble().header["date"],
        "pass": found.passed,
        "facts": [fact for c in found.calibrations for fact in _facts(c)],
        "situations": [_situation(c) for c in found.calibrations],
        "subgroups": {
            group: {name: errors_record(e) for name, e in parts.items()}
            for group, parts in subgroups(found).items()
        },
        "real_people": {name: scores_record(s) for name, s in found.real.items()},
    }


def _facts(one: Calibration) -> list[dict[str, Any]]:
    """The bars of one situation."""
    errors = one.scores.errors(MODEL)
    if errors is None:
        return []
    rows = []
    for name, (low, high) in BARS.items():
        target = float(name.removeprefix("coverage_"))
        rows.append({
            "id": f"{one.situation}-{name}", "quantity": f"{target:g} % intervals hold, %",
            "target": target, "low": low, "high": high,
            "model": round(100 * float(getattr(errors, name)), 3), "model_low": None,
            "model_high": None, "pass": _within(errors, name), "status": "derived",
        })  # fmt: skip
    least = min(r.p for r in one.ranks)
    rows.append({
        "id": f"{one.situation}-ranks", "quantity": "smallest p of level ranks",
        "target": None, "low": 0.01 / len(one.ranks), "high": None, "model": round(least, 6),
        "model_low": None, "model_high": None, "pass": level(one.ranks), "status": "derived",
    })  # fmt: skip
    return rows


def _situation(one: Calibration) -> dict[str, Any]:
    return {
        "situation": one.situation,
        "patients": one.asked,
        "refused": dict(one.scores.refused),
        **scores_record(one.scores),
        "ranks": [asdict(r) | {"p": r.p} for r in one.ranks],
        "ranks_level": level(one.ranks),
    }


def subgroups(found: Found) -> dict[str, dict[str, Errors | None]]:
    """The model's errors in groups of patients, all situations together."""
    everybody = gathered([c.scores for c in found.calibrations])
    made: dict[str, dict[str, Errors | None]] = {}
    for group in GROUPS:
        names = sorted({q.groups[group] for q in everybody.questions}, key=_order)
        made[group] = {name: everybody.only(_in_group(group, name)).errors(MODEL) for name in names}
    return made


def _in_group(group: str, name: str) -> Callable[[Question], bool]:
    return lambda question: question.groups[group] == name


def _order(name: str) -> tuple[int, float, str]:
    """Ranges by their number, "not told" last, words between."""
    if name.startswith("below"):
        return 0, 0.0, name
    first = name.split()[0]
    return (1, float(first), name) if first.isdigit() else (3 if name == "not told" else 2, 0, name)


def verdict(found: Found) -> str:
    """The outcome in two sentences."""
    right = sum(covered(c) for c in found.calibrations)
    even = sum(level(c.ranks) for c in found.calibrations)
    count = len(found.calibrations)
    return (
        f"{found.patients:,} simulated patients in each of {count} situations: intervals hold what "
        f"they say in {right} of {count} (bars 47 to 53, 77 to 83 and 93 to 97 %), ranks are level "
        f"in {even} of {count}."
    )


def coverage_table(found: Found) -> DataTable:
    """A line a situation: what the intervals held, all later scores and the next."""
    heads = ("People", "Scores", "50 %", "80 %", "95 %", "Next: 50 %", "80 %", "95 %")
    counted = [Column(h, numeric=True) for h in heads]
    columns: list[Column | str] = ["Situation", *counted, "Bars", "Ranks"]
    return DataTable(columns, [_coverage_row(c) for c in found.calibrations])


def _coverage_row(one: Calibration) -> list[Cell]:
    all_, following = one.scores.errors(MODEL), one.scores.next_score(MODEL)
    words = [Badge("pass" if ok else "fail") for ok in (covered(one), level(one.ranks))]
    name = SITUATION_WORDS[one.situation]
    if all_ is None or following is None:
        return [name, str(one.asked), "0", *[""] * 6, *words]
    shares = [
        percent(share)
        for e in (all_, following)
        for share in (e.coverage_50, e.coverage_80, e.coverage_95)
    ]
    return [name, str(len(one.scores.questions)), str(all_.n), *shares, *words]


def rank_table(one: Calibration) -> DataTable:
    """A line a quantity: tests and the ranks themselves."""
    counted = [Column(h, numeric=True) for h in ("p", "furthest")]
    columns: list[Column | str] = ["Quantity", *counted, "Ranks"]
    rows: list[list[Cell]] = [
        [r.quantity, f"{r.p:.3f}", f"{r.furthest:.3f}", " ".join(map(str, r.counts))]
        for r in one.ranks
    ]
    return DataTable(columns, rows)


def sections(found: Found) -> list[Section]:
    """The page's sections."""
    made = [
        Section("Does the doubt fit", [SIMULATED, HOW, coverage_table(found), LEVEL]),
        Section("Is it worth the trouble", [WHAT, TRAINED, skill_table(found)]),
    ]
    for one in found.calibrations:
        errors = one.scores.errors(MODEL)
        blocks: list[Block] = [method_table(one.scores), ahead_table(one.scores)]
        if errors is not None:
            blocks.append(pit_figure(errors, SITUATION_WORDS[one.situation].capitalize()))
        blocks += ["Ranks of the truth among the virtual people:", rank_table(one)]
        blocks += refusals(one.scores)
        made.append(Section(SITUATION_WORDS[one.situation].capitalize(), blocks))
    groups = [parts_table(parts, name.capitalize()) for name, parts in subgroups(found).items()]
    made.append(Section("Subgroups", ["All situations together.", *groups]))
    return [*made, _real_section(found)]


def skill_table(found: Found) -> DataTable:
    """A line a situation: how much nearer than each baseline, by CRPS and by squared error."""
    heads = [f"{WORDS[m]}, {by}" for m in BASELINES for by in ("CRPS", "squared")]
    columns: list[Column | str] = ["Situation", *(Column(h, numeric=True) for h in heads)]
    return DataTable(columns, [_skill_row(c) for c in found.calibrations])


def _skill_row(one: Calibration) -> list[Cell]:
    gains = [one.scores.skill(m, by) for m in BASELINES for by in ("crps", "squared")]
    shown = ["" if g is None else f"{g.skill:+.2f}" for g in gains]
    return [SITUATION_WORDS[one.situation], *shown]


def _real_section(found: Found) -> Section:
    blocks: list[Block] = [Aside(EIGHT, "A description")]
    for name, scores in found.real.items():
        blocks += [method_table(scores, name.capitalize()), _people_table(scores)]
    return Section("Eight real people", blocks)


def _people_table(scores: Scores) -> DataTable:
    """A line a score: what was expected and what came."""
    heads = ("Day", "Expected", "Came", "Place in the prediction, %")
    columns: list[Column | str] = ["Person", *(Column(h, numeric=True) for h in heads)]
    rows: list[list[Cell]] = []
    for q in scores.questions:
        j = q.judged[MODEL]
        for k, day in enumerate(q.days.tolist()):
            place = 50 * (j.below[k] + j.upto[k])
            rows.append([q.case, f"{day:g}", f"{j.mean[k]:.1f}", f"{j.observed[k]:g}",
                         f"{place:.0f}"])  # fmt: skip
    return DataTable(columns, rows)


def footer(found: Found) -> str:
    """How to make the page again."""
    return (
        f"Written by `reprieve validate --forecast -n {found.patients} --seed {found.seed} --out "
        f"FILE` with the ensemble of {ensemble().header['date']}; {BINS} bins in the histograms."
    )


def show(found: Found) -> None:
    """In the terminal."""
    import click

    from reprieve.report.console import show_table

    click.echo(verdict(found))
    show_table(coverage_table(found))
    for one in found.calibrations:
        show_table(method_table(one.scores), SITUATION_WORDS[one.situation].capitalize())
    for one in found.calibrations:
        if not level(one.ranks):
            show_table(rank_table(one), f"{SITUATION_WORDS[one.situation]}: ranks are not level")
    for name, scores in found.real.items():
        show_table(method_table(scores), f"Eight real people, {name}")
