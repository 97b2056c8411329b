"""What a session holds between drawing and giving, added up from the ledger's rows."""

from decimal import Decimal
from uuid import UUID

from reprieve.clinic.ledger.models import LedgerEntry
from reprieve.clinic.treatments.models import TreatmentSession


def held_by_vial(session: TreatmentSession) -> dict[UUID, Decimal]:
    """What a session holds of each vial it drew from, in the order of drawing."""
    found: dict[UUID, Decimal] = {}
    rows = LedgerEntry.objects.filter(session=session).order_by("entered_at", "seq")
    for vial_id, part in rows.values_list("vial_id", "held"):
        found[vial_id] = found.get(vial_id, Decimal(0)) + part
    return found


def held(session: TreatmentSession) -> Decimal:
    """Drawn less given, wasted and returned, in the ledger's unit; zero when accounted for."""
    return sum(held_by_vial(session).values(), Decimal(0))
