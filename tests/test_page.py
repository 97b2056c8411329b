"""A report is one file that loads nothing, runs nothing and reads well."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from reprieve.errors import InputError
from reprieve.pictures import Axis, Figure, theme
from reprieve.report import (
    Aside,
    Badge,
    Card,
    Cards,
    Column,
    DataTable,
    Items,
    Link,
    Section,
    Shown,
    page,
)
from reprieve.report.blocks import Moment, Unfolding

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Tree(HTMLParser):
    """Tags with their attributes, and a check that every tag is closed where it was opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.tags if t == tag]


def example() -> str:
    fig = Figure("Decay", "Falls.", Axis("Time", "h"), Axis("Level", "ng/mL"))
    fig.line([0, 1, 2], [4, 2, 1], "level")
    table = DataTable(
        ["Study", Column("Effect", "SD", 2), Column("Weight", "kg", 1), "Status"],
        [["one_2012", 0.7, 71.26, Badge("verified")], ["two_2013", -1.25, None, Badge("recalled")]],
        "Effects by study",
    )
    return page(
        "A report",
        [
            Section("In short", [Cards([Card("Relief comes", "day 1", "half of people")])]),
            Section("Curve", [Shown(fig, "Seen once."), Shown(fig, "And again.")]),
            Section(
                "Rows", [table, Items(["one", ["two ", Link("doi", "https://doi.org/10.1/x")]])]
            ),
            Section("Limits", [Aside("Not advice.", "Limit.", "warn"), "1 < 2 & <b>bold</b>"]),
        ],
        "Seed 1.",
        lead="It comes and goes.",
    )


def test_nothing_is_loaded_and_nothing_runs():
    html = example()
    assert not re.search(r"<script|<link|<img|<iframe|\son\w+=|\sstyle=|@import|url\((?!#)", html)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert policy[1].startswith("default-src 'none'")
    assert "unsafe" not in policy[1]


def unfolding() -> str:
    moments = [Moment(f"Day {k}", f"score {k}", [f"What was known on day {k}."]) for k in range(3)]
    return page("Steps", [Section("A", [Unfolding("Move through time", moments)])])


def test_a_slider_brings_one_script_that_the_policy_names_by_hash():
    html = unfolding()
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    assert len(scripts) == html.count("<script") == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    assert "default-src 'none'" in html
    assert "unsafe" not in html
    assert not re.search(r"\son\w+=|\bfetch\b|\beval\b|https?:|innerHTML", scripts[0])
    assert "script-src" not in example()


def test_a_slider_is_a_list_of_every_moment_without_script():
    tree = Tree(unfolding())
    assert tree.open == []
    assert len(tree.all("li")) == 3
    assert not [a for a in tree.all("li") if "hidden" in a]
    control = next(a for a in tree.all("div") if a.get("class") == "unfold-control")
    assert "hidden" in control  # a slider that does nothing is not shown
    slider = next(a for a in tree.all("input") if a["type"] == "range")
    assert (slider["min"], slider["max"]) == ("1", "3")
    assert tree.all("label")[0]["for"] == slider["id"]
    assert all(b["aria-label"] for b in tree.all("button"))
    for k in range(3):
        assert f"What was known on day {k}." in tree.words


def test_the_policy_admits_exactly_the_style_of_the_page():
    html = example()
    styles = re.findall(r"<style>(.*?)</style>", html, re.S)
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    assert len(styles) == 1
    assert f"style-src 'sha256-{digest}'" in html


def test_it_is_a_sound_document_with_landmarks_and_a_way_past_them():
    tree = Tree(example())
    assert tree.open == []
    assert tree.all("html")[0]["lang"] == "en"
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(tree.all(landmark)) == 1
    assert tree.all("a")[0]["href"] == "#main"
    ids = [a["id"] for _, a in tree.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    inner = [a["href"][1:] for a in tree.all("a") if (a["href"] or "").startswith("#")]
    assert set(inner) <= set(ids)
    for section in tree.all("section"):
        assert section["aria-labelledby"] in ids
    for scroller in [a for a in tree.all("div") if a.get("class") == "scroll"]:
        assert scroller["tabindex"] == "0"
        assert scroller["aria-label"]


def test_every_picture_has_its_numbers_beside_it():
    html = example()
    tree = Tree(html)
    assert len(tree.all("svg")) == 2
    assert len(tree.all("details")) == 2
    assert len(tree.all("table")) == 3
    assert "Time (h)" in html


def test_numbers_line_up_under_units():
    html = example()
    assert '<th scope="col" class="n">Effect <span class="unit">SD</span></th>' in html
    assert '<td class="n">−1.25</td>' in html
    assert '<td class="n">71.3</td>' in html
    assert '<td class="n"></td>' in html


def test_no_heading_is_empty():
    table = DataTable(["Study", "", Column("d", "", 1)], [["one", "x", 1.0], ["", "y", 2.0]])
    html = page("t", [Section("A", [table])])
    assert "Study" in html
    assert not re.search(r"<th[^>]*>\s*</th>", html)


def test_status_is_a_word_before_it_is_a_colour():
    html = example()
    assert '<span class="badge good">verified</span>' in html
    assert '<span class="badge warn">recalled</span>' in html


def test_text_stays_text():
    assert "1 &lt; 2 &amp; &lt;b&gt;bold&lt;/b&gt;" in example()


def test_the_same_content_gives_the_same_bytes():
    assert example() == example()


def test_it_refuses_what_would_break_the_page():
    with pytest.raises(InputError, match="share a title"):
        page("t", [Section("A"), Section("A")])
    with pytest.raises(InputError, match="2 cells under 1 headings"):
        DataTable(["a"], [[1, 2]])
    with pytest.raises(InputError, match="neither a web address"):
        Link("x", "javascript:alert(1)")


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("palette", "which"), [(theme.LIGHT, 0), (theme.DARK, 1)])
def test_words_can_be_read_on_every_ground_of_the_page(palette, which):
    style = re.findall(r"<style>(.*?)</style>", example(), re.S)[0]
    own = {name: re.findall(rf"--{name}:(#\w{{6}})", style)[which] for name in GROUNDS}
    pairs = [
        (own["link"], palette["paper"]),
        (own["link"], own["raise"]),
        (palette["muted"], own["raise"]),
        (palette["ink"], own["raise"]),
        *((palette["ink"], own[name]) for name in GROUNDS if name.endswith("-bg")),
    ]
    assert min(contrast(*pair) for pair in pairs) >= 4.5


GROUNDS = ("link", "raise", "good-bg", "warn-bg", "bad-bg", "plain-bg")
