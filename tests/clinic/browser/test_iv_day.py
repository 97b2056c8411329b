"""A whole day of ketamine by vein, as each role, through what people see."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from clinic.browser import evening, steps
from clinic.browser.day import Day
from clinic.browser.served import Served

pytestmark = pytest.mark.browser
PATIENT = "Cobble, Rowan"
SUM = (
    "0.5 mg/kg × 70.4 kg = 35.2 mg",
    "rounded to a multiple of 1 mg: 35 mg",
    "35 mg ÷ 50 mg/mL = 0.7 mL from the vial",
    "50 mL over 40 min = 75 mL/h",
)
VIAL = "KA-002"


@pytest.fixture(params=[("tablet", "light"), ("desktop", "dark")], ids=lambda look: "-".join(look))
def day(browser: Browser, fresh: Served, request: pytest.FixtureRequest) -> Iterator[Day]:
    found = Day(browser, fresh, *request.param)
    yield found
    found.close()


def test_a_day_of_infusions_from_the_front_door_to_the_closed_register(day: Day) -> None:
    day.forward(85)
    before_the_dose(day)
    the_second_person(day)
    the_infusion(day)
    going_home(day)
    the_evening(day)
    assert day.faults() == []


def before_the_dose(day: Day) -> None:
    steps.arrive(day, "front_desk", PATIENT)
    steps.chair(day, "nurse", PATIENT)
    steps.weigh(day, "70.4")
    steps.impossible(day)
    steps.read(day, "166/94", "88", temp="36.6")
    steps.rate(day, "CADSS-6", "0")
    steps.confirm(day, but="The bladder was emptied")
    steps.hold(day, "Systolic pressure", "Pressure again in some minutes.")
    day.forward(6)
    steps.read(day, "128/76", "72")
    steps.go(day, "The bladder was emptied", "Emptied on the way in.")


def the_second_person(day: Day) -> None:
    steps.prepare(day, [VIAL], SUM)
    steps.chair(day, "nurse2", PATIENT)
    steps.disagree(day, kg="70.4", mg="35", drawn="7", rate="75")
    steps.compare(day, kg="70.4", mg="35", drawn="0.7", rate="75")
    day.back("nurse2", "Demo Nurse Two: agrees")
    steps.start(day)


def the_infusion(day: Day) -> None:
    steps.due_first(day, 10)
    day.forward(9)
    steps.read(day, "150/86", "84")
    steps.seen(day, "Systolic pressure abnormal high")
    steps.side_effect(day, "Nausea", "mild")
    steps.pause_and_resume(day, "56")
    steps.note(day, "therapist", "in session", "Quiet, eyes closed.")
    steps.left_alone(day, PATIENT)
    steps.read_without_a_network(day, "146/84", "80")
    day.forward(10)
    steps.read(day, "144/84", "80")
    steps.stop(day, "25")
    steps.waste(day, "0.35")


def going_home(day: Day) -> None:
    steps.cannot_leave(day, "Time from the start", "MOAA/S: (no value since the dose ended)")
    for _ in range(2):
        day.forward(30)
        steps.read(day, "136/82", "76")
    day.forward(35)
    steps.read(day, "130/78", "74")
    steps.rate(day, "CADSS-6", "0")
    steps.rate(day, "Aldrete", "10")
    steps.leave(day, 0.4)
    steps.sign(day)
    steps.paper(day, "35 mg", "Demo Nurse Two, agrees", "Nausea", "does not agree")


def the_evening(day: Day) -> None:
    evening.register(
        day,
        (VIAL, "drawn", "0.7 mL"),
        (VIAL, "given"),
        (VIAL, "wasted", "Demo Nurse Two"),
    )
    evening.count(day, (VIAL, "4"))
    evening.close(day, "nurse")
    evening.owner(day, "D-006", "record second check", "record waste", "record countersignature")
    evening.researcher(day, PATIENT)
