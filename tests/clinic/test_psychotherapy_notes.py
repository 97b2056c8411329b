"""Psychotherapy notes: therapists write and read them, nobody else, and the database shows none."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from clinic import cast
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import faults
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.therapy.actions import read_notes, write_note
from reprieve.clinic.therapy.models import PsychotherapyNote
from reprieve.clinic.therapy.sealing import seal, unseal

WORDS = "She spoke of the house by the lake."


@pytest.fixture
def note(by, patient):
    return write_note(by("therapist"), patient, WORDS)


def test_a_therapist_writes_and_reads(by, patient, note):
    (found,) = read_notes(by("therapist"), patient)
    assert found.text == WORDS
    assert list(faults(PsychotherapyNote.objects.all())) == []


def test_the_database_does_not_show_what_a_note_says(note):
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM therapy_psychotherapynote")
        (sealed,) = cursor.fetchone()
    assert "lake" not in sealed


@pytest.mark.parametrize("role", ["owner", "prescriber", "nurse", "front_desk", "custodian",
                                  "researcher"])  # fmt: skip
def test_nobody_else_reads_or_writes(by, patient, note, role):
    with pytest.raises(NotAllowedError):
        read_notes(by(role), patient)
    with pytest.raises(NotAllowedError):
        write_note(by(role), patient, "mine")


def test_a_therapist_of_another_clinic_finds_nobody(patient, note, other_clinic, client):
    elsewhere = Actor.as_user(other_clinic["therapist"], cast.NOW)
    with pytest.raises(RefusedError, match="not of this clinic"):
        write_note(elsewhere, patient, "mine")
    assert list(read_notes(elsewhere, patient)) == []
    client.force_login(other_clinic["therapist"], "django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("therapy:notes", args=[patient.pk])).status_code == 404


def test_the_audit_knows_who_read_and_not_what_it_says(by, patient, note):
    read_notes(by("therapist"), patient)
    rows = AuditEvent.objects.filter(patient_id=patient.pk)
    assert {r.kind for r in rows} == {"read", "write"}
    assert not any("lake" in f"{r.verb}{r.detail}" for r in rows)


def test_a_note_is_replaced_once_and_never_changed(by, patient, note):
    newer = write_note(by("therapist"), patient, "By the sea.", replaces=note)
    assert newer.replaces == note
    note = PsychotherapyNote.objects.get(pk=note.pk)
    assert note.text == WORDS
    with pytest.raises(RefusedError, match="replaced before"):
        write_note(by("therapist"), patient, "By the wood.", replaces=note)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        PsychotherapyNote.objects.filter(pk=note.pk).update(sealed="x")


def test_a_session_or_note_of_somebody_else_is_refused(by, clinic, people, patient, session, note):
    other = cast.make_patient(clinic, people["nurse"], "T-002")
    with pytest.raises(RefusedError, match="another patient"):
        write_note(by("therapist"), other, "hm", session=session)
    with pytest.raises(RefusedError, match="another patient"):
        write_note(by("therapist"), other, "hm", replaces=note)


def test_an_empty_note_is_refused(by, patient):
    with pytest.raises(RefusedError, match="empty"):
        write_note(by("therapist"), patient, "  \n ")


def test_a_text_moved_to_another_row_does_not_open_there():
    sealed = seal(WORDS, "row 1")
    assert unseal(sealed, "row 1") == WORDS
    with pytest.raises(RefusedError, match="another row"):
        unseal(sealed, "row 2")


def test_a_new_key_seals_and_the_old_one_still_opens(settings):
    old, new = "o" * 40, "n" * 40
    settings.NOTES_KEYS = [old]
    before = seal(WORDS, "row")
    settings.NOTES_KEYS = [new, old]
    assert unseal(before, "row") == WORDS
    after = seal(WORDS, "row")
    settings.NOTES_KEYS = [new]
    assert unseal(after, "row") == WORDS
    with pytest.raises(RefusedError, match="another key"):
        unseal(before, "row")


def test_the_pages_write_and_show(as_role, patient, session):
    therapist = as_role("therapist")
    address = reverse("therapy:write", args=[patient.pk])
    answer = therapist.post(address, {"text": WORDS, "session": session.pk})
    assert answer.status_code == 302
    shown = therapist.get(answer.url).content.decode()
    assert WORDS in shown
    assert "session 1" in shown
    listed = therapist.get(reverse("therapy:list")).content.decode()
    assert f"Patient {patient.number}" in listed
    assert WORDS not in listed
    empty = therapist.post(address, {"text": ""})
    assert empty.status_code == 422
    for role in ("prescriber", "owner"):
        assert as_role(role).get(answer.url).status_code == 403


def test_notes_are_shown_newest_first(by, patient, note):
    later = by("therapist").at(cast.NOW + timedelta(days=1))
    write_note(later, patient, "A day later.")
    assert [n.text for n in read_notes(later, patient)] == ["A day later.", WORDS]


def test_nobody_replaces_a_note_that_another_therapist_wrote(by, patient, note, clinic, as_role):
    other = User.objects.create_user(
        username="therapist2", password=cast.PASSWORD, clinic=clinic, roles=["therapist"]
    )
    mine = write_note(Actor.as_user(other, cast.NOW), patient, "Mine.")
    with pytest.raises(RefusedError, match="Somebody else wrote that note"):
        write_note(Actor.as_user(other, cast.NOW), patient, "No lake.", replaces=note)
    url = reverse("therapy:write", args=[patient.pk])
    answer = as_role("therapist").post(url, {"text": "Not so.", "replaces": str(mine.pk)})
    assert answer.status_code == 422
    assert f'value="{note.pk}"' in answer.content.decode()
    assert f'value="{mine.pk}"' not in answer.content.decode()
