"""Write docs/model-card.md from the last validation of the forecast.

    cd docs
    reprieve validate --forecast --json --out forecast-validation.md > forecast-validation.json
    python make_model_card.py

Every number on the page comes from that record, from the ensemble or from an evidence file.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from reprieve.engine.calibration.ensemble import Ensemble, ensemble
from reprieve.engine.trials.design import shipped
from reprieve.version import __version__

HERE = Path(__file__).parent
RECORD, PAGE = HERE / "forecast-validation.json", HERE / "model-card.md"
SITUATIONS = {
    "single_infusion": "after one infusion",
    "induction": "in the middle of six infusions",
    "after_induction": "after six, nothing planned",
    "maintenance": "maintenance",
    "spray_new_antidepressant": "spray with a new antidepressant",
}
BASELINES = {
    "carried_forward": "the last score stays",
    "population_curve": "the population's curve",
    "mixed_model": "a linear mixed model",
}
METHOD = ("coverage_50", "coverage_80", "coverage_95")

TEMPLATE = """# Model card: the forecast of one patient

What it is for, what it was made from, how well it does, and what not to use it for. Written by
`docs/make_model_card.py` from the [validation](forecast-validation.md) of this version.

| | |
|---|---|
| model | Reprieve {version}, ensemble of {sets} parameter sets, {date} |
| evidence behind it | `{evidence}` |
| what it computes | [how a forecast is made](forecast-model.md) |
| licence | that of Reprieve; no data of a patient is in it |
| standing | research software; not a medical device, never examined by an authority |

## Intended use

For psychiatrists and their teams who treat depression with ketamine or esketamine, beside their
own judgement: what score to expect, when response comes, how long it lasts, the odds of relapse
under different spacings, with the doubt that belongs to each. For researchers: to test designs
and to look for what the model gets wrong.

**Inputs**: doses given, scores on MADRS, HDRS-17, PHQ-9 or QIDS-SR16, what is known of the
person, other treatments, a plan. Unknown is integrated over, never guessed. **Outputs**:
distributions, not points; a reason in words when there is no forecast.

## Not for

- Telling a patient to take, change or stop a treatment. It offers options with odds.
- Suicide risk. A good forecast is no sign of safety.
- Emergencies, or anything that cannot wait for a clinician to look.
- {population}
- Ketamine for anything but depression; doses, routes and schedules that no trial has tested
  (the page of a plan says where it leaves what was tested).
- Ranking clinics or people.

## Population and data

Fitted to published group results of {designs} designs, no individual data:

{trials}

People in trials are selected: adults, mostly 18 to 65, few with other illnesses, substance use
or suicidal intent, mostly in North America and Europe. The eight people with open data are
shown, not fitted.

## Performance on simulated patients

{patients} patients in each of five situations, simulated by the population model's own code: this
shows that the computation keeps its promises, not that people resemble the model. Later scores
inside the intervals, and error of the distribution (CRPS, points):

{situations}

Skill is the share of a baseline's CRPS that the forecast takes away:

{skill}

### By subgroup

{subgroups}

## Performance on real people

Eight people of one crossover trial, described and never a pass. CRPS in points, smaller is
better:

{real}

## Limits

- Drug and expectancy are separated by contrasts between trial arms and by assumption; a
  person's share of either is a range.
- Timing of maintenance rests on one withdrawal trial of the nasal spray; none exists for
  infusions.
- Contrasts between plans for one person can go beyond any contrast that a trial has shown.
- Absolute levels transfer poorly to people over 65, to self-rated registries and to ECT outside
  trials ([validation](validation.md)).
- Oral, sublingual, IM and SC absorption is assumed or from few people.
- The last scores move the near future; the far future stays close to the population's.
- Scores are taken as missing for no reason that has to do with them.
- A person whose course is unlike anything in the model is said to be so, and the numbers are
  rough.

## If it is wrong

`reprieve score` judges it on any folder of finished courses ([scoring](scoring.md)); a clinic
can move it to its own effects ([setting](setting.md)). Please report courses that it foretold
badly.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(json.loads(RECORD.read_text(encoding="utf-8")), ensemble()), "utf-8")


def page(record: Mapping[str, Any], sets: Ensemble) -> str:
    """The card's text."""
    names = sets.header["designs"]
    return TEMPLATE.format(
        version=__version__,
        sets=len(sets),
        date=sets.header["date"],
        evidence=sets.header["evidence"][:16],
        population=_outside(),
        designs=len(names),
        trials="\n".join(f"- {shipped(name).title}" for name in names),
        patients=f"{record['patients_per_situation']:,}",
        situations=_situations(record["situations"]),
        skill=_skill(record["situations"]),
        subgroups=_subgroups(record["subgroups"]),
        real=_real(record["real_people"]),
    )


def _outside() -> str:
    text = (files("reprieve.evidence") / "forecast_population.toml").read_text(encoding="utf-8")
    limits = tomllib.loads(text)
    age = limits["age_years"]
    return (
        f"People under {age['low']} or over {age['high']}, in pregnancy, or with bipolar disorder, "
        "psychosis or dementia: the forecast is refused."
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first = list(head)
    rule = ["---"] + ["---:"] * (len(first) - 1)
    lines = [first, rule, *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _percents(found: Mapping[str, Any]) -> list[str]:
    return [f"{100 * found[name]:.1f}" for name in METHOD]


def _situations(rows: Iterable[Mapping[str, Any]]) -> str:
    head = ("asked", "scores", "in 50 %", "in 80 %", "in 95 %", "CRPS", "ranks level")
    return _table(
        head,
        (
            [SITUATIONS[r["situation"]], f"{r['n']:,}", *_percents(r), f"{r['crps']:.2f}",
             "yes" if r["ranks_level"] else "no"]
            for r in rows
        ),
    )  # fmt: skip


def _skill(rows: Iterable[Mapping[str, Any]]) -> str:
    return _table(
        ("asked", *(f"against {words}" for words in BASELINES.values())),
        (
            [SITUATIONS[r["situation"]]]
            + [f"{100 * r['baselines'][b]['skill_crps']:.0f} %" for b in BASELINES]
            for r in rows
        ),
    )


def _subgroups(groups: Mapping[str, Mapping[str, Any]]) -> str:
    return _table(
        ("people", "scores", "in 50 %", "in 80 %", "in 95 %", "CRPS"),
        (
            [f"{group}: {name}", f"{r['n']:,}", *_percents(r), f"{r['crps']:.2f}"]
            for group, found in groups.items()
            for name, r in found.items()
            if r["n"]
        ),
    )


def _real(rows: Mapping[str, Mapping[str, Any]]) -> str:
    return _table(
        ("question", "scores", "in 80 %", "forecast", *BASELINES.values()),
        (
            [name, str(r["n"]), f"{100 * r['coverage_80']:.0f} %", f"{r['crps']:.1f}"]
            + [f"{r['baselines'][b]['crps']:.1f}" for b in BASELINES]
            for name, r in rows.items()
        ),
    )


if __name__ == "__main__":
    main()
