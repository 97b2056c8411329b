"""Scores: worked examples from the sources, and what has to hold for any answers."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve import evidence
from reprieve.errors import InputError
from reprieve.evidence.questionnaires import Questionnaire
from reprieve.evidence.score_change import change
from reprieve.evidence.scoring import Scored, check_total, is_asked, score

unhurried = settings(deadline=None)  # other work on the machine is not what is asked about
NAMES = evidence.questionnaire_names()
TOTALLED = [n for n in NAMES if evidence.questionnaire(n).scoring.method != "none"]
RISING = [n for n in TOTALLED if not any(i.reverse for i in evidence.questionnaire(n).items)]
ADDED = [n for n in TOTALLED if evidence.questionnaire(n).scoring.method == "sum"]


def asked(name: str) -> Questionnaire:
    return evidence.questionnaire(name)


def scored(name: str, *values: int | None, **named: int | None) -> Scored:
    """The score of answers given in the order of the items, or by their keys."""
    keys = [item.key for item in asked(name).items]
    return score(asked(name), {**dict(zip(keys, values, strict=False)), **named})


@st.composite
def answered(draw, names: list[str] = TOTALLED, gaps: bool = False):
    """An instrument and answers to its items, some of them left out."""
    form = asked(draw(st.sampled_from(names)))
    answers = {}
    for item in form.items:
        value = st.integers(item.low, item.high)
        answers[item.key] = draw(st.none() | value if gaps else value)
    return form, answers


# Worked examples.


def test_phq9_adds_nine_items_and_leaves_the_tenth_out():
    found = scored("phq9", 2, 2, 3, 3, 1, 2, 1, 0, 0, 3)
    assert (found.total, found.band, found.complete) == (14, "moderate", True)
    assert scored("phq9", *[3] * 9).total == 27


@pytest.mark.parametrize(
    ("total", "band"),
    [(4, "none"), (5, "mild"), (9, "mild"), (10, "moderate"), (14, "moderate"),
     (15, "moderately severe"), (19, "moderately severe"), (20, "severe")],
)  # fmt: skip
def test_phq9_bands_begin_at_5_10_15_and_20(total: int, band: str):
    values = [min(3, max(0, total - 3 * n)) for n in range(9)]
    assert scored("phq9", *values).band == band


def test_phq9_item_9_opens_triage_from_its_first_answer():
    assert scored("phq9", *[3] * 8, 0).flags == ()
    (flag,) = scored("phq9", *[0] * 8, 1).flags
    assert (flag.key, flag.level, flag.items, flag.value) == (
        "suicide",
        "review",
        ("self_harm",),
        1,
    )


def test_a_flag_does_not_wait_for_the_rest_of_the_form():
    found = scored("phq9", self_harm=2)
    assert found.total is None
    assert [flag.key for flag in found.flags] == ["suicide"]


def test_phq9_fills_two_gaps_with_the_mean_of_the_others():
    """Seven answers that sum to 10: 10 / 7 * 9 = 12.86."""
    found = scored("phq9", 2, 2, 2, 2, 1, None, None, 1, 0)
    assert (found.total, found.prorated, found.missing) == (
        Decimal(13), True, ("worthless", "concentration"),
    )  # fmt: skip
    assert scored("phq9", 2, 2, 2, 2, 1, None, None, None, 0).total is None


def test_phq9_without_its_ninth_item_has_no_total():
    found = scored("phq9", *[1] * 8)
    assert (found.total, found.missing, found.band) == (None, ("self_harm",), "")


@pytest.mark.parametrize(
    ("values", "total"),
    [((3, 0, 0, 0), 3), ((1, 2, 1, 0), 2), ((0, 0, 0, 0), 0), ((3, 3, 3, 3), 3)],
)
def test_qids_counts_only_the_highest_item_on_sleep(values: tuple[int, ...], total: int):
    assert scored("qids_sr16", *values, *[0] * 12).total == total


def test_qids_counts_nine_domains():
    """Sleep 2, sad 2, appetite and weight 1, and 1 1 0 2 2, psychomotor 1: 12, moderate."""
    found = scored("qids_sr16", 2, 1, 2, 0, 2, 1, None, 0, None, 1, 1, 0, 2, 2, 0, 1)
    assert (found.total, found.band, found.missing, found.flags) == (12, "moderate", (), ())
    assert scored("qids_sr16", *[3] * 16).total == 27


def test_qids_needs_an_answer_in_each_domain():
    whole = [1] * 16
    no_sleep_middle = [1, None, *whole[2:]]
    assert scored("qids_sr16", *no_sleep_middle).total == 9
    assert scored("qids_sr16", *no_sleep_middle).missing == ("sleep_middle",)
    no_mood = [*whole[:4], None, *whole[5:]]
    assert scored("qids_sr16", *no_mood).total is None


@pytest.mark.parametrize(
    ("yes", "level", "flag"),
    [
        ((), "none", None),
        (("wish",), "low", "review"),
        (("wish", "thoughts"), "low", "review"),
        (("wish", "thoughts", "method"), "moderate", "review"),
        (("behaviour",), "moderate", "review"),
        (("thoughts", "intent"), "high", "urgent"),
        (("thoughts", "plan"), "high", "urgent"),
        (("behaviour", "behaviour_recent"), "high", "urgent"),
    ],
)
def test_cssrs_levels_follow_the_triage_guidelines(yes, level: str, flag: str | None):
    form = asked("cssrs_screener")
    found = score(form, {item.key: int(item.key in yes) for item in form.items})
    assert found.band == level
    assert [f.level for f in found.flags] == ([flag] if flag else [])
    assert found.urgent is (flag == "urgent")


def test_cssrs_asks_three_to_five_only_after_thoughts_of_suicide():
    form = asked("cssrs_screener")
    said_no = {"wish": 0, "thoughts": 0, "behaviour": 0}
    found = score(form, said_no)
    assert (found.total, found.band, found.complete) == (0, "none", True)
    assert not is_asked(form, "intent", said_no)
    assert is_asked(form, "intent", {"thoughts": 1})
    assert is_asked(form, "intent", {})
    assert score(form, {**said_no, "thoughts": 1}).missing == ("method", "intent", "plan")


def test_cssrs_leaves_the_level_open_while_a_question_could_raise_it():
    assert scored("cssrs_screener", wish=1, thoughts=0).total is None
    known = scored("cssrs_screener", thoughts=1, plan=1)
    assert (known.band, known.complete, known.urgent) == ("high", False, True)


def test_pcl5_sums_its_clusters_and_finds_the_pattern():
    """One B, one C, two D and two E items at 2 meet the rule of DSM-5 at a total of 12."""
    values = [2, 0, 0, 0, 0, 2, 0, 2, 2, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0]
    found = scored("pcl5", *values)
    assert [part.total for part in found.subscales] == [2, 2, 4, 4]
    assert (found.total, found.pattern, found.positive) == (12, True, False)
    values[5] = 1
    assert scored("pcl5", *values).pattern is False
    assert [part.total for part in scored("pcl5", *[4] * 20).subscales] == [20, 8, 28, 24]


def test_pcl5_screens_positive_from_31():
    assert scored("pcl5", *[2] * 11, *[1] * 9).positive is True
    assert scored("pcl5", *[2] * 10, *[1] * 10).positive is False


def test_pcl5_leaves_an_unfinished_pattern_open():
    found = scored("pcl5", 2, 2, 2, 2, 2, 2, 2)
    assert (found.pattern, found.total, found.subscales[0].met) == (None, None, True)


@pytest.mark.parametrize(
    ("name", "values", "total", "band"),
    [
        ("gad7", [2, 2, 1, 1, 1, 2, 1], 10, "moderate"),
        ("isi", [3, 3, 2, 3, 2, 2, 2], 17, "moderate"),
        ("isi", [1] * 7, 7, "none"),
        ("wsas", [4, 4, 4, 4, 5], 21, "moderately severe or worse"),
        ("wsas", [2, 2, 2, 2, 1], 9, "subclinical"),
        ("hdrs17", [2, 2, 1, 1, 1, 1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 0, 0], 20, "moderate"),
        ("madrs", [4, 4, 3, 3, 2, 4, 4, 4, 3, 1], 32, "moderate"),
        ("moaas", [5], 5, "alert"),
        ("cadss6", [1, 2, 0, 1, 0, 1], 5, ""),
        ("bprs_plus", [0, 1, 2, 0], 3, ""),
    ],
)
def test_sums_and_bands(name: str, values: list[int], total: int, band: str):
    found = scored(name, *values)
    assert (found.total, found.band) == (total, band)


def test_days_of_the_sds_stay_out_of_its_total():
    assert scored("sds", 5, 6, 4, 7, 7).total == 15
    assert scored("sds", 5, 6, 4).complete


def test_dissociation_counts_from_five_points_of_the_cadss():
    assert scored("cadss", *[1] * 4, *[0] * 19).positive is False
    assert scored("cadss", *[1] * 5, *[0] * 18).positive is True


def test_the_worry_of_the_expectancy_form_counts_the_other_way_round():
    assert scored("expectancy", 8, 7, 9, 2).total == Decimal("8.0")
    assert scored("expectancy", 8, 7, 9, 10).total == Decimal("6.0")
    assert scored("expectancy", 8, 7, None, 2).total == Decimal("7.7")


def test_blood_in_the_urine_raises_one_flag_whatever_else():
    assert [f.title for f in scored("bladder", blood=1).flags] == ["Blood in the urine"]
    assert [f.key for f in scored("bladder", blood=3, urgency=3).flags] == ["bladder"]
    assert scored("bladder", urgency=1, frequency=3, night=3).flags == ()


def test_of_two_flags_of_one_kind_the_pressing_one_stands_wherever_its_file_has_it():
    form = asked("cssrs_screener")
    for order in (form.flags, form.flags[::-1]):
        (flag,) = score(replace(form, flags=order), {"wish": 1, "thoughts": 1, "plan": 1}).flags
        assert (flag.level, flag.items) == ("urgent", ("plan",))


def test_a_total_raises_its_flag_from_its_own_cut_off():
    """Four points of the SSI, the entry criterion of grunebaum_2018."""
    assert scored("ssi", *[1] * 3, *[0] * 16).flags == ()
    (flag,) = scored("ssi", *[1] * 4, *[0] * 15).flags
    assert (flag.key, flag.items, flag.value) == ("suicide", (), 4)


def test_a_checklist_has_flags_and_no_total():
    found = scored("side_effects", craving=1, nausea=3, elated=1)
    assert found.total is None
    assert {flag.key: flag.items for flag in found.flags} == {
        "side_effect": ("nausea",), "craving": ("craving",),
    }  # fmt: skip
    with pytest.raises(InputError, match="has no total; enter its answers"):
        check_total(asked("side_effects"), 3)


# Refusals.


@pytest.mark.parametrize("value", [-1, 4, 1.5, True, "2"])
def test_an_answer_that_is_not_offered_is_refused(value):
    with pytest.raises(InputError, match=r"GAD-7 item 1 \(Nervous or on edge\) was answered"):
        score(asked("gad7"), {"nervous": value})


def test_an_unknown_item_is_refused_with_the_items_there_are():
    with pytest.raises(InputError, match="has no item 'sleepy'; its items are nervous, control"):
        score(asked("gad7"), {"sleepy": 1})


@pytest.mark.parametrize("total", [-1, 61, float("nan"), Decimal("60.5"), float("inf")])
def test_a_total_that_does_not_exist_is_refused(total):
    with pytest.raises(InputError, match="does not exist; give 0 to 60"):
        check_total(asked("madrs"), total)


# What holds for any answers.


@unhurried
@given(answered(NAMES, gaps=True))
def test_a_total_lies_in_the_range_and_its_band_holds_it(case):
    form, answers = case
    found = score(form, answers)
    if found.total is None:
        assert (found.band, found.positive) == ("", None)
        return
    assert form.low <= found.total <= form.high
    for band in form.bands:
        assert (band.name == found.band) == (band.low <= found.total <= band.high)


@unhurried
@given(answered())
def test_a_complete_form_has_a_total_and_nothing_missing(case):
    form, answers = case
    found = score(form, answers)
    assert found.total is not None
    assert (found.complete, found.prorated, found.missing) == (True, False, ())


@pytest.mark.parametrize("name", RISING)
def test_the_ends_of_the_range_are_reached(name: str):
    form = asked(name)
    assert score(form, {i.key: i.high for i in form.items}).total == form.high
    assert score(form, {i.key: i.low for i in form.items}).total == form.low


@unhurried
@given(answered(RISING), st.data())
def test_no_higher_answer_ever_lowers_a_total_or_drops_a_flag(case, data):
    form, answers = case
    item = data.draw(st.sampled_from(form.items))
    more = {**answers, item.key: data.draw(st.integers(answers[item.key], item.high))}
    before, after = score(form, answers), score(form, more)
    assert before.total is not None
    assert after.total is not None
    assert before.total <= after.total
    urgent = {flag.key: flag.level == "urgent" for flag in after.flags}
    assert all(urgent[flag.key] >= (flag.level == "urgent") for flag in before.flags)


@unhurried
@given(answered(NAMES, gaps=True), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_does_not_matter(case, chance):
    form, answers = case
    pairs = list(answers.items())
    chance.shuffle(pairs)
    assert score(form, dict(pairs)) == score(form, answers)


@unhurried
@given(answered(ADDED), st.data())
def test_who_exchanges_two_answers_keeps_the_sum(case, data):
    form, answers = case
    one, two = data.draw(st.sampled_from(form.scored)), data.draw(st.sampled_from(form.scored))
    if (one.low, one.high) != (two.low, two.high):
        return
    other = {**answers, one.key: answers[two.key], two.key: answers[one.key]}
    assert score(form, other).total == score(form, answers).total


@unhurried
@given(answered(ADDED), st.data())
def test_gaps_are_filled_by_the_rule_and_never_beyond_it(case, data):
    form, answers = case
    left = data.draw(st.sets(st.sampled_from([i.key for i in form.scored]), min_size=1))
    found = score(form, {k: v for k, v in answers.items() if k not in left})
    rule = form.missing
    fills = rule.rule == "prorate" and len(left) <= rule.most and not left & set(rule.never)
    assert set(found.missing) == left
    assert (found.total is not None) is found.prorated is fills
    if found.total is not None:
        kept = [answers[i.key] for i in form.scored if i.key not in left]
        full = Decimal(sum(kept)) * len(form.scored) / len(kept)
        assert abs(found.total - full) <= Decimal("0.5")


@unhurried
@given(answered(NAMES, gaps=True))
def test_none_and_no_entry_are_the_same(case):
    form, answers = case
    assert score(form, answers) == score(form, {k: v for k, v in answers.items() if v is not None})


@unhurried
@given(answered(["qids_sr16"], gaps=True))
def test_qids_agrees_with_its_formula(case):
    """max(1-4) + 5 + max(6-9) + 10 + 11 + 12 + 13 + 14 + max(15, 16)."""
    form, answers = case
    given_ = [answers[item.key] for item in form.items]
    domains = [given_[:4], given_[4:5], given_[5:9], *([v] for v in given_[9:14]), given_[14:]]
    tops = [max((v for v in d if v is not None), default=None) for d in domains]
    expected = None if None in tops else sum(v for v in tops if v is not None)
    assert score(form, answers).total == expected


@unhurried
@given(st.fixed_dictionaries({k: st.integers(0, 1) for k in (
    "wish", "thoughts", "method", "intent", "plan", "behaviour", "behaviour_recent")}))  # fmt: skip
def test_any_yes_on_the_suicide_screener_raises_a_flag(answers: Mapping[str, int]):
    found = score(asked("cssrs_screener"), answers)
    assert bool(found.flags) == any(answers.values())
    assert found.urgent == (found.band == "high")


# Change.


def test_a_response_is_half_the_baseline_or_more():
    whole = change(asked("madrs"), 36, 18)
    assert (whole.points, whole.percent, whole.response, whole.remission) == (-18, 50, True, False)
    assert change(asked("madrs"), 36, 19).response is False
    assert change(asked("madrs"), 36, 10).remission is True
    assert whole.words == (
        "MADRS went from 36 to 18.",
        "This is a response (a fall of 50 %).",
        "This is not remission (10 or less).",
        "The change is reliable (10 points or more), for the better.",
    )


@pytest.mark.parametrize(
    ("now", "reliable"), [(12, "none"), (13, "worse"), (1, "better"), (2, "none")]
)
def test_a_reliable_change_of_the_phq9_is_six_points(now: int, reliable: str):
    assert change(asked("phq9"), 7, now).reliable == reliable


def test_from_nothing_there_is_no_response_to_count():
    found = change(asked("phq9"), 0, 0)
    assert (found.percent, found.response, found.remission, found.reliable) == (
        None,
        None,
        True,
        "none",
    )
    assert found.words[0] == "PHQ-9 is unchanged at 0."


def test_a_response_of_the_sds_is_a_score():
    assert change(asked("sds"), 25, 12).response is True
    assert change(asked("sds"), 25, 13).response is False


def test_what_a_file_does_not_say_is_not_said():
    found = change(asked("cadss6"), 10, 2)
    assert (found.response, found.remission, found.reliable) == (None, None, None)
    assert found.words == ("CADSS-6 went from 10 to 2.",)
    assert change(asked("moaas"), 3, 5).percent is None


@unhurried
@given(st.sampled_from(TOTALLED), st.data())
def test_turned_round_a_change_is_the_other_way(name: str, data):
    form = asked(name)
    totals = st.integers(int(form.low), int(form.high))
    before, after = data.draw(totals), data.draw(totals)
    there, back = change(form, before, after), change(form, after, before)
    assert there.points == -back.points
    opposite = {"better": "worse", "worse": "better", "none": "none", None: None}
    assert back.reliable == opposite[there.reliable]
