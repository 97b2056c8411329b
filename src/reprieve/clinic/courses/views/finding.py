"""Objects of a page, always within the clinic of who asks."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

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
    return get_object_or_404(courses_of(request), pk=course_id)


def session_of(request: ClinicRequest, session_id: UUID) -> TreatmentSession:
    """A session, or 404."""
    rows = TreatmentSession.objects.filter(clinic=request.by.clinic).select_related(
        "course__protocol_version", "patient__clinic", "chair"
    )
    return get_object_or_404(rows, pk=session_id)
