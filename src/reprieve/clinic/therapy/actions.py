"""Write and read psychotherapy notes; both are logged, neither shows what a note says."""

from django.db.models import Count, Max, Q, QuerySet

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act, note_read
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.therapy.models import PsychotherapyNote
from reprieve.clinic.treatments.models import TreatmentSession


def write_note(
    by: Actor,
    patient: Patient,
    text: str,
    *,
    session: TreatmentSession | None = None,
    replaces: PsychotherapyNote | None = None,
) -> PsychotherapyNote:
    """Add a note.

    Raises
    ------
    NotAllowedError
        The person is no therapist.
    RefusedError
        An empty text; a session or a note of another patient; a note that another person wrote,
        or that was replaced before.
    """
    with act(by, "psychotherapy.write", "write psychotherapy note", patient=patient.pk) as log:
        if patient.clinic_id != by.clinic.pk:
            raise RefusedError("That patient is not of this clinic.")
        if not text.strip():
            raise RefusedError("The note is empty. Write something, or leave it.")
        if session is not None and session.patient_id != patient.pk:
            raise RefusedError("That session is another patient's. Choose one of this patient.")
        if replaces is not None:
            _check_replaced(by, patient, replaces)
        note = PsychotherapyNote(
            stream=f"therapy:{patient.pk}", clinic=by.clinic, patient=patient, session=session,
            replaces=replaces, at=by.now, by=by.user,
        )  # fmt: skip
        note.text = text
        log.on = note.append()
    return note


def _check_replaced(by: Actor, patient: Patient, note: PsychotherapyNote) -> None:
    if note.patient_id != patient.pk:
        raise RefusedError("That note is about another patient.")
    if note.by_id != by.user.pk:
        raise RefusedError("Somebody else wrote that note and alone replaces it. Add your own.")
    if hasattr(note, "replaced_by"):
        raise RefusedError("That note was replaced before. Replace the newer one.")


def read_notes(by: Actor, patient: Patient) -> QuerySet[PsychotherapyNote]:
    """All notes about a patient of the clinic, newest first; the read is logged."""
    by.require("psychotherapy.read")
    note_read(by, "psychotherapy notes", patient)
    return (
        PsychotherapyNote.objects.filter(clinic=by.clinic, patient=patient)
        .select_related("by", "session", "replaces", "replaced_by")
    )  # fmt: skip


def counted(by: Actor) -> QuerySet[Patient]:
    """Patients in treatment and those with notes, each with how many and when the last."""
    by.require("psychotherapy.read")
    return (
        Patient.objects.filter(clinic=by.clinic)
        .filter(Q(active=True) | Q(psychotherapy_notes__isnull=False))
        .annotate(notes=Count("psychotherapy_notes"), last=Max("psychotherapy_notes__at"))
        .order_by("family_name", "given_name")
    )
