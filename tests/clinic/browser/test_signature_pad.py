"""The signature pad: what a finger draws is what the server takes as a signature."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import reprieve.clinic.consents
from reprieve.clinic.consents.signature import PAD, signature
from reprieve.clinic.errors import RefusedError

SCRIPT = Path(reprieve.clinic.consents.__file__).parent / "static/consents/signature.js"
FORM = """
<form><div class="pad" data-pad="kept" hidden>
  <canvas width="600" height="180" style="display:block;width:{wide}px;height:{high}px"></canvas>
  <button type="button" class="clear">Clear</button>
</div><input type="hidden" id="kept" value="{kept}"></form>
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    found = browser.new_page()
    yield found
    found.close()


def show(page: Page, wide: int = 300, high: int = 90, kept: str = "") -> None:
    page.set_content(FORM.format(wide=wide, high=high, kept=kept))
    page.add_script_tag(path=SCRIPT)


def stroke(page: Page, *points: tuple[float, float]) -> None:
    """Draw through points given as shares of the canvas; they may leave it."""
    box = page.locator("canvas").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


ZIGZAG = tuple((0.1 + 0.1 * n, 0.2 + 0.6 * (n % 2)) for n in range(8))


def test_what_is_drawn_is_taken_on_the_pads_own_grid(page: Page) -> None:
    show(page)
    stroke(page, *ZIGZAG)
    stroke(page, (0.2, 0.9), (0.8, 0.9))
    kept = page.input_value("#kept")
    assert signature(kept, "", "A", "The patient") == {"kind": "drawn", "path": kept}
    assert kept.count("M") == 2
    first = kept.split(" L")[0]
    assert first == f"M{0.1 * PAD[0]:.0f} {0.2 * PAD[1]:.0f}", "not the pixels of this screen"


def test_a_finger_that_slides_off_stays_on_the_pad(page: Page) -> None:
    show(page)
    stroke(page, *ZIGZAG, (1.5, 0.5), (1.5, 2.0))
    kept = page.input_value("#kept")
    assert kept.endswith(f"L{PAD[0]} {PAD[1]}")
    assert signature(kept, "", "A", "The patient")["kind"] == "drawn"


def test_clearing_leaves_nothing_and_a_dot_is_no_signature(page: Page) -> None:
    show(page)
    stroke(page, *ZIGZAG)
    page.click(".clear")
    assert page.input_value("#kept") == ""
    stroke(page, (0.5, 0.5))
    with pytest.raises(RefusedError, match="too short"):
        signature(page.input_value("#kept"), "", "A", "The patient")


def test_a_refused_form_shows_what_was_drawn_before(page: Page) -> None:
    show(page)
    stroke(page, *ZIGZAG)
    before = page.input_value("#kept")
    show(page, kept=before)
    dark = """() => { const c = document.querySelector("canvas");
      return [...c.getContext("2d").getImageData(0, 0, c.width, c.height).data]
        .filter((v, i) => i % 4 === 3 && v > 0).length }"""
    assert page.evaluate(dark) > 500
    stroke(page, (0.2, 0.9), (0.8, 0.9))
    assert page.input_value("#kept").startswith(before)
