"""The cast stands on the same migrations and rules as a real clinic."""

from reprieve.clinic.audit.chain import faults
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.treatments.models import TreatmentSession


def test_a_vial_comes_with_its_first_row_in_a_whole_chain(vial: Vial) -> None:
    assert vial.entries.get().balance_after == vial.balance
    assert list(faults(LedgerEntry.objects.all())) == []


def test_a_session_belongs_to_the_clinic_of_its_patient(session: TreatmentSession) -> None:
    assert session.clinic == session.patient.clinic == session.course.patient.clinic
