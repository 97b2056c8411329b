"""Pictures say what the numbers say, to eyes, to screen readers and in a terminal."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reprieve.errors import InputError
from reprieve.pictures import Axis, Figure, Grid, terminal, theme
from reprieve.pictures.draw import _thin
from reprieve.pictures.scale import Scale, compact, limits, number, tick_texts, ticks
from reprieve.pictures.text import width

SVG = "{http://www.w3.org/2000/svg}"
TIME, LEVEL = Axis("Time", "h"), Axis("Level", "ng/mL")


def decay() -> Figure:
    t = np.linspace(0.0, 24.0, 200)
    return (
        Figure("Decay", "Falls by half every 3 h.", TIME, LEVEL)
        .span(0, 0.67, "infusion")
        .band(t, 80 * 0.5 ** (t / 3), 120 * 0.5 ** (t / 3), "model")
        .line(t, 100 * 0.5 ** (t / 3), "model")
        .points([1, 6], [75, 30], "observed", low=[60, 20], high=[90, 40])
        .hline(50, "half")
        .vline(12, "noon")
    )


def every_mark() -> Figure:
    fig = decay().stems([0, 8], [10, 10], "dose").note(3, 50, "one half-life")
    return fig.steps([0, 6, 12], [100, 80, 60], "held")


def texts(svg: str) -> list[ET.Element]:
    return ET.fromstring(svg).findall(f".//{SVG}text")


# --- axes -------------------------------------------------------------------------------------


@given(
    low=st.floats(-1e5, 1e5),
    length=st.floats(1e-3, 1e5),
    count=st.integers(2, 10),
    unit=st.sampled_from(["", "h", "d", "min", "weeks"]),
)
def test_ticks_lie_on_the_axis_evenly_and_each_has_its_own_words(low, length, count, unit):
    high = low + length
    axis = Axis("x", unit)
    places = ticks(axis, low, high, count)
    assert all(low - 1e-6 * length <= p <= high + 1e-6 * length for p in places)
    assert len(places) <= 3 * count + 1
    if len(places) > 2:
        gaps = np.diff(places)
        assert np.allclose(gaps, gaps[0], rtol=1e-6)
    if abs(low) < 1e4 * length:  # finer than that the words would need more than seven decimals
        assert len(set(tick_texts(axis, places))) == len(places)


@given(st.floats(1e-4, 1e4), st.floats(1.5, 1e5), st.integers(3, 9))
def test_log_ticks_rise_within_the_axis(low, ratio, count):
    places = ticks(Axis("x", log=True), low, low * ratio, count)
    assert all(low * 0.999 <= p <= low * ratio * 1.001 for p in places)
    assert places == sorted(set(places))


@example([0.0, 5e-324], False)
@example([1.0, 1.0 + 1e-15], True)
@example([1e20, 1e20], False)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.booleans())
def test_an_axis_covers_its_data(values, zero):
    low, high = limits(Axis("x"), np.array(values), zero=zero)
    slack = 1e-8 * (high - low)  # a hundred-thousandth of a pixel
    assert low <= min(values) + slack
    assert high >= max(values) - slack
    assert low < high
    assert not zero or low <= 0 <= high


@given(st.floats(0.01, 10), st.floats(20, 1e4), st.floats(0.0, 1.0), st.booleans())
def test_a_scale_keeps_order_and_meets_its_ends(low, high, share, log):
    scale = Scale(low, high, 40.0, 600.0, log)
    inside = low + share * (high - low)
    assert scale(low) == pytest.approx(40.0)
    assert scale(high) == pytest.approx(600.0)
    assert 40.0 - 1e-9 <= scale(inside) <= 600.0 + 1e-9


def test_hours_get_ticks_of_the_clock_and_days_of_the_week():
    assert ticks(Axis("t", "h"), 0, 24, 4) == [0, 6, 12, 18, 24]
    assert ticks(Axis("t", "d"), 0, 28, 4) == [0, 7, 14, 21, 28]


def test_numbers_are_set_as_in_print():
    assert number(-3.5, 1) == "−3.5"
    assert number(12345, 0) == "12\u202f345"
    assert number(4.2e-9, 3) == "4.2×10⁻⁹"
    assert compact(71.25) == "71.25"
    assert compact(float("nan")) == "–"


# --- SVG --------------------------------------------------------------------------------------


@pytest.mark.parametrize("standalone", [True, False])
def test_svg_is_well_formed_named_and_inert(standalone):
    svg = every_mark().svg(standalone=standalone)
    root = ET.fromstring(svg)
    ids = {e.attrib["id"]: e for e in root.iter() if "id" in e.attrib}
    named = [ids[i] for i in root.attrib["aria-labelledby"].split()]
    assert root.attrib["role"] == "img"
    assert [e.text for e in named] == ["Decay", "Falls by half every 3 h."]
    assert not re.search(r"\son\w+=|\sstyle=|<script|javascript:", svg)
    assert ("<style>" in svg) == standalone


def test_words_cannot_leave_their_place():
    svg = Figure("<script>alert(1)</script>", 'a " b').line([0, 1], [0, 1], "x & <y>").svg()
    assert "<script" not in svg
    assert any(e.text == "x & <y>" for e in texts(svg))


def test_the_same_numbers_give_the_same_bytes_and_other_numbers_other_ids():
    assert every_mark().svg() == every_mark().svg()
    other = Figure("Decay", "Falls by half every 3 h.", TIME, LEVEL).line([0, 1], [0, 1], "model")
    first, second = (re.search(r'id="(rp\w+)-t"', f.svg()) for f in (decay(), other))
    assert first
    assert second
    assert first[1] != second[1]


def test_a_line_runs_through_the_scaled_points():
    fig = Figure("t", x=Axis("x", low=0, high=10), y=Axis("y", low=0, high=100), legend="none")
    svg = fig.line([0, 5, 10], [0, 100, 50], color=1).svg(standalone=False)
    path = next(
        p.attrib["d"]
        for p in ET.fromstring(svg).iter(f"{SVG}path")
        if "rp-s-1" in p.attrib["class"]
    )
    (x0, y0), (x1, y1), (x2, y2) = re.findall(r"[ML]([\d.]+) ([\d.]+)", path)
    assert float(x1) - float(x0) == pytest.approx(float(x2) - float(x1), abs=0.2)
    assert float(y0) - float(y1) == pytest.approx(2 * (float(y2) - float(y1)), abs=0.3)


def test_a_gap_in_the_data_is_a_gap_in_the_line():
    fig = Figure("t", legend="none").line([0, 1, 2, 3, 4], [1, 2, np.nan, 2, 1], color=1)
    path = re.search(r'd="(M[^"]+)" class="rp-s-1"', fig.svg())
    assert path
    assert path[1].count("M") == 2


def test_a_log_axis_leaves_out_what_it_cannot_place():
    fig = Figure("t", x=Axis("x"), y=Axis("y", log=True), legend="none")
    path = re.search(
        r'd="(M[^"]+)" class="rp-s-1"', fig.line([0, 1, 2], [0, 10, 100], color=1).svg()
    )
    assert path
    assert path[1].count("L") == 1


@given(st.integers(0, 10_000))
def test_thinning_never_moves_a_line_by_more_than_its_tolerance(seed):
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 700, 400)
    y = np.cumsum(rng.normal(size=400))
    at = _thin(x, y).astype(int)
    assert np.abs(np.interp(x, x[at], y[at]) - y).max() < 0.15 * np.sqrt(1 + np.diff(y).max() ** 2)
    smooth = _thin(x, 100 * np.exp(-x / 200))
    assert len(smooth) < 60


def test_marks_of_one_label_share_a_colour_and_one_legend_entry():
    svg = decay().svg()
    assert sum(e.text == "model" for e in texts(svg)) == 1
    assert len(re.findall(r'class="rp-f-1"[^>]*fill-opacity', svg)) == 2  # the band and its key


def test_tick_labels_do_not_touch_over_many_ranges():
    for high in (3, 17, 24, 60, 168, 900, 12_345):
        fig = Figure("t", x=Axis("Time", "h", low=0, high=high)).line([0, high], [0, 1])
        words = [e for e in texts(fig.svg()) if e.attrib["text-anchor"] == "middle"][:-1]
        boxes = sorted((float(e.attrib["x"]), width(e.text or "", 12) / 2) for e in words)
        for (a, half_a), (b, half_b) in itertools.pairwise(boxes):
            assert a + half_a < b - half_b


def test_names_at_line_ends_stay_apart_and_on_the_paper():
    fig = Figure("t", x=Axis("x"), y=Axis("y"), legend="direct")
    for k in range(5):
        fig.line([0, 1], [0, 0.001 * k], f"series {k}")
    ends = [float(e.attrib["y"]) for e in texts(fig.svg()) if "series" in (e.text or "")]
    assert min(np.diff(sorted(ends))) >= 13.9
    assert max(ends) < 340


def test_sets_of_bars_stand_side_by_side():
    fig = Figure("t", y=Axis("y", "%")).bars(["a", "b"], [10, 20], label="one")
    fig.bars(["a", "b"], [12, 18], [10, 15], [14, 21], label="two")
    paths = re.findall(r'd="(M[^"]+Z)" class="rp-f-[12]"', fig.svg(standalone=False))
    starts = [[float(v) for v in re.findall(r"M([\d.]+)", path)] for path in paths]
    assert starts[0][0] < starts[1][0] < starts[0][1] < starts[1][1]


def test_a_grid_has_one_key_and_colours_that_agree():
    panels = [
        Figure("A", x=TIME, y=LEVEL).line([0, 1], [1, 2], "model"),
        Figure("B", x=TIME, y=LEVEL).points([0, 1], [1, 2], "seen").line([0, 1], [1, 2], "model"),
    ]
    grid = Grid("Two", "Both rise.", panels)
    svg = grid.svg()
    ET.fromstring(svg)
    assert sum(e.text == "model" for e in texts(svg)) == 1
    assert svg.count('class="rp-s-1" fill="none" stroke="#174fc0" stroke-width="2"') == 3
    ids = re.findall(r'\sid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))


# --- the same picture for other readers ---------------------------------------------------------


def test_the_table_holds_every_number_drawn():
    rows = decay().table().rows
    drawn = {(r[0], r[1], r[2]) for r in rows}
    assert ("observed", 1.0, 75.0) in drawn
    assert ("half", "", 50.0) in drawn
    assert sum(r[0] == "model" for r in rows) == 400
    assert ("observed", 6.0, 30.0, 20.0, 40.0) in rows


def test_a_thinned_table_keeps_the_ends():
    rows = [r for r in decay().table(most=10).rows if r[0] == "model" and r[2] != ""]
    assert len(rows) == 10
    assert rows[0][1] == 0.0
    assert rows[-1][1] == 24.0


def test_a_terminal_shows_title_axes_and_labels_without_colour_codes():
    text = terminal(every_mark(), columns=80, rows=20, color=False)
    assert "\x1b" not in text
    for word in ("Decay", "Time (h)", "Level (ng/mL)", "model", "observed"):
        assert word in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_terminal_shows_bars_by_name():
    fig = Figure("Response", y=Axis("Response", "%")).bars(["ketamine", "saline"], [60, 20])
    text = terminal(fig, columns=60, rows=15, color=False)
    assert "ketamine" in text
    assert "saline" in text


# --- colours ------------------------------------------------------------------------------------

# Machado 2009, severity 1.0, on linear RGB
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(linear(c) @ weights) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    x = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_series_stand_out_from_their_paper_and_words_can_be_read(palette):
    for k in range(1, theme.SERIES + 1):
        assert contrast(palette[str(k)], palette["paper"]) >= 3.0
    for name in ("ink", "muted", "good", "warn", "bad"):
        assert contrast(palette[name], palette["paper"]) >= 4.5


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("sight", list(SIGHT))
def test_series_keep_apart_for_every_kind_of_sight(palette, sight):
    seen = [lab(SIGHT[sight] @ linear(palette[str(k)])) for k in range(1, theme.SERIES + 1)]
    nearest = min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))
    assert nearest > 15  # CIE76; 2.3 is just noticeable side by side


# --- refusals -----------------------------------------------------------------------------------


def test_it_refuses_columns_that_do_not_fit():
    with pytest.raises(InputError, match="y has 2 values where 3 were expected"):
        Figure("t").line([0, 1, 2], [0, 1])
    with pytest.raises(InputError, match="not a number"):
        Figure("t").line(["a"], [1])
    with pytest.raises(InputError, match="low first"):
        Axis("x", low=2, high=1)
    with pytest.raises(InputError, match="start above zero"):
        Axis("x", low=0, log=True)
    with pytest.raises(InputError, match="on an axis of"):
        Figure("t").bars(["a"], [1]).bars(["b"], [1])
    with pytest.raises(InputError, match="at least one figure"):
        Grid("t", "", [])
    with pytest.raises(InputError, match="No colour 'mauve'"):
        Figure("t").line([0, 1], [0, 1], color="mauve").svg()


@pytest.mark.parametrize("values", [[], [3, 3, 3], [np.nan] * 3, [1e-9] * 3, [1e300, 2, 1e300]])
def test_degenerate_data_still_draw(values):
    at = np.arange(len(values)) + 1.0
    ET.fromstring(Figure("t", x=TIME, y=LEVEL).line(at, values, "a").svg())
    log = Figure("t", x=Axis("x", log=True), y=Axis("y", log=True)).points(at, values, "a")
    ET.fromstring(log.svg())
    assert "t" in terminal(log, color=False)


def test_the_key_in_characters_names_a_label_once():
    fig = Figure("Levels", "A line inside its band.", Axis("h"), Axis("ng/mL"))
    x = np.array([0.0, 1.0, 2.0])
    fig.band(x, x, x + 2, "drug one").line(x, x + 1, "drug one").line(x, x + 3, "drug two")
    drawn = terminal(fig, color=False)
    assert drawn.count("drug one") == drawn.count("drug two") == 1
