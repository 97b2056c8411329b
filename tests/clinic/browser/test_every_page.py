"""Each role follows every link it is shown: no page fails, none leads nowhere, axe is content.

Every page is looked at once in light on a tablet and once in dark on a desk.
"""

from collections import deque
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
        answer = tablet.page.goto(path)
        assert answer is not None
        if answer.status >= 400 and answer.status != REFUSAL:
            wrong.append(f"{answer.status} {path} as {role}")
            continue
        tablet.page.wait_for_load_state("load")
        if (kind, theme) not in seen_by_axe:
            seen_by_axe.add((kind, theme))
            wrong += tablet.violations()
        for link in links(tablet):
            if (found := pattern(link)) not in known:
                known.add(found)
                queue.append(link)
    tablet.close()
    assert wrong + tablet.said == []


def links(tablet: Tablet) -> list[str]:
    """Where one can go from here, but for signing out."""
    found = tablet.page.eval_on_selector_all("a[href]", "nodes => nodes.map(n => n.href)")
    return [
        urlsplit(href).path
        for href in found
        if href.startswith(tablet.served.address) and "logout" not in href
    ]
