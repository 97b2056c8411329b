"""Fill an empty clinic with one treatment day: `python -m clinic.treated FOLDER`.

A process of its own, because Django stands on one database in a process.
"""

import sys
from pathlib import Path


def main(folder: Path) -> None:
    """One signed session and one in recovery, with notes, a correction, a waste and its ledger."""
    from reprieve.clinic import running

    running.prepare(folder, "demo")

    from django.db import transaction

    from clinic import cast
    from clinic.chair import CALM, Chair
    from reprieve.clinic.actor import Actor
    from reprieve.clinic.therapy.actions import write_note

    with transaction.atomic():
        clinic = cast.make_clinic()
        people = cast.make_people(clinic)
        protocol = cast.make_protocol(clinic)
        lot = cast.make_lot(clinic)
        chairs = []
        for number in (1, 2):
            patient = cast.make_patient(clinic, people["nurse"], f"T-00{number}")
            course = cast.make_course(patient, protocol, people["prescriber"])
            vial = cast.make_vial(lot, people["custodian"], f"K-00{number}")
            chairs.append(Chair(cast.make_session(course), people, vial))
    signed, recovering = chairs
    for chair in chairs:
        chair.started()
        chair.does("therapist", "note", 12, about="in_session", text="Quiet. Æøå, “so”, 0.5 µg.")
    therapist = Actor.as_user(people["therapist"], cast.NOW)
    write_note(therapist, signed.session.patient, "Sealed.", session=signed.session)
    recovering.does("nurse", "stop", 30, reason="asked to stop")
    recovering.does("nurse", "waste", 31, amount="0.35", reason="rest of the bag",
                    username="nurse2", password=cast.PASSWORD)  # fmt: skip
    signed.recovered()
    wrong = signed.does("nurse", "vitals", **CALM)
    signed.does("nurse", "correction", of=str(wrong.pk), void="true", reason="entered twice")
    signed.does("nurse", "discharge")
    signed.does("prescriber", "sign", meaning="responsible prescriber")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
