"""Protocols as files: written out whole, read back equal, compared in words, refused in words."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve import evidence
from reprieve.errors import EvidenceError, InputError
from reprieve.evidence.library import HOME
from reprieve.evidence.practice import (
    GROUPS,
    MEASURES,
    RULED,
    Bounds,
    Protocol,
    Screen,
    Threshold,
    differences,
    parse_protocol,
    protocol_toml,
)

NAMES = evidence.protocol_names()
COURSES = tuple(n for n in NAMES if n not in ("control_midazolam", "general"))
NUMBERED = tuple(
    (group, key)
    for group in GROUPS
    if group != "range"  # its bounds hold each other in order
    for key in evidence.protocol("iv_racemic").thresholds(group)
)


def whole(name: str = "iv_racemic") -> str:
    return protocol_toml(evidence.protocol(name))


def read(text: str, name: str = "iv_racemic") -> Protocol:
    return parse_protocol(text, name, "mine.toml")


def replace_in(text: str, table: str, old: str, new: str) -> str:
    """The text with `old` replaced once within the table of that heading."""
    before, head, rest = text.partition(f"[{table}]\n")
    assert head, table
    assert old in rest.split("\n[")[0], f"{table} has no {old}"
    return before + head + rest.replace(old, new, 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_protocol_written_out_reads_back_equal_and_needs_no_base(name: str):
    text = whole(name)
    assert not re.search(r"^base\b", text, re.M)
    assert read(text, name) == evidence.protocol(name)
    assert protocol_toml(read(text, name)) == text


@given(st.sampled_from(NUMBERED), st.floats(0, 500).map(lambda x: round(x, 3)))
def test_any_one_number_changed_is_read_back_and_said(place: tuple[str, str], value: float):
    group, key = place
    old = evidence.protocol("iv_racemic")
    was = old.thresholds(group)[key]
    text = replace_in(whole(), f"{group}.{key}", f"value = {was.value:g}\n", f"value = {value}\n")
    new = read(text)
    assert new.thresholds(group)[key].value == value
    said = differences(old, new)
    if value == was.value:
        assert said == ()
    else:
        assert said == (f"{group}.{key}: {was.value:g} -> {value:g} {was.unit}",)


def test_what_changed_is_said_for_entries_too():
    old = evidence.protocol("spravato")
    text = whole("spravato")
    pregnant = text[text.index('key = "pregnant"') :].split("\n[")[0]
    text = text.replace(pregnant, pregnant.replace('"hard"', '"caution"'))
    text = text.replace("\n[stop.rr_low]\n", "\n[stop.rr_slow]\n")
    assert differences(old, read(text, "spravato")) == (
        "stop.rr_low: removed (was Breaths below 8 /min)",
        "stop.rr_slow: added, Breaths below 8 /min",
        "screen.pregnant.kind: hard -> caution",
    )


SPOILT = {
    "a rule that says not what it reads": (
        "stop.sbp", 'measures = "sbp"\n', "", "[stop]: [sbp]: measures is missing"),
    "a reading that nobody takes": (
        "stop.sbp", '"sbp"', '"pulse"', "measures is 'pulse'; known are"),
    "a unit that is not the reading's": (
        "stop.sbp", '"mmHg"', '"kPa"', "unit is 'kPa'; sbp is read in mmHg"),
    "a rule that compares nothing": (
        "stop.sbp", 'rule = "at_least"\n', "", "rule is missing; say above, below"),
    "a share of a reading": (
        "stop.sbp", "sustained_readings = 2", "sustained_readings = 1.5", "whole number"),
    "an action that does not exist": (
        "before.sbp_hold", 'action = "hold"', 'action = "halt"', "known are escalate, hold"),
    "bounds that cross": (
        "range.sbp_critical_low", "value = 80", "value = 95",
        "[range] sbp_critical_low is 95, above sbp_abnormal_low of 90"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_a_slip_of_the_hand_is_named_with_its_place(case: str):
    table, old, new, expected = SPOILT[case]
    with pytest.raises(EvidenceError) as refusal:
        read(replace_in(whole(), table, old, new))
    assert str(refusal.value).startswith("mine.toml: ")
    assert expected in str(refusal.value)


WRONG_LISTS = {
    "an entry twice": ('key = "pregnant"', 'key = "delirium"', "stands twice"),
    "a bound of no reading": ("[range.sbp_critical_low]", "[range.mood_low]", "is not a bound"),
    "a reading out of order": ("    0,\n    10,\n", "    10,\n    0,\n", "rising order"),
    "an unknown observation": ('    "cadss6",\n', '    "mood",\n', "names 'mood'; known are sbp"),
    "no TOML at all": ("version = 1", "version 1", "line 1"),
    "a key that no form can carry": ('key = "pregnant"', 'key = "Preg nant"', "not a usable key"),
    "a list where a table belongs": ("[stop.sbp]", "[[stop.sbp]]", "a table was expected"),
    "a source that is not listed": (
        'source = "andrade_2017"', 'source = "hearsay_2017"', "references.bib"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_LISTS)
def test_a_wrong_entry_is_refused(case: str):
    old, new, expected = WRONG_LISTS[case]
    text = whole()
    assert old in text
    with pytest.raises(EvidenceError, match=re.escape(expected)):
        read(text.replace(old, new, 1))


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_can_be_evaluated_without_knowing_its_name(name: str):
    protocol = evidence.protocol(name)
    for group in RULED:
        for key, rule in protocol.thresholds(group).items():
            assert rule.measures in MEASURES, f"{group}.{key}"
            assert rule.rule != "is", f"{group}.{key}"
            assert rule.action, f"{group}.{key}"
            if "symptoms" in rule.needs:
                assert rule.with_symptoms, f"{group}.{key}"
            if "readings" in rule.needs or "minutes" in rule.needs:
                assert rule.sustained_readings > 1, f"{group}.{key}"


@pytest.mark.parametrize("name", COURSES)
def test_a_protocol_has_what_a_treatment_day_asks_for(name: str):
    protocol = evidence.protocol(name)
    asked = {
        "eligibility": {"age_min", "adequate_trials", "trial_weeks", "trial_adherence"},
        "stale": {"weight", "vitals", "suicide_screen", "medications", "eligibility_screen"},
        "prompts": {"due_soon", "overdue", "confirm_within", "escalate_after", "longest_snooze",
                    "most_quiet", "acknowledged", "data_stale", "recovery_vitals",
                    "repeat_readings", "repeat_after"},
        "preparation": {"stock", "stock_lowest", "stock_highest", "round_mg", "round_ml",
                        "check_tolerance", "weight_change", "most_mg"},
        "consent": {"reconsent"},
    }  # fmt: skip
    for group, keys in asked.items():
        assert keys <= set(protocol.thresholds(group)), group
    assert {"before", "discharge"} == {c.when for c in protocol.criteria}
    assert protocol.screens
    assert protocol.workups
    assert protocol.rescues
    assert any(s.alarm and s.stops for s in protocol.symptoms)
    assert {"sbp", "dbp", "hr", "spo2", "rr", "moaas"} <= set(protocol.vitals.readings)
    for reading in protocol.vitals.readings:
        assert protocol.bounds(reading).possible_high is not None, reading


@pytest.mark.parametrize("name", COURSES)
def test_what_stops_a_session_is_shown_as_critical(name: str):
    protocol = evidence.protocol(name)
    for key, rule in protocol.thresholds("stop").items():
        if not rule.relative and rule.sustained_min == 0:
            step = {"above": 1, "below": -1}.get(rule.rule, 0)
            judged = protocol.bounds(rule.measures).judge(rule.value + step)
            assert judged == "critical", f"stop.{key}"


@pytest.mark.parametrize(
    ("reading", "value", "judged"),
    [
        ("sbp", 1400, "impossible"),
        ("sbp", 180, "critical"),
        ("sbp", 150, "abnormal"),
        ("sbp", 120, "usual"),
        ("spo2", 140, "impossible"),
        ("spo2", 89, "critical"),
        ("moaas", 5, "usual"),
        ("weight", 400, "impossible"),
    ],
)
def test_a_reading_is_told_apart(reading: str, value: float, judged: str):
    assert evidence.protocol("iv_racemic").bounds(reading).judge(value) == judged


def test_a_reading_without_bounds_is_never_judged():
    assert Bounds().judge(1e9) == "usual"


def test_a_rise_needs_its_baseline():
    rise = evidence.protocol("general").thresholds("discharge")["bp_above_baseline"]
    assert rise.compared(144, 120) == pytest.approx(20)
    assert rise.compared(144, None) is None
    assert Threshold(10, "mmHg", "clinic", "assumed").compared(144, None) == 144


@pytest.mark.parametrize(
    ("age", "sex", "asked"),
    [(30, "female", True), (30, "male", False), (30, "", True), (None, "", True)],
)
def test_a_question_is_asked_of_whom_it_concerns(age: float | None, sex: str, asked: bool):
    keys = {s.key for s in evidence.protocol("general").screens_for(age, sex)}
    assert ("pregnant" in keys) is asked


@pytest.mark.parametrize(("age", "asked"), [(74, False), (75, True), (91, False), (None, True)])
def test_a_question_may_be_for_an_age(age: float | None, asked: bool):
    screen = Screen(
        key="x", standing="clinic", status="assumed", question="?", kind="caution",
        age_min=75, age_max=90,
    )  # fmt: skip
    assert screen.applies(age) is asked


def test_a_site_replaces_an_entry_in_its_place_and_adds_at_the_end():
    general, spray = evidence.protocol("general"), evidence.protocol("spravato")
    keys = [s.key for s in spray.screens]
    assert keys[: len(general.screens)] == [s.key for s in general.screens]
    assert "pressure_risk" in keys[len(general.screens) :]
    assert next(s for s in spray.screens if s.key == "aneurysm").standing == "label"


def test_a_phase_says_how_many_sessions_it_has():
    induction, optimisation, maintenance = evidence.protocol("spravato").phases
    assert (induction.sessions, optimisation.sessions, maintenance.sessions) == (8, 4, None)
    assert (induction.interval_d, maintenance.interval_d) == (3.5, 14)
    (once,) = evidence.protocol("infusion_96h").phases
    assert (once.sessions, once.interval_d) == (1, None)


def test_only_the_spray_by_its_label_is_under_rems():
    assert [name for name in NAMES if evidence.protocol(name).rems] == ["spravato"]


@pytest.mark.parametrize("name", COURSES)
def test_no_schedule_is_stale_by_its_own_clock(name: str):
    protocol = evidence.protocol(name)
    minutes = (0.0, *protocol.vitals.minutes(protocol.duration_h))
    widest = max(b - a for a, b in pairwise(minutes))
    prompts = protocol.thresholds("prompts")
    assert widest < prompts["data_stale"].value
    assert prompts["recovery_vitals"].value < prompts["data_stale"].value


@pytest.mark.parametrize("name", COURSES)
def test_a_usual_dose_can_be_prepared(name: str):
    protocol = evidence.protocol(name)
    preparation = protocol.thresholds("preparation")
    most, low = preparation["most_mg"].value, preparation["stock_lowest"].value
    assert low <= preparation["stock"].value <= preparation["stock_highest"].value
    in_mg = protocol.dose("mg")
    if in_mg is not None:
        assert most <= in_mg.refuse_above
        assert in_mg.default is None or in_mg.default <= most
        assert most % preparation["round_mg"].value == 0
    if protocol.route == "iv":
        hours = protocol.duration_h or 1.0
        needed = preparation["volume"].value / hours
        assert needed <= preparation["max_rate"].value


ELEMENTS = {
    "off_label": "off-label",
    "alternatives": "electroconvulsive",
    "benefit": "relapsed",
    "during": "breathing",
    "afterwards": "drive",
    "long_term": "passing water",
    "dependence": "controlled drug",
    "suicidality": "emergency number",
    "pregnancy": "contraception",
    "medicines": "Benzodiazepines",
    "unknown": "open questions",
    "time_and_cost": "costs",
    "therapy": "Touch",
    "your_data": "record",
    "right_to_stop": "stop at any time",
}


@pytest.mark.parametrize("name", COURSES)
def test_the_consent_covers_what_a_patient_must_hear(name: str):
    text = evidence.protocol(name).consent_text
    assert text is not None
    sections = {s.key: s for s in text.sections}
    for key, word in ELEMENTS.items():
        assert word in " ".join(sections[key].paragraphs), key
    assert text.sections[-1].key == "right_to_stop"


@pytest.mark.parametrize("name", COURSES)
def test_a_clinical_number_in_the_consent_has_a_source(name: str):
    text = evidence.protocol(name).consent_text
    assert text is not None
    for section in text.sections:
        if re.search(r"\d", " ".join(section.paragraphs)):
            assert section.source, section.key
        for source in (section.source, *section.further_sources):
            assert not source or source in evidence.bibliography()


def test_the_consent_says_off_label_unless_the_label_holds():
    for name in COURSES:
        protocol = evidence.protocol(name)
        assert protocol.consent_text is not None
        titled = "off-label" in protocol.consent_text.title
        assert titled is (protocol.use != "label"), name


def test_a_changed_wording_of_the_consent_is_said():
    text = whole("spravato")
    new = read(text.replace("You decide. You can", "It is yours to decide. You can"), "spravato")
    (said,) = differences(evidence.protocol("spravato"), new)
    assert said.startswith("consent_section.right_to_stop.paragraphs: You decide.")


LINES = whole().splitlines()


@given(st.integers(0, len(LINES) - 1), st.sampled_from(["", "x", "= 3", "[stop]", "key = -1"]))
def test_one_spoilt_line_is_read_or_refused_in_one_sentence(number: int, put: str):
    text = "\n".join([*LINES[:number], put, *LINES[number + 1 :]])
    try:
        found = read(text)
    except InputError as refused:
        assert str(refused).startswith("mine.toml")  # noqa: PT017
        assert "\n" not in str(refused)  # noqa: PT017
    else:
        assert read(protocol_toml(found)) == found


def test_a_long_infusion_is_observed_to_its_end():
    protocol = evidence.protocol("infusion_96h")
    end = 60 * protocol.duration_h + 60 * protocol.thresholds("discharge")["after_end"].value
    for observation in protocol.observations:
        if observation.key != "temperature":
            last = observation.schedule.minutes(protocol.duration_h)[-1]
            assert 60 * protocol.duration_h < last <= end, observation.key


@given(st.floats(0.05, 12))
def test_what_discharge_asks_for_is_observed_after_the_end(hours: float):
    protocol = evidence.protocol("iv_racemic")
    asked = {rule.measures for rule in protocol.thresholds("discharge").values()}
    seen: set[str] = set()
    for readings, schedule in [
        (protocol.vitals.readings, protocol.vitals),
        *((o.schedule.readings, o.schedule) for o in protocol.observations),
    ]:
        if schedule.minutes(hours) and schedule.minutes(hours)[-1] >= 60 * hours:
            seen |= set(readings)
    assert {m for m in asked if MEASURES[m].kind == "reading"} <= seen


PAGE = (HOME.parents[2] / "docs" / "protocols.md").read_text(encoding="utf-8")


def test_the_page_on_protocols_names_what_a_file_may_say():
    for group in GROUPS:
        assert f"`{group}`" in PAGE, group
    for key, measure in MEASURES.items():
        if measure.kind != "record" and key != "height":
            assert f"`{key}`" in PAGE, key
    for field in Threshold.__slots__:
        assert f"`{field}`" in PAGE, field


def test_the_threshold_on_the_page_can_be_pasted():
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    text = whole()
    own = text[text.index("[stop.sbp]") :].split("\n[")[0] + "\n"
    found = read(text.replace(own, shown))
    assert found.thresholds("stop")["sbp"].value == 170
    assert found.thresholds("stop")["sbp"].sustained_readings == 2
