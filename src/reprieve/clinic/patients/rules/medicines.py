"""The medication list beside ketamine: what each medicine changes, and by whose word."""

from collections.abc import Iterator
from datetime import datetime

from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.patients.rules.gap import Gap
from reprieve.clinic.patients.rules.words import reference
from reprieve.evidence.medication_flags import Flag, Medicine, Review, review_medicines
from reprieve.evidence.practice import Protocol

CHIPS = {"red": "bad", "amber": "warn", "unknown": "warn", "information": "info", "none": "ok"}
ALERTS = ("red", "amber", "unknown")


def review(facts: Facts, route: str) -> Review:
    """The flags of what the patient takes now, for a route ("any" where none is chosen)."""
    listed = [Medicine(m.drug, None if m.mg_d is None else float(m.mg_d)) for m in facts.taken]
    return review_medicines(listed, route)


def source(flag: Flag) -> str:
    """Where a flag comes from, as people cite it."""
    cited = "; ".join(reference(key) for key in flag.sources)
    return f"{flag.status}: {cited}" if cited else flag.status


def gaps(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """A caution for each medicine that changes exposure, benefit or risk."""
    for flag in review(facts, protocol.route).flags:
        if flag.colour not in ALERTS:
            continue
        names = ", ".join(flag.medicines)
        title = f"{flag.title} ({flag.colour} flag, {flag.changes})"
        if flag.colour == "unknown":
            title = f"{names}: {flag.title.lower()}"
        key = f"medicine.{flag.interaction or names}.{flag.on}"
        yield Gap(key, title, flag.sentence, "caution", None, source(flag), "patients:medicines")
