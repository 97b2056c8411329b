"""A whole day of the esketamine spray, as each role, through what people see."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from clinic.browser import evening, steps
from clinic.browser.day import Day
from clinic.browser.served import Served

pytestmark = pytest.mark.browser
PATIENT = "Obsidian, Basil"
NOSE = "the nose is free"
VIALS = ["EA-003", "EA-004"]


@pytest.fixture(params=[("tablet", "light"), ("desktop", "dark")], ids=lambda look: "-".join(look))
def day(browser: Browser, fresh: Served, request: pytest.FixtureRequest) -> Iterator[Day]:
    found = Day(browser, fresh, *request.param)
    yield found
    found.close()


def test_a_day_of_the_spray_from_the_front_door_to_the_closed_register(day: Day) -> None:
    day.forward(115)
    before_the_dose(day)
    two_devices(day)
    two_hours(day)
    going_home(day)
    the_evening(day)
    assert day.faults() == []


def before_the_dose(day: Day) -> None:
    steps.arrive(day, "front_desk", PATIENT)
    steps.enrolled(day, PATIENT)
    steps.chair(day, "nurse", PATIENT)
    steps.impossible(day)
    steps.read(day, "148/84", "72", temp="36.7")
    steps.rate(day, "CADSS-6", "0")
    steps.confirm(day, but=NOSE)
    steps.hold(day, "Systolic pressure", "Above 140: taken again in five minutes.")
    day.forward(6)
    steps.read(day, "128/76", "70")
    steps.go(day, NOSE, "The nose was looked at just now.")


def two_devices(day: Day) -> None:
    steps.prepare(day, VIALS, ["56 mg ÷ 28 mg a device = 2"])
    steps.chair(day, "nurse2", PATIENT)
    steps.disagree(day, mg="84", drawn="3")
    steps.compare(day, mg="56", drawn="2")
    day.back("nurse2", "Demo Nurse Two: agrees")
    steps.start(day)
    steps.due_first(day, 5)
    steps.next_device(day, too_early=True)
    day.forward(5)
    steps.next_device(day)


def two_hours(day: Day) -> None:
    steps.due_first(day, 40)
    steps.side_effect(day, "Bad taste", "mild")
    day.forward(33)
    steps.read(day, "152/90", "82")
    steps.rate(day, "CADSS-6", "4")
    steps.seen(day, "Systolic pressure abnormal high")
    steps.note(day, "therapist", "in session", "Watches the clouds.")
    steps.left_alone(day, PATIENT)
    day.forward(42)
    steps.read_without_a_network(day, "138/82", "76")
    steps.rate(day, "CADSS-6", "1")
    steps.cannot_leave(day, "Time from the start", "Aldrete")


def going_home(day: Day) -> None:
    day.forward(36)
    steps.read(day, "130/78", "72")
    steps.rate(day, "CADSS-6", "0")
    steps.rate(day, "Aldrete", "10")
    steps.leave(day, 0.3)
    steps.sign(day)
    steps.paper(day, "56 mg", "Demo Nurse Two, agrees", "Bad taste")


def the_evening(day: Day) -> None:
    evening.register(day, *((vial, word) for vial in VIALS for word in ("drawn", "given")))
    evening.count(day, ("KA-002", "4"))
    evening.close(day, "prescriber")
    evening.owner(day, "D-010", "record device", "record discharge", "record signature")
    evening.researcher(day, PATIENT)
