"""The parameter sets of the comparison: a few of the ensemble, kept, so that answers stay valid
when the ensemble is calibrated anew."""

from pathlib import Path

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble, ensemble, read

FILE = Path(__file__).parent / "members.json"
COUNT = 24
SEED = 20261122


def stored() -> Ensemble:
    """The kept sets, equally likely."""
    return read(FILE)


def draw() -> None:
    """Keep some sets of the shipped ensemble, drawn by weight."""
    full = ensemble()
    rows = np.random.default_rng(SEED).choice(len(full), COUNT, replace=False, p=full.weights)
    made = {"drawn_from": full.header, "sets": COUNT, "seed": SEED}
    kept = Ensemble(full.names, full.sets[rows], np.full(COUNT, 1.0 / COUNT), full.mode, made)
    FILE.write_text(kept.to_json() + "\n")
