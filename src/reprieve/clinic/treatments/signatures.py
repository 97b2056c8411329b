"""Which sessions still owe a prescriber's signature."""

from django.db.models import Exists, OuterRef, QuerySet

from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.state import Phase

OVER = (Phase.DISCHARGED.value, Phase.ABORTED.value, Phase.SIGNED.value)


def to_sign(sessions: QuerySet[TreatmentSession]) -> QuerySet[TreatmentSession]:
    """Those that are over and that no prescriber has signed, whoever else has."""
    signed = SessionEvent.objects.filter(
        session=OuterRef("pk"), kind__in=("sign", "countersign"), data__prescriber=True
    )
    return sessions.filter(~Exists(signed), phase__in=OVER)
