"""The cockpit in a tablet's hands: one tap a digit, nothing lost without a network, big targets."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from clinic.browser.served import Served
from clinic.browser.tablet import Tablet

pytestmark = pytest.mark.browser
SMALLEST = 44  # px
SET = {"sbp": "138", "dbp": "82", "hr": "78", "spo2": "97", "rr": "14", "moaas": "5"}


@pytest.fixture
def tablet(browser: Browser, served: Served, size: str, theme: str) -> Iterator[Tablet]:
    found = Tablet(browser, served, "nurse", size, theme)
    found.page.goto(in_session(found))
    yield found
    found.close()


@pytest.fixture
def size() -> str:
    return "tablet"


@pytest.fixture
def theme() -> str:
    return "light"


def in_session(tablet: Tablet) -> str:
    """The cockpit of a patient who is being given the drug now."""
    page = tablet.page
    page.goto("/board/")
    links = page.locator(".seat .who a").evaluate_all("nodes => nodes.map(n => n.href)")
    for link in (urlsplit(href).path for href in links):
        page.goto(link)
        if page.locator("#ck-head").get_attribute("data-phase") in ("in_session", "recovery"):
            return link
    raise AssertionError("the demo has nobody in session")


def tap_set(page: Page) -> None:
    for value in SET.values():
        for digit in value:
            page.click(f"[data-digit='{digit}']")


def rows(page: Page) -> int:
    return page.locator(".readings tbody tr").count()


def test_a_set_is_digits_and_one_tap(tablet: Tablet) -> None:
    page = tablet.page
    before = rows(page)
    tap_set(page)
    for name, value in SET.items():
        expect(page.locator(f"#k-{name}")).to_have_value(value)
    page.click("text=Save set")
    expect(page.locator(".readings tbody tr").first).to_contain_text("138/82")
    assert rows(page) == before + 1
    expect(page.locator("#k-sbp")).to_have_value("")


def test_what_cannot_be_is_refused_at_the_keypad_and_what_was_typed_stays(tablet: Tablet) -> None:
    page = tablet.page
    before = rows(page)
    page.fill("#k-sbp", "1400")
    expect(page.locator(".keypad [data-errors]")).to_contain_text("expected 40 to 300")
    page.click("text=Save set")
    page.wait_for_timeout(500)
    expect(page.locator("#k-sbp")).to_have_value("1400")
    assert rows(page) == before
    page.fill("#k-sbp", "80")
    page.fill("#k-dbp", "120")
    page.click("text=Save set")
    expect(page.locator(".keypad [data-errors]")).to_contain_text("swapped")


def test_entries_made_without_a_network_outlive_the_page_and_arrive(tablet: Tablet) -> None:
    page, box = tablet.page, tablet.page.locator("#outbox")
    page.wait_for_function("navigator.serviceWorker.controller")
    page.reload()  # the page is kept from its second visit on
    before = rows(page)
    tablet.context.set_offline(True)
    tap_set(page)
    page.click("text=Save set")
    expect(box).to_contain_text("1 entry is kept on this tablet")
    page.reload()
    expect(box).to_contain_text("1 entry is kept on this tablet")
    page.click("summary:has-text('Side effect')")
    page.dblclick("button[aria-label='Nausea: mild']")
    expect(box).to_contain_text("2 entries are kept")
    assert rows(page) == before
    tablet.context.set_offline(False)
    expect(box).to_be_hidden(timeout=20_000)
    page.reload()
    assert rows(page) == before + 1
    assert page.locator(".events li", has_text=re.compile("Nausea.*mild")).count() == 1


def test_what_the_server_refuses_later_stays_until_somebody_has_seen_it(tablet: Tablet) -> None:
    page, box = tablet.page, tablet.page.locator("#outbox")
    page.wait_for_function("navigator.serviceWorker.controller")
    page.reload()
    tablet.context.set_offline(True)
    page.click("summary:has-text('Rating')")
    page.fill(".action[open] [name=value]", "77")
    page.click(".action[open] button:has-text('Record')")
    expect(box).to_contain_text("1 entry is kept")
    page.reload()
    tablet.context.set_offline(False)
    expect(box).to_contain_text("1 must be looked at", timeout=20_000)
    page.reload()
    expect(box).to_contain_text("77")
    page.click("text=I have dealt with it")
    expect(box).to_contain_text("77")  # one tap is not enough
    page.click("text=Take it off this tablet for good")
    expect(box).to_be_hidden()


def test_typed_digits_stay_while_the_page_refreshes_itself(tablet: Tablet) -> None:
    page = tablet.page
    page.fill("#k-hr", "81")
    with page.expect_response(lambda r: "/live/" in r.url):
        page.wait_for_timeout(3500)
    expect(page.locator("#k-hr")).to_have_value("81")


@pytest.mark.parametrize(("size", "theme"), [("tablet", "light"), ("upright", "dark")])
def test_every_target_is_large_enough_for_a_thumb(tablet: Tablet) -> None:
    page = tablet.page
    for sheet in ("", "Side effect", "Rescue drug", "Note", "More"):
        if sheet:
            page.click(f"summary:has-text('{sheet}')")
        small = page.evaluate(
            """least => [...document.querySelectorAll('button, a, select, input, summary')]
              .filter(e => e.offsetParent && e.type !== 'hidden' && !e.matches('.skip'))
              .map(e => [e.getBoundingClientRect(), e])
              .filter(([r]) => r.width && (r.height < least - 0.5 || r.width < least - 0.5))
              .map(([r, e]) => `${e.outerHTML.slice(0, 160)} ${r.width}x${r.height}`)""",
            SMALLEST,
        )
        assert not small, f"{sheet}: {small}"
        assert tablet.violations() == [], sheet
        page.keyboard.press("Escape")


@pytest.mark.parametrize(("size", "theme"), [("upright", "light")])
def test_nothing_hangs_over_the_side_of_the_screen(tablet: Tablet) -> None:
    page = tablet.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
