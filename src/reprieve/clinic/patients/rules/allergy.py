"""Whether a recorded allergy is to what would be given."""

from reprieve.clinic.patients.models import Allergy
from reprieve.clinic.patients.models.people import folded
from reprieve.evidence.practice import ACTIVE, Protocol

# names under which ketamine and its enantiomers are sold
BRANDS = ("ketalar", "ketanest", "ketaset", "ketolar", "spravato")


def concerns(allergy: Allergy, protocol: Protocol | None = None) -> bool:
    """Whether the substance is ketamine, one of its kind, or another drug of the protocol."""
    names = (*ACTIVE, *BRANDS, *(protocol.drugs if protocol else ()))
    said = folded(allergy.substance)
    return any(name in said for name in names)
