"""Server and browser are killed with entries on the tablet: they are sent when both are back."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from benchmarks.reliability.nursery import Server
from playwright.sync_api import Page, expect, sync_playwright

from clinic.browser.tablet import FLAGS, PROGRAMS
from clinic.own_clinic import OwnClinic

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
PORT, DEBUG_PORT = 8125, 8126
PASSWORD = "reprieve demo"


class Chromium:
    """A browser of its own process group: killed whole, as when a tablet's battery dies."""

    def __init__(self, profile: Path) -> None:
        program = next(path for name in PROGRAMS if (path := shutil.which(name)))
        self.process = subprocess.Popen(
            [
                program,
                "--headless",
                *FLAGS,
                f"--user-data-dir={profile}",
                f"--remote-debugging-port={DEBUG_PORT}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if "DevTools listening" in line:
                break

    def kill(self) -> None:
        """SIGKILL to all of it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def tablet(profile: Path) -> Iterator[tuple[Chromium, Page]]:
    """A browser with a page; gone at the end, if it was not killed before."""
    browser = Chromium(profile)
    try:
        with sync_playwright() as playwright:
            connected = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{DEBUG_PORT}")
            yield browser, connected.contexts[0].pages[0]
    finally:
        if browser.process.poll() is None:
            browser.kill()


def open_session(page: Page, session: str) -> None:
    """The cockpit, through the sign-in page where the browser has forgotten its cookie."""
    page.goto(f"http://localhost:{PORT}/sessions/{session}/")
    if "login" in page.url:
        page.fill("input[name=login]", "nurse")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/sessions/**")
    page.wait_for_selector("#vitals")


def save_set(page: Page, sbp: int) -> None:
    """One set on the keypad."""
    for name, value in (("sbp", sbp), ("dbp", 80), ("hr", 71), ("spo2", 98)):
        page.fill(f"#k-{name}", str(value))
    page.click("#vitals .save")
    expect(page.locator("#k-sbp")).to_have_value("")  # kept: the keypad is ready for the next


def rows(clinic: OwnClinic) -> list[dict[str, Any]]:
    """Sets of vital signs entered by the tablet, as the database has them."""
    connection = clinic.connection()
    found = connection.execute(
        "SELECT id, at, entered_at, client_at, data FROM treatments_sessionevent "
        "WHERE kind = 'vitals' AND client_at IS NOT NULL ORDER BY seq"
    ).fetchall()
    connection.close()
    names = ("id", "at", "entered_at", "client_at", "data")
    return [dict(zip(names, row, strict=True)) for row in found]


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.fixture
def clinic(tmp_path: Path) -> OwnClinic:
    return OwnClinic(tmp_path / "clinic")


@pytest.fixture
def session(clinic: OwnClinic) -> str:
    made = clinic.python("-m", "clinic.at_the_chair", clinic.folder)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.fixture
def server(clinic: OwnClinic, session: str) -> Iterator[Server]:
    found = Server(clinic.folder, PORT)
    found.start()
    yield found
    found.close()


def test_entries_on_a_tablet_outlive_the_server_and_the_browser(
    server: Server, clinic: OwnClinic, session: str, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    with tablet(profile) as (browser, page):
        open_session(page, session)
        save_set(page, 121)
        page.wait_for_selector(".toast.ok")
        server.kill()
        killed = time.time()
        for sbp, told in ((122, "1 entry is kept"), (123, "2 entries are kept")):
            page.wait_for_timeout(1000)  # a tap within 0.8 s of another is taken for the same tap
            save_set(page, sbp)
            page.wait_for_selector(f"#outbox.offline:has-text('{told}')")
        browser.kill()
    off = time.time()
    assert len(rows(clinic)) == 1
    time.sleep(1.1)  # so that a time of entry is told from a time of happening
    server.start()
    back = time.time()
    with tablet(profile) as (_, page):
        open_session(page, session)
        page.wait_for_selector("#outbox", state="hidden")
        page.wait_for_selector("#ck-lists :text('123')")
        found = rows(clinic)
    assert [json.loads(r["data"])["sbp"] for r in found] == ["121", "122", "123"]
    for late in found[1:]:
        assert killed - 1 < moment(late["at"]) < off  # when it was tapped
        assert moment(late["entered_at"]) > back - 1  # when the server took it
    assert clinic.run("verify").returncode == 0
