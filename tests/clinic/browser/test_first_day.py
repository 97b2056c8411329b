"""An empty clinic in production mode, in a real browser: passkeys and the lock under its policy.

The authenticator is Chromium's own virtual one; what it signs is checked by the server as always.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from clinic.browser.tablet import SERIOUS

pytestmark = pytest.mark.browser
PASSWORD = "a phrase that is long"
OWNER = {
    "clinic": "North clinic",
    "printed_name": "Ada Owner",
    "credential": "MD",
    "username": "ada",
    "password": PASSWORD,
    "again": PASSWORD,
}


class Production:
    """`reprieve clinic serve` on a new folder."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("REPRIEVE", "DJANGO"))}
        clean.pop("DATABASE_URL", None)
        self.said = folder / "said.txt"
        run = "from reprieve.cli import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", run, "clinic", "serve", "--data", str(folder / "clinic"),
             "--port", str(self.port)],
            stdout=self.said.open("w"), stderr=subprocess.STDOUT, env=clean,
        )  # fmt: skip
        self.address = f"http://localhost:{self.port}"
        self.first = self._wait()

    def _wait(self) -> str:
        """The path of the first page, once the server answers."""
        for _ in range(300):
            found = re.search(r"http://localhost:\d+(/first/\S+)", self.said.read_text())
            with socket.socket() as asking:
                if found and asking.connect_ex(("127.0.0.1", self.port)) == 0:
                    return found.group(1)
            time.sleep(0.2)
        raise RuntimeError(self.said.read_text())

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    found = Production(tmp_path_factory.mktemp("production"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def context(browser: Browser, production: Production) -> Iterator[BrowserContext]:
    found = browser.new_context(
        viewport={"width": 1280, "height": 800}, base_url=production.address
    )
    yield found
    found.close()


@pytest.fixture(scope="module")
def page(context: BrowserContext) -> Page:
    """The owner's browser, with an authenticator that has a fingerprint; errors are kept."""
    found = context.new_page()
    found.said = []  # type: ignore[attr-defined]
    found.on("console", lambda m: found.said.append(m.text) if m.type == "error" else None)  # type: ignore[attr-defined]
    devtools = context.new_cdp_session(found)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return found


def at(page: Page, path: str) -> None:
    page.wait_for_url(lambda url: path in url, timeout=10_000)


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.click("main button.primary")
    at(page, "/accounts/login/")


def test_the_first_account_comes_in_with_a_passkey_and_keeps_codes(
    page: Page, production: Production
) -> None:
    page.goto(production.first)
    for name, value in OWNER.items():
        page.fill(f"[name={name}]", value)
    page.click("text=Make the clinic")
    at(page, "/me/second-factor/")
    page.goto("/people/")
    at(page, "/me/second-factor/")
    page.click("text=Add a passkey")
    page.check("[name=passwordless]")
    page.click("#mfa_webauthn_add")
    at(page, "/recovery-codes/")
    codes = page.input_value("#recovery_codes").split()
    assert len(codes) == 10
    page.click("text=I have kept them")
    at(page, "/people/")
    assert page.said == []  # type: ignore[attr-defined]


def test_a_passkey_signs_in_without_a_password(page: Page) -> None:
    sign_out(page)
    page.click("#passkey_login")
    at(page, "/people/")


def test_a_passkey_is_the_second_factor_after_a_password(page: Page) -> None:
    sign_out(page)
    page.fill("[name=login]", "ada")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.primary")
    at(page, "/2fa/authenticate/")
    page.click("#mfa_webauthn_authenticate")
    at(page, "/people/")
    page.goto("/accounts/2fa/webauthn/reauthenticate/?next=/me/")
    page.click("#mfa_webauthn_reauthenticate")
    at(page, "/me/")
    assert page.said == []  # type: ignore[attr-defined]


def test_a_passkey_that_is_not_there_is_told_in_words(
    browser: Browser, production: Production
) -> None:
    context = browser.new_context(base_url=production.address)
    stranger = context.new_page()
    devtools = context.new_cdp_session(stranger)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}},
    )
    stranger.goto("/accounts/login/")
    stranger.click("#passkey_login")
    stranger.wait_for_selector("#passkey_error:visible", timeout=70_000)
    assert "passkey was not used" in stranger.inner_text("#passkey_error")
    context.close()


def test_a_screen_left_alone_closes_by_itself_and_opens_where_it_was(
    page: Page, context: BrowserContext
) -> None:
    """The tablet asks the server when its time is up; another tab has locked the session."""
    page.clock.install()
    page.goto("/clinic/")
    other = context.new_page()
    other.goto("/me/")
    other.click("details.menu summary")
    other.click("text=Lock the screen")
    at(other, "/lock/")
    other.close()
    page.clock.fast_forward("06:00")
    at(page, "/lock/?next=%2Fclinic%2F")
    page.fill("[name=secret]", PASSWORD)
    page.click("main button.primary")
    at(page, "/clinic/")


def test_a_screen_in_use_stays_open(page: Page) -> None:
    page.goto("/clinic/")
    page.clock.fast_forward("00:40")
    with page.expect_response(lambda r: "/lock/awake/" in r.url) as told:
        page.click("[name=name]")
    assert told.value.request.method == "POST"
    answer = told.value.json()
    assert answer["locked"] is False
    assert 280 <= answer["left_s"] <= 300, "the last touch is kept to 20 s"
    page.clock.fast_forward("05:02")
    page.wait_for_timeout(300)
    assert page.url.endswith("/clinic/")


def test_a_screen_left_alone_offline_hides_what_it_shows_until_the_server_answers(
    page: Page, context: BrowserContext
) -> None:
    page.goto("/people/")
    context.set_offline(True)
    page.clock.fast_forward("06:00")
    page.wait_for_selector("body.away")
    assert not page.is_visible("text=Ada Owner, MD")
    context.set_offline(False)
    page.clock.fast_forward("00:06")
    page.wait_for_selector("body:not(.away)")
    assert page.is_visible("text=Ada Owner, MD"), "five minutes have not gone by on the server"


@pytest.mark.parametrize(
    "path",
    [
        "/people/", "/people/add/", "/clinic/", "/me/", "/audit/", "/audit/check/",
        "/accounts/2fa/", "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/recovery-codes/", "/accounts/2fa/totp/activate/",
        "/accounts/password/change/", "/accounts/reauthenticate/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, path: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS] == []
