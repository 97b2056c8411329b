"""The served clinics and the browser of the tests of this folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from clinic.browser.served import Served
from clinic.browser.tablet import launch

expect.set_options(timeout=30_000)  # a busy machine is slow, and no test waits for nothing


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo clinic, made once; it is copied and never served."""
    folder = tmp_path_factory.mktemp("made") / "demo"
    Served(folder).close()
    return folder


@pytest.fixture(scope="module")
def served(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A clinic for a file of tests; what one test enters the next one finds."""
    yield from _serve(made, tmp_path_factory.mktemp("clinic") / "demo")


@pytest.fixture
def fresh(made: Path, tmp_path: Path) -> Iterator[Served]:
    """A clinic for one test, in which nothing has happened since it was made."""
    yield from _serve(made, tmp_path / "demo")


def _serve(made: Path, folder: Path) -> Iterator[Served]:
    shutil.copytree(made, folder)
    found = Served(folder)
    yield found
    found.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = launch(playwright)
        yield found
        found.close()
