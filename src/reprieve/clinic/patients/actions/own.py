"""What every verb on a patient asks first."""

from django.http import Http404

from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import lock
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients.models import Patient


def own(by: Actor, patient: Patient) -> None:
    """Refuse a patient of another clinic, as if there were none.

    Raises
    ------
    Http404
        The patient is of another clinic.
    """
    if patient.clinic_id != by.clinic.pk:
        raise Http404


def alone(patient: Patient) -> None:
    """Nobody else writes on this patient's assessment until the transaction ends."""
    lock(f"assessment:{patient.pk}")


def reasoned(reason: str, what: str) -> str:
    """A reason without its edges.

    Raises
    ------
    RefusedError
        It is empty.
    """
    text = reason.strip()
    if not text:
        raise RefusedError(f"{what} needs a reason in words; none was given.")
    return text
