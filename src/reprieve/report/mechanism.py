"""The mechanism of one dose as a page, as SVG, as JSON and in the terminal."""

import json
from typing import Any

import numpy as np

from reprieve.engine.dosing.regimen import parse
from reprieve.engine.mechanism.chain import Mechanism, model_file, standard_text
from reprieve.engine.mechanism.steps import Step, checks, steps
from reprieve.evidence.practice import use_of
from reprieve.pictures.scale import compact
from reprieve.report.blocks import (
    Aside,
    Badge,
    Cell,
    Column,
    DataTable,
    Inline,
    Section,
    Stage,
    Stepper,
)
from reprieve.report.mechanism_figures import Drawing, said, size
from reprieve.report.page import page

TITLE = "From receptor to mood, step by step"
LIMITS = (
    "A picture to think with, for a typical person of 70 kg. No published model joins these "
    "steps with a table of parameters: the constants are assumed, within the timing that the "
    "named sources report. Everything after the receptor is a share of the peak that "
    "0.5 mg/kg over 40 minutes gives. The forecasts do not use this chain; they use the receptor's "
    "blockade alone."
)
JSON_POINTS = 200


def html(found: Mechanism) -> str:
    """A self-contained page: the stepped picture, the steps with their evidence, the checks."""
    sections = [
        Section("The chain", [stepper(found), Aside(LIMITS)]),
        Section("What each step rests on", [_steps(found)]),
        Section("What the chain must do", [_checks()]),
        Section("Constants", [_constants()]),
    ]
    footer = f'reprieve mechanism "{found.text}"'
    lead = f"{found.text}. {' '.join(use(found))} {'; '.join(found.assumptions)}"
    return page(TITLE, sections, footer, lead=lead.strip())


def use(found: Mechanism) -> tuple[str, ...]:
    """How what is given stands to its label, a sentence for each drug and route."""
    return use_of(parse(found.text).doses)


def stepper(found: Mechanism) -> Stepper:
    """The chain as a picture that is built up step by step."""
    drawing = Drawing(found)
    stages = [Stage(f"{k} {step.short}", _words(step)) for k, step in enumerate(steps(), 1)]
    lead = "Each step is built on the one before; choose one to see the chain up to it."
    stages.append(Stage("All", [lead]))
    return Stepper(
        "Choose a step",
        lambda prefix: drawing.svg(standalone=False, prefix=prefix),
        stages,
    )


def svg(found: Mechanism) -> str:
    """The picture alone, building up by itself where motion is welcome."""
    return Drawing(found).svg()


def _words(step: Step) -> list[Inline]:
    return [[Badge(step.tag), " ", step.text], step.basis]


def _steps(found: Mechanism) -> DataTable:
    rows: list[list[Cell]] = [
        [
            step.title,
            Badge(step.tag),
            "; ".join(
                f"{found[key].label}: {size(found[key])} at {_clock(found.peak_h(key))}"
                for key in step.courses
            ),
            step.basis,
            ", ".join((*step.rows, *step.references)),
        ]
        for step in steps()
    ]
    return DataTable(["Step", "In people", "Peaks here", "Rests on", "Rows and papers"], rows)


def _clock(hours: float) -> str:
    return f"{60 * hours:.0f} min" if hours < 3 else f"{hours:.0f} h"


def _checks() -> DataTable:
    rows: list[list[Cell]] = [
        [
            c.what,
            f"{compact(c.low)} to {compact(c.high)}",
            c.model,
            Badge("pass" if c.passed else "fail"),
            Badge(c.status),
            ", ".join(c.rows),
        ]
        for c in checks()
    ]
    heads: list[Column | str] = [
        "After " + standard_text(),
        "Expected",
        Column("Chain", decimals=2),
        "Verdict",
        "Timing",
        "Rows",
    ]
    return DataTable(heads, rows)


def _constants() -> DataTable:
    rows = [
        [name, t["value"], t["unit"], Badge(t["status"]), ", ".join(t["rows"]), t.get("note", "")]
        for name, t in model_file().items()
        if isinstance(t, dict) and "value" in t
    ]
    return DataTable(["Constant", "Value", "Unit", "Status", "Rows", "Note"], rows)


def record(found: Mechanism) -> dict[str, Any]:
    """Everything, for JSON; courses at times that are dense early and sparse late."""
    at = np.unique(np.concatenate(([0.0], np.geomspace(1 / 60, found.times_h[-1], JSON_POINTS))))
    return {
        "regimen": found.text,
        "use": list(use(found)),
        "assumptions": list(found.assumptions),
        "standard": standard_text(),
        "limits": LIMITS,
        "times_h": [round(float(t), 4) for t in at],
        "steps": [_step(found, step, at) for step in steps()],
        "checks": [
            {
                "what": c.what,
                "low": c.low,
                "high": c.high,
                "model": c.model,
                "pass": c.passed,
                "status": c.status,
                "rows": list(c.rows),
            }
            for c in checks()
        ],
    }


def _step(found: Mechanism, step: Step, at: np.ndarray) -> dict[str, Any]:
    return {
        "key": step.key,
        "title": step.title,
        "tag": step.tag,
        "says": said(found, step),
        "basis": step.basis,
        "rows": list(step.rows),
        "references": list(step.references),
        "courses": [
            {
                "key": key,
                "label": found[key].label,
                "unit": found[key].unit,
                "peak": found[key].peak,
                "peak_h": found.peak_h(key),
                "values": [
                    float(f"{v:.4g}") for v in np.interp(at, found.times_h, found[key].values)
                ],
            }
            for key in step.courses
        ],
    }


def text(found: Mechanism) -> str:
    """JSON."""
    return json.dumps(record(found), indent=1)
