"""Eligibility: the screen, resistance, workup, overrides and the prescriber's decision."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.assessed import TODAY, answers, assess, failed_trial, screened
from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.models import AuditEvent
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.patients import actions
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.patients.readiness import Gap, gaps
from reprieve.clinic.patients.rules import resistance, screen, workup
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.protocols.models import ProtocolVersion

By = Callable[[str], Actor]
As = Callable[[str], Client]


def by_key(patient: Patient, version: ProtocolVersion, after_d: float = 0) -> dict[str, Gap]:
    found = gaps(patient, version.protocol, cast.NOW + timedelta(days=after_d))
    return {g.key: g for g in found}


def at(name: str, patient: Patient, version: ProtocolVersion, key: str = "") -> str:
    page = reverse(f"patients:{name}", args=[patient.pk, version.pk])
    return f"{page}?key={key}" if key else page


def test_a_yes_to_a_hard_question_stops(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    screened(by("nurse"), patient, protocol, aneurysm=("yes", "aortic, 4 cm"))
    stop = by_key(patient, protocol)["screen.aneurysm"]
    assert stop.kind == "stop"
    assert "aortic, 4 cm" in stop.detail
    assert stop.source.startswith("clinic, verified")


def test_only_a_prescriber_goes_past_it_and_with_a_reason(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    screened(by("nurse"), patient, protocol, aneurysm=("yes", ""))
    with pytest.raises(NotAllowedError):
        actions.go_past(by("nurse"), patient, protocol, "screen.aneurysm", "fine")
    with pytest.raises(RefusedError, match="reason"):
        actions.go_past(by("prescriber"), patient, protocol, "screen.aneurysm", "  ")
    with pytest.raises(RefusedError, match="does not stand"):
        actions.go_past(by("prescriber"), patient, protocol, "screen.delirium", "why")
    actions.go_past(by("prescriber"), patient, protocol, "screen.aneurysm", "clipped in 2019")
    now = by_key(patient, protocol)["screen.aneurysm"]
    assert now.kind == "caution"
    assert "clipped in 2019" in now.detail
    assert now.override is not None


def test_a_new_yes_needs_a_new_reason(by: By, patient: Patient, protocol: ProtocolVersion) -> None:
    screened(by("nurse"), patient, protocol, aneurysm=("yes", ""))
    actions.go_past(by("prescriber"), patient, protocol, "screen.aneurysm", "clipped")
    screened(by("nurse").at(cast.NOW + timedelta(hours=1)), patient, protocol,
             aneurysm=("yes", "another one"))  # fmt: skip
    assert by_key(patient, protocol, 1)["screen.aneurysm"].kind == "stop"


def test_every_question_needs_an_answer(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    given = answers(patient, protocol)
    with pytest.raises(RefusedError, match="delirium"):
        actions.answer_screen(
            by("nurse"), patient, protocol, {k: v for k, v in given.items() if k != "delirium"}
        )
    posted = {k: v for k, (v, _) in given.items() if k != "delirium"}
    page = as_role("nurse").post(at("screen", patient, protocol), posted)
    assert page.status_code == 422
    assert "Answer yes, no or not known." in page.content.decode()
    assert not patient.screenings.exists()
    page = as_role("nurse").post(at("screen", patient, protocol), posted | {"delirium": "no"})
    assert page.status_code == 302
    assert patient.screenings.get().version == 1


def test_the_form_shows_the_last_answer_and_fills_in_none(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    screened(by("nurse"), patient, protocol, glaucoma=("yes", "left eye"))
    shown = as_role("nurse").get(at("screen", patient, protocol)).content.decode()
    assert "left eye" in shown
    assert "checked" not in shown


def test_who_is_not_asked(by: By, patient: Patient, protocol: ProtocolVersion) -> None:
    keys = {q.key for q in screen.questions(Facts.of(patient), protocol.protocol, cast.NOW)}
    assert "pregnant" in keys
    assert "older" not in keys
    patient.sex = "M"
    patient.save()
    keys = {q.key for q in screen.questions(Facts.of(patient), protocol.protocol, cast.NOW)}
    assert "pregnant" not in keys


def test_not_known_to_a_hard_question_stops_and_a_caution_stays_one(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    screened(by("nurse"), patient, protocol, seizures=("yes", ""), delirium=("unknown", ""))
    found = by_key(patient, protocol)
    assert found["screen.seizures"].kind == "caution"
    assert found["screen_unknown"].kind == "stop"
    assert "delirium" in found["screen_unknown"].detail


def test_answers_go_out_of_date_by_the_file_but_a_yes_stands(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    days = protocol.protocol.thresholds("stale")["eligibility_screen"].value
    screened(by("nurse"), patient, protocol, aneurysm=("yes", ""))
    assert "screen_stale" not in by_key(patient, protocol, days - 1)
    late = by_key(patient, protocol, days + 1)
    assert late["screen_stale"].kind == "gap"
    assert late["screen.aneurysm"].kind == "stop"


def test_a_threshold_changed_in_the_file_changes_the_page(
    by: By, clinic: object, patient: Patient, protocol: ProtocolVersion
) -> None:
    shorter = cast.make_protocol(
        clinic, version=2,
        text=cast.shipped_text("iv_racemic")
        + '\n[stale.eligibility_screen]\nvalue = 5\nunit = "d"\nrule = "at_most"\n'
        'standing = "clinic"\nstatus = "assumed"\n',
    )  # fmt: skip
    screened(by("nurse"), patient, protocol)
    assert "screen_stale" not in by_key(patient, protocol, 6)
    assert "screen_stale" in by_key(patient, shorter, 6)


def test_another_route_asks_only_what_is_new(
    by: By, clinic: object, patient: Patient, protocol: ProtocolVersion
) -> None:
    screened(by("nurse"), patient, protocol)
    spray = cast.make_protocol(clinic, "spravato")
    found = screen.asked(Facts.of(patient), spray.protocol, cast.NOW)
    assert {a.screen.key for a in found if a.verdict == "clear"}
    assert "pressure_risk" in {a.screen.key for a in found if a.verdict == "missing"}


def test_two_adequate_failures_show_resistance(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    nurse = by("nurse")
    assert by_key(patient, protocol)["trials"].title == "Resistance not shown"
    failed_trial(nurse, patient, "Zoloft", "150")
    failed_trial(nurse, patient, "sertraline", "200")
    assert "trials" in by_key(patient, protocol), "the same drug twice is one"
    failed_trial(nurse, patient, "venlafaxine", "225")
    assert "trials" not in by_key(patient, protocol)


@pytest.mark.parametrize(
    ("field", "value", "judged"),
    [
        ("dose_mg_d", Decimal(5), "not"),
        ("weeks", Decimal(2), "not"),
        ("adherence_pct", 30, "not"),
        ("weeks", None, "unknown"),
        ("outcome", "response", "adequate"),
    ],
)
def test_a_trial_is_judged_by_the_rule_that_is_shown(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion, field: str, value: object,
    judged: str,
) -> None:  # fmt: skip
    failed_trial(by("nurse"), patient, "sertraline", "150")
    actions.change_row(by("nurse"), patient.trials.get(), **{field: value})
    found = resistance.evidence(Facts.of(patient), protocol.protocol).trials[0]
    assert found.verdict.judged == judged
    assert found.verdict.failed in (False, None)
    shown = as_role("nurse").get(at("eligibility_for", patient, protocol)).content.decode()
    assert found.verdict.reasons[0] in shown


def test_an_earlier_episode_does_not_count(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    failed_trial(by("nurse"), patient, "sertraline", "150")
    failed_trial(by("nurse"), patient, "venlafaxine", "225")
    actions.change_row(by("nurse"), patient.trials.first(), current_episode=False)
    assert by_key(patient, protocol)["trials"].kind == "gap"


def test_weeks_longer_than_the_dates_are_refused(as_role: As, patient: Patient) -> None:
    page = as_role("nurse").post(
        reverse("patients:add_trial", args=[patient.pk]),
        {"drug": "sertraline", "outcome": "none", "weeks": "30", "started_on": "2026-01-01",
         "stopped_on": "2026-03-01"},
    )  # fmt: skip
    assert page.status_code == 422
    assert "between from and to" in page.content.decode()


def test_the_workup_expires_by_the_file(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    actions.enter_result(by("nurse"), patient, "blood", "Blood", TODAY, "normal", "")
    days = next(w.valid_days for w in protocol.protocol.workups if w.key == "blood")
    assert days is not None
    assert "workup_expired" not in by_key(patient, protocol, days)
    assert "Blood count" in by_key(patient, protocol, days + 1)["workup_expired"].detail


def test_an_abnormal_result_says_what_and_is_a_caution(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    with pytest.raises(RefusedError, match="what was abnormal"):
        actions.enter_result(by("nurse"), patient, "ecg", "ECG", TODAY, "abnormal", " ")
    with pytest.raises(RefusedError, match="future"):
        actions.enter_result(
            by("nurse"), patient, "ecg", "ECG", TODAY + timedelta(days=1), "normal", ""
        )
    actions.enter_result(by("nurse"), patient, "ecg", "ECG", TODAY, "abnormal", "QTc 480 ms")
    found = by_key(patient, protocol)["workup.ecg"]
    assert (found.kind, found.detail) == ("caution", f"QTc 480 ms ({TODAY})")


def test_a_result_struck_out_no_longer_counts(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    row = actions.enter_result(by("nurse"), patient, "blood", "Blood", TODAY, "normal", "")
    page = reverse("patients:strike_result", args=[patient.pk, row.pk])
    assert as_role("nurse").post(page, {"reason": "another patient's"}).status_code == 302
    assert "Blood count" in by_key(patient, protocol)["workup_missing"].detail
    assert as_role("nurse").get(page).status_code == 404
    listed = workup.checklist(Facts.of(patient), protocol.protocol, TODAY)
    assert all(c.result is None for c in listed)
    assert patient.workups.count() == 2


def test_a_ketamine_allergy_stops_until_a_prescriber_goes_past_it(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    actions.add_allergy(by("nurse"), patient, substance="Penicillin")
    assert "allergy" not in by_key(patient, protocol)
    row = actions.add_allergy(by("nurse"), patient, substance="Ketalar", reaction="rash")
    assert by_key(patient, protocol)["allergy"].kind == "stop"
    actions.go_past(by("prescriber"), patient, protocol, "allergy", "tolerated twice since")
    assert by_key(patient, protocol)["allergy"].kind == "caution"
    actions.end_row(by("nurse"), row, "refuted")
    assert "allergy" not in by_key(patient, protocol)


def test_age_below_the_protocol_stops(patient: Patient, protocol: ProtocolVersion) -> None:
    patient.birth_date = patient.birth_date.replace(year=2010)
    patient.save()
    assert by_key(patient, protocol)["age"].kind == "stop"


def test_a_decision_is_a_prescribers_has_a_reason_and_waits_for_the_stops(
    by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    screened(by("nurse"), patient, protocol, aneurysm=("yes", ""))
    with pytest.raises(NotAllowedError):
        actions.decide(by("nurse"), patient, protocol, True, "looks well")
    with pytest.raises(RefusedError, match="Hard stops stand"):
        actions.decide(by("prescriber"), patient, protocol, True, "looks well")
    with pytest.raises(RefusedError, match="reason"):
        actions.decide(by("prescriber"), patient, protocol, False, "")
    actions.decide(by("prescriber"), patient, protocol, False, "aneurysm")
    assert by_key(patient, protocol)["decision"].kind == "stop"
    actions.go_past(by("prescriber"), patient, protocol, "screen.aneurysm", "clipped")
    row = actions.decide(by("prescriber"), patient, protocol, True, "neurosurgeon agrees")
    assert row.version == 2
    assert "decision" not in by_key(patient, protocol)
    assert "screen.aneurysm" in {s["key"] for s in row.seen}
    told = AuditEvent.objects.filter(verb="decide on eligibility").latest("seq")
    assert told.detail["eligible"] is True


def test_the_page_shows_who_said_what(
    as_role: As, people: dict[str, User], patient: Patient, protocol: ProtocolVersion
) -> None:
    assess(people, patient, protocol)
    assert by_key(patient, protocol) == {}
    for role in ("prescriber", "nurse", "therapist"):
        shown = as_role(role).get(at("eligibility_for", patient, protocol)).content.decode()
        assert "nothing is missing" in shown
        assert "Test Prescriber" in shown
        assert ("Decide anew" in shown) == (role == "prescriber")
        assert "style=" not in shown


def test_override_and_decision_through_the_pages(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    screened(by("nurse"), patient, protocol, delirium=("yes", ""))
    doctor = as_role("prescriber")
    page = at("override", patient, protocol, "screen.delirium")
    assert as_role("nurse").get(page).status_code == 403
    assert doctor.get(page).status_code == 200
    assert doctor.post(page, {"reason": ""}).status_code == 422
    assert doctor.post(page, {"reason": "resolved this morning"}).status_code == 302
    assert doctor.get(page).status_code == 302, "nothing is left to go past"
    page = at("decide", patient, protocol)
    assert doctor.post(page, {"eligible": "yes", "reason": ""}).status_code == 422
    assert doctor.post(page, {"eligible": "yes", "reason": "agreed"}).status_code == 302
    assert patient.decisions.get().eligible


def test_a_result_is_entered_on_the_page(
    as_role: As, patient: Patient, protocol: ProtocolVersion
) -> None:
    nurse, page = as_role("nurse"), at("result", patient, protocol, "ecg")
    form = {"done_on": str(TODAY), "finding": "abnormal", "value": ""}
    assert nurse.post(page, form).status_code == 422
    assert nurse.post(page, form | {"value": "QTc 480 ms"}).status_code == 302
    assert nurse.get(at("result", patient, protocol, "nonsense")).status_code == 302
    assert patient.workups.get().value == "QTc 480 ms"


def test_another_clinics_protocol_is_not_found(
    as_role: As, patient: Patient, other_clinic: dict[str, User]
) -> None:
    theirs = cast.make_protocol(other_clinic["nurse"].clinic)
    for name in ("eligibility_for", "screen", "override", "decide", "result"):
        page = as_role("prescriber").get(at(name, patient, theirs))
        assert page.status_code == 404, name


def test_without_a_protocol_the_page_says_what_to_do(as_role: As, patient: Patient) -> None:
    page = as_role("nurse").get(reverse("patients:eligibility", args=[patient.pk]))
    assert page.status_code == 200
    assert "adopts one" in page.content.decode()


def test_earlier_versions_of_screen_and_workup_stay_in_sight(
    as_role: As, by: By, patient: Patient, protocol: ProtocolVersion
) -> None:
    screened(by("nurse"), patient, protocol, glaucoma=("yes", "left eye"))
    screened(by("nurse").at(cast.NOW + timedelta(minutes=5)), patient, protocol)
    for value in ("QTc 480 ms", "QTc 440 ms"):
        actions.enter_result(by("nurse"), patient, "ecg", "ECG", TODAY, "abnormal", value)
    shown = as_role("nurse").get(at("eligibility_for", patient, protocol)).content.decode()
    assert "2 versions kept" in shown
    assert "left eye" in shown
    assert "Earlier entries (1)" in shown
    assert "QTc 480 ms" in shown
    assert "QTc 440 ms" in by_key(patient, protocol)["workup.ecg"].detail


def test_the_page_needs_few_queries(
    as_role: As, people: dict[str, User], patient: Patient, protocol: ProtocolVersion,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:  # fmt: skip
    assess(people, patient, protocol)
    client = as_role("nurse")
    client.get(at("eligibility_for", patient, protocol))
    with django_assert_max_num_queries(22):
        client.get(at("eligibility_for", patient, protocol))
