"""Each role follows every link it is shown: no page fails, none leads nowhere, axe is content.

Every kind of page is opened and looked at once in light on a tablet and once in dark on a desk;
where another role has done so already it is only asked for.
"""

import re
from collections import deque
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser

from clinic.browser.served import Served
from clinic.browser.tablet import Tablet
from reprieve.clinic.simulator.setting_up import PEOPLE

pytestmark = pytest.mark.browser
ROLES = [name for name, *_ in PEOPLE if name != "nurse2"]
LOOKS = [("tablet", "light"), ("desktop", "dark")]
REFUSAL = 409  # a page that says why not now: a consent while the patient is sedated
DOWNLOADS = ("pdf", "csv", "export", "file")
seen_by_axe: set[tuple[str, str]] = set()


def pattern(path: str) -> str:
    """The address's pattern: one page of each kind is enough."""
    try:
        return str(resolve(path).route)
    except Resolver404:
        return path


@pytest.mark.parametrize(("size", "theme"), LOOKS)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_is_linked_answers_and_can_be_used_by_all(
    browser: Browser, served: Served, role: str, size: str, theme: str
) -> None:
    tablet = Tablet(browser, served, role, size, theme)
    queue, known, wrong = deque(["/"]), {"/"}, []
    while queue:
        path = queue.popleft()
        kind = pattern(path)
        if any(kind.rstrip("/").endswith(word) for word in DOWNLOADS):
            status = tablet.context.request.get(path).status
            wrong += [f"{status} {path}"] if status != 200 else []
            continue
        status, found = visit(tablet, path, (kind, theme), wrong)
        if status >= 400 and status != REFUSAL:
            wrong.append(f"{status} {path} as {role}")
            continue
        for link in found:
            if (of := pattern(link)) not in known:
                known.add(of)
                queue.append(link)
    tablet.close()
    assert wrong + tablet.said == []


def visit(
    tablet: Tablet, path: str, kind: tuple[str, str], wrong: list[str]
) -> tuple[int, list[str]]:
    """Status of a page and the links on it; the first of its kind is opened and looked at."""
    if kind in seen_by_axe:
        answer = tablet.context.request.get(path)
        return answer.status, inside(tablet, re.findall(r'<a[^>]* href="([^"#]+)', answer.text()))
    seen_by_axe.add(kind)
    opened = tablet.page.goto(path)
    assert opened is not None
    tablet.page.wait_for_load_state("load")
    wrong += tablet.violations()
    hrefs = tablet.page.eval_on_selector_all("a[href]", "nodes => nodes.map(n => n.href)")
    return opened.status, inside(tablet, hrefs)


def inside(tablet: Tablet, hrefs: list[str]) -> list[str]:
    """Where one can go from here, but for signing out and other places."""
    own = ("", urlsplit(tablet.served.address).netloc)
    parts = [urlsplit(unescape(href)) for href in hrefs if "logout" not in href]
    return [p.path for p in parts if p.netloc in own and p.path.startswith("/")]
