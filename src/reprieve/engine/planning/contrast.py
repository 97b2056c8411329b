"""Whether the contrast between schedules goes beyond what a trial has shown."""

from collections.abc import Sequence

import numpy as np

from reprieve.engine.calibration.facts import facts
from reprieve.engine.planning.comparison import Choice

WITHDRAWAL = ("F53", "F54")  # hazard ratios of continuing against stopping, daly_2019


def beyond_trials(choices: Sequence[Choice]) -> tuple[str, ...]:
    """A sentence when a schedule lowers the hazard of relapse more than the withdrawal trial did.

    Hazards are compared by their ratio over the horizon, log(1 - odds) of a schedule over that
    of no further dose.
    """
    known = {f.id: f for f in facts() if f.id in WITHDRAWAL}
    lowest = min(f.target for f in known.values())
    none = next((c for c in choices if c.schedule.kind == "none"), None)
    if none is None or not none.relapse or none.relapse[-1] < 0.02:
        return ()
    base = np.log1p(-min(none.relapse[-1], 0.999))
    ratios = [np.log1p(-min(c.relapse[-1], 0.999)) / base for c in choices if c.relapse]
    if min(ratios) >= lowest:
        return ()
    seen = " and ".join(f"{f.target:g}" for f in known.values())
    return (
        f"The strongest contrast here, a hazard ratio of {min(ratios):.2f} against no further "
        f"dose, goes beyond the {seen} of the one withdrawal trial (daly_2019, remitters and "
        "responders): it is the model's word for this person, not a trial's.",
    )
