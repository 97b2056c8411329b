"""Which protocol a patient is looked at under."""

from collections.abc import Sequence

from reprieve.clinic.patients.models import Patient
from reprieve.clinic.protocols.models import ProtocolVersion

RUNNING = ("active", "paused")


def choices(patient: Patient) -> Sequence[ProtocolVersion]:
    """Versions of running courses, then the newest version of each protocol of the clinic."""
    own = ProtocolVersion.objects.filter(clinic=patient.clinic_id)
    running = own.filter(courses__patient=patient, courses__status__in=RUNNING).distinct()
    newest: dict[str, ProtocolVersion] = {}
    for version in own.order_by("title", "-version"):
        newest.setdefault(version.name, version)
    return list({v.pk: v for v in (*running, *newest.values())}.values())


def default(patient: Patient, known: Sequence[ProtocolVersion]) -> ProtocolVersion | None:
    """The one of a running course, else the one last screened or decided for, else the first."""
    if not known:
        return None
    running = {c.protocol_version_id for c in patient.courses.filter(status__in=RUNNING)}
    for version in known:
        if version.pk in running:
            return version
    last = (
        patient.decisions.select_related("protocol_version").first()
        or patient.screenings.select_related("protocol_version").first()
    )
    name = last.protocol_version.name if last else ""
    return next((v for v in known if v.name == name), known[0])
