"""Medicines as typed: trials of antidepressants judged, interactions flagged, the unknown said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve import evidence
from reprieve.errors import InputError
from reprieve.evidence.medication_flags import COLOURS, Medicine, Review, review_medicines
from reprieve.evidence.medicines import interactions_of, medicine_file, named
from reprieve.evidence.practice import parse_protocol, protocol_toml
from reprieve.evidence.trd import (
    OUTCOMES,
    Resistance,
    Trial,
    antidepressant,
    judge_resistance,
    judge_trial,
    least_doses,
)

ELIGIBILITY = evidence.protocol("iv_racemic").thresholds("eligibility")
ENOUGH = Trial("sertraline", 150, 8, 90, "none")


def review(*medicines: str | tuple[str, float], route: str = "iv") -> Review:
    listed = [Medicine(m) if isinstance(m, str) else Medicine(*m) for m in medicines]
    return review_medicines(listed, route)


def resistance(*trials: Trial) -> Resistance:
    return judge_resistance(trials, ELIGIBILITY)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Xanax XR 0.5 mg", ("alprazolam",)),
        ("  ZOLOFT ", ("sertraline",)),
        ("selegiline patch 6 mg/24 h", ("selegiline patch",)),
        ("Emsam", ("selegiline patch",)),
        ("St John’s wort", ("hypericum",)),
        ("OxyContin", ("opioids",)),
        ("olanzapine/fluoxetine", ("olanzapine", "fluoxetine")),
        ("CYP2B6*6", ("cyp2b6*6",)),
        ("naltrexone bupropion", ("naltrexone bupropion",)),
        ("Contrave", ("naltrexone bupropion",)),
    ],
)
def test_a_typed_name_is_understood(typed: str, names: tuple[str, ...]):
    assert named(typed).names == names


def test_a_misspelt_name_is_asked_back_and_never_guessed():
    found = named("sertralin 50 mg")
    assert found.names == ()
    assert found.like == ("sertraline",)
    assert named("12345").like == ()


def test_every_member_of_an_interaction_is_understood_as_typed():
    for key in evidence.interaction_names():
        for member in evidence.interaction(key)["members"]:
            keys = {k for name in named(member).names for k in interactions_of(name)}
            assert key in keys, f"{key}: {member}"


def test_every_further_member_and_brand_leads_somewhere():
    mine = medicine_file("medicines")
    for key, members in mine["member_of"].items():
        assert key in evidence.interaction_names()
        for member in members:
            keys = {k for name in named(member).names for k in interactions_of(name)}
            assert key in keys, f"{key}: {member}"
    for brand in mine["same_as"]:
        assert named(brand).names, brand


@pytest.mark.parametrize(
    ("name", "interaction", "colour", "changes"),
    [
        ("Lamictal", "lamotrigine", "amber", "benefit"),
        ("Vivitrol", "naltrexone", "amber", "benefit"),
        ("Adderall", "stimulant", "amber", "risk"),
        ("Nardil", "maoi", "amber", "risk"),
        ("aminophylline", "theophylline", "red", "risk"),
        ("oxycodone", "cns_depressant", "amber", "risk"),
        ("alcohol", "cns_depressant", "amber", "risk"),
        ("rifampin", "rifampicin", "amber", "exposure"),
        ("ketoconazole", "cyp3a4_inhibitor", "amber", "exposure"),
        ("ticlopidine", "ticlopidine", "information", "exposure"),
        ("lithium", "lithium", "none", "benefit"),
    ],
)
def test_a_medicine_is_flagged(name: str, interaction: str, colour: str, changes: str):
    flags = [f for f in review(name).flags if f.interaction == interaction]
    assert [(f.colour, f.changes) for f in flags] == [(colour, changes)]
    assert name in flags[0].sentence
    assert flags[0].sources or flags[0].status in ("assumed", "recalled")


@pytest.mark.parametrize(
    ("name", "route", "colour"),
    [
        ("clarithromycin", "oral", "red"),
        ("clarithromycin", "sublingual", "red"),
        ("clarithromycin", "iv", "information"),
        ("clarithromycin", "nasal", "information"),
        ("grapefruit juice", "oral", "amber"),
        ("grapefruit juice", "iv", "information"),
        ("rifampicin", "iv", "amber"),
    ],
)
def test_exposure_is_flagged_by_the_route(name: str, route: str, colour: str):
    (flag,) = review(name, route=route).flags
    assert flag.colour == colour


def test_benzodiazepines_add_up_in_diazepam():
    found = review(("Xanax", 0.5), ("lorazepam", 0.5), "lithium").benzodiazepines
    assert found is not None
    assert found.mg_per_day == pytest.approx(15)  # ashton_2005: 0.5 mg and 1 mg go with 10 mg
    assert found.uncounted == ()
    assert found.source == "ashton_2005"
    assert "twofold" in found.note


@pytest.mark.parametrize(
    ("dose", "threshold"), [(8.0, None), (8.01, "above 8 mg/d diazepam eq"), (0.1, None)]
)
def test_a_benzodiazepine_is_flagged_by_its_dose(dose: float, threshold: str | None):
    flags = [f for f in review(("diazepam", dose)).flags if f.on == "antidepressant effect"]
    assert len(flags) == 1
    assert ("above 8" in flags[0].sentence) is (threshold is not None)


def test_a_benzodiazepine_without_a_dose_is_flagged_and_said():
    found = review("clonazepam", ("diazepam", 5))
    assert found.benzodiazepines is not None
    assert found.benzodiazepines.uncounted == ("clonazepam",)
    assert "at least 5 mg" in found.benzodiazepines.sentence
    assert "Not counted" in found.benzodiazepines.sentence
    assert {f.on for f in found.flags} == {"antidepressant effect", "sedation"}


def test_what_is_not_known_here_is_never_silently_fine():
    found = review("blorpazole", "sertralin", "metformin")
    assert found.unknown == ("blorpazole", "sertralin")
    assert [f.colour for f in found.flags] == ["unknown", "unknown"]
    assert "not judged" in found.flags[0].sentence
    assert "Was it sertraline?" in found.flags[1].sentence
    assert found.unrecorded == ("metformin",)


@given(st.lists(st.text(max_size=30).filter(str.strip), max_size=5))
def test_every_line_of_a_list_is_accounted_for(lines: list[str]):
    found = review(*lines)
    flagged = {name for flag in found.flags for name in flag.medicines}
    assert flagged | set(found.unrecorded) == set(lines)
    ranks = [COLOURS.index(flag.colour) for flag in found.flags]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("medicine", "route", "said"),
    [
        (Medicine(" "), "iv", "no name"),
        (Medicine("diazepam", -1), "iv", "was -1 mg; give 0 or more"),
        (Medicine("diazepam", float("nan")), "iv", "give 0 or more"),
        (Medicine("diazepam"), "rectal", "give one of iv"),
    ],
)
def test_an_impossible_line_is_refused(medicine: Medicine, route: str, said: str):
    with pytest.raises(InputError, match=said):
        review_medicines([medicine], route)


@pytest.mark.parametrize(
    ("trial", "judged", "failed", "said"),
    [
        (ENOUGH, "adequate", True, "150 mg/d meets at least 50 mg/d for sertraline (recalled)"),
        (Trial("Zoloft", 50, 6, 75, "partial"), "adequate", True, "6 weeks meets"),
        (Trial("Zoloft", 49, 8, 90, "none"), "not", False, "49 mg/d falls short of"),
        (Trial("Zoloft", 150, 5.9, 90, "none"), "not", False, "5.9 weeks falls short of"),
        (Trial("Zoloft", 150, 8, 50, "none"), "not", False, "50% of doses taken falls short"),
        (Trial("Zoloft", 150, 8, 90, "remission"), "adequate", False, "meets"),
        (Trial("Zoloft", 150, 8, 90, "intolerance"), "adequate", False, "meets"),
        (Trial("Zoloft", 150, 8, 90, "unknown"), "adequate", None, "meets"),
        (Trial("Zoloft", None, 8, 90, "none"), "unknown", None, "The dose is not known"),
        (Trial("Zoloft", None, 5, 90, "none"), "not", False, "The dose is not known"),
        (Trial("Zoloft", 150, None, 90, "response"), "unknown", False, "asked is at least 6 w"),
        (Trial("blorpazole", 150, 8, 90, "none"), "unknown", None, "judge it by hand"),
        (Trial("selegiline", 10, 8, 90, "none"), "unknown", None, "judge it by hand"),
    ],
)
def test_a_trial_is_judged_by_a_rule_in_words(
    trial: Trial, judged: str, failed: bool | None, said: str
):
    verdict = judge_trial(trial, ELIGIBILITY)
    assert (verdict.judged, verdict.failed) == (judged, failed)
    assert any(said in reason for reason in verdict.reasons), verdict.reasons
    assert len(verdict.reasons) == 3


def test_two_different_failures_are_asked_for():
    twice = resistance(ENOUGH, Trial("Zoloft", 200, 12, 90, "none"))
    assert (twice.failed, twice.met) == (1, False)
    two = resistance(ENOUGH, Trial("Effexor", 225, 8, 90, "partial"))
    assert (two.failed, two.met) == (2, True)
    open_ = resistance(ENOUGH, Trial("Effexor", None, 8, 90, "none"))
    assert (open_.failed, open_.may_have_failed, open_.met) == (1, 1, None)
    assert resistance().met is False


def test_a_stricter_protocol_judges_otherwise():
    text = protocol_toml(evidence.protocol("iv_racemic"))
    head, key, rest = text.partition("[eligibility.trial_weeks]\nvalue = 6")
    assert key
    strict = parse_protocol(f"{head}{key[:-1]}9{rest}", "x", "x.toml")
    assert judge_trial(ENOUGH, strict.thresholds("eligibility")).judged == "not"


@given(
    st.sampled_from(sorted(least_doses())),
    st.floats(0, 1000), st.floats(0, 52), st.floats(0, 100), st.sampled_from(OUTCOMES),
)  # fmt: skip
def test_more_dose_time_and_adherence_never_make_a_trial_worse(
    drug: str, dose: float, weeks: float, adherence: float, outcome: str
):
    less = judge_trial(Trial(drug, dose, weeks, adherence, outcome), ELIGIBILITY)
    more = judge_trial(Trial(drug, dose + 1, weeks + 1, adherence + 1, outcome), ELIGIBILITY)
    assert not (less.judged == "adequate" and more.judged != "adequate")


@pytest.mark.parametrize(
    ("trial", "said"),
    [
        (Trial("Zoloft", 50, 6, 75, "great"), "give one of none, partial"),
        (Trial("Zoloft", -50, 6, 75, "none"), "dose_mg of Zoloft was -50"),
        (Trial("Zoloft", 50, float("inf"), 75, "none"), "weeks of Zoloft was inf"),
    ],
)
def test_an_impossible_trial_is_refused(trial: Trial, said: str):
    with pytest.raises(InputError, match=said):
        judge_trial(trial, ELIGIBILITY)


def test_every_antidepressant_of_the_file_is_understood_as_typed():
    for drug in least_doses():
        found = antidepressant(f"{drug.title()} 1 mg")
        assert found is not None, drug
        assert found.drug == drug
    assert antidepressant("sertraline and mirtazapine") is None
