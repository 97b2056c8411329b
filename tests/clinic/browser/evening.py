"""What follows the last session: register, count, close of the day, the owner's and the numbers."""

import re

from playwright.sync_api import Page, expect

from clinic.browser.day import Day
from reprieve.clinic.simulator import PASSWORD

FULL = {"mL": "10", "device": "1", "tablet": "30"}  # what a sealed vial, kit or box holds
LABEL = re.compile(r"(\S+) \((\w+)\)")


def register(day: Day, *rows: tuple[str, ...]) -> None:
    """The custodian finds each movement in the register, and nothing of the session in hand."""
    page = day.open("custodian", "/drugs/")
    page = day.follow("custodian", "Register")
    page.get_by_label("From").fill(day.local(0)[:10])
    page.get_by_role("button", name="Show").click()
    for words in rows:
        row = page.get_by_role("row")
        for word in words:
            row = row.filter(has_text=word)
        expect(row.last).to_be_attached()


def count(day: Day, wrong: tuple[str, str]) -> None:
    """A blind closing count by two; one vial is read wrongly, and explained after another look."""
    page = day.open("custodian", "/drugs/")
    opened = page.locator("table", has_text="Usable until").locator("tbody tr")
    holds = {cells[0]: cells[2].split()[0] for cells in map(_cells, opened.all_inner_texts())}
    page = day.follow("custodian", "Closing count")
    vial, misread = wrong
    for label in page.locator("tbody label").all_inner_texts():
        found = LABEL.match(label)
        assert found
        amount = misread if found[1] == vial else holds.get(found[1], FULL[found[2]])
        page.get_by_label(found[0]).fill(amount)
    _second(page, "Enter the count")
    line = page.get_by_role("row").filter(has_text=vial)
    expect(line).to_contain_text("not explained")
    expect(page.get_by_text("not explained")).to_have_count(1)
    day.look("custodian")
    page = day.follow("custodian", "Explain it")
    page.get_by_label("Counted again").fill(holds[vial])
    page.get_by_label("Cause").select_option(label="counted wrongly the first time")
    page.get_by_label("What happened").fill("Read off the wrong line.")
    _second(page, "Explain it")
    expect(page.get_by_text("not explained")).to_have_count(0)


def _cells(row: str) -> list[str]:
    return row.split("\t")


def _second(page: Page, button: str) -> None:
    before = page.url
    page.get_by_label("Second person's username").fill("nurse2")
    page.get_by_label("Second person's password").fill(PASSWORD)
    page.get_by_role("button", name=button).click()
    page.wait_for_url(lambda url: url != before)


def close(day: Day, who: str) -> None:
    """The day is closed with a password, and what is still open stands in its record."""
    page = day.open(who, "/today/")
    page = day.follow(who, "Close the day")
    page.get_by_label("Note").fill("A quiet day.")
    page.get_by_label("password").fill("a guess")
    page.get_by_role("button", name="Close the day").click()
    expect(page.locator(".errors, .notice.error").filter(has_text="password")).to_be_visible()
    page.get_by_label("password").fill(PASSWORD)
    page.get_by_role("button", name="Close the day").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("is closed")
    expect(page.locator(".digest")).to_have_text(re.compile(r"^[0-9a-f]{64}$"))
    day.look(who)


def owner(day: Day, number: str, *verbs: str) -> None:
    """The owner finds the session's acts in the audit, and the check of the chain is clean."""
    page = day.open("owner", "/audit/")
    page.get_by_label("Patient number").fill(number)
    for verb in verbs:
        page.get_by_label("What was done, in words").fill(verb)
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("cell", name=verb, exact=True).first).to_be_visible()
        expect(page.get_by_role("cell", name=number, exact=True).first).to_be_visible()
    page = day.follow("owner", "Check the chain")
    expect(page.locator(".notice.ok")).to_contain_text("Every row follows the one before it")


def researcher(day: Day, patient: str) -> None:
    """The numbers of the clinic have no names."""
    page = day.open("researcher", "/summary/")
    expect(page.get_by_role("heading", level=1)).to_have_text("The clinic in numbers")
    expect(page.locator("table.numbers").first).to_be_visible()
    for name in patient.split(", "):
        expect(page.get_by_role("main")).not_to_contain_text(name)
