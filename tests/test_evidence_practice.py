"""Rating scales, protocols and interactions: sound files, sound thresholds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve import evidence
from reprieve.engine.dosing.doses import Regimen
from reprieve.errors import EvidenceError, InputError
from reprieve.evidence.library import HOME
from reprieve.evidence.perturbers import parse_interaction
from reprieve.evidence.practice import GROUPS, governing, parse_protocol, use_of
from reprieve.evidence.scales import parse_instrument

LINKED = tuple(n for n in evidence.instrument_names() if evidence.instrument(n).crosswalk)


def file(kind: str, name: str) -> str:
    return (HOME / kind / f"{name}.toml").read_text(encoding="utf-8")


def test_the_depression_scales_are_linked_and_suicidality_stands_alone():
    assert set(LINKED) == {"madrs", "hdrs17", "qids_sr16", "phq9"}
    for name in ("ssi", "madrs_item10"):
        with pytest.raises(InputError, match="crosswalk to MADRS"):
            evidence.instrument(name).to_madrs(1)


@given(st.sampled_from(LINKED), st.floats(0, 60), st.floats(0, 60))
def test_a_crosswalk_rises_and_comes_back(name: str, a: float, b: float):
    scale = evidence.instrument(name)
    low, high = sorted((a, b))
    assert scale.from_madrs(low) <= scale.from_madrs(high)
    assert scale.low <= scale.from_madrs(a) <= scale.high
    assert scale.to_madrs(scale.from_madrs(a)) == pytest.approx(a, abs=1e-9)


@pytest.mark.parametrize(("hdrs", "madrs"), [(10, 13), (20, 26), (30, 39), (40, 52.5)])
def test_leucht_2018_equipercentile_table(hdrs: float, madrs: float):
    assert evidence.instrument("hdrs17").to_madrs(hdrs) == madrs


def test_carmody_2006_hdrs_7_is_about_madrs_8_to_9():
    assert 7.5 <= evidence.instrument("hdrs17").to_madrs(7) <= 9.5


@pytest.mark.parametrize(
    ("qids", "low", "high"), [(5, 0, 7.5), (10, 9, 17), (15, 18, 24), (20, 25, 33)]
)
def test_qids_severity_bands_meet_their_madrs_bands(qids: float, low: float, high: float):
    assert evidence.instrument("qids_sr16").to_madrs(qids) == high
    assert evidence.instrument("qids_sr16").from_madrs((low + high) / 2) < qids


def test_qids_goes_through_hdrs_the_same_way():
    """Two ways: the QIDS to HDRS rows of rush_2003, then leucht_2018, against the crosswalk."""
    effects = [row.outcome for row in evidence.observations("effects")]
    linked = [row for row in effects if row.what == "HRSD17 equivalent of QIDS-SR16"]
    rows = {int(row.kind.split()[-1]): row for row in linked}
    assert sorted(rows) == list(range(28))
    qids, hdrs = evidence.instrument("qids_sr16"), evidence.instrument("hdrs17")
    for score, row in rows.items():
        matched = row.value if row.range is None else sum(row.range) / 2
        assert matched is not None
        gap = abs(hdrs.to_madrs(matched) - qids.to_madrs(score))
        allowed = 2 * (qids.crosswalk.error_sd if qids.crosswalk else 0)
        assert gap <= allowed, f"QIDS {score}: {gap:.1f} points apart"


@pytest.mark.parametrize("name", evidence.instrument_names())
def test_an_instrument_is_sound(name: str):
    scale = evidence.instrument(name)
    assert scale.low <= scale.remission.value < scale.relapse.value <= scale.high
    assert 0 < scale.response.value < 1
    assert 0 < scale.measurement_sd.value < scale.reliable_change.value
    for score in range(int(scale.low), int(scale.high) + 1):
        if scale.bands:
            band = next(b for b in scale.bands if b.name == scale.band(score))
            assert band.low <= score <= band.high
    for figure in (scale.response, scale.remission, scale.relapse, scale.reliable_change):
        assert figure.source or figure.status in ("assumed", "recalled")


def test_restricted_wording_is_flagged():
    scales = {name: evidence.instrument(name) for name in evidence.instrument_names()}
    restricted = {name for name, scale in scales.items() if scale.wording_restricted}
    assert restricted == {"madrs", "madrs_item10", "qids_sr16", "ssi"}


@pytest.mark.parametrize("name", ["MADRS", "madrs", "QIDS-SR16", "qids_sr16", "HDRS-17", "PHQ-9"])
def test_an_instrument_answers_to_its_names(name: str):
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    assert re.sub(r"[^a-z0-9]", "", evidence.instrument(name).name.lower()) == plain


@pytest.mark.parametrize("score", [-1, 61, float("nan")])
def test_an_impossible_score_is_refused(score: float):
    with pytest.raises(InputError, match="give 0 to 60"):
        evidence.instrument("madrs").to_madrs(score)
    with pytest.raises(InputError, match="give 0 to 60"):
        evidence.instrument("phq9").from_madrs(score)


SPOILT_SCALES = {
    "a crosswalk that falls": ("[5, 7.5]", "[5, 9.5]", "increase"),
    "a crosswalk without its ends": ("[[0, 0], [5", "[[1, 0], [5", "lowest score"),
    "a crosswalk of triples": ("[5, 7.5]", "[5, 7, 5]", "pairs"),
    "a gap between bands": ("range = [6, 10]", "range = [7, 10]", "one point above"),
    "a remission out of range": ("value = 5\n", "value = 50\n", "between 0 and 27"),
    "an unknown source": ('"rush_2006"', '"rush_1806"', "references.bib"),
    "an unknown rater": ('"self"', '"cat"', "clinician"),
    "a range upside down": ("range = [0, 27]", "range = [27, 0]", "above its high end"),
}


@pytest.mark.parametrize("case", SPOILT_SCALES)
def test_a_spoilt_instrument_is_refused(case: str):
    old, new, expected = SPOILT_SCALES[case]
    text = file("instruments", "qids_sr16")
    assert old in text
    with pytest.raises(EvidenceError, match=expected) as refusal:
        parse_instrument(text.replace(old, new, 1), "mine.toml")
    assert str(refusal.value).startswith("mine.toml")


@pytest.mark.parametrize("name", evidence.protocol_names())
def test_a_protocol_is_sound(name: str):
    protocol = evidence.protocol(name)
    assert protocol.doses
    for dose in protocol.doses:
        assert dose.usual[0] <= dose.usual[1] <= dose.refuse_above
        assert dose.judge(dose.refuse_above * 1.01) == "refuse"
        if dose.default is not None:
            assert dose.judge(dose.default) == "usual"
    stop, before = protocol.thresholds("stop"), protocol.thresholds("before")
    assert before["sbp_repeat"].value < before["sbp_hold"].value < stop["sbp"].value
    assert stop["spo2"].value < before["spo2_hold"].value
    assert protocol.thresholds("discharge")["after_start"].value > 0
    assert protocol.vitals.times_min == tuple(sorted(protocol.vitals.times_min))
    for group in GROUPS:
        for key, threshold in protocol.thresholds(group).items():
            sourced = threshold.standing not in ("label", "guideline") or threshold.source
            assert sourced, f"{name} {group}.{key}"


def test_five_hundred_mg_per_kg_is_refused_by_every_protocol():
    for name in evidence.protocol_names():
        dose = evidence.protocol(name).dose("mg/kg")
        assert dose is None or dose.judge(500) == "refuse"


def test_the_usual_infusion_is_half_a_milligram_over_forty_minutes():
    protocol = evidence.protocol_for("ketamine", "iv")
    dose = protocol.dose("mg/kg")
    assert (protocol.name, dose and dose.default) == ("iv_racemic", 0.5)
    assert protocol.duration_h == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("drug", "route", "form", "name"),
    [
        ("esketamine", "nasal", None, "spravato"),
        ("ketamine", "nasal", None, "nasal_racemic"),
        ("esketamine", "iv", None, "iv_esketamine"),
        ("ketamine", "oral", None, "oral"),
        ("ketamine", "oral", "er", "oral_er"),
        ("ketamine", "sublingual", "lozenge", "sublingual"),
        ("ketamine", "im", None, "im"),
        ("ketamine", "sc", None, "sc"),
        ("midazolam", "im", None, "general"),
    ],
)
def test_a_route_finds_its_protocol(drug: str, route: str, form: str | None, name: str):
    assert evidence.protocol_for(drug, route, form).name == name


def test_a_reading_meets_a_threshold_by_its_rule():
    stop = evidence.protocol("iv_racemic").thresholds("stop")
    assert stop["sbp"].met(180)
    assert not stop["sbp"].met(179)
    assert stop["spo2"].met(89)
    assert not stop["spo2"].met(90)


SPOILT_PROTOCOLS = {
    "a label without its source": ('standing = "assumed"', 'standing = "label"', "missing"),
    "an unknown standing": ('standing = "clinic"', 'standing = "hearsay"', "guideline"),
    "a usual dose above the bound": ("refuse_above = 4.5", "refuse_above = 0.7", "at least 1"),
    "an unknown group": ("[duration.given]", "[durations.given]", "durations"),
    "a negative threshold": ("value = 40", "value = -40", "at least 0"),
    "an unknown base": ('base = "general"', 'base = "genral"', "Unknown protocol"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT_PROTOCOLS)
def test_a_spoilt_protocol_is_refused(case: str):
    old, new, expected = SPOILT_PROTOCOLS[case]
    text = file("protocols", "iv_racemic")
    assert old in text
    with pytest.raises(InputError, match=expected):
        parse_protocol(text.replace(old, new, 1), "mine", "mine.toml")


@pytest.mark.parametrize("name", evidence.interaction_names())
def test_an_interaction_says_what_it_does(name: str):
    found = evidence.interaction(name)
    assert found.get("kinetics") or found.get("effect")
    assert found["members"]


SPOILT_INTERACTIONS = {
    "a multiplier of zero": ("value = 0.28", "value = 0", "between 0.01 and 100"),
    "an unknown route": ("kinetics.any.gut", "kinetics.tail.gut", "not a route"),
    "an unknown part": ("kinetics.any.gut", "kinetics.any.spleen", "hepatic, gut"),
    "an unknown direction": ('"lowers"', '"tickles"', "raises"),
    "a missing status": ('status = "verified"\n', "", "missing"),
}


@pytest.mark.parametrize("case", SPOILT_INTERACTIONS)
def test_a_spoilt_interaction_is_refused(case: str):
    old, new, expected = SPOILT_INTERACTIONS[case]
    text = file("interactions", "rifampicin")
    assert old in text
    with pytest.raises(EvidenceError, match=expected):
        parse_interaction(text.replace(old, new, 1), "mine.toml")


def extraction(x: float) -> float:
    """Hepatic extraction of a well-stirred liver, perez_ruixo_2021 typical values."""
    return x * 101 * 3.88 / (151 + x * 101 * 3.88)


@pytest.mark.parametrize(
    ("name", "oral", "intravenous"),
    [
        ("rifampicin", 0.14, 0.86),
        ("ticlopidine", 2.4, None),
        ("clarithromycin", 2.6, None),
        ("grapefruit", 3.0, None),
        ("st_johns_wort", 0.42, None),
    ],
)
def test_multipliers_reproduce_the_published_exposure(
    name: str, oral: float, intravenous: float | None
):
    kinetics = evidence.interaction(name)["kinetics"]
    table = kinetics.get("oral", kinetics.get("any"))
    x = table["hepatic"]["value"]
    g = table.get("gut", {}).get("value", 1.0)
    systemic = extraction(1) / extraction(x)
    first_pass = (1 - extraction(x)) / (1 - extraction(1))
    assert g * first_pass * systemic == pytest.approx(oral, rel=0.03)
    if intravenous:
        assert systemic == pytest.approx(intravenous, rel=0.01)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ketamine 0.5 mg/kg IV over 40 min", "iv_racemic"),
        ("ketamine 0.5 mg/kg IV over 100 min", "iv_racemic"),
        ("ketamine 0.5 mg/kg IV over 40 min then 0.2 mg/kg/h for 6 h, once", "iv_racemic_extended"),
        ("ketamine 0.2 mg/kg/h IV over 7 h", "iv_racemic_extended"),
        ("esketamine 0.1 mg/kg/h IV over 7 h", "iv_racemic_extended"),
        ("ketamine 0.15 mg/kg/h IV over 96 h", "infusion_96h"),
        ("saline IV over 40 min once then ketamine 50 mg IM weekly x2", "im"),
    ],
)
def test_the_longest_session_decides_which_protocol_governs(text: str, name: str):
    assert governing(Regimen.parse(text).doses).name == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ketamine 0.5 mg/kg IV over 40 min", "Racemic ketamine by vein for depression is off-lab"),
        ("esketamine 0.25 mg/kg IV over 40 min", "Esketamine by vein for depression is off-label"),
        ("arketamine 0.5 mg/kg IV over 40 min", "investigational"),
        ("esketamine 84 mg nasal", "has a label"),
        ("esketamine 112 mg nasal", "at 112 mg is off-label: the label has 28 to 84 mg"),
        ("ketamine 0.2 mg/kg/h IV over 7 h", "off-label and hypothetical; inpatient-level. No tri"),
        ("ketamine 0.15 mg/kg/h IV over 96 h", "off-label; inpatient-level. Tried in one pilot"),
    ],
)
def test_every_use_is_said_to_be_inside_or_outside_its_label(text: str, said: str):
    (found,) = use_of(Regimen.parse(text).doses)
    assert said in found


def test_a_control_alone_has_no_use_to_state():
    assert use_of(Regimen.parse("saline IV over 40 min, once").doses) == ()


@pytest.mark.parametrize("name", evidence.interaction_names())
def test_an_interaction_reports_and_gives_no_orders(name: str):
    orders = ("Keep", "Use ", "Take", "Ask", "Do not", "Consider", "Never", "Document", "No dose",
              "Compute", "Stop", "Avoid", "Give")  # fmt: skip
    for effect in evidence.interaction(name).get("effect", ()):
        assert "advice" not in effect
        for sentence in (effect.get("reported", ""), effect.get("note", "")):
            assert not sentence.startswith(orders), sentence


def test_no_red_flag_rests_on_a_single_small_cohort():
    flags = {e["flag"] for e in evidence.interaction("benzodiazepine")["effect"]}
    assert flags == {"amber"}
