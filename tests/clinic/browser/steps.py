"""What the people of the floor do with a session, one function for each thing done."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from clinic.browser.day import FIELDS, Day
from reprieve.clinic.simulator import PASSWORD


def arrive(day: Day, who: str, patient: str) -> None:
    """Check in from the list of today: one identifier is too few, two are taken."""
    page = day.open(who, "/today/")
    row = page.get_by_role("row").filter(has_text=patient)
    row.get_by_role("link", name="Check in").click()
    page.wait_for_url("**/check_in/")
    day.look(who)
    day.cockpit = urlsplit(page.url).path.removesuffix("do/check_in/")
    page.get_by_label("Name:").check()
    page.get_by_label("Escort name").fill("Escort of the patient")
    page.get_by_label("Escort phone").fill("555 0206")
    page.get_by_label("Last food").fill(day.local(7))
    page.get_by_label("Last drink").fill(day.local(3))
    nasal = page.get_by_label("Last other nasal medicine")  # asked where a spray is given
    if nasal.count():
        nasal.fill(day.local(20))
    page.get_by_label("Changes since last time").fill("nothing new")
    page.get_by_role("button", name="Check in").click()
    expect(page.get_by_text("1 identifier came")).to_be_visible()
    page.get_by_label("Date of birth:").check()
    page.get_by_role("button", name="Check in").click()
    page.wait_for_url("**/board/")
    expect(seat(page, patient)).to_be_visible()


def chair(day: Day, who: str, patient: str) -> Page:
    """From the board to the patient's cockpit."""
    page = day.open(who, "/board/")
    seat(page, patient).get_by_role("link").click()
    page.wait_for_url(f"**{day.cockpit}")
    day.look(who)
    return page


def seat(page: Page, patient: str) -> Locator:
    """Where the board shows somebody: by initials, whoever looks."""
    family, given = patient.split(", ")
    initials = re.compile(rf"^\s*{given[0]}{family[0]}\b")
    return page.locator(".seat").filter(has=page.locator(".who", has_text=initials))


def weigh(day: Day, kg: str) -> None:
    """The nurse weighs."""
    page = day.step("nurse", "Weight")
    page.get_by_label("Weight, kg").fill(kg)
    page.get_by_role("button", name="Record").click()
    day.back("nurse", f"{kg} kg")


def read(day: Day, bp: str, hr: str, *, temp: str = "") -> None:
    """The nurse taps a set of vital signs on the keypad."""
    page = day.open("nurse", day.cockpit)
    before = page.locator(".readings tbody tr th").count()
    tap(page, bp, hr)
    if temp:
        page.get_by_text("Temperature, oxygen, position, note").click()
        page.get_by_label("Temperature, °C").fill(temp)
    page.get_by_role("button", name="Save set").click()
    rows = page.locator(".readings tbody tr th")
    expect(rows).to_have_count(before + 1)
    expect(page.locator(".readings tbody tr").first).to_contain_text(bp)


def tap(page: Page, bp: str, hr: str) -> None:
    """A set of six readings, digit by digit; the keypad goes from field to field by itself."""
    sbp, dbp = bp.split("/")
    for value in (sbp, dbp, hr, "98", "14", "5"):
        for digit in value:
            page.locator("#vitals").get_by_role("button", name=digit, exact=True).click()
    expect(page.get_by_label(FIELDS["sbp"])).to_have_value(sbp)
    expect(page.get_by_label(FIELDS["moaas"])).to_have_value("5")


def rate(day: Day, instrument: str, score: str) -> None:
    """The nurse enters the score of a rating."""
    sheet = day.sheet("nurse", "Rating")
    sheet.get_by_label("Instrument").select_option(label=instrument)
    sheet.get_by_label("Score").fill(score)
    sheet.get_by_role("button", name="Record").click()
    first = sheet.page.locator(".events li").filter(has_text="Rating").first
    expect(first).to_contain_text(f"{instrument} {score}")


def confirm(day: Day, *, but: str = "") -> None:
    """The nurse says yes to what the protocol asks to be confirmed, but for one thing."""
    sheet = day.sheet("nurse", "More")
    sheet.get_by_role("link", name="Criteria").click()
    page = sheet.page
    page.wait_for_url("**/criterion/")
    day.look("nurse")
    say_yes(page, but)


def say_yes(page: Page, but: str = "") -> None:
    """Yes to every statement of the page that is open, but for one."""
    open_ones = page.get_by_role("row").filter(has=page.locator(".settle, .chip", has_text="open"))
    asked = open_ones.get_by_role("button", name=re.compile("^Yes: "))
    names = asked.evaluate_all("nodes => nodes.map(n => n.getAttribute('aria-label'))")
    wanted = [name for name in names if not but or but not in name]
    assert len(wanted) == len(names) - bool(but)
    for name in wanted:
        page.get_by_role("button", name=name).click()
        text = name.removeprefix("Yes: ")
        settled = page.locator("tr").filter(has_text=text).locator(".chip.ok")
        expect(settled).to_be_attached()


def impossible(day: Day) -> None:
    """A pressure that cannot be is refused with what was expected, and nothing is stored."""
    page = day.open("nurse", day.cockpit)
    before = page.locator(".readings tbody tr th").count()
    page.get_by_label(FIELDS["sbp"]).fill("1400")
    expect(page.locator(".keypad [data-errors]")).to_contain_text("expected 40 to 300 mmHg")
    page.get_by_role("button", name="Save set").click()
    expect(page.get_by_label(FIELDS["sbp"])).to_have_value("1400")
    day.look_closely("nurse")
    page = day.open("nurse", day.cockpit)
    assert page.locator(".readings tbody tr th").count() == before


def hold(day: Day, rule: str, reason: str) -> None:
    """The prescriber sees what stands in the way and waits."""
    page = day.step("prescriber", "Go/no-go")
    row = page.get_by_role("row").filter(has_text=rule).filter(has=page.locator(".chip.bad"))
    expect(row.first).to_be_visible()
    page.get_by_label("Reason", exact=True).fill(reason)
    page.get_by_role("button", name="Hold", exact=True).click()
    day.back("prescriber", reason)
    expect(page.locator("#ck-next")).to_contain_text("Decision: hold")


def go(day: Day, missing: str, reason: str, dose: tuple[str, str] = ("", "")) -> None:
    """Go is refused while something is missing, and taken with the prescriber's reason for it."""
    page = day.step("prescriber", "Go/no-go")
    if dose[0]:
        page.get_by_text("Another dose today").click()
        page.get_by_label("Dose amount").fill(dose[0])
        page.get_by_label("Dose unit").select_option(dose[1])
    page.get_by_role("button", name="Go in spite of 1").click()
    refused = page.get_by_role("alert").filter(has_text="Not recorded")
    expect(refused).to_contain_text(missing)
    day.look_closely("prescriber")
    row = page.get_by_role("row").filter(has_text=missing)
    row.get_by_label("Reason to go ahead").fill(reason)
    page.get_by_role("button", name="Go in spite of 1").click()
    day.back("prescriber", reason)


def prepare(day: Day, vials: list[str], lines: list[str]) -> None:
    """The nurse chooses vials; each step of the sum is on the page."""
    page = day.step("nurse", "Prepare")
    for line in lines:
        expect(page.locator(".sums").first).to_contain_text(line)
    for vial in vials:
        page.get_by_label(vial).check()
    page.get_by_role("button", name="Drawn up").click()
    day.back("nurse", "Preparation")


def compare(day: Day, **figures: str) -> None:
    """The second nurse works it out on her own tablet."""
    page = day.step("nurse2", "Second check")
    labels = {"kg": "Weight, kg", "mg": "Dose, mg", "drawn": "Amount drawn", "rate": "Rate, mL/h"}
    for name, value in figures.items():
        page.get_by_label(labels[name]).fill(value)
    page.get_by_role("button", name="Compare").click()


def disagree(day: Day, **figures: str) -> None:
    """A mismatch stands on the cockpit, without what was computed, and nothing can start."""
    compare(day, **figures)
    page = day.of("nurse2").page
    page.wait_for_url(f"**{day.cockpit}")
    expect(page.locator("#ck-next")).to_contain_text("The second check did not agree")
    page = day.step("nurse", "Start")
    page.get_by_role("button", name="Start now").click()
    expect(page.get_by_role("alert").first).to_contain_text("Not recorded")
    assert page.url.endswith("/do/start/")


def start(day: Day) -> None:
    """The dose begins."""
    page = day.step("nurse", "Start")
    page.get_by_role("button", name="Start now").click()
    day.back("nurse", "Start")


def seen(day: Day, prompt: str) -> None:
    """The nurse answers a prompt: somebody has seen it."""
    page = day.open("nurse", day.cockpit)
    shown = page.locator(".prompt").filter(has_text=prompt).first
    day.look_closely("nurse")
    shown.get_by_role("button", name=f"Seen: {prompt}").click()
    expect(page.locator(".prompt").filter(has_text=prompt).first).to_contain_text("· seen")


def side_effect(day: Day, name: str, grade: str) -> None:
    """One tap on a side effect."""
    sheet = day.sheet("nurse", "Side effect")
    sheet.get_by_role("button", name=f"{name}: {grade}").click()
    expect(sheet.page.locator(".events")).to_contain_text(f"{name}, {grade}")


def note(day: Day, who: str, about: str, text: str) -> None:
    """A note of the chart."""
    sheet = day.sheet(who, "Note")
    sheet.get_by_label("About").select_option(label=about)
    sheet.get_by_label("Text").fill(text)
    sheet.get_by_role("button", name="Record").click()
    expect(sheet.page.locator(".events")).to_contain_text(text)


def waste(day: Day, amount: str) -> None:
    """What is left is thrown away before a witness: not oneself, and by that person's password."""
    page = day.step("nurse", f"Waste {amount}")
    tries = (
        ("nurse", PASSWORD, "somebody else than you"),
        ("nurse2", "a guess", "not of an active person"),
        ("nurse2", PASSWORD, ""),
    )
    for name, password, refusal in tries:
        page.get_by_label("Amount wasted").fill(amount)
        page.get_by_label("Reason").fill("rest of the syringe")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Record waste").click()
        if refusal:
            expect(page.get_by_role("alert").filter(has_text=refusal)).to_be_visible()
    day.back("nurse", "witness Demo Nurse Two")


def cannot_leave(day: Day, *lacks: str) -> None:
    """Discharge is refused with everything that is missing."""
    page = day.step("nurse", "Discharge")
    page.get_by_role("button", name="Discharge").click()
    refused = page.get_by_role("alert").filter(has_text="Not recorded")
    for text in lacks:
        expect(refused).to_contain_text(text)
    day.look_closely("nurse")


def leave(day: Day, hours_ago: float) -> None:
    """Every criterion has its value; when the person would have been ready is kept."""
    page = day.step("nurse", "Discharge")
    say_yes(page)
    expect(page.get_by_text("Every criterion is met.")).to_be_visible()
    ready = day.local(hours_ago)
    page.get_by_label("Ready to leave at").fill(ready)
    page.get_by_role("button", name="Discharge").click()
    day.back("nurse", f"would have been ready at {ready[-5:]}")


def sign(day: Day) -> None:
    """The nurse signs with her password and nothing else; the prescriber countersigns."""
    page = day.step("nurse", "Sign")
    _sign(page, "gave the treatment", "a guess")
    expect(page.get_by_text("That is not your password")).to_be_visible()
    _sign(page, "gave the treatment", PASSWORD)
    day.back("nurse", "Demo Nurse One, RN: gave the treatment")
    page = day.open("prescriber", day.cockpit)
    page.get_by_role("link", name="Countersign").click()
    page.wait_for_url("**/countersign/")
    day.look("prescriber")
    _sign(page, "responsible prescriber", PASSWORD)
    day.back("prescriber", "Demo Prescriber, MD: responsible prescriber")


def _sign(page: Page, meaning: str, password: str) -> None:
    page.get_by_label("Meaning").select_option(label=meaning)
    page.get_by_label("Your password").fill(password)
    page.get_by_role("button", name="Sign", exact=True).click()


def paper(day: Day, *texts: str) -> None:
    """The session's record on a page and as PDF."""
    page = day.open("prescriber", day.cockpit)
    page.locator("#ck-next").get_by_role("link", name="Session record").click()
    page.wait_for_url("**/record/")
    day.look("prescriber")
    for text in (*texts, "Demo Prescriber, MD", "countersigned, responsible prescriber"):
        expect(page.locator("article.paper")).to_contain_text(text)
    assert page.locator("p.signature").count() == 2
    link = page.get_by_role("link", name="PDF").get_attribute("href")
    answer = day.of("prescriber").context.request.get(link or "")
    assert answer.status == 200
    assert answer.body().startswith(b"%PDF-1.")


def due_first(day: Day, minutes: int) -> None:
    """What is due first stands at the protocol's time after the start."""
    page = day.open("nurse", day.cockpit)
    begun = page.locator(".events li").filter(has_text=re.compile(r"\bStart\b")).first
    start = begun.locator("time").get_attribute("datetime")
    first = page.locator("#ck-next .next-when time").get_attribute("datetime")
    assert start is not None
    assert first is not None
    asked = datetime.fromisoformat(first) - datetime.fromisoformat(start)
    assert asked == timedelta(minutes=minutes)


def pause_and_resume(day: Day, slower: str) -> None:
    """The pump rests; faster again than the protocol's restart needs a reason."""
    sheet = day.sheet("nurse", "Dose")
    sheet.get_by_role("button", name="Pause").click()
    expect(sheet.page.locator(".pump")).to_contain_text("paused")
    sheet = day.sheet("nurse", "Dose")
    form = sheet.locator("form").filter(has=sheet.page.get_by_role("button", name="Resume"))
    form.get_by_label("Rate, mL/h").fill("75")
    form.get_by_role("button", name="Resume").click()
    expect(form.locator("[data-errors]")).to_contain_text("75 mL/h is more than 75 %")
    form.get_by_label("Rate, mL/h").fill(slower)
    form.get_by_role("button", name="Resume").click()
    expect(form.page.locator(".pump")).to_contain_text(f"{slower} mL/h")


def left_alone(day: Day, patient: str) -> None:
    """A screen that nobody touches hides the name and the keypad; clocks and prompts go on."""
    page = day.open("nurse", day.cockpit)
    expect(page.get_by_role("banner")).to_contain_text(patient)
    day.forward(6)
    page.wait_for_selector("body.locked")
    for name in patient.split(", "):
        expect(page.locator("body")).not_to_contain_text(name)
    expect(page.get_by_label(FIELDS["sbp"])).to_be_hidden()
    clock = page.get_by_role("banner").locator("time[data-tick=since]").first
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)
    expect(page.locator("#ck-next time[data-tick=until]")).to_be_visible()
    day.look_closely("nurse")
    day.of("nurse").unlock()
    expect(page.get_by_role("banner")).to_contain_text(patient)


def read_without_a_network(day: Day, bp: str, hr: str) -> None:
    """A set that is saved while the network is away waits on the tablet, and is stored once."""
    tablet = day.of("nurse")
    page = day.open("nurse", day.cockpit)
    rows = page.locator(".readings tbody tr th")
    before = rows.count()
    tablet.context.set_offline(True)
    tap(page, bp, hr)
    page.get_by_role("button", name="Save set").click()
    expect(page.locator("#outbox")).to_contain_text("1 entry is kept on this tablet")
    expect(page.locator("#outbox")).to_contain_text("Offline")
    day.look_closely("nurse")
    assert rows.count() == before
    tablet.context.set_offline(False)
    expect(page.locator("#outbox")).to_be_hidden()
    page = day.open("nurse", day.cockpit)
    assert rows.count() == before + 1
    expect(page.locator(".readings tbody tr").first).to_contain_text(bp)


def stop(day: Day, volume: str) -> None:
    """The dose ends early, at what the pump shows."""
    sheet = day.sheet("nurse", "Dose")
    form = sheet.locator("form").filter(has=sheet.page.get_by_role("button", name="Stop the dose"))
    form.get_by_label("Volume on the pump, mL").fill(volume)
    form.get_by_label("Reason").fill("the patient asked to stop")
    form.get_by_role("button", name="Stop the dose").click()
    expect(form.page.locator(".events")).to_contain_text(f"asked to stop; {volume} mL given")


def enrolled(day: Day, patient: str) -> None:
    """The nurse finds the patient's enrolment in the spray's programme."""
    page = day.open("nurse", "/patients/")
    page.get_by_role("link", name=patient).first.click()
    page.wait_for_url("**/patients/*-*/")
    day.look("nurse")
    page = day.follow("nurse", "REMS")
    expect(page.get_by_role("row").nth(1)).to_contain_text("enrolled")


def next_device(day: Day, *, too_early: bool = False) -> None:
    """The next device; the protocol's minutes have to go by first."""
    sheet = day.sheet("nurse", "Dose")
    sheet.get_by_role("button", name="Next device given").click()
    if too_early:
        refused = sheet.locator("[data-errors]").filter(has_text="5 min pass between devices")
        expect(refused).to_be_visible()
    else:
        expect(sheet.page.locator("#ck-lists")).to_contain_text("2 of 2 devices given")
