"""What the pages of a session do not say: figures before the second check, words when locked."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.chair import Chair

PAGES = ("treatments:cockpit", "treatments:live", "treatments:paper")


@pytest.fixture
def chair(session, people, vial, clinic, monkeypatch: pytest.MonkeyPatch) -> Chair:
    clinic.lock_after_min = 600  # the clock of these tests leaps
    clinic.save()
    found = Chair(session, people, vial)
    now = lambda: cast.NOW + timedelta(minutes=found.clock + 1)  # noqa: E731
    monkeypatch.setattr("django.utils.timezone.now", now)
    return found


def pages(client: Client, chair: Chair) -> str:
    answers = [client.get(reverse(name, args=[chair.session.pk])) for name in PAGES]
    assert {a.status_code for a in answers} == {200}
    return " ".join(a.content.decode() for a in answers)


def test_no_page_tells_the_figures_before_a_second_person_has_checked_them(
    as_role: Callable[[str], Client], chair: Chair
) -> None:
    chair.arrives()
    chair.decided()
    chair.prepared()
    figures = ("35 mg", "0.7 mL", "75 mL/h")
    blind = pages(as_role("nurse2"), chair)
    assert not [f for f in figures if f in blind]
    assert "once a second person has checked them" in blind
    chair.checked()
    assert all(f in pages(as_role("nurse2"), chair) for f in figures[:2])


def test_a_locked_screen_keeps_the_clock_and_none_of_what_people_wrote(
    as_role: Callable[[str], Client], chair: Chair
) -> None:
    chair.arrives()
    chair.does("nurse", "note", about="nursing", text="Wept about the dog.")
    nurse = as_role("nurse")
    assert "Wept about the dog" in pages(nurse, chair)
    keep = nurse.session
    keep["lock.locked"] = True
    keep.save()
    shown = " ".join(
        nurse.get(reverse(name, args=[chair.session.pk])).content.decode() for name in PAGES[:2]
    )
    escort = chair.state.check_in.data["escort_name"]  # type: ignore[union-attr]
    assert "Wept about the dog" not in shown
    assert escort not in shown
    assert "since arrival" in shown
