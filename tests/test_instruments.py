"""Instrument files: what every one of them says, who may show it, what the forecast may use."""

import re

import pytest

from reprieve import evidence
from reprieve.engine.cases.ratings import scale
from reprieve.engine.cases.refusals import CaseError
from reprieve.errors import EvidenceError, InputError, UnknownNameError
from reprieve.evidence.library import HOME
from reprieve.evidence.questionnaire_reading import parse_questionnaire
from reprieve.evidence.questionnaires import Questionnaire, read_questionnaire
from reprieve.evidence.scoring import score
from reprieve.evidence.wording import (
    Words,
    item_words,
    may_show_wording,
    parse_wording,
    question_words,
    read_wording,
)

NAMES = evidence.questionnaire_names()
PAGE = HOME.parents[2] / "docs" / "instruments.md"
FORECAST = {"hdrs17", "madrs", "madrs_item10", "phq9", "qids_sr16", "ssi"}
ASKED_FOR = {
    "phq9", "gad7", "qids_sr16", "madrs", "hdrs17", "cssrs_screener", "cadss", "cadss6",
    "bprs_plus", "moaas", "wsas", "sds", "isi", "pcl5", "bladder", "side_effects", "expectancy",
    "checkin",
}  # fmt: skip
SAFETY = (
    "cssrs_screener",
    "ssi",
    "madrs_item10",
    "cadss",
    "cadss6",
    "bprs_plus",
    "moaas",
    "bladder",
)
KEPT = ("GAD-7", "CADSS", "CADSS-6", "BPRS+", "MOAA/S", "WSAS", "SDS", "ISI", "PCL-5")
OWN = ("bladder", "side_effects", "expectancy", "checkin")


def text(name: str) -> str:
    return (HOME / "instruments" / f"{name}.toml").read_text(encoding="utf-8")


def asked(name: str) -> Questionnaire:
    return evidence.questionnaire(name)


def test_every_instrument_of_the_clinic_ships():
    assert set(NAMES) == ASKED_FOR | FORECAST


@pytest.mark.parametrize("name", NAMES)
def test_every_number_says_what_it_rests_on(name: str):
    form = asked(name)
    figures = [
        form.response.figure if form.response else None, form.remission, form.relapse,
        form.reliable_change, form.positive, *form.remission_other,
    ]  # fmt: skip
    rules = [form.scoring.known, form.missing.known, form.banding, *(f.known for f in form.flags)]
    for rest in (*filter(None, figures), *filter(None, rules)):
        assert rest.source or rest.status in ("assumed", "recalled", "derived"), rest
    assert (form.banding is not None) == bool(form.bands)


@pytest.mark.parametrize("name", NAMES)
def test_every_item_has_a_label_and_a_span(name: str):
    for item in asked(name).items:
        assert item.label
        assert item.low < item.high
        assert re.fullmatch(r"[a-z0-9_]+", item.key)


@pytest.mark.parametrize("name", [n for n in NAMES if asked(n).licence.wording == "free"])
def test_a_free_instrument_ships_its_wording(name: str):
    form = asked(name)
    assert all(item.text for item in form.items)
    for item in form.items:
        assert item_words(form, attested=False)[item.key] == Words(item.text, item.answers)


@pytest.mark.parametrize("name", [n for n in NAMES if asked(n).licence.wording != "free"])
def test_wording_under_licence_does_not_ship(name: str):
    form = asked(name)
    assert not any(item.text for item in form.items)
    assert not form.question
    assert {a.label for item in form.items for a in item.answers} <= {"Yes", "No"}
    labels = {item.key: Words(item.label, item.answers) for item in form.items}
    assert item_words(form, attested=False) == item_words(form, attested=True) == labels


COPY = """
instrument = "WSAS"
question = "The site's question"
[[item]]
key = "work"
text = "The site's own licensed words"
answers = [{ value = 0, label = "none" }, { value = 8, label = "all" }]
"""


def test_wording_under_licence_is_shown_to_a_site_that_attests_and_brings_it():
    form = asked("wsas")
    own = parse_wording(COPY, "mine.toml", form)
    shown = item_words(form, attested=True, own=own)
    assert shown["work"].text == "The site's own licensed words"
    assert [a.label for a in shown["work"].answers] == ["none", *"1234567", "all"]
    assert shown["home"] == Words("Home management", ())
    assert question_words(form, attested=True, own=own) == "The site's question"


def test_wording_under_licence_stays_hidden_without_the_attestation():
    form = asked("wsas")
    own = parse_wording(COPY, "mine.toml", form)
    assert item_words(form, attested=False, own=own)["work"] == Words("Work", ())
    assert question_words(form, attested=False, own=own) == ""
    assert score(form, {item.key: 4 for item in form.items}).total == 20


def test_a_free_question_is_shown_to_everybody():
    assert question_words(asked("phq9"), attested=False).startswith("Over the last 2 weeks")


SPOILT_COPIES = {
    "of another instrument": ('"WSAS"', '"ISI"', "the wording of WSAS was expected"),
    "of an unknown item": ('"work"', '"sleep"', "the items are work, home"),
    "with an answer out of range": ("value = 8", "value = 9", "from 0 to 8"),
    "with two words for one answer": ("value = 8", "value = 0", "two answers"),
    "without an item": ("[[item]]", "[[items]]", "at least one"),
    "of an item without words": ("text =", "txt =", "text is missing"),
}


@pytest.mark.parametrize("case", SPOILT_COPIES)
def test_a_spoilt_copy_is_refused(case: str):
    old, new, expected = SPOILT_COPIES[case]
    with pytest.raises(EvidenceError, match=expected):
        parse_wording(COPY.replace(old, new, 1), "mine.toml", asked("wsas"))


def test_a_copy_names_an_item_once():
    twice = COPY + COPY[COPY.index("[[item]]") :]
    with pytest.raises(EvidenceError, match="'work' twice"):
        parse_wording(twice, "mine.toml", asked("wsas"))


def test_an_instrument_of_labels_takes_no_wording(tmp_path):
    path = tmp_path / "bprs.toml"
    path.write_text('instrument = "BPRS+"', encoding="utf-8")
    with pytest.raises(InputError, match="by its labels alone"):
        read_wording(path, asked("bprs_plus"))


@pytest.mark.parametrize(
    ("name", "without", "attested"),
    [("phq9", True, True), ("madrs", False, True), ("bprs_plus", False, False)],
)
def test_who_may_show_the_wording(name: str, without: bool, attested: bool):
    assert may_show_wording(asked(name), attested=False) is without
    assert may_show_wording(asked(name), attested=True) is attested


@pytest.mark.parametrize("name", SAFETY)
def test_a_scale_of_safety_is_never_filled_up(name: str):
    assert asked(name).missing.rule == "refuse"


@pytest.mark.parametrize("name", ["phq9", "madrs", "hdrs17"])
def test_the_item_on_suicide_is_never_filled_up(name: str):
    form = asked(name)
    (flag,) = (f for f in form.flags if f.key == "suicide")
    assert form.missing.never == flag.items


@pytest.mark.parametrize("name", OWN)
def test_what_was_written_here_says_that_it_is_not_validated(name: str):
    assert asked(name).note.startswith("Not validated")


def test_loinc_codes_are_those_of_the_published_questionnaires():
    """HL7 US Core (PHQ-9), HL7 PHR (GAD-7) and US Behavioral Health Profiles (C-SSRS)."""
    codes = {n: (asked(n).loinc, asked(n).loinc_total) for n in NAMES if asked(n).loinc}
    assert codes == {
        "phq9": ("44249-1", "44261-6"),
        "gad7": ("69737-5", "70274-6"),
        "cssrs_screener": ("93373-9", "93374-7"),
    }
    items = {n: [i.loinc for i in asked(n).items if i.loinc] for n in NAMES}
    assert {n: len(found) for n, found in items.items() if found} == {
        "phq9": 10, "gad7": 7, "cssrs_screener": 7,
    }  # fmt: skip
    assert items["phq9"][8] == "44260-8"
    assert items["cssrs_screener"][-1] == "93269-9"
    assert [a.loinc for a in asked("phq9").items[0].answers] == [
        "LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9",
    ]  # fmt: skip


# What the forecast may use.


def test_only_the_six_instruments_with_an_error_of_rating_reach_the_forecast():
    assert set(evidence.instrument_names()) == FORECAST
    with_error = {n for n in NAMES if re.search(r"^\[measurement_sd\]$", text(n), re.M)}
    assert with_error == FORECAST


@pytest.mark.parametrize("name", sorted(set(NAMES) - FORECAST))
def test_the_others_are_kept_by_a_case_and_never_used(name: str):
    with pytest.raises(UnknownNameError):
        evidence.instrument(name)
    with pytest.raises(UnknownNameError):
        evidence.instrument(asked(name).name)
    form = asked(name)
    if form.name in KEPT:
        found = scale(form.name)
        assert not found.usable
        assert found.span in (None, (form.low, form.high))
    else:
        with pytest.raises(CaseError, match="is not known"):
            scale(form.name)


@pytest.mark.parametrize("name", sorted(FORECAST))
def test_forecast_and_form_say_the_same_of_an_instrument(name: str):
    known, form = evidence.instrument(name), asked(name)
    assert (known.name, known.low, known.high) == (form.name, form.low, form.high)
    assert known.items == len(form.scored)
    assert (known.remission, known.relapse) == (form.remission, form.relapse)
    assert known.wording_restricted == (form.licence.wording == "attest")


# Files that cannot be true.

SPOILT = {
    "a range that the items do not reach": (
        "gad7",
        "range = [0, 21]",
        "range = [0, 27]",
        "reach 0 to 21",
    ),
    "two items of one key": ("gad7", 'key = "control"', 'key = "nervous"', "two items"),
    "a LOINC code with a wrong check digit": ("gad7", "69725-0", "69725-1", "not a LOINC code"),
    "an answer code with a wrong check digit": ("phq9", "LA6568-5", "LA6568-4", "not a LOINC code"),
    "two answers of one value": ("gad7", "value = 3\nlabel", "value = 2\nlabel", "two answers"),
    "a flag that every answer raises": ("phq9", "at_least = 1", "at_least = 0", "some do not"),
    "a flag that no answer raises": ("phq9", "at_least = 1", "at_least = 4", "some do not"),
    "a flag on an unknown item": (
        "phq9",
        'items = ["self_harm"]',
        'items = ["harm"]',
        "not an item",
    ),
    "a licensed wording without its attestation": ("wsas", "attestation =", "notice =", "needed"),
    "a domain that leaves an item out": ("qids_sr16", '"slowed", "restless"]', '"slowed"]', "once"),
    "proration without a number": ("gad7", "most = 1\n", "", "belongs to the rule prorate"),
    "proration of a level": (
        "cssrs_screener",
        'rule = "refuse"',
        'rule = "prorate"',
        "with levels",
    ),
    "proration of everything": ("gad7", "most = 1", "most = 7", "must be answered"),
    "a question that hangs on none": (
        "cssrs_screener",
        '["thoughts", 1]',
        '["thought", 1]',
        "not an item",
    ),
    "a pattern that asks for too many": ("pcl5", "needed = 1", "needed = 9", "at most the number"),
    "a total where nothing is summed": (
        "checkin",
        'rater = "self"',
        'rater = "self"\nrange = [0, 9]',
        "nothing is summed",
    ),
    "a misspelt key": ("isi", "minutes =", "minuts =", "minutes is missing"),
    "a wording where none may be shown": (
        "bprs_plus",
        'label = "Hallucinations"',
        'label = "Hallucinations"\ntext = "x"',
        "no wording",
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_file_is_refused(case: str):
    name, old, new, expected = SPOILT[case]
    assert old in text(name)
    with pytest.raises(EvidenceError, match=expected) as refusal:
        parse_questionnaire(text(name).replace(old, new, 1), "mine.toml")
    assert str(refusal.value).startswith("mine.toml")


def test_a_site_reads_a_file_of_its_own(tmp_path):
    path = tmp_path / "pain.toml"
    path.write_text(text("expectancy").replace("Treatment expectancy", "Pain"), encoding="utf-8")
    assert read_questionnaire(path).name == "Pain"
    with pytest.raises(EvidenceError, match="no such file"):
        read_questionnaire(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["GAD-7", "gad7", "MOAA/S", "HAM-D 17", "QIDS", "C-SSRS screener"])
def test_an_instrument_answers_to_its_names(name: str):
    assert asked(name).items


def test_an_unknown_instrument_is_refused_with_what_there_is():
    with pytest.raises(UnknownNameError, match="gad7"):
        asked("GAD-9")


def test_the_page_lists_every_instrument_as_its_file_has_it():
    page = PAGE.read_text(encoding="utf-8")
    said = {"free": "ships", "attest": "after attestation", "none": "labels only"}
    for name in NAMES:
        form = asked(name)
        span = f"{form.low:g}–{form.high:g}" if form.high else "no total"
        missing = form.missing.rule.replace("_", " ")
        rule = f"{missing}, {form.missing.most}" if form.missing.most else missing
        row = (
            f"| `{name}` | {form.name} | {len(form.items)} | {span} | {form.scoring.method} | "
            f"{rule} | {said[form.licence.wording]} | {form.licence.status} |"
        )
        assert row in page, row


def test_the_example_of_the_page_is_an_instrument():
    (example,) = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert [item.key for item in parse_questionnaire(example, "page").items] == ["worst"]
