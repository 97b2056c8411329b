"""The drug's stimulus to plasticity, by session form, for people known only by their rank.

The mood model needs one number of the kinetics a session: receptor occupancy integrated over
time. Its distribution over adults is computed once a form from the kinetic models; a person's
rank then picks the same place in every form's distribution, so that somebody who clears
ketamine slowly does so at every dose and by every route.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from reprieve.engine.kinetics.occupancy import stimulus
from reprieve.engine.mood.model import Array
from reprieve.engine.patient import Patient, draw_people
from reprieve.engine.trials.design import Form

PEOPLE = 2000
GRID = np.linspace(0.0, 1.0, 201)
SEED = 20190611


@dataclass(frozen=True, slots=True)
class FormStimuli:
    """Occupancy integrals (h) of session forms, computed when first asked for.

    Parameters
    ----------
    patient : what is known of the people; the rest is drawn
    """

    patient: Patient | None = None

    def __call__(self, form: Form, uniform: Array) -> Array:
        """(n,) occupancy integral, h, of people at rank `uniform` (n,) in (0, 1)."""
        return np.interp(uniform, GRID, quantiles(form, self.patient))


@lru_cache(maxsize=1024)
def quantiles(form: Form, patient: Patient | None = None, count: int = PEOPLE) -> Array:
    """(201,) quantiles of a form's occupancy integral, h, over `count` people like `patient`."""
    rng = np.random.default_rng(SEED)
    people = draw_people(count, rng, patient)
    return np.quantile(stimulus(form, people, rng)[:, 0], GRID)
