"""A browser in somebody's hands: signed in, at a size, light or dark."""

import shutil
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, Playwright

from clinic.browser.served import Served
from reprieve.clinic.simulator import PASSWORD

SIZES = {"tablet": (1280, 800), "desktop": (1920, 1080), "upright": (800, 1280)}
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# a refusal that the page shows in words, and the network that a test takes away
EXPECTED = (
    *(f"status of {code}" for code in (400, 409, 422, 423)),
    *("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest"),
)
SERIOUS = ("serious", "critical")


def launch(playwright: Playwright) -> Browser:
    """The machine's own Chromium, without a screen."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("No Chromium: tools/system.sh installs it (apt-get install chromium).")
    return playwright.chromium.launch(executable_path=found, args=FLAGS)


class Tablet:
    """One person's browser."""

    def __init__(
        self,
        browser: Browser,
        served: Served,
        role: str,
        size: str = "tablet",
        theme: str = "light",
    ) -> None:
        width, height = SIZES[size]
        self.served = served
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,  # type: ignore[arg-type]
            base_url=served.address,
        )
        self.context.clock.install(time=served.now)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.said.append(f"{error} ({self.page.url})"))
        self.sign_in(role)
        served.tablets.append(self)

    def _listen(self, message: Any) -> None:
        if message.type == "error" and not any(text in message.text for text in EXPECTED):
            self.said.append(f"{message.text} ({self.page.url})")

    def sign_in(self, role: str) -> None:
        """Name and password, as the demo prints them."""
        self.page.goto("/accounts/login/")
        self.page.fill("input[name=login]", role)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main form button[type=submit], main form button:not([type])")
        self.page.wait_for_url(lambda url: "login" not in url)

    def open(self, path: str) -> Page:
        """Go to a page; a screen that was left alone is unlocked first, as its owner would."""
        try:
            self.page.goto(path)
        except Error:  # the screen was just locking itself, which loads its own page
            self.page.goto(path)
        self.unlock()
        return self.page

    def unlock(self) -> None:
        """Type the password where the screen has locked itself, and come back to the page."""
        if self.page.locator("body.locked").count() == 0:
            return
        if "/lock/" not in self.page.url:
            self.page.get_by_role("link", name="Unlock", exact=True).first.click()
        self.page.get_by_label("password").fill(PASSWORD)
        self.page.get_by_role("button", name="Unlock").click()
        self.page.wait_for_selector("body:not(.locked)")

    def violations(self) -> list[str]:
        """What axe finds serious on the page as it is."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{v['id']} on {self.page.url}: {v['nodes'][0]['target']} {v['nodes'][0]['html'][:160]}"
            for v in found
            if v["impact"] in SERIOUS
        ]

    def keep(self, path: Path) -> None:
        """A picture of what is seen."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)

    def close(self) -> None:
        """Put it away."""
        self.served.tablets.remove(self)
        self.context.close()
