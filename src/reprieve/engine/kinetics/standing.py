"""How well the kinetics of a dose are known: what its model file says of itself."""

from collections.abc import Iterable

from reprieve.engine.dosing.doses import Dose
from reprieve.engine.kinetics.concentrations import SHARES, model_for
from reprieve.engine.kinetics.models import KineticModel, kinetic_model

R_MODEL = "derived_r_ketamine"


def kinetic_standing(doses: Iterable[Dose]) -> tuple[str, ...]:
    """A sentence for each kinetic model that the doses need, in their order.

    A file without a population of its own is composed of pieces of other papers: that the pieces
    fit together is assumed, and each of its own numbers is named with its status.
    """
    active = [d for d in doses if any(SHARES[d.drug]) and d.amount > 0]
    said = [_sentence(kinetic_model(key)) for key in dict.fromkeys(map(model_for, active))]
    if any(SHARES[d.drug][1] for d in active):
        ratio = kinetic_model(R_MODEL).parameters["cl_ratio"]
        said.append(
            f"R-ketamine takes the model of S-ketamine at {ratio.value:g} of its clearance "
            f"({ratio.status})."
        )
    return tuple(said)


def _sentence(model: KineticModel) -> str:
    if not model.population.startswith("none"):
        who = f", {model.population}" if model.population else ""
        return f"Kinetics estimated in a population: {model.title} ({model.reference}{who})."
    own = [p for name, p in model.parameters.items() if model.roots[name] == model.key]
    parts = ", ".join(f"{p.name} {p.status}" for p in own)
    built = model.population.removeprefix("none: ")
    return f"Absorption assumed: {model.title}; no population model exists; {built}. {parts}."
