"""Objects of a page, always within the clinic of who asks; that they were read is on record."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from reprieve.clinic.acts import note_read
from reprieve.clinic.courses.models import Course
from reprieve.clinic.pages import ClinicRequest
from reprieve.clinic.treatments.models import TreatmentSession


def courses_of(request: ClinicRequest) -> QuerySet[Course]:
    """The clinic's courses with what every page of them names; each protocol is read once."""
    return (
        Course.objects.filter(patient__clinic=request.by.clinic)
        .select_related("patient__clinic", "prescriber")
        .prefetch_related("protocol_version")
    )


def course_of(request: ClinicRequest, course_id: UUID) -> Course:
    """A course, or 404."""
    course = get_object_or_404(courses_of(request), pk=course_id)
    note_read(request.by, "course", course)
    return course


def session_of(request: ClinicRequest, session_id: UUID) -> TreatmentSession:
    """A session, or 404."""
    rows = TreatmentSession.objects.filter(clinic=request.by.clinic).select_related(
        "course__protocol_version", "patient__clinic", "chair"
    )
    session = get_object_or_404(rows, pk=session_id)
    note_read(request.by, "planned session", session)
    return session
