"""Adverse events by dose, route and session: hazards that add, in people who are prone or not."""

import numpy as np

from reprieve.engine.effects.parameters import AcuteModel, Event, acute_model
from reprieve.engine.effects.sensitivity import Sensitivity
from reprieve.engine.patient import Array


def event_hazard(
    event: Event, peak_site: Array, sensitivity: Sensitivity, session: int, model: AcuteModel
) -> Array:
    """Hazard of one event in one session, (n,).

    The drug's part is in proportion to the peak at the effect site (ng/mL). It and what is
    reported without drug fall with sessions, each towards its floor, and both are multiplied by
    a log-normal proneness of mean 1.
    """
    faded = float(np.exp(-session / model["session_constant"]))
    lasting = event.floor + (1.0 - event.floor) * faded
    reported = event.background_floor + (1.0 - event.background_floor) * faded
    z = sensitivity.of(event.follows)
    prone = np.exp(event.spread * z - 0.5 * event.spread**2)
    hazard: Array = (event.background * reported + event.drug * lasting * peak_site / 100.0) * prone
    return hazard


def event_probabilities(
    peak_site: Array, sensitivity: Sensitivity, session: int, model: AcuteModel | None = None
) -> dict[str, Array]:
    """Probability of each event in this session, (n,) each.

    `peak_site` is the highest concentration at the effect site, ng/mL S-ketamine equivalents.
    """
    model = model or acute_model()
    return {
        name: 1.0 - np.exp(-event_hazard(event, peak_site, sensitivity, session, model))
        for name, event in model.events.items()
    }
