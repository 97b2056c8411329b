"""Nothing is signed while sedated: whether a session stands in the way of a signature now."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reprieve.clinic.patients.models import Patient
from reprieve.clinic.treatments.models import SessionEvent
from reprieve.clinic.treatments.state import Phase
from reprieve.evidence.practice import Protocol

SEDATED = (Phase.IN_SESSION, Phase.RECOVERY)


def not_now(patient: Patient, protocol: Protocol, now: datetime) -> str:
    """Why the patient cannot sign at this time, or nothing."""
    if patient.sessions.filter(phase__in=SEDATED).exists():
        return (
            "The patient is in a session or in recovery. Nothing is signed while sedated; "
            "sign before the next session."
        )
    wait = protocol.thresholds("consent").get("after_session")
    if wait is None:
        return ""
    since = now - timedelta(hours=wait.value)
    left = SessionEvent.objects.filter(
        session__patient=patient, kind="discharge", at__gt=since
    ).order_by("-at")
    last = left.first()
    if last is None:
        return ""
    at = last.at.astimezone(ZoneInfo(patient.clinic.time_zone))
    return (
        f"The patient left a session at {at:%Y-%m-%d %H:%M}; the protocol asks to wait "
        f"{wait.value:g} {wait.unit} before anything is signed ({wait.standing}, {wait.status})."
    )
