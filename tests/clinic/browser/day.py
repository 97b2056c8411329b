"""A clinic's day at one size and in one theme: a tablet for each person, and what they do with it.

Everything goes through what people see: links, labels and buttons. axe looks at every page once.
"""

import re
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Locator, Page, expect

from clinic.browser.served import START, Served
from clinic.browser.tablet import Tablet
from reprieve.clinic.simulator.setting_up import morning_zone

ZONE = ZoneInfo(morning_zone(START))
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
FIELDS = {
    "sbp": "Systolic pressure, mmHg",
    "dbp": "Diastolic pressure, mmHg",
    "hr": "Heart rate, /min",
    "spo2": "Oxygen saturation, %",
    "rr": "Breaths, /min",
    "moaas": "MOAA/S, 0-5",
}


class Day:
    """Everybody's tablets, one clock, and the session that the day is about."""

    def __init__(self, browser: Browser, served: Served, size: str, theme: str) -> None:
        self.browser, self.served, self.size, self.theme = browser, served, size, theme
        self.tablets: dict[str, Tablet] = {}
        self.wrong: list[str] = []
        self.looked: set[str] = set()
        self.cockpit = ""

    def of(self, who: str) -> Tablet:
        """The tablet of a person, who signs in where they have not yet."""
        if who not in self.tablets:
            made = Tablet(self.browser, self.served, who, self.size, self.theme)
            made.page.set_default_timeout(60_000)
            self.tablets[who] = made
        return self.tablets[who]

    def open(self, who: str, path: str) -> Page:
        """A page as somebody sees it; the others' tablets are put down, so that none asks on."""
        for name, tablet in self.tablets.items():
            if name != who and tablet.page.url != "about:blank":
                tablet.page.goto("about:blank")
        page = self.of(who).open(path)
        self.look(who)
        return page

    def look(self, who: str) -> None:
        """Ask axe about what is on the screen, once for each kind of page."""
        kind = UUIDS.sub("*", urlsplit(self.of(who).page.url).path)
        if kind not in self.looked:
            self.looked.add(kind)
            self.look_closely(who)

    def look_closely(self, who: str) -> None:
        """Ask axe whatever it was asked before: a refusal, an opened sheet."""
        self.wrong += self.of(who).violations()

    def follow(self, who: str, name: str) -> Page:
        """Tap a link and look where it leads."""
        page = self.of(who).page
        before = page.url
        page.get_by_role("link", name=name).first.click()
        page.wait_for_url(lambda url: url != before)
        self.look(who)
        return page

    def step(self, who: str, name: str) -> Page:
        """One of the steps that the cockpit shows."""
        page = self.open(who, self.cockpit)
        page.get_by_role("navigation", name="Steps").get_by_role("link", name=name).click()
        page.wait_for_url("**/do/**")
        self.look(who)
        return page

    def sheet(self, who: str, name: str) -> Locator:
        """One of the sheets along the cockpit's lower edge."""
        page = self.open(who, self.cockpit)
        page.get_by_label("Entries").get_by_text(name, exact=True).first.click()
        if name not in self.looked:
            self.looked.add(name)
            self.look_closely(who)
        return page.locator(".action[open]")

    def back(self, who: str, said: str) -> None:
        """The entry was taken: the cockpit is there again and says it among its events."""
        page = self.of(who).page
        page.wait_for_url(f"**{self.cockpit}")
        expect(page.locator(".events")).to_contain_text(said)

    def forward(self, minutes: float) -> None:
        """Time goes by for everybody."""
        self.served.forward(minutes * 60)

    def local(self, hours_ago: float) -> str:
        """A time of the clinic's day as one types it."""
        at = self.served.now - timedelta(hours=hours_ago)
        return at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")

    def faults(self) -> list[str]:
        """What axe and the browsers' consoles had to say."""
        return self.wrong + [line for tablet in self.tablets.values() for line in tablet.said]

    def close(self) -> None:
        """Everybody goes home."""
        for tablet in self.tablets.values():
            tablet.close()
