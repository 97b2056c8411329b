"""The anaesthesia chart: the same numbers drawn and listed, none of them invented or hidden."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from reprieve.evidence.practice import Bounds
from reprieve.pictures import theme
from reprieve.report.anaesthesia_chart import (
    Check,
    Drug,
    Happening,
    Reading,
    SessionChart,
    Shot,
    Stretch,
    anaesthesia_chart,
    columns,
    description,
    level,
    not_drawn,
    table,
)

T0 = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
BOUNDS = {
    "sbp": Bounds(40, 300, 80, 180, 90, 140),
    "dbp": Bounds(20, 200, 40, 110, 50, 90),
    "hr": Bounds(20, 250, 45, 130, 50, 110),
    "spo2": Bounds(40, 100, 90, None, 93, None),
}


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


def reading(minute: float, values: Mapping[str, object], **how: bool) -> Reading:
    return Reading(at(minute), {k: Decimal(str(v)) for k, v in values.items()}, **how)


USUAL = {"sbp": 124, "dbp": 78, "hr": 72, "spo2": 98, "rr": 14, "moaas": 5}
CHART = SessionChart(UTC, at(-10), at(60), bounds=BOUNDS, started_at=T0, now=at(31))


def drawn(chart: SessionChart) -> ET.Element:
    return ET.fromstring(anaesthesia_chart(chart))


def texts(chart: SessionChart) -> list[str]:
    return [e.text or "" for e in drawn(chart).iter("{http://www.w3.org/2000/svg}text")]


def hearts(chart: SessionChart) -> list[tuple[float, float]]:
    """Places of the filled dots of heart rate, without the key's and the axis' samples."""
    found = [
        (float(e.attrib["cx"]), float(e.attrib["cy"]))
        for e in drawn(chart).iter("{http://www.w3.org/2000/svg}circle")
        if "rp-f-3" in e.attrib.get("class", "")
    ]
    return [p for p in found if p[0] > 104 and p[1] > 28]


def test_an_empty_session_has_a_grid_and_says_so() -> None:
    assert description(CHART) == "No readings yet."
    assert {"09:30", "start", "now", "SpO₂", "MOAA/S"} <= set(texts(CHART))


def test_it_carries_no_style_attribute_and_no_script() -> None:
    svg = anaesthesia_chart(replace(CHART, readings=[reading(5, USUAL)]))
    assert not re.search(r"\bstyle=|<style|<script|\bon\w+=", svg)


def test_words_from_people_cannot_leave_their_place() -> None:
    chart = replace(CHART, happenings=[Happening(at(3), '<script>"x"</script>')])
    assert "<script" not in anaesthesia_chart(chart)


def test_the_same_chart_draws_the_same_svg() -> None:
    chart = replace(CHART, readings=[reading(5, USUAL)])
    assert anaesthesia_chart(chart) == anaesthesia_chart(chart)


def test_every_reading_stands_in_picture_and_table_as_it_was_written() -> None:
    chart = replace(CHART, readings=[reading(5, {**USUAL, "temp": "36.80"}), reading(0, USUAL)])
    rows = table(chart)
    assert [r.minute for r in rows] == [0, 5]
    assert rows[1].cells["bp"].text == "124/78"
    assert rows[1].cells["temp"].text == "36.8"
    assert ("temp", "Temp °C") in columns(chart)
    shown = texts(chart)
    assert shown.count("98") == 2
    assert "36.8" in shown
    assert len(hearts(chart)) == 2


def test_time_and_value_decide_where_a_dot_lies() -> None:
    chart = replace(CHART, readings=[reading(0, USUAL), reading(10, USUAL), reading(30, USUAL)])
    (x0, y0), (x1, y1), (x2, y2) = hearts(chart)
    assert (x2 - x1) == pytest.approx(2 * (x1 - x0), abs=0.2)
    assert y0 == y1 == y2
    higher = replace(CHART, readings=[reading(0, USUAL), reading(10, {**USUAL, "hr": 92})])
    assert hearts(higher)[1][1] < hearts(higher)[0][1]


def test_no_stroke_joins_two_times() -> None:
    """Each stroke of the vital signs stays within the marks of one set: nothing interpolated."""
    sets = [reading(m, {**USUAL, "sbp": 120 + m}) for m in (0, 5, 30)]
    with_one, with_all = ([*anaesthesia_chart(replace(CHART, readings=sets[:n])).split("<path")]
                          for n in (1, 3))  # fmt: skip
    ink = [p for p in with_all if "rp-s-ink" in p and p not in with_one]
    assert ink, "three sets must add marks"
    for stroke in ink:
        xs = [float(n) for n in re.findall(r"[ML]([\d.]+) ", stroke)]
        assert max(xs) - min(xs) <= 12.1


def test_abnormal_and_critical_differ_in_shape_and_carry_their_number() -> None:
    usual, abnormal, critical = (
        replace(CHART, readings=[reading(5, {**USUAL, "sbp": sbp, "spo2": spo2})])
        for sbp, spo2 in ((124, 98), (150, 92), (184, 89))
    )
    assert "150" in texts(abnormal)
    assert {"184!", "89!"} <= set(texts(critical))
    assert not any("!" in t for t in texts(usual)[6:])

    def weights(c: SessionChart) -> int:
        return anaesthesia_chart(c).count('stroke-width="3.4"')

    def frames(c: SessionChart) -> int:
        return anaesthesia_chart(c).count('stroke-width="2.4"')

    assert weights(abnormal) > weights(usual)
    assert frames(critical) > frames(abnormal) == frames(usual)


def test_where_abnormal_begins_is_the_protocols_to_say() -> None:
    chart = replace(CHART, readings=[reading(5, {**USUAL, "sbp": 150})])
    assert table(chart)[0].worst == "abnormal"
    wider = {**BOUNDS, "sbp": Bounds(40, 300, 80, 200, 90, 160)}
    assert table(replace(chart, bounds=wider))[0].worst == "usual"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"sbp": 1400}, "Systolic 1400"),
        ({"spo2": 141}, "SpO₂ 141"),
        ({"hr": 2}, "Heart rate 2"),
        ({"sbp": 78, "dbp": 124}, "Diastolic 124"),
    ],
)
def test_what_cannot_be_true_is_named_and_not_drawn(wrong: dict[str, int], named: str) -> None:
    chart = replace(CHART, readings=[reading(5, {**USUAL, **wrong})])
    assert any(said.endswith(named) for said in not_drawn(chart))
    assert any(t.startswith("Not drawn") and named in t for t in texts(chart))
    assert str(wrong.get("spo2", "no")) not in texts(chart)
    assert len(hearts(chart)) == (0 if "hr" in wrong else 1)
    low = drawn(replace(CHART, readings=[reading(5, USUAL)])).attrib["viewBox"].split()[3]
    high = drawn(chart).attrib["viewBox"].split()[3]
    assert float(high) - float(low) < 40, "an impossible value must not stretch the axis"


def test_pressures_upside_down_are_impossible_without_any_protocol() -> None:
    values = {"sbp": Decimal(80), "dbp": Decimal(80)}
    assert level("sbp", values, {}) == level("dbp", values, {}) == "impossible"


def test_a_struck_set_stays_visible_and_counts_nowhere() -> None:
    chart = replace(CHART, readings=[reading(5, {**USUAL, "spo2": 97}, struck=True)])
    assert "97" in texts(chart)
    assert hearts(chart) == []
    assert description(chart) == "No readings yet."


def test_numbers_close_in_time_do_not_stand_on_each_other() -> None:
    chart = replace(CHART, readings=[reading(m, USUAL) for m in (5, 6, 7)])
    svg = "{http://www.w3.org/2000/svg}text"
    places = [
        (float(e.attrib["x"]), float(e.attrib["y"]))
        for e in drawn(chart).iter(svg)
        if e.text == "98"
    ]
    assert len(places) == 3
    for i, (x, y) in enumerate(places):
        assert all(abs(x - a) > 20 or abs(y - b) > 14 for a, b in places[i + 1 :])


def test_a_running_drug_shows_its_rates_the_pause_and_what_is_still_planned() -> None:
    runs = [Stretch(T0, at(15), "75 mL/h"), Stretch(at(20), None, "56 mL/h")]
    drug = Drug("Ketamine", "induction", runs, planned_end=at(45))
    chart = replace(
        CHART, drugs=[drug, Drug("Ondansetron", "antiemetic", shots=[Shot(at(22), "4 mg")])]
    )
    shown = texts(chart)
    assert {"Ketamine", "75 mL/h", "Ondansetron", "4 mg"} <= set(shown)
    yellow = [
        float(e.attrib["width"])
        for e in drawn(chart).iter("{http://www.w3.org/2000/svg}rect")
        if e.attrib.get("fill") == "#ffd400"
    ]
    assert len(yellow) == 3  # the label and two stretches: a pause is a gap
    assert 'stroke-dasharray="4 3"' in anaesthesia_chart(chart)
    assert 'stroke-dasharray="4 3"' not in anaesthesia_chart(replace(chart, now=at(50)))


def test_events_are_numbered_by_time_and_told_in_words() -> None:
    chart = replace(CHART, happenings=[Happening(at(9), "Nausea, mild"), Happening(T0, "Start")])
    titles = [e.text for e in drawn(chart).iter("{http://www.w3.org/2000/svg}title")]
    assert titles[1:] == ["1. 09:30 Start", "2. 09:39 Nausea, mild"]


def test_due_taken_and_missed_checks_have_shapes_of_their_own() -> None:
    svgs = {
        s: anaesthesia_chart(replace(CHART, checks=[Check(at(20), s)]))
        for s in ("done", "missed", "due", "coming")
    }
    assert len(set(svgs.values())) == 4


def test_times_are_the_clinics_own() -> None:
    chart = replace(CHART, zone=ZoneInfo("America/New_York"), readings=[reading(0, USUAL)])
    assert table(chart)[0].clock == "04:30"
    assert "04:30" in texts(chart)
    assert "09:30" not in texts(chart)


def test_a_day_of_six_hours_still_fits_its_width() -> None:
    chart = replace(CHART, end=at(400), readings=[reading(m, USUAL) for m in range(0, 390, 15)])
    assert drawn(chart).attrib["viewBox"].startswith("0 0 900 ")
    times = [
        float(e.attrib["x"])
        for e in drawn(chart).iter("{http://www.w3.org/2000/svg}text")
        if re.fullmatch(r"\d\d:\d\d", e.text or "")
    ]
    assert min(b - a for a, b in pairwise(times)) > 40


def test_colours_are_those_of_all_pictures() -> None:
    """Every fill and stroke is a token of the theme, or a label colour that no theme may change."""
    from reprieve.report.anaesthesia_marks import LABEL_INK, LABELS

    chart = replace(
        CHART, readings=[reading(5, {**USUAL, "sbp": 184})], drugs=[Drug("K", "induction")]
    )
    known = {*theme.LIGHT.values(), *LABELS.values(), LABEL_INK, "none"}
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', anaesthesia_chart(chart))) <= known
