"""The regimen language: what people write, what it means, what is refused and where."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve.engine.dosing.doses import Daily, Dose, Regimen
from reprieve.engine.dosing.pattern import every, number
from reprieve.errors import RegimenError
from reprieve.evidence import practice

FORTY = 40 / 60


def days(text: str) -> list[float]:
    return [round(day, 9) for day in Regimen.parse(text).session_days]


def test_the_sentence_of_the_manual_reads_as_it_sounds() -> None:
    regimen = Regimen.parse("ketamine 0.5 mg/kg IV over 40 min, twice weekly for 3 weeks")
    assert regimen.session_days == (0, 3, 7, 10, 14, 17)
    assert {(d.drug, d.route, d.amount, d.unit, d.duration_h) for d in regimen.doses} == {
        ("ketamine", "iv", 0.5, "mg/kg", FORTY)
    }
    assert regimen.assumptions == ()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("once", [0]),
        ("daily for 3 days", [0, 1, 2]),
        ("twice weekly x5", [0, 3, 7, 10, 14]),
        ("two times a week, 5 sessions", [0, 3, 7, 10, 14]),
        ("2x weekly for 2 weeks", [0, 3, 7, 10]),
        ("three times weekly x6", [0, 2, 4, 7, 9, 11]),
        ("thrice weekly for 2 weeks", [0, 2, 4, 7, 9, 11]),
        ("weekly x3", [0, 7, 14]),
        ("every 3 days x4", [0, 3, 6, 9]),
        ("every other day x3", [0, 2, 4]),
        ("q2w x3", [0, 14, 28]),
        ("every 2 weeks for 8 weeks", [0, 14, 28, 42]),
        ("every 36 hours x3", [0, 1.5, 3]),
        ("on days 0, 2, 4", [0, 2, 4]),
        ("on days 0, 2 and 4, then weekly x2", [0, 2, 4, 11, 18]),
        ("at hours 0, 12, 36", [0, 0.5, 1.5]),
        ("twice weekly x6, then weekly x2", [0, 3, 7, 10, 14, 17, 21, 28]),
        ("once, then twice weekly x3", [0, 3, 6, 10]),
        ("once, then weekly from day 10 x2", [0, 10, 17]),
        ("fortnightly for 6 weeks", [0, 14, 28]),
        ("twice weekly 3 weeks", [0, 3, 7, 10, 14, 17]),
        ("6 infusions, twice weekly for 3 weeks", [0, 3, 7, 10, 14, 17]),
        ("single dose", [0]),
    ],
)
def test_schedules_fall_on_their_days(schedule: str, expected: list[float]) -> None:
    assert days(f"ketamine 0.5 mg/kg IV over 40 min {schedule}") == expected


def test_a_later_phase_inherits_what_it_leaves_out() -> None:
    regimen = Regimen.parse(
        "esketamine 56 mg nasal, twice weekly for 4 weeks, then 84 mg weekly for 4 weeks, "
        "then every 2 weeks for 8 weeks"
    )
    assert [(d.day, d.amount) for d in regimen.doses][6:] == [
        (21, 56), (24, 56), (28, 84), (35, 84), (42, 84), (49, 84),
        (56, 84), (70, 84), (84, 84), (98, 84),
    ]  # fmt: skip
    assert {(d.drug, d.route, d.form) for d in regimen.doses} == {("esketamine", "nasal", "spray")}


def test_a_rate_after_then_continues_the_infusion() -> None:
    regimen = Regimen.parse(
        "ketamine 0.5 mg/kg IV over 40 min then 0.2 mg/kg/h for up to 6 h, once"
    )
    first, second = regimen.doses
    assert (first.amount, first.time_h, first.duration_h) == (0.5, 0, FORTY)
    assert second.amount == pytest.approx(1.2)
    assert (second.time_h, second.duration_h) == (FORTY, 6)
    assert first.session == second.session == 0


def test_a_stepped_96_hour_infusion_is_one_session_without_gaps() -> None:
    regimen = Regimen.parse(
        "ketamine 0.15 mg/kg/h IV over 24 h then 0.3 mg/kg/h over 1 day then 0.6 mg/kg/h for 2 days"
    )
    assert [d.end_h for d in regimen.doses] == [24, 48, 96]
    assert [d.amount / d.duration_h for d in regimen.doses] == pytest.approx([0.15, 0.3, 0.6])
    assert regimen.sessions == (0,)


def test_a_comma_and_no_rate_open_a_new_phase() -> None:
    stepped = Regimen.parse("ketamine 0.25 mg/kg IV bolus then 0.25 mg/kg over 40 min")
    phased = Regimen.parse("ketamine 0.25 mg/kg IV bolus, then 0.25 mg/kg over 40 min weekly x2")
    assert [d.session for d in stepped.doses] == [0, 0]
    assert [d.session for d in phased.doses] == [0, 1, 2]
    assert [d.day for d in phased.doses] == [0, 7, 14]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ketamine 0.75 mg/kg SC", ("ketamine", "sc", 0.75, "mg/kg", 0, None)),
        ("ketamine 0.5 mg/kg intramuscularly", ("ketamine", "im", 0.5, "mg/kg", 0, None)),
        ("racemic ketamine 50 mg intranasal", ("ketamine", "nasal", 50, "mg", 0, "spray")),
        ("Spravato 84 mg", ("esketamine", "nasal", 84, "mg", 0, "spray")),
        ("esketamine 2 devices nasal", ("esketamine", "nasal", 56, "mg", 0, "spray")),
        ("esketamine 3 x 28 mg nasal", ("esketamine", "nasal", 84, "mg", 0, "spray")),
        ("ketamine 120 mg oral ER", ("ketamine", "oral", 120, "mg", 0, "er")),
        ("ketamine 1 mg/kg oral solution", ("ketamine", "oral", 1, "mg/kg", 0, "solution")),
        ("s-ketamine 50 mg film", ("esketamine", "sublingual", 50, "mg", 0, "film")),
        ("ketamine 100 mg SL lozenge", ("ketamine", "sublingual", 100, "mg", 0, "lozenge")),
        ("ketamine 25 mg sublingual wafer", ("ketamine", "sublingual", 25, "mg", 0, "wafer")),
        ("KETAMINE 0.5MG / KG I.V. over 40 minutes", ("ketamine", "iv", 0.5, "mg/kg", FORTY, None)),
        ("intravenous ketamine, 0.5 mg per kg, 40-min infusion",
         ("ketamine", "iv", 0.5, "mg/kg", FORTY, None)),
        ("midazolam 45 mcg/kg IV over 40 min", ("midazolam", "iv", 0.045, "mg/kg", FORTY, None)),
        ("ketamine 10 ug/kg/min IV for 1 h", ("ketamine", "iv", 0.6, "mg/kg", 1, None)),
        ("ketamine 10 µg/kg/min IV for 1 h", ("ketamine", "iv", 0.6, "mg/kg", 1, None)),
        ("saline IV over 40 min", ("saline", "iv", 0, "mg", FORTY, None)),
        ("placebo nasal", ("placebo", "nasal", 0, "mg", 0, "spray")),
        ("r-ketamine 10 mg IV bolus", ("arketamine", "iv", 10, "mg", 0, None)),
    ],
)  # fmt: skip
def test_one_dose_in_many_words(text: str, expected: tuple[object, ...]) -> None:
    (dose,) = Regimen.parse(text).doses
    assert (dose.drug, dose.route, dose.amount, dose.unit, dose.duration_h, dose.form) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sertraline 100 mg oral daily for 12 weeks", Daily("sertraline", 100, 0, 84)),
        ("diazepam 5 mg daily from day -200", Daily("diazepam", 5, -200, None)),
        ("quetiapine XR 150 mg twice daily until day 30", Daily("quetiapine", 300, 0, 30)),
    ],
)
def test_home_medicines_are_no_sessions(text: str, expected: Daily) -> None:
    regimen = Regimen.parse(text)
    assert regimen.daily == (expected,)
    assert regimen.doses == ()


def test_courses_run_beside_each_other() -> None:
    regimen = Regimen.parse(
        "esketamine 56 mg nasal twice weekly for 4 weeks with sertraline 50 mg oral daily "
        "for 2 weeks, then 100 mg for 10 weeks"
    )
    assert len(regimen.doses) == 8
    assert regimen.daily == (Daily("sertraline", 50, 0, 14), Daily("sertraline", 100, 14, 84))


def test_what_was_left_out_is_said_back_and_strict_refuses_it() -> None:
    text = "ketamine 0.5 mg/kg IV twice weekly for 3 weeks"
    regimen = Regimen.parse(text)
    assert regimen.assumptions == (
        "IV without a duration: 40 min assumed from protocol iv_racemic v1",
    )
    with pytest.raises(RegimenError, match="40 min assumed from protocol iv_racemic v1") as refusal:
        Regimen.parse(text, strict=True)
    assert text[refusal.value.start : refusal.value.end] == "IV"


@pytest.mark.parametrize("name", practice.protocol_names())
def test_left_out_doses_are_the_protocol_files_own(name: str) -> None:
    found = practice.protocol(name)
    default = next((d for d in found.doses if d.default is not None), None)
    if found.level != "usual" or found.route == "any" or default is None:
        return
    for drug in set(found.drugs) & {"ketamine", "esketamine", "arketamine"}:
        (dose,) = Regimen.parse(f"{drug} {found.route} {found.form}").doses
        assert (dose.amount, dose.unit) == (default.default, default.unit)
        assert dose.duration_h == pytest.approx(found.duration_h)
        beyond = default.refuse_above * 29 + 28
        with pytest.raises(RegimenError, match="beyond any published use"):
            Regimen.parse(f"{drug} {beyond} {default.unit} {found.route} {found.form}")


def test_an_open_end_runs_until_the_last_day_looked_at() -> None:
    text = "ketamine 0.5 mg/kg IV over 40 min, twice weekly for 3 weeks, then every 2 weeks"
    assert Regimen.parse(text).session_days[-1] == 21 + 70
    longer = Regimen.parse(text, until_d=182)
    assert longer.session_days[-1] == 175
    assert "without an end" in longer.assumptions[0]


@pytest.mark.parametrize(
    ("text", "word", "reason"),
    [
        ("ketamine 0.5 IV", "0.5", "no unit"),
        ("ketamine 0.5 mg/kg IV over 40", "40", "no unit"),
        ("ketamine 0.5 mg/kg IV for 3", "3", "no unit"),
        ("ketamine 0.5 grains IV", "grains", "Unknown unit"),
        ("ketamine 0.5 g IV", "g", "Unknown unit"),
        ("ketamine 0.5 mg/lb IV", "lb", "Unknown unit"),
        ("ketamine 0.5 mg/kg IV over 40 furlongs", "furlongs", "Unknown unit"),
        ("ketmine 0.5 mg/kg IV", "ketmine", "Did you mean 'ketamine'"),
        ("ketamine 500 mg/kg IV", "500 mg/kg", "beyond any published use"),
        ("ketamine 500 mg/kg IV over 96 h", "500 mg/kg", "beyond any published use"),
        ("ketamine -0.5 mg/kg IV", "-0.5", "negative"),
        ("ketamine nan mg/kg IV", "nan", "not a number"),
        ("ketamine 1e999 mg IV", "1e999", "too large"),
        ("ketamine 0.2 mg/kg/h IV over 0 min", "0", "length of 0"),
        ("ketamine 0.2 mg/kg/h IV", "0.2 mg/kg/h", "needs a length"),
        ("ketamine 0.2 mg/kg/h IV bolus", "0.2 mg/kg/h", "bolus"),
        ("ketamine 0.5 mg/kg IV twice weekly x1000000", "1000000", "at most 2,000"),
        ("ketamine 0.5 mg/kg IV, 1e6 sessions weekly", "1e6", "at most 2,000"),
        ("ketamine 0.5 mg/kg IV x0", "0", "whole number"),
        ("ketamine 0.5 mg/kg IV x2.5", "2.5", "whole number"),
        ("ketamine 0.5 mg/kg IV weekly for 0 weeks", "0", "no session"),
        ("esketamine 50 mg nasal", "50 mg", "devices of 28 mg"),
        ("ketamine 0.5 mg/kg IV biweekly", "biweekly", "two things"),
        ("ketamine 0.5 mg/kg IV on days 4, 2", "2", "does not come after"),
        ("ketamine 0.5 mg/kg IV from day -3", "from day -3", "count from 0"),
        ("ketamine 0.5 mg/kg nasal over 40 min", "40 min", "no length"),
        ("ketamine 50 mg oral wafer", "wafer", "not given orally"),
        ("ketamine 0.5 mg/kg IV IM", "IM", "given twice"),
        ("ketamine 0.5 mg/kg 0.6 mg/kg IV", "0.6", "given twice"),
        ("ketamine 0.5 mg/kg IV weekly once x3", "once", "given twice"),
        ("saline 5 mg IV", "5 mg", "holds no drug"),
        ("ketamine 0 mg IV", "0 mg", "write saline or placebo"),
        ("ketamine 50 mg SL once, then 60 mg once", "60 mg once", "not clear when"),
        ("ketamine 1 mg/kg IV over 96 h daily x3", "daily", "before the one before it"),
        ("twice weekly for 3 weeks x5 ketamine 1 mg/kg SC", "5", "6 sessions, not 5"),
        ("sertraline 100 mg IV daily", "IV", "home medicine"),
        ("sertraline daily", "sertraline", "no dose"),
        ("ketamine 70 mg sublingual for 40 years daily", "years", "Unknown unit"),
        ("0.5 mg/kg IV", "0", "No drug"),
    ],
)
def test_errors_point_at_the_word(text: str, word: str, reason: str) -> None:
    with pytest.raises(RegimenError, match=reason) as refusal:
        Regimen.parse(text)
    error = refusal.value
    assert text[error.start : error.end] == word
    marker = str(error).splitlines()[-1]
    assert (marker.index("^") - 2, marker.count("^")) == (error.start, len(word))


@pytest.mark.parametrize("text", ["", "   ", ",", "then", "ketamine 0.5 mg/kg IV then", "with"])
def test_empty_parts_are_refused(text: str) -> None:
    with pytest.raises(RegimenError):
        Regimen.parse(text)


# -- always true ----------------------------------------------------------------------------------

_SCRAPS = (
    "ketamine esketamine saline placebo 0.5 56 mg /kg mg/kg/h IV IM SC nasal oral film over for "
    "40 min h weeks then , , then twice weekly three times daily every 2 days x 6 once on at from "
    "day hours until with bolus sertraline ER -1 nan 1e9 sessions q a single ½ İ ٣ . - %"
)
_WORDS = st.sampled_from(_SCRAPS.split())


@given(st.text(max_size=60) | st.lists(_WORDS, max_size=14).map(" ".join))
@settings(max_examples=600, deadline=None)
def test_any_text_is_read_or_refused_in_one_way(text: str) -> None:
    refusal = None
    try:
        regimen = Regimen.parse(text)
    except RegimenError as error:
        refusal = error
    if refusal is not None:
        assert 0 <= refusal.start <= refusal.end <= len(text)
        return
    assert Regimen.parse(regimen.format()).doses == regimen.doses


_AMOUNT = st.floats(0.01, 2, allow_nan=False).map(lambda x: f"{x:.4g} mg/kg")
_CONTENT = st.one_of(
    st.tuples(
        st.sampled_from(["ketamine", "esketamine", "arketamine"]),
        _AMOUNT,
        st.sampled_from(["IV over 40 min", "IV over 2.5 h", "IV bolus", "SC", "IM"]),
        st.sampled_from(["", "", "then 0.2 mg/kg/h for 6 h", "then 0.013 mg/kg/min for 17 min"]),
    )
    .filter(lambda t: not t[3] or "IV" in t[2])
    .map(" ".join),
    st.sampled_from([28, 56, 84]).map(lambda mg: f"esketamine {mg} mg nasal"),
    st.sampled_from(["saline IV over 40 min", "placebo nasal", "midazolam 0.045 mg/kg IV over 1 h",
                     "ketamine 120 mg oral ER", "ketamine 25 mg sublingual wafer"]),
)  # fmt: skip
_SCHEDULE = st.tuples(
    st.sampled_from(["daily", "twice weekly", "three times weekly", "weekly", "every 3 days",
                     "every 2 weeks", "every 60 hours", "every 4.5 days"]),
    st.one_of(
        st.integers(1, 9).map(lambda n: f"x{n}"),
        st.integers(1, 6).map(lambda n: f"for {n} weeks"),
        st.integers(1, 40).map(lambda n: f"for {n} days"),
    ),
).map(" ".join)  # fmt: skip
_PHASE = st.tuples(_CONTENT, _SCHEDULE).map(" ".join)
_REGIMEN = st.lists(_PHASE, min_size=1, max_size=4).map(", then ".join)


@given(_REGIMEN)
@settings(max_examples=300, deadline=None)
def test_what_is_written_reads_back(text: str) -> None:
    regimen = Regimen.parse(text)
    again = Regimen.parse(regimen.format(), strict=True)
    assert again.doses == regimen.doses
    assert again.format() == regimen.format()


@given(_REGIMEN, st.floats(40, 170), st.floats(1.1, 3))
@settings(max_examples=150, deadline=None)
def test_total_mg_adds_up(text: str, weight_kg: float, factor: float) -> None:
    regimen = Regimen.parse(text)
    total = regimen.total_mg(weight_kg)
    by_session = [d.mg(weight_kg) for k in regimen.sessions for d in regimen.doses_of(k)]
    assert total == pytest.approx(math.fsum(by_session))
    fixed = math.fsum(d.amount for d in regimen.doses if d.unit == "mg")
    heavier = regimen.total_mg(weight_kg * factor)
    assert heavier - fixed == pytest.approx((total - fixed) * factor, abs=1e-9)
    assert regimen.shifted(5).total_mg(weight_kg) == total


@given(_CONTENT, st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_sessions_are_as_many_as_asked_and_never_meet(content: str, count: int) -> None:
    regimen = Regimen.parse(f"{content} three times weekly x{count}")
    assert len(regimen.sessions) == count
    starts = regimen.session_days
    ends = [max(d.end_h for d in regimen.doses_of(k)) / 24 for k in regimen.sessions]
    assert all(end <= later for end, later in zip(ends, starts[1:], strict=False))


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=8, unique=True), st.floats(0.01, 4))
def test_any_times_can_be_written(times: list[float], amount: float) -> None:
    doses = tuple(
        Dose("ketamine", "sc", amount, "mg/kg", t, session=k) for k, t in enumerate(sorted(times))
    )
    assert Regimen.parse(Regimen(doses).format()).doses == doses


@given(st.floats(1e-6, 1e6))
def test_numbers_read_back_exactly(value: float) -> None:
    assert float(number(value)) == value
    assert every(value).period_h == value
