"""How people differ: log-normal sensitivities, some of them going together."""

from dataclasses import dataclass

import numpy as np

from reprieve.engine.effects.parameters import AcuteModel, acute_model
from reprieve.engine.patient import Array, People

KINDS = (
    "dissociation",
    "sedation",
    "systolic",
    "diastolic",
    "heart_rate",
    "oxygen",
    "nervous",  # proneness to events such as dizziness
    "gut",  # ... and to nausea and vomiting
    "unsteadiness",  # how much a person's readings scatter
)
_NERVOUS = ("dissociation", "sedation", "oxygen", "nervous", "gut")
_PRESSOR = ("systolic", "diastolic", "heart_rate")
ACTING = KINDS[:6]  # those with a column in the kernels, in the kernels' order


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """A person's lasting standard-normal scores, one column a kind: `z` is (n, len(KINDS)).

    Keep it from session to session: it is what makes a strong reaction likely to come again.
    """

    z: Array

    def of(self, kind: str) -> Array:
        """The (n,) column of one kind."""
        column: Array = self.z[:, KINDS.index(kind)]
        return column

    def __len__(self) -> int:
        return len(self.z)


def draw_sensitivity(
    n: int, rng: np.random.Generator, model: AcuteModel | None = None
) -> Sensitivity:
    """n people's sensitivities: two shared factors (nervous system, circulation) and own parts."""
    model = model or acute_model()
    factors = rng.standard_normal((n, 2))
    z = rng.standard_normal((n, len(KINDS)))
    for kinds, factor, name in ((_NERVOUS, 0, "nervous_loading"), (_PRESSOR, 1, "pressor_loading")):
        loading = model[name]
        columns = [KINDS.index(kind) for kind in kinds]
        z[:, columns] *= np.sqrt(1.0 - loading**2)
        z[:, columns] += loading * factors[:, [factor]]
    return Sensitivity(z)


def correlation(model: AcuteModel | None = None) -> Array:
    """How the lasting scores go together, (kinds, kinds): what `draw_sensitivity` draws from."""
    model = model or acute_model()
    found = np.eye(len(KINDS))
    for kinds, name in ((_NERVOUS, "nervous_loading"), (_PRESSOR, "pressor_loading")):
        columns = [KINDS.index(kind) for kind in kinds]
        found[np.ix_(columns, columns)] = model[name] ** 2
    np.fill_diagonal(found, 1.0)
    return found


def session_traits(
    people: People,
    sensitivity: Sensitivity,
    rng: np.random.Generator | None,
    model: AcuteModel,
) -> Array:
    """Multipliers of one session, (n, 6) in the kernels' order: the person and the occasion.

    `rng` None leaves the occasion out. Age and hypertension raise the pressor response.
    """
    spread = np.array([model[f"{kind}_spread"] for kind in ACTING])
    occasion = np.array([model[f"{kind}_occasion_spread"] for kind in ACTING])
    log_trait = spread * sensitivity.z[:, : len(ACTING)]
    if rng is not None:
        log_trait = log_trait + occasion * rng.standard_normal((len(sensitivity), len(ACTING)))
    older = people.age_y - model["reference_age"]
    tense = np.log(model["pressor_hypertension"]) * people.hypertension
    log_trait[:, ACTING.index("systolic")] += model["systolic_age"] * older + tense
    log_trait[:, ACTING.index("diastolic")] += model["diastolic_age"] * older + tense
    return np.exp(log_trait)
