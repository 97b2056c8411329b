"""Enrolment in the esketamine REMS."""

from datetime import date

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.patients.actions.own import own
from reprieve.clinic.patients.models import Patient, RemsStatus


def set_rems(
    by: Actor, patient: Patient, status: str, on: date, identifier: str = "", note: str = ""
) -> RemsStatus:
    """Record where the enrolment stands since a day. Needs `rems.write`.

    Raises
    ------
    RefusedError
        Enrolled without the identifier that the REMS gave.
    """
    own(by, patient)
    if status == RemsStatus.Status.ENROLLED and not identifier.strip():
        raise RefusedError("An enrolment needs the identifier that the REMS gave; add it.")
    with act(by, "rems.write", "record REMS enrolment") as log:
        log.on = row = RemsStatus.objects.create(
            patient=patient, status=status, on=on, identifier=identifier.strip(), note=note,
            at=by.now, by=by.user, by_name=by.user.signature_name,
        )  # fmt: skip
        log.detail = {"status": status, "on": on, "identifier": identifier}
    return row
