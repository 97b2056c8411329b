"""A site's protocols: copied, read, changed; running courses keep theirs."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.courses import actions as courses
from reprieve.clinic.courses.models import Course
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.patients import readiness
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.protocols import actions, readable, timeline
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.errors import EvidenceError, UnknownNameError
from reprieve.evidence.practice import GROUPS, protocol, protocol_names

By = Callable[[str], Actor]


@pytest.fixture
def version(by: By) -> ProtocolVersion:
    return actions.adopt(by("owner"), "iv_racemic")


def set_value(text: str, table: str, key: str, value: float) -> str:
    """A protocol's text with another value of one threshold."""
    changed, n = re.subn(
        rf"(\[{table}\.{key}\]\nvalue = )[\d.]+", rf"\g<1>{value:g}", text, count=1
    )
    assert n == 1
    return changed


@pytest.mark.parametrize("name", [p.name for p in actions.shipped_protocols()])
def test_a_copy_says_what_the_shipped_file_says_without_leaning_on_it(by: By, name: str) -> None:
    copy = actions.adopt(by("prescriber"), name)
    assert copy.protocol == protocol(name)
    assert "base =" not in copy.text
    assert copy.version == 1


def test_who_may_copy_and_who_may_not(by: By) -> None:
    for role in ("nurse", "therapist", "front_desk", "custodian", "researcher"):
        with pytest.raises(NotAllowedError):
            actions.adopt(by(role), "im")
    with pytest.raises(UnknownNameError):
        actions.adopt(by("owner"), "nothing")
    assert not ProtocolVersion.objects.exists()


@pytest.mark.usefixtures("version")
def test_a_second_copy_is_refused_here_and_not_at_another_clinic(
    by: By, other_clinic: dict[str, User]
) -> None:
    with pytest.raises(RefusedError, match="has 'iv_racemic' already"):
        actions.adopt(by("owner"), "iv_racemic")
    elsewhere = actions.adopt(Actor.as_user(other_clinic["owner"], cast.NOW), "iv_racemic")
    assert elsewhere.version == 1


def test_an_edit_is_a_new_version_with_its_reason(by: By, version: ProtocolVersion) -> None:
    text = set_value(version.text, "stop", "sbp", 170)
    made = actions.revise(by("prescriber"), version, text, "the board decided")
    assert (made.version, made.note) == (2, "the board decided")
    assert made.protocol.thresholds("stop")["sbp"].value == 170
    assert version.protocol.thresholds("stop")["sbp"].value == 180


def test_an_edit_says_what_it_refuses_and_keeps_nothing(by: By, version: ProtocolVersion) -> None:
    doctor = by("prescriber")
    good = set_value(version.text, "stop", "sbp", 170)
    bad = good.replace('measures = "sbp"', 'measures = "bsp"', 1)
    with pytest.raises(EvidenceError, match=r"iv_racemic\.toml: .*measures is 'bsp'"):
        actions.revise(doctor, version, bad, "why")
    with pytest.raises(RefusedError, match="needs a note"):
        actions.revise(doctor, version, good, "  ")
    with pytest.raises(RefusedError, match="Nothing differs"):
        actions.revise(doctor, version, version.text, "why")
    actions.revise(doctor, version, good, "why")
    with pytest.raises(RefusedError, match="not the newest"):
        actions.revise(doctor, version, set_value(good, "stop", "sbp", 175), "again")
    assert ProtocolVersion.objects.count() == 2


def test_a_saved_version_cannot_be_changed_in_the_database(version: ProtocolVersion) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ProtocolVersion.objects.filter(pk=version.pk).update(text="")


def test_a_changed_threshold_holds_for_a_new_course_and_not_for_the_running_one(
    by: By, version: ProtocolVersion, patient: Patient, people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(readiness, "gaps", lambda *_: ())
    doctor = by("prescriber")
    running = courses.start_course(
        doctor, patient, version, drug="ketamine", amount=Decimal("0.5"), unit="mg/kg"
    )
    text = version.text.replace(
        "usual = [\n    0.1,\n    1,\n]", "usual = [\n    0.1,\n    0.6,\n]"
    )
    newer = actions.revise(doctor, version, text, "0.6 is our most")
    other = cast.make_patient(patient.clinic, people["nurse"], "T-002")
    dose = {"drug": "ketamine", "amount": Decimal("0.8"), "unit": "mg/kg"}
    with pytest.raises(RefusedError, match=r"has 0\.1 to 0\.6 mg/kg"):
        courses.start_course(doctor, other, newer, **dose)
    running.refresh_from_db()
    assert running.protocol_version == version
    courses.change_dose(doctor, running, Decimal("0.8"), "mg/kg", "little benefit at 0.5")
    assert running.dose == "0.8 mg/kg"


def test_a_prescriber_moves_a_course_to_the_newer_version_with_a_reason(
    by: By, course: Course
) -> None:
    doctor = by("prescriber")
    old = course.protocol_version
    newer = actions.revise(doctor, old, set_value(flat(old), "stop", "sbp", 170), "lower")
    with pytest.raises(RefusedError, match="needs a reason"):
        courses.move_to_version(doctor, course, newer, "")
    with pytest.raises(NotAllowedError):
        courses.move_to_version(by("nurse"), course, newer, "why")
    courses.move_to_version(doctor, course, newer, "the new rule is safer")
    assert course.protocol_version == newer
    event = course.events.get()
    assert event.kind == "protocol"
    assert any("stop.sbp: 180 -> 170 mmHg" in line for line in event.data["changes"])
    with pytest.raises(RefusedError, match="is not newer"):
        courses.move_to_version(doctor, course, old, "back")


def test_rules_do_not_change_under_a_patient_on_the_floor(by: By, course: Course) -> None:
    doctor = by("prescriber")
    old = course.protocol_version
    newer = actions.revise(doctor, old, set_value(flat(old), "stop", "sbp", 170), "lower")
    cast.make_session(course, phase="in_session")
    with pytest.raises(RefusedError, match="on the floor"):
        courses.move_to_version(doctor, course, newer, "safer")


def flat(version: ProtocolVersion) -> str:
    from reprieve.evidence.practice import protocol_toml

    return protocol_toml(version.protocol)


def test_every_threshold_is_readable_with_its_standing_status_and_source() -> None:
    for name in protocol_names():
        found = protocol(name)
        parts = {s.key: s for s in readable.sections(found)}
        for group in GROUPS:
            thresholds = found.thresholds(group)
            rows = parts[group].rows if thresholds else ()
            assert len(rows) == len(thresholds)
            for row, t in zip(rows, thresholds.values(), strict=True):
                assert (row.standing, row.status) == (t.standing, t.status)
                assert f"{t.value:g}" in row.said
                assert bool(row.cited) == bool(t.source)
                assert row.assumed == ("assumed" in (t.standing, t.status))


def test_the_picture_shows_the_readings_and_the_earliest_discharge() -> None:
    found = protocol("iv_racemic")
    assert timeline.earliest_discharge_min(found) == timeline.longest_stay_min(found) == 120
    longer = timeline.session_picture(protocol("iv_racemic_extended"))
    assert "160 min after the start, or 520 min where the infusion is continued" in longer.desc
    rows = timeline.session_picture(found).table().rows
    vitals = [row[1] for row in rows if row[0] == "Vital signs"]
    assert vitals == [0, 10, 20, 30, 40, 55, 70, 85, 100, 115, 120]
    spray = timeline.course_picture(protocol("spravato"))
    assert spray is not None
    weeks = [row[1] for row in spray.table().rows if row[0] == "induction"]
    assert weeks == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]


# pages


@pytest.mark.usefixtures("version")
def test_the_list_shows_the_site_s_own_and_what_ships(as_role: Callable[[str], Client]) -> None:
    page = as_role("researcher").get("/protocols/").content.decode()
    assert "Ketamine by vein over 40 minutes" in page
    assert "Esketamine nasal spray by its label" in page
    assert page.count("/protocols/shipped/iv_racemic/") == 0


def test_a_page_marks_what_is_assumed_and_cites_what_is_not(
    as_role: Callable[[str], Client], version: ProtocolVersion
) -> None:
    page = as_role("nurse").get(f"/protocols/{version.pk}/").content.decode()
    assert "⚠ assumed" in page
    assert "doi.org" in page
    assert "<svg" in page
    assert "style=" not in page


def test_the_names_of_courses_show_only_to_who_may_read_them(
    as_role: Callable[[str], Client], course: Course
) -> None:
    url = f"/protocols/{course.protocol_version_id}/"
    assert str(course.patient) in as_role("nurse").get(url).content.decode()
    owner = as_role("owner").get(url).content.decode()
    assert str(course.patient) not in owner
    assert "1 runs on version 1" in owner


def test_editing_shows_the_differences_then_saves(
    as_role: Callable[[str], Client], version: ProtocolVersion
) -> None:
    doctor, url = as_role("prescriber"), f"/protocols/{version.pk}/edit/"
    text = set_value(version.text, "stop", "sbp", 170)
    seen = doctor.post(url, {"text": text, "check": "1"})
    assert seen.status_code == 200
    assert "stop.sbp: 180 -&gt; 170 mmHg" in seen.content.decode()
    unsaid = doctor.post(url, {"text": text, "save": "1", "note": ""})
    assert unsaid.status_code == 422
    broken = doctor.post(url, {"text": text.replace("[stop.sbp]", "[stop.sbp"), "check": "1"})
    assert broken.status_code == 422
    assert "not valid TOML" in broken.content.decode()
    saved = doctor.post(url, {"text": text, "save": "1", "note": "decided"})
    assert saved.status_code == 302
    assert ProtocolVersion.objects.get(version=2).note == "decided"
    assert as_role("nurse").get(url).status_code == 403


def test_a_file_goes_out_and_comes_back_as_the_next_version(
    as_role: Callable[[str], Client], version: ProtocolVersion
) -> None:
    owner = as_role("owner")
    file = owner.get(f"/protocols/{version.pk}/file/")
    assert "iv_racemic-v1.toml" in file["Content-Disposition"]
    text = set_value(file.content.decode(), "stop", "dbp", 105)
    up = SimpleUploadedFile("iv_racemic.toml", text.encode())
    read = owner.post("/protocols/upload/", {"file": up})
    assert "stop.dbp: 110 -&gt; 105 mmHg" in read.content.decode()
    assert ProtocolVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("ours.toml", b"\xff\xfe\x00", "not UTF-8"), ("ours.toml", b"x = ", "not valid TOML"),
     ("ours.toml", b"version = 1", "is missing; add it"), ("../../etc.toml", b"", "empty")],
)  # fmt: skip
def test_a_file_that_is_no_protocol_is_answered_in_words(
    as_role: Callable[[str], Client], name: str, content: bytes, said: str
) -> None:
    up = SimpleUploadedFile(name, content)
    answer = as_role("owner").post("/protocols/upload/", {"file": up})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_protocol_of_the_site_s_own_can_lean_on_a_shipped_one(
    as_role: Callable[[str], Client],
) -> None:
    text = cast.shipped_text("sc")
    answer = as_role("owner").post(
        "/protocols/new/evening_sc/", {"text": text, "save": "1", "note": "for evenings"}
    )
    assert answer.status_code == 302
    made = ProtocolVersion.objects.get(name="evening_sc")
    assert made.protocol.vitals == protocol("sc").vitals
    assert "base =" not in made.text
