"""The parts of readiness: each looks at one kind of fact and names what stands in the way."""

from collections.abc import Callable, Iterator
from datetime import datetime

from reprieve.clinic.consents import standing as consent
from reprieve.clinic.patients.models import Contact, RemsStatus
from reprieve.clinic.patients.rules import allergy, medicines, resistance, screen, workup
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.patients.rules.gap import Gap, Kind
from reprieve.clinic.patients.rules.words import reference, whose
from reprieve.evidence.practice import Protocol

Part = Callable[[Facts, Protocol, datetime], Iterator[Gap]]
REMS_SOURCE = "spravato_rems_settings"


def _stop(
    facts: Facts, key: str, basis: object, title: str, detail: str,
    since: datetime | None = None, source: str = "",
) -> Gap:  # fmt: skip
    """A stop that a prescriber may go past; a caution once one did."""
    found = facts.override(key, basis)
    if found is None:
        return Gap(key, title, detail, "stop", since, source, basis=str(basis))
    told = f"{detail} {found.by_name} goes past it: {found.reason}".strip()
    return Gap(key, title, told, "caution", found.at, source, override=found)


def decision(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """The prescriber's word."""
    last = next((d for d in facts.decisions if d.protocol_version.name == protocol.name), None)
    if last is None:
        detail = f"No prescriber has decided on {protocol.title}."
        yield Gap("decision", "Eligibility not decided", detail, "stop")
    elif not last.eligible:
        yield Gap("decision", "Not eligible", f"{last.by_name}: {last.reason}", "stop", last.at)


def age(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """The age that the protocol asks for."""
    limit = protocol.thresholds("eligibility").get("age_min")
    years = facts.patient.age_on(facts.today(now))
    if limit is not None and not limit.met(years):
        detail = f"{years} years; the protocol asks for: {limit.words()}."
        title = "Age outside the protocol"
        yield _stop(facts, "age", protocol.name, title, detail, source=whose(limit))


def indication(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """What the treatment is for."""
    if not any(d.indication for d in facts.diagnoses):
        detail = "No diagnosis says what the treatment is for."
        yield Gap("indication", "Indication missing", detail, "gap", url_name="patients:page")


def screening(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """Contraindications and cautions. A hard question without an answer stops like a yes."""
    found = screen.asked(facts, protocol, now)
    for verdict, title in (
        ("missing", "Screen not asked"),
        ("unknown", "Screen answered “not known”"),
        ("stale", "Screen out of date"),
    ):
        some = [a for a in found if a.verdict == verdict]
        some.sort(key=lambda a: a.screen.kind != "hard")
        if some:
            times = [a.screening.at for a in some if a.screening]
            told = "; ".join(a.screen.question for a in some[:3])
            more = f"; and {len(some) - 3} more" if len(some) > 3 else ""
            open_ = verdict != "stale" and any(a.screen.kind == "hard" for a in some)
            kind: Kind = "stop" if open_ else "gap"
            yield Gap(f"screen_{verdict}", title, told + more, kind, min(times, default=None))
    for a in found:
        if a.screening is None:
            continue
        told = f"Answered yes: {a.note}." if a.note else "Answered yes."
        if a.verdict in ("stop", "overridden"):
            title = a.screen.question
            yield _stop(facts, a.key, a.screening.pk, title, told, a.screening.at, a.whose)
        elif a.verdict == "caution":
            yield Gap(a.key, a.screen.question, told, "caution", a.screening.at, a.whose)


def allergies(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """An allergy to what would be given."""
    for row in facts.allergies:
        if allergy.concerns(row, protocol):
            title = f"Allergy recorded: {row.substance}"
            detail = f"{row.reaction or 'Reaction not said'} ({row.get_severity_display()})."
            yield _stop(facts, "allergy", row.pk, title, detail, row.entered_at)


def examinations(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """The baseline workup: one line for all that is missing, one for each finding to be known."""
    found = workup.checklist(facts, protocol, facts.today(now))
    for stands, title, kind in _TO_DO:
        some = [c for c in found if c.stands == stands]
        if some:
            times = [c.result.at for c in some if c.result]
            told = "; ".join(_what(c) for c in some)
            yield Gap(f"workup_{stands}", title, told, kind, min(times, default=None))
    for c in found:
        if c.result is None:
            continue
        key, when = f"workup.{c.workup.key}", f"({c.result.done_on})"
        if c.stands == "abnormal":
            told = f"{c.result.value} {when}"
            yield Gap(key, f"{c.workup.title}: abnormal", told, "caution", c.result.at, c.whose)
        elif c.stands == "not_indicated" and c.workup.required:
            told = f"{c.result.by_name}: {c.result.value} {when}"
            yield Gap(key, f"{c.workup.title}: left out", told, "caution", c.result.at, c.whose)


_TO_DO: tuple[tuple[str, str, Kind], ...] = (
    ("missing", "Examinations missing", "gap"),
    ("expired", "Examinations out of date", "gap"),
    ("undecided", "Examinations not decided on", "caution"),
)


def _what(c: workup.Checked) -> str:
    if c.stands == "undecided":
        return f"{c.workup.title} ({c.workup.indicated})"
    return f"{c.workup.title} (until {c.expires_on})" if c.expires_on else c.workup.title


def consented(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """The patient's consent."""
    found = consent.standing(facts.consents, protocol, now)
    if found.state == "valid":
        return
    title = {
        "missing": "Consent missing",
        "withdrawn": "Consent withdrawn",
        "changed": "Consent text changed",
        "expired": "Consent expired",
        "no_text": "No consent text",
    }[found.state]
    timer = protocol.thresholds("consent").get("reconsent")
    since = found.consent.signed_at if found.consent else None
    source = whose(timer) if timer and found.state == "expired" else ""
    yield Gap("consent", title, found.words, "stop", since, source, "consents:list")


def rems(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """Enrolment in the REMS, where the protocol's product has one; inpatients need none."""
    if not protocol.rems or facts.patient.clinic.inpatient:
        return
    last = facts.rems[0] if facts.rems else None
    if last is None or last.status != RemsStatus.Status.ENROLLED:
        told = "Nothing was sent in." if last is None else f"{last}."
        detail = f"{told} An outpatient is enrolled before the first dose."
        yield Gap("rems", "Not enrolled in the REMS", detail, "stop", last.at if last else None,
                  f"label, verified: {reference(REMS_SOURCE)}", "patients:rems")  # fmt: skip


def contacts(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """Who takes the patient home, and whom to call in a crisis."""
    kinds = {c.kind for c in facts.contacts}
    for kind, title in (
        (Contact.Kind.ESCORT, "No escort named"),
        (Contact.Kind.CRISIS, "No crisis contact"),
    ):
        if kind not in kinds:
            detail = "Name somebody with a telephone number."
            yield Gap(f"contact_{kind}", title, detail, "gap", url_name="patients:contacts")


PARTS: tuple[Part, ...] = (
    decision, age, indication, resistance.gaps, screening, allergies, examinations, consented,
    rems, contacts, medicines.gaps,
)  # fmt: skip
