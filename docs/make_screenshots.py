"""Pictures of the demo clinic for the README and the tour: docs/images/clinic/*.png.

    make screenshots

Starts the demo on a port of its own, signs in as each role in headless Chromium and keeps what is
seen, in few colours so that the files stay small. Names and readings are invented.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from reprieve.clinic.simulator import PASSWORD

HERE = Path(__file__).parent
INTO = HERE / "images" / "clinic"
PORT = 8190
COLOURS = 128
TABLET, DESK, UPRIGHT = (1280, 800), (1600, 1000), (800, 1280)


@dataclass(frozen=True)
class Shot:
    """One picture: who looks at which page, on what."""

    name: str
    role: str
    path: str
    size: tuple[int, int] = TABLET
    theme: str = "light"
    click: tuple[str, ...] = ()


SHOTS = (
    Shot("board", "nurse", "/board/", DESK, "dark"),
    Shot("cockpit", "nurse", "/board/", click=("Room 1",)),
    Shot("cockpit-dark", "nurse", "/board/", UPRIGHT, "dark", ("Room 1",)),
    Shot("today", "front_desk", "/today/"),
    Shot("go-no-go", "prescriber", "/board/", DESK, click=("Room 3", "Go/no-go")),
    Shot("eligibility", "prescriber", "/patients/", DESK, click=("Garnet", "Eligibility")),
    Shot("medicines", "nurse", "/patients/", click=("Marble", "Medicines")),
    Shot("calendar", "front_desk", "/calendar/", DESK),
    Shot(
        "protocol", "prescriber", "/protocols/", DESK, click=("Ketamine by vein over 40 minutes",)
    ),
    Shot("drugs", "custodian", "/drugs/", DESK),
    Shot("audit", "owner", "/audit/"),
    Shot("health", "owner", "/health/", TABLET, "dark"),
)


@contextmanager
def demo() -> Iterator[str]:
    """The demo clinic, served until the pictures are taken."""
    with tempfile.TemporaryDirectory() as room:
        command = [sys.executable, "-m", "reprieve.cli", "clinic", "demo"]
        server = subprocess.Popen(
            [*command, "--data", f"{room}/demo", "--port", str(PORT)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            for line in server.stdout:
                if "Ctrl-C" in line:
                    break
            yield f"http://localhost:{PORT}"
        finally:
            server.terminate()
            server.wait()


def take(browser: Browser, address: str, shot: Shot) -> None:
    """Sign in, go there, keep what is seen."""
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.theme == "dark" else "light",
        base_url=address,
    )
    page = context.new_page()
    _sign_in(page, shot.role)
    page.goto(shot.path)
    for text in shot.click:
        _follow(page, text)
    page.wait_for_timeout(1500)
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.quantize(COLOURS).save(INTO / f"{shot.name}.png", optimize=True)
    print(f"{shot.name}: {page.title()}")
    context.close()


def _sign_in(page: Page, role: str) -> None:
    for _ in range(60):
        try:
            page.goto("/accounts/login/")
            break
        except Exception:  # not answering yet
            page.wait_for_timeout(500)
    page.fill("input[name=login]", role)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit], main form button:not([type])")
    page.wait_for_url(lambda url: "login" not in url)


def _follow(page: Page, text: str) -> None:
    """The link with a text, or the first link in what is headed by it."""
    link = page.locator("a[href]", has_text=text).first
    if not link.count():
        link = (
            page.locator("main section, main article, main li, main tr, main .seat")
            .filter(has_text=text)
            .locator("a[href*='/sessions/']")
            .first
        )
    link.click()
    page.wait_for_load_state()


def main() -> None:
    """Take them all."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("No Chromium: tools/system.sh installs it.")
    INTO.mkdir(parents=True, exist_ok=True)
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        for shot in SHOTS:
            take(browser, address, shot)
        browser.close()


if __name__ == "__main__":
    main()
