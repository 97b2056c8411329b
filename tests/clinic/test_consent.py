"""Consent: the whole text signed by two, never while sedated, and withdrawn at any time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.assessed import DRAWN, signed
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import faults
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.consents import actions
from reprieve.clinic.consents.models import Consent
from reprieve.clinic.consents.signature import signature
from reprieve.clinic.consents.standing import standing
from reprieve.clinic.consents.wording import digest, wording
from reprieve.clinic.errors import NotAllowedError, RefusedError, WitnessError
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.state import Phase
from reprieve.evidence.practice import parse_protocol, protocol_toml

By = Callable[[str], Actor]
As = Callable[[str], Client]
SHOWN = "M10 90 L60 40 L110 120 L160 60 L210 100 L260 80 L330 90"


def state(patient: Patient, version: ProtocolVersion, after_d: float = 0) -> str:
    now = cast.NOW + timedelta(days=after_d)
    return standing(Facts.of(patient).consents, version.protocol, now).state


def posted(version: ProtocolVersion, **other: str) -> dict[str, str]:
    text = wording(version.protocol)
    assert text is not None
    return {
        "text_digest": digest(text),
        "understood": "on",
        "patient_drawn": SHOWN,
        "witness_name": "Test Nurse",
        "witness_capacity": "staff",
        "witness_typed": "test nurse",
        **other,
    }


def sign_url(patient: Patient, version: ProtocolVersion) -> str:
    return reverse("consents:sign", args=[patient.pk, version.pk])


def test_a_consent_keeps_the_whole_text_with_both_signatures(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    assert state(patient, protocol) == "missing"
    row = signed(by("nurse"), patient, protocol)
    assert state(patient, protocol) == "valid"
    assert row.patient_name == "Test Patient T-001"
    assert row.text_digest == digest(row.text)
    assert "off-label" in row.text["use"]
    assert list(faults(Consent.objects.all())) == []
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Consent.objects.update(patient_name="Somebody else")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Consent.objects.all().delete()


@pytest.mark.parametrize("role", ["therapist", "front_desk", "owner", "custodian"])
def test_only_those_who_record_consent_do(
    by: By, patient: Patient, protocol: ProtocolVersion, role: str
) -> None:
    with pytest.raises(NotAllowedError):
        signed(by(role), patient, protocol)
    assert not Consent.objects.exists()


@pytest.mark.parametrize("phase", [Phase.IN_SESSION, Phase.RECOVERY])
def test_nothing_is_signed_while_sedated(
    as_role: As, by: By, patient: Patient, session: TreatmentSession, phase: Phase
) -> None:
    version = session.course.protocol_version
    session.phase = phase
    session.save()
    with pytest.raises(RefusedError, match="while sedated"):
        signed(by("nurse"), patient, version)
    page = as_role("nurse").post(sign_url(patient, version), posted(version))
    assert page.status_code == 409
    assert "while sedated" in page.content.decode()
    assert not Consent.objects.exists()
    session.phase = Phase.CHECKED_IN
    session.save()
    assert signed(by("nurse"), patient, version).pk


def test_the_protocol_says_how_long_after_a_session(
    by: By, clinic: object, patient: Patient, session: TreatmentSession, people: dict[str, User]
) -> None:
    version = cast.make_protocol(
        clinic, "iv_racemic", version=2,
        text=cast.shipped_text("iv_racemic")
        + '\n[consent.after_session]\nvalue = 6\nunit = "h"\nrule = "at_least"\n'
        'standing = "clinic"\nstatus = "assumed"\n',
    )  # fmt: skip
    left = cast.NOW - timedelta(hours=3)
    with transaction.atomic():
        SessionEvent(
            stream=f"session:{session.pk}", session=session, kind="discharge", at=left,
            entered_at=left, by=people["nurse"], by_name="n", data={},
        ).append()  # fmt: skip
    patient.clinic.time_zone = "America/Chicago"  # six hours behind in November
    with pytest.raises(RefusedError, match=r"at 2026-11-02 00:00; the protocol asks to wait 6 h"):
        signed(by("nurse"), patient, version)
    later = Actor.as_user(people["nurse"], left + timedelta(hours=6, minutes=1))
    assert signed(later, patient, version).pk


def test_a_withdrawal_is_possible_even_then(
    as_role: As, by: By, patient: Patient, session: TreatmentSession
) -> None:
    version = session.course.protocol_version
    row = signed(by("nurse"), patient, version)
    session.phase = Phase.IN_SESSION
    session.save()
    page = reverse("consents:withdraw", args=[row.pk])
    assert as_role("nurse").post(page, {"reason": ""}).status_code == 422
    assert as_role("nurse").post(page, {"reason": "Said so aloud"}).status_code == 302
    assert state(patient, version) == "withdrawn"
    with pytest.raises(RefusedError, match="already"):
        actions.withdraw(by("nurse"), row, "again")
    shown = as_role("nurse").get(reverse("consents:show", args=[row.pk])).content.decode()
    assert "Said so aloud" in shown


def test_it_is_signed_again_after_the_time_of_the_file(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    timer = protocol.protocol.thresholds("consent")["reconsent"]
    signed(by("nurse"), patient, protocol)
    assert state(patient, protocol, timer.value - 1) == "valid"
    assert state(patient, protocol, timer.value + 1) == "expired"


def test_another_text_asks_for_another_signature(
    by: By, clinic: object, patient: Patient, protocol: ProtocolVersion
) -> None:
    signed(by("nurse"), patient, protocol)
    text = protocol_toml(protocol.protocol)
    threshold = text.replace("value = 365", "value = 200", 1)
    same = cast.make_protocol(clinic, text=threshold, version=2)
    assert state(patient, same) == "valid"
    other = cast.make_protocol(
        clinic, text=text.replace("This use is off-label", "An off-label use"), version=3
    )
    assert state(patient, other) == "changed"


def test_a_spray_consent_is_none_for_an_infusion(
    by: By, clinic: object, patient: Patient, protocol: ProtocolVersion
) -> None:
    spray = cast.make_protocol(clinic, "spravato")
    signed(by("nurse"), patient, spray)
    assert state(patient, spray) == "valid"
    assert state(patient, protocol) == "missing"


def test_the_text_that_was_shown_is_the_text_that_is_signed(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    with pytest.raises(RefusedError, match="not the one that was shown"):
        actions.sign(
            by("nurse"), patient, protocol, text_digest="0" * 64, patient_signature=DRAWN,
            witness_name="W", witness_capacity="staff", witness_signature=DRAWN,
        )  # fmt: skip


def test_the_patient_is_no_witness(
    as_role: As, patient: Patient, protocol: ProtocolVersion
) -> None:
    form = posted(protocol, witness_name="test  PATIENT t-001", witness_typed="test patient t-001")
    page = as_role("nurse").post(sign_url(patient, protocol), form)
    assert page.status_code == 422
    assert "cannot witness their own signature" in page.content.decode()
    text = wording(protocol.protocol)
    assert text is not None
    with pytest.raises(WitnessError):
        actions.sign(
            Actor.as_user(patient.weights.get().by), patient, protocol, text_digest=digest(text),
            patient_signature=DRAWN, witness_name=" ", witness_capacity="staff",
            witness_signature=DRAWN,
        )  # fmt: skip


def test_the_tablet_signs_drawn_or_typed(
    as_role: As, patient: Patient, protocol: ProtocolVersion
) -> None:
    nurse = as_role("nurse")
    shown = nurse.get(sign_url(patient, protocol)).content.decode()
    assert "This use is off-label" in shown
    assert nurse.post(sign_url(patient, protocol), posted(protocol)).status_code == 302
    row = Consent.objects.get()
    assert row.patient_signature == {"kind": "drawn", "path": SHOWN}
    assert row.witness_signature == {"kind": "typed", "name": "test nurse"}
    told = AuditEvent.objects.get(verb="sign consent")
    assert told.patient_id == patient.pk
    assert told.detail["digest"] == row.text_digest


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("understood", ""),
        ("patient_drawn", ""),
        ("patient_drawn", "M1 1 L2 2"),
        ("patient_drawn", '"><script>alert(1)</script>'),
        ("patient_drawn", "M10 90 L60 40 L999 120 L160 60 L210 100 L260 80 L330 90"),
        ("witness_typed", "Somebody Else"),
        ("witness_name", ""),
        ("text_digest", "0"),
    ],
)
def test_what_is_no_signature_is_refused(
    as_role: As, patient: Patient, protocol: ProtocolVersion, field: str, value: str
) -> None:
    page = as_role("nurse").post(sign_url(patient, protocol), posted(protocol, **{field: value}))
    assert page.status_code == 422
    assert "<script>alert" not in page.content.decode()
    assert not Consent.objects.exists()


def test_a_typed_name_must_be_the_printed_one() -> None:
    assert signature("", "  zoë   évora ", "Zoe Evora", "The patient")["name"] == "zoë évora"
    with pytest.raises(RefusedError, match="must be the printed name"):
        signature("", "Z.", "Zoe Evora", "The patient")


def test_the_pdf_holds_the_text_and_fetches_nothing(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    row = signed(by("nurse"), patient, protocol)
    page = as_role("therapist").get(reverse("consents:pdf", args=[row.pk]))
    assert page["Content-Type"] == "application/pdf"
    assert page.content.startswith(b"%PDF")
    assert len(page.content) > 10_000
    assert AuditEvent.objects.filter(verb="consent as PDF", patient_id=patient.pk).exists()


def test_another_clinic_sees_no_consent(
    by: By, patient: Patient, protocol: ProtocolVersion, other_clinic: dict[str, User]
) -> None:
    row = signed(by("nurse"), patient, protocol)
    client = Client()
    client.force_login(other_clinic["nurse"], "django.contrib.auth.backends.ModelBackend")
    for name in ("show", "pdf", "withdraw"):
        assert client.get(reverse(f"consents:{name}", args=[row.pk])).status_code == 404
    assert client.get(sign_url(patient, protocol)).status_code == 404


def test_the_off_label_line_outlives_a_site_that_drops_the_section(
    protocol: ProtocolVersion,
) -> None:
    text = protocol_toml(protocol.protocol).replace("This use is off-label", "About this use")
    found = wording(parse_protocol(text, "iv_racemic", "mine.toml"))
    assert found is not None
    assert "off-label" in found["use"]
