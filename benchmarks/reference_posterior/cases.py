"""The ten cases, drawn from the model itself or cut from a shipped real one, and kept.

Drawn again only on purpose: the stored answers belong to the stored cases.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reference_posterior.problem import Array, problem
from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case
from reprieve.evidence.library import HOME

FOLDER = Path(__file__).parent / "cases"
INFUSION = "ketamine 0.5 mg/kg IV over 40 min"
DRAWN = 4000
SEED = 20261122
Pick = Callable[[Array, Array], Array]


def stored() -> list[Case]:
    """The ten, in order of their names."""
    return [Case.from_json(path) for path in sorted(FOLDER.glob("*.json"))]


def _body(
    asked_at: float, doses: list[tuple[float, str]], scores: str, **more: Any
) -> dict[str, Any]:
    """A case without values; `scores` reads "day scale, day scale"."""
    rows = [part.split() for part in scores.split(",")]
    return {
        "version": 1,
        "clock": "day",
        "asked_at": asked_at,
        "person": {"age": 44, "sex": "F", "weight_kg": 72.0},
        "history": {"failed_trials": 3, "diagnosis": "MDD"},
        "setting": {"awareness": "open"},
        "treatments": [{"day": d, "regimen": text, "given": True} for d, text in doses],
        "other": [],
        "scores": [{"day": float(d), "instrument": name, "value": 20} for d, name in rows],
        "events": [],
        "plan": None,
    } | more


def _on(text: str, *days: float) -> list[tuple[float, str]]:
    return [(day, text) for day in days]


def _spray() -> list[tuple[float, str]]:
    return [*_on("esketamine 56 mg nasal", 0), *_on("esketamine 84 mg nasal", 3, 7, 10, 14, 17)]


def _likeliest(values: Array, log: Array) -> Array:
    """People in the middle of what the model expects."""
    return -np.abs(log - np.median(log))


def _floor(values: Array, log: Array) -> Array:
    return -values[:, -4:].sum(axis=1)


def _surprising(values: Array, log: Array) -> Array:
    return -log


def _relapsed(values: Array, log: Array) -> Array:
    return values[:, -2:].min(axis=1) - 2 * values[:, 2:5].max(axis=1)


SITUATIONS: dict[str, tuple[dict[str, Any], Pick]] = {
    "02-single-infusion": (
        _body(7, _on(INFUSION, 0), "-3 MADRS, 1 MADRS, 7 MADRS"), _likeliest),
    "03-induction": (
        _body(8, _on(INFUSION, 0, 3, 7), "-1 PHQ-9, 3 PHQ-9, 7 PHQ-9, 8 MADRS"), _likeliest),
    "04-after-induction": (
        _body(33, _on(INFUSION, 0, 2, 4, 7, 9, 11),
              "-2 QIDS-SR16, 4 QIDS-SR16, 11 QIDS-SR16, 19 QIDS-SR16, 33 QIDS-SR16"), _likeliest),
    "05-maintenance": (
        _body(75, _on(INFUSION, 0, 3, 7, 10, 14, 17, 31, 45, 66),
              "-2 MADRS, 7 MADRS, 17 MADRS, 31 MADRS, 45 MADRS, 66 MADRS, 75 MADRS"), _likeliest),
    "06-spray-new-antidepressant": (
        _body(21, _spray(), "-1 MADRS, 3 MADRS, 8 MADRS, 15 MADRS, 21 MADRS",
              other=[{"what": "duloxetine 60 mg oral daily", "from": 0, "to": None}]), _likeliest),
    "07-mixed-scales": (
        _body(30, _on("ketamine 0.75 mg/kg SC", 0, 7, 14),
              "-2 MADRS, -2 PHQ-9, 2 HDRS-17, 7 PHQ-9, 14 QIDS-SR16, 16 MADRS, 28 PHQ-9"),
        _likeliest),
    "08-floor": (
        _body(26, _on(INFUSION, 0, 3, 7, 10),
              "-2 PHQ-9, 3 PHQ-9, 7 PHQ-9, 12 PHQ-9, 19 PHQ-9, 26 PHQ-9"), _floor),
    "09-surprising": (
        _body(21, _on(INFUSION, 0, 4, 8), "-2 MADRS, 1 MADRS, 4 MADRS, 9 MADRS, 21 MADRS"),
        _surprising),
    "10-eight-doses-relapse": (
        _body(60, _on(INFUSION, 0, 2, 4, 7, 9, 11, 25, 39),
              "-7 MADRS, 0 MADRS, 2 MADRS, 7 MADRS, 11 MADRS, 18 PHQ-9, 25 MADRS, 32 PHQ-9, "
              "39 MADRS, 46 PHQ-9, 53 MADRS, 60 MADRS"), _relapsed),
}  # fmt: skip


def draw(ensemble: Ensemble) -> None:
    """Write the ten cases."""
    FOLDER.mkdir(exist_ok=True)
    real = Case.from_json(HOME / "cases" / "nimh_moa104.json").until(10.0).to_dict()
    _write("01-real-infusion", real | {"id": "01-real-infusion"})
    for k, (name, (body, pick)) in enumerate(SITUATIONS.items()):
        _write(name, _filled(body | {"id": name}, pick, ensemble, SEED + k))


def _write(name: str, body: dict[str, Any]) -> None:
    (FOLDER / f"{name}.json").write_text(json.dumps(body, indent=1) + "\n")


def _filled(body: dict[str, Any], pick: Pick, ensemble: Ensemble, seed: int) -> dict[str, Any]:
    """The case with the scores of one of many people drawn from the prior."""
    from benchmarks.reference_posterior import model as reference

    made = reference.build(problem(Case.from_dict(body), ensemble))
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((len(made.coordinates.names), DRAWN))
    member = rng.choice(len(ensemble), DRAWN, p=ensemble.weights)
    latent = reference.course(made, x, member)
    whole = made.problem
    base = whole.base_mean + whole.base_sd * x[made.coordinates["base"]]
    y = latent + base + reference.fluctuation(made, x, member)
    values = np.empty((DRAWN, len(whole.score_value)))
    log = np.zeros(DRAWN)
    for s, k in enumerate(whole.score_scale):
        scale, true = whole.scales[k], reference.true_score(made, int(k), y[made.row[s]], x)
        error = reference.rating_error(made, int(k), member)
        rated = np.asarray(true) + np.asarray(error) * rng.standard_normal(DRAWN)
        values[:, s] = np.round(np.clip(rated, scale.low, scale.high))
        # how far from the crowd each score lies
        crowd = values[:, s]
        log -= 0.5 * ((crowd - crowd.mean()) / crowd.std()) ** 2
    # nobody is treated without depression: the first score stands for at least MADRS 24
    first = whole.scales[whole.score_scale[0]]
    ill = np.interp(values[:, 0], first.score, first.madrs) >= 24
    best = int(np.argmax(np.where(ill, pick(values, log), -np.inf)))
    # rows of the problem are in order of time, as those of the body
    scores = [
        row | {"value": float(v)} for row, v in zip(body["scores"], values[best], strict=True)
    ]
    return body | {"scores": scores}
