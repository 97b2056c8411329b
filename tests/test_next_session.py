"""The next session of one person: two ways to the odds, likelihoods that add up, directions."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from reprieve.engine.dosing.regimen import parse
from reprieve.engine.effects.acute import acute_effects
from reprieve.engine.effects.haemodynamics import change_readings, draw_vitals
from reprieve.engine.effects.parameters import acute_model
from reprieve.engine.effects.sensitivity import correlation, draw_sensitivity
from reprieve.engine.effects.thresholds import threshold_probabilities
from reprieve.engine.kinetics.concentrations import concentrations
from reprieve.engine.patient import Patient, draw_people
from reprieve.engine.population.block import given_h, session_times
from reprieve.engine.session import next_session as acute
from reprieve.engine.session import people as acute_people
from reprieve.engine.session.course import ever_crossed
from reprieve.engine.session.history import SEVERITIES, read_history
from reprieve.engine.session.likelihood import (
    effective,
    lasting,
    log_likelihoods,
    weights,
)
from reprieve.engine.session.next_session import next_session
from reprieve.engine.session.people import ahead, crowd, person_model
from reprieve.engine.session.posterior import known
from reprieve.errors import InputError, ModelError
from reprieve.evidence.practice import governing

WHO = Patient(age_y=50)


@dataclass(frozen=True)
class Happened:
    day: float
    what: str
    severity: str | None = None
    value: float | None = None


@dataclass(frozen=True)
class Bare:
    """An event that cannot carry a number."""

    day: float
    what: str
    severity: str | None = None


def form(text):
    return parse(f"{text}, once").doses


IV = form("ketamine 0.5 mg/kg IV over 40 min")
SPRAY = form("esketamine 84 mg nasal")


def odds(found, words):
    return next(t.probability for t in found.thresholds if words in t.name)


def dissociates(*events, before=1, given=IV, **kwargs):
    return odds(next_session(given, WHO, events, before, **kwargs), "CADSS")


def hypertensive(*events, before=1, given=IV, **kwargs):
    return odds(next_session(given, WHO, events, before, **kwargs), "systolic at or above 180")


@pytest.mark.parametrize(
    "text",
    [
        "ketamine 0.5 mg/kg IV over 40 min",
        "esketamine 0.25 mg/kg IV over 40 min",
        "arketamine 0.5 mg/kg IV over 40 min",
        "ketamine 30 mg IV over 2 min",
        "ketamine 0.5 mg/kg IV over 40 min then 0.2 mg/kg/h for 6 h",
        "ketamine 0.15 mg/kg/h IV for 96 h",
        "esketamine 84 mg nasal",
        "ketamine 50 mg nasal",
        "ketamine 0.5 mg/kg IM",
        "ketamine 0.75 mg/kg SC",
        "ketamine 120 mg oral ER",
        "esketamine 60 mg oral",
        "ketamine 100 mg sublingual",
        "esketamine 50 mg sublingual film",
        "saline IV over 40 min",
        "placebo nasal",
        "midazolam 0.045 mg/kg IV over 40 min",
    ],
)
def test_every_session_of_the_language_has_an_outlook(text):
    events = (Happened(0, "dissociation", "severe"), Happened(0, "systolic", value=165.0))
    found = next_session(form(text), WHO, events, 3, n=400, day=7.0)
    assert found.day == 7.0
    assert found.peaks
    assert len(found.earlier) == 2
    assert all(0.0 <= t.probability <= 1.0 for t in (*found.thresholds, *found.reported))
    assert all(p.low80 <= p.median <= p.high80 for p in found.peaks)
    back = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert back["thresholds"][0]["source"]
    assert form(found.session) == form(text)


def test_people_drawn_plainly_cross_as_often():
    """Shared bodies, opposite sensitivities and a grid of its own against a plain simulation."""
    rng, n = np.random.default_rng(5), 8000
    people = draw_people(n, rng, WHO)
    conc = concentrations(IV, people, session_times(IV), rng)
    effects = acute_effects(
        conc, people, rng, 0, draw_vitals(people, rng), draw_sensitivity(n, rng)
    )
    plain = threshold_probabilities(effects, governing(IV), None, given_h(IV))
    found = next_session(IV, WHO, (), 0, n=4000)
    for crossing, threshold in zip(plain, found.thresholds, strict=False):
        noise = crossing.by_person.std() * np.sqrt(1 / 8000 + 1 / 4000)
        assert threshold.probability == pytest.approx(crossing.probability, abs=4 * noise + 1e-9)
    cut = acute_model()["cadss_cutoff"]
    scored = np.rint(effects.cadss.max(axis=1)) > cut
    expected = 1 - (1 - acute_model()["cadss_background"]) * (1 - scored.mean())
    assert odds(found, "CADSS") == pytest.approx(expected, abs=0.025)
    rise = next(p for p in found.peaks if p.name.startswith("systolic"))
    minutes = governing(IV).vitals.minutes(given_h(IV))
    measured = change_readings(effects, "sbp", minutes, rng)[1].max(axis=1)
    assert rise.median == pytest.approx(np.median(measured), abs=0.8)
    assert rise.high80 == pytest.approx(np.quantile(measured, 0.9), abs=1.6)
    assert rise.median > np.median(effects.peaks.sbp_rise) + 5  # scatter alone lifts the largest


def test_drawing_anew_agrees_with_weighting_a_large_crowd():
    events = (Happened(0, "CADSS", value=30.0), Happened(3, "systolic", value=166.0))
    history = read_history(events, (), IV, 2)
    many = crowd(WHO, 3, 40_000)
    plain = weights(np.sum(log_likelihoods(history, many, WHO, 3), axis=0))
    few = known(history, WHO, 4, 4000)
    assert np.any(few.who.log_ratio != 0)
    assert effective(few.weight) > 0.15 * 4000
    seen, sought = ahead(many, IV, WHO, 2, 3), ahead(few.who, IV, WHO, 2, 4)
    for name in ("sbp_rise", "cadss"):
        a, b = plain @ seen.peaks[name], few.weight @ sought.peaks[name]
        spread = np.sqrt(plain @ (seen.peaks[name] - a) ** 2)
        noise = spread * np.sqrt(1 / effective(plain) + 1 / effective(few.weight))
        assert a == pytest.approx(b, abs=4 * noise)
    assert plain @ many.rest.sbp == pytest.approx(few.weight @ few.who.rest.sbp, abs=1.0)


def log_likelihood(event, before=1, n=2000):
    history = read_history((event,), (), IV, before)
    return log_likelihoods(history, crowd(WHO, 0, n), WHO, 0)[0]


@pytest.mark.parametrize("what", ["dissociation", "nausea", "hypertension", "sedation"])
def test_all_that_can_be_reported_adds_up_to_one(what):
    """So that the odds after a report, over all reports, are the odds before it."""
    total = sum(np.exp(log_likelihood(Happened(0, what, s))) for s in (*SEVERITIES, "none"))
    assert total == pytest.approx(1.0, abs=1e-9)
    unsaid = np.exp(log_likelihood(Happened(0, what)))
    bands = sum(np.exp(log_likelihood(Happened(0, what, s))) for s in SEVERITIES)
    assert unsaid == pytest.approx(bands, abs=1e-9)


def test_shares_of_severity_are_those_of_the_file():
    reported = np.exp(log_likelihood(Happened(0, "dissociation"))).mean()
    for severity in SEVERITIES:
        share = np.exp(log_likelihood(Happened(0, "dissociation", severity))).mean() / reported
        assert share == pytest.approx(person_model()[f"reported_{severity}"], abs=0.03)


@pytest.mark.parametrize(
    ("what", "values"), [("systolic", range(60, 300)), ("heart rate", range(20, 240))]
)
def test_all_peaks_that_can_be_read_add_up_to_one(what, values):
    total = sum(np.exp(log_likelihood(Happened(0, what, value=v), n=200)) for v in values)
    assert total == pytest.approx(1.0, abs=1e-6)


def test_all_totals_that_can_be_rated_add_up_to_one():
    total = sum(np.exp(log_likelihood(Happened(0, "CADSS", value=v), n=400)) for v in range(68))
    assert np.median(total) == pytest.approx(1.0, abs=1e-3)
    assert total.max() < 1.0 + 1e-6


def test_a_total_teaches_what_sessions_of_such_people_show():
    """Odds after a total of 20 to 25: those of people who had such a total, drawn twice."""
    rng, n = np.random.default_rng(2), 30_000
    people = draw_people(n, rng, WHO)
    conc = concentrations(IV, people, np.linspace(0, 4, 49), rng)
    senses, rest = draw_sensitivity(n, rng), draw_vitals(people, rng)
    first, second = (
        np.rint(acute_effects(conc, people, rng, k, rest, senses).cadss.max(axis=1)) for k in (0, 1)
    )
    alike = (first >= 20) & (first <= 25)
    seen = [dissociates(Happened(0, "CADSS", value=v), n=1000) for v in (20.0, 22.0, 25.0)]
    assert np.mean(seen) == pytest.approx((second[alike] > 4).mean(), abs=0.03)


def test_stronger_reactions_make_stronger_ones_likely():
    by_report = [dissociates(Happened(0, "dissociation", s)) for s in ("none", *SEVERITIES)]
    assert by_report == sorted(by_report)
    assert by_report[0] < dissociates() < by_report[-1]
    by_peak = [hypertensive(Happened(0, "peak systolic", value=v)) for v in (125.0, 150.0, 175.0)]
    assert by_peak == sorted(by_peak)
    assert by_peak[0] < hypertensive() < by_peak[-1]


def test_pressure_says_less_of_the_next_time_than_dissociation():
    model = acute_model()
    assert lasting("systolic", model) < lasting("dissociation", model)


def test_dissociation_fades_over_sessions_and_pressure_does_not():
    assert dissociates(before=8) < dissociates(before=0) - 0.05
    assert hypertensive(before=8) == hypertensive(before=0)


def test_sessions_without_a_report_count_once_one_was_made():
    one = Happened(0, "dissociation", "moderate")
    assert dissociates(one, before=6) < dissociates(one, Happened(17.5, "dissociation"), before=6)
    silent = next_session(IV, WHO, (), 6)
    assert silent.effective == pytest.approx(2000)


def test_more_drug_costs_more():
    low, high = (next_session(form(f"ketamine {d} mg/kg IV over 40 min"), WHO, (), 0)
                 for d in (0.5, 0.75))  # fmt: skip
    assert all(
        a.probability < b.probability
        for a, b in zip(low.thresholds, high.thresholds, strict=True)
        if "below 45" not in a.name and a.probability > 1e-6
    )
    assert low.resolved_by <= high.resolved_by


def test_what_was_given_earlier_matters():
    event = Happened(0, "CADSS", value=25.0)
    after_little = form("ketamine 0.2 mg/kg IV over 40 min")
    strong = dissociates(event, given=IV, n=1000)
    told = next_session(IV, WHO, (event,), 1, n=1000, given=((0.0, after_little),))
    assert odds(told, "CADSS") > strong
    assert "not told" not in " ".join(told.notes)


def test_events_away_from_any_session_and_of_no_model_are_said_and_not_used():
    events = (Happened(9, "dissociation"), Happened(0, "rash"), Happened(0, "CADSS", value=np.nan))
    found = next_session(IV, WHO, events, 1, given=((0.0, IV),))
    assert found.earlier == ()
    assert sum("does not move these odds" in note for note in found.notes) == 3
    assert found.thresholds == next_session(IV, WHO, (), 1).thresholds


def test_the_same_thing_told_twice_counts_once():
    once = (Happened(0, "dissociation", "severe"),)
    twice = (*once, Happened(0, "Dissociation", "mild"), Happened(0.1, "dissociation"))
    assert dissociates(*twice, before=1) == dissociates(*once, before=1)
    number = (Happened(0, "CADSS", value=30.0),)
    assert dissociates(*number, *once) == dissociates(*number)


def test_endless_and_impossible_histories_end_in_numbers():
    words = ("dissociation", "nausea", "hypertension", "systolic", "CADSS", "heart rate")
    events = tuple(
        Happened(k / 2, words[k % 6], ("severe", "odd", None)[k % 3], (300.0, None, 0.0)[k % 3])
        for k in range(400)
    )
    found = next_session(form("saline IV over 40 min"), WHO, events, 10_000, n=200)
    assert len(found.earlier) <= 60
    assert all(0.0 <= t.probability <= 1.0 for t in found.thresholds)
    assert any("the last 60 are used" in note for note in found.notes)
    assert len(found.notes) < 16


def test_an_event_may_lack_a_number():
    bare = next_session(IV, WHO, (Bare(0, "nausea", "mild"),), 1)
    assert bare.to_dict() == next_session(IV, WHO, (Happened(0, "nausea", "mild"),), 1).to_dict()
    assert "nausea reported" in bare.earlier[0]


def test_a_known_resting_pressure_shows_and_moves_the_level():
    low, high = (next_session(IV, WHO, (Happened(0, "resting systolic", value=v),), 1)
                 for v in (105.0, 138.0))  # fmt: skip
    names = [p.name for p in low.peaks]
    assert "systolic pressure, highest reading" in names
    assert odds(low, "180") < 0.2 * odds(high, "180")


def test_controls_say_what_they_are():
    saline = next_session(form("saline IV over 40 min"), WHO, (), 0)
    assert "No ketamine" in saline.notes[0]
    assert odds(saline, "CADSS") == pytest.approx(acute_model()["cadss_background"])
    assert next_session(None, WHO, (), 0).session == "nothing given"
    midazolam = next_session(form("midazolam 0.045 mg/kg IV over 40 min"), WHO, (), 0)
    assert not any("MOAA/S" in t.name or "oxygen" in t.name for t in midazolam.thresholds)
    assert midazolam.resolved_by is None
    assert midazolam.reported == ()


def test_thresholds_are_the_protocols():
    found = next_session(SPRAY, WHO, (), 0)
    stop = governing(SPRAY).thresholds("stop")
    for name in ("sbp", "dbp"):
        assert any(f"{stop[name].value:g} mmHg" in t.name for t in found.thresholds)
    assert any("120 min" in note for note in found.notes)


def test_over_many_sessions_the_same_person_comes_again():
    name = "systolic rise at or above 40 mmHg, as the label counts"
    one, eight, split = (
        next(t.probability for t in ever_crossed(plan, WHO, (), 0) if t.name == name)
        for plan in ([(IV, 1)], [(IV, 8)], [(IV, 3), (SPRAY, 0), (IV, 5)])
    )
    single = next(t.probability for t in next_session(IV, WHO, (), 0).thresholds if t.name == name)
    assert one == pytest.approx(single, rel=0.15)
    assert one < eight < 1 - (1 - one) ** 8
    assert split == pytest.approx(eight)


def test_the_clock_of_a_session_can_be_shifted():
    late = tuple(replace(d, time_h=d.time_h + 48.0, session=4) for d in IV)
    assert next_session(late, WHO, (), 0) == next_session(IV, WHO, (), 0)


def test_the_same_question_has_the_same_answer():
    asked = (SPRAY, WHO, (Happened(0, "CADSS", value=30.0),), 2, 7)
    first = next_session(*asked)
    for kept in (acute._outlook, acute.known, *vars(acute_people).values()):
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
    next_session(IV, WHO, (), 0)
    assert next_session(*asked) == first
    assert next_session(*asked[:-1], 8) != first


def test_without_a_model_there_is_a_note_and_no_number(monkeypatch):
    def refuse(*_):
        raise ModelError("No kinetic model for the route.")

    monkeypatch.setattr(acute, "ahead", refuse)
    found = next_session(IV, Patient(age_y=51), (), 0)
    assert found.peaks == found.thresholds == ()
    assert found.notes[0] == "No numbers: No kinetic model for the route."


@pytest.mark.parametrize("wrong", [{"sessions_before": -1}, {"seed": -1}, {"n": 10}])
def test_impossible_questions_are_refused(wrong):
    asked = {"sessions_before": 0, "seed": 0, "n": 400} | wrong
    with pytest.raises(InputError, match="expected"):
        next_session(IV, WHO, (), **asked)


@pytest.mark.parametrize("plan", [[], [(IV, -1)]])
def test_an_empty_plan_is_refused(plan):
    with pytest.raises(InputError, match="expected"):
        ever_crossed(plan, WHO, (), 0)


def test_lasting_scores_correlate_as_said():
    drawn = np.corrcoef(draw_sensitivity(100_000, np.random.default_rng(0)).z.T)
    assert np.abs(drawn - correlation()).max() < 0.015


def test_earlier_sessions_are_told_by_date_where_there_are_dates():
    begun = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    event = Happened(25 / 1440, "dissociation", "moderate")
    dated = read_history((event,), ((0.0, IV),), IV, 1, begun)
    counted = read_history((event,), ((0.0, IV),), IV, 1)
    assert dated.signs[0].told.endswith("on 2 Nov 2026")
    assert counted.signs[0].told.endswith("on day 0")
