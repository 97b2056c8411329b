"""Pictures and pages of a forecast say what its numbers say."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from comparison_example import comparison, unwell
from outlook_example import dated, example, refused
from reprieve.engine.forecast.outlook import Milestone
from reprieve.errors import InputError
from reprieve.pictures import Axis, Figure, terminal
from reprieve.report import forecast as report
from reprieve.report import plan as planning
from reprieve.report.forecast_parts import drivers, durations
from reprieve.report.forecast_pictures import converted, fan, relapse_odds
from reprieve.report.forecast_tables import (
    milestone_table,
    moved_table,
    relapse_table,
    some_checks,
)
from reprieve.report.frontier_picture import _places, cost, frontier
from reprieve.report.when import Clock, length, percent, stretch

SVG = "{http://www.w3.org/2000/svg}"
PICTURES = (fan, relapse_odds, drivers, durations)


def words(svg: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("draw", PICTURES)
@pytest.mark.parametrize("outlook", [example(), dated()], ids=["days", "dates"])
def test_each_picture_is_sound_has_a_sentence_a_table_and_a_terminal_form(draw, outlook):
    picture = draw(outlook)
    root = ET.fromstring(picture.svg())
    said = root.find(f"{SVG}desc")
    assert said is not None
    assert len(said.text or "") > 30
    assert re.search(r"\d", said.text or "")
    assert picture.table().rows
    assert len(terminal(picture, color=False).splitlines()) > 15
    assert not re.search(r"\bnan\b", picture.svg(), re.I)


def test_the_table_of_the_fan_holds_every_band_score_and_dose():
    outlook = example()
    rows = fan(outlook).table().rows
    for name, key in (("50 %", "p50"), ("80 %", "p80"), ("95 %", "p95")):
        drawn = [(r[1], r[3], r[4]) for r in rows if r[0] == f"expected, {name}"]
        assert drawn == [(b.day, *getattr(b, key)) for b in outlook.bands]
    assert [r[1] for r in rows if r[0] == "seen"] == [-2, 2, 9, 16, 23]
    assert [(r[1], r[2]) for r in rows if r[0] == "seen, not used"] == [(16, 28)]
    assert [r[1] for r in rows if r[0].startswith("planned: ")] == [28, 42, 56]
    assert [r[1] for r in rows if r[0].startswith("given: ")] == [0, 7, 14]


def test_used_scores_are_filled_and_unused_ones_hollow():
    outlook = example()
    own = [s for s in outlook.scores if s.instrument == "MADRS"]
    filled = fan(replace(outlook, scores=tuple(replace(s, used=True) for s in own))).svg()
    hollow = fan(replace(outlook, scores=tuple(replace(s, used=False) for s in own))).svg()
    ink = 'class="rp-f-paper rp-s-ink"'
    assert ink not in filled
    assert hollow.count(ink) == 2  # the dots and their key


def test_a_score_of_another_scale_stands_where_its_published_table_puts_it():
    other = example().scores[1]
    at = converted(other, "MADRS")
    assert at is not None
    assert 25 < at < 40  # HDRS-17 of 25 is severe on either scale
    assert converted(example().scores[0], "MADRS") is None
    assert converted(replace(other, instrument="HAMD-6"), "MADRS") is None


def test_stems_are_as_long_as_their_dose():
    fig = Figure("t", "", Axis("d"), Axis("y", low=-10, high=60))
    svg = fig.doses([1, 2], [0.5, 1.0], ["half", "whole"], color=4).svg(standalone=False)
    path = re.search(r'd="(M[^"]+)" class="rp-s-4"', svg)
    assert path
    (foot, first), (_, second) = re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", path[1])
    assert float(second) < float(first) < float(foot)
    assert [r[0] for r in fig.table().rows] == ["half", "whole"]
    with pytest.raises(InputError, match="names has 1 values where 2"):
        fig.doses([1, 2], [1, 1], ["one"])


def test_ticks_may_carry_words_of_their_own():
    axis = Axis("Date", low=0, high=20, ticks=(0.0, 7.0, 14.0), words=("a", "b", "c"))
    svg = Figure("t", x=axis).line([0, 20], [0, 1]).svg()
    assert {"a", "b", "c"} <= set(words(svg))
    with pytest.raises(InputError, match="1 words for 2 ticks"):
        Axis("x", ticks=(0.0, 1.0), words=("a",))


def test_a_case_with_dates_is_told_in_dates():
    said = " ".join(words(fan(dated()).svg()))
    assert "26 Nov 2026" in said
    assert re.search(r"\b25 Dec\b", said)
    assert "asked, day" not in said
    clock = Clock("2026-11-02T09:30:00-05:00")
    assert clock.day(0.0) == "2 Nov 2026"
    assert clock.day(0.7) == "3 Nov 2026"  # 9:30 and 16.8 h is after midnight
    assert clock.day(60.0) == "1 Jan 2027"


def test_ticks_of_dates_stand_at_midnight():
    axis = Clock("2026-11-02T12:00:00+00:00").axis(0.0, 6.0)
    assert axis.ticks[0] == pytest.approx(0.5)
    assert axis.words[0] == "3 Nov 2026"


def test_lengths_and_odds_in_words():
    assert [length(d) for d in (1, 3, 7, 14, 38.5)] == [
        "one day", "3 days", "one week", "2 weeks", "5.5 weeks",
    ]  # fmt: skip
    assert stretch((3, 30)) == "3 to 30 days"
    assert stretch((28, 84)) == "4 to 12 weeks"
    assert percent(0.0) == "less than 1 %"
    assert percent(0.999) == "more than 99 %"
    assert percent(0.305) == "30 %"


def test_relapse_starts_at_nothing_and_ends_where_the_outlook_says():
    outlook = example()
    rows = relapse_odds(outlook).table().rows
    planned = [r for r in rows if r[0] == "as planned"]
    assert planned[0][1:3] == (outlook.asked_at, 0.0)
    assert planned[-1][2] == pytest.approx(100 * outlook.relapse.plan[-1])
    alone = replace(outlook, relapse=replace(outlook.relapse, plan=None))
    assert {r[0] for r in relapse_odds(alone).table().rows} == {"no further dose"}


@pytest.mark.parametrize("draw", PICTURES)
def test_nothing_is_drawn_without_a_forecast(draw):
    with pytest.raises(InputError, match="too_few_scores"):
        draw(refused())


def test_the_page_begins_with_the_sentence_and_has_every_part():
    html = report.html(example())
    assert "<script" not in html
    assert html.count("<svg") == 4
    lead = html.index("About 4 in 10 chance")
    assert lead < html.index("<svg")
    for title in (
        "What to expect", "Relapse", "What it is made of", "What would change it",
        "The next session", "People like this one", "How long it lasts", "Limits",
        "What it rests on",
    ):  # fmt: skip
        assert f">{title}</h2>" in html
    assert "between 30 and 85 %" in html  # drug against context, as a range
    assert "doi.org" in html
    assert "ensemble 2026-11-20, seed 1" in html


def test_a_page_without_a_forecast_says_why_and_nothing_else():
    html = report.html(refused())
    assert "too_few_scores" in html
    assert html.count("No score has come in") == 1
    assert "<svg" not in html
    assert "<table" not in html
    assert len(report.sections(refused())) == 1


def test_a_person_not_in_response_has_no_relapse_picture():
    outlook = replace(example(), relapse=None, why=None, duration=(), next_session=None)
    html = report.html(outlook)
    assert html.count("<svg") == 1
    assert "nothing to relapse from" in html
    assert "nothing to relapse from" in report.text(outlook)


def test_the_frontier_marks_every_schedule_once_and_what_nothing_beats():
    found = comparison()
    rows = frontier(found).table().rows
    marked = {r[0]: r for r in rows if r[0] in {c.schedule.name for c in found.choices}}
    for choice in found.choices:
        assert marked[choice.schedule.name][1:3] == (choice.sessions, cost(choice, found))
    svg = frontier(found).svg()
    assert words(svg).count("when PHQ-9 rises by 5") == 1
    assert "rises by 5" not in re.findall(r"<desc[^>]*>(.*?)</desc>", svg)[0]
    assert "Days out of response" in frontier(unwell()).svg()


def test_names_of_schedules_do_not_touch():
    from reprieve.pictures.text import width
    from reprieve.report.frontier_picture import _PLOT, _box, _pixels

    found = comparison()
    fig = frontier(found)
    x = [c.sessions for c in found.choices]
    y = [cost(c, found) for c in found.choices]
    at = zip(_pixels(x, fig.x, _PLOT[0]), _pixels(y, fig.y, _PLOT[1]), strict=True)
    sides = _places(x, y, fig, found.choices)
    boxes = [
        _box(a, b, side, width(c.schedule.name, 12))
        for (a, b), side, c in zip(at, sides, found.choices, strict=True)
    ]
    for k, one in enumerate(boxes):
        for two in boxes[:k]:
            apart = one[0] >= two[2] or two[0] >= one[2] or one[1] >= two[3] or two[1] >= one[3]
            assert apart, (found.choices[k].schedule.name, one, two)


def test_the_page_of_a_plan_compares_and_says_what_was_left_out():
    html = planning.html(comparison())
    assert "every 3 weeks" in html
    assert "24 sessions; at most 12 were asked for." in html
    assert "left out" in html
    assert "Options, no order." in html
    assert "not in response" in planning.html(unwell())
    assert "| weekly" in planning.text(comparison())


def test_cut_offs_are_named_beside_the_panel_and_apart():
    fig = Figure("t", x=Axis("x", low=0, high=1), y=Axis("y", low=0, high=60))
    fig.line([0, 1], [0, 60]).hline(10, "remission ≤ 10", outside=True)
    fig.hline(11, "response ≤ 11", outside=True)
    root = ET.fromstring(fig.svg())
    frame = next(e for e in root.iter(f"{SVG}clipPath"))[0].attrib
    names = [e.attrib for e in root.iter(f"{SVG}text") if "≤" in (e.text or "")]
    right = float(frame["x"]) + float(frame["width"])
    assert all(float(n["x"]) > right for n in names)
    assert abs(float(names[0]["y"]) - float(names[1]["y"])) >= 13.9


def test_a_planned_session_that_was_missed_is_not_drawn_as_planned():
    outlook = example()
    missed = replace(outlook.doses[1], given=False)
    doses = (outlook.doses[0], missed, *outlook.doses[2:])
    rows = [r[0] for r in fan(replace(outlook, doses=doses)).table().rows]
    assert [r for r in rows if r.startswith("missed: ")] == [f"missed: {missed.text}"]
    assert sum(r.startswith("planned: ") for r in rows) == 3


def test_a_response_that_outlasts_the_watch_is_not_given_an_end():
    outlook = example()
    long = replace(outlook.duration[2], beyond=0.6, median_days=84.0)
    found = replace(outlook, duration=(outlook.duration[0], long))
    shown = {r[0]: r[1:] for r in durations(found).table().rows}
    assert shown["day 0"] == (9.0, 0.0, 3.0, 30.0)
    assert shown["day 28, planned"][0] != shown["day 28, planned"][0]  # no median is drawn
    html = report.html(found)
    assert "6 days to over 12 weeks" in html
    assert '<td class="n">over 12 weeks</td>' in html


def test_parts_that_never_matter_are_left_out_of_the_drawing_and_kept_in_the_table():
    named = {r[1] for r in drivers(example()).table().rows}
    assert "drug" in named
    assert "other treatment" not in named
    assert "Other treatment" in report.html(example())


def test_the_terminal_puts_its_key_under_the_picture():
    lines = terminal(fan(example()), columns=90, rows=20, color=False).splitlines()
    foot = next(k for k, line in enumerate(lines) if "└" in line)
    keys = [k for k, line in enumerate(lines) if "expected, 95 %" in line or "dose given" in line]
    assert keys
    assert min(keys) > foot
    assert any("response ≤ 18" in line for line in lines)


def test_what_was_reached_is_said_with_whether_it_held_at_the_last_score():
    held, lost, old = example(), response_lost(), replace(example(), asked_at=50.0)
    for outlook, value, said in (
        (held, "held", "at the last score, 14 on day 23"),
        (lost, "not held", "at the last score, 30 on day 23"),
        (old, "was held", "at the last score, 14 on day 23, 3.9 weeks ago"),
    ):
        card = report.headline_cards(outlook)[0]
        assert (card.label, card.value) == ("Response, reached on day 9", value)
        assert card.note == said
        row = milestone_table(outlook).rows[1]
        assert row[2] == f"reached on day 9; {value}"


def test_response_again_has_a_card_and_a_row_of_its_own():
    outlook = response_lost()
    assert outlook.again is not None
    card = report.headline_cards(outlook)[1]
    assert (card.label, card.value) == ("Response again by day 108", "62 %")
    assert [r[0] for r in milestone_table(outlook).rows][1:3] == ["Response", "Response again"]
    assert "Response again" not in report.html(example())


def response_lost():
    """The example with a last score back at 30."""
    found = example()
    scores = tuple(replace(s, value=30.0) if s.day == 23 else s for s in found.scores)
    again = Milestone("half of the entry score lost", 18.0, 0.62, 40.0, (27.0, 88.0), None)
    return replace(found, scores=scores, relapse=None, again=again)


def test_no_column_says_relapse_before_it_can_be_said():
    """Two checks in a row are asked for: at the first one nobody can have relapsed."""
    found = comparison()
    heads = [c.label for c in planning.relapse_table(found).columns]
    assert heads[1] == f"By day {found.check_days[1]:g}"
    assert heads[-1] == f"By day {found.check_days[-1]:g}"
    first = relapse_table(example()).rows[0][0]
    assert str(first).startswith(f"Day {example().relapse.days[1]:g}")
    assert some_checks(2) == [1]
    assert some_checks(1) == [0]


def test_the_table_of_what_scores_taught_says_what_it_compares():
    caption = moved_table(example()).caption
    assert "without that score" in caption
    heads = [c.label for c in moved_table(example()).columns]
    assert "Expected from those before it" in heads
