"""Whether a patient's consent to a protocol stands today."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from reprieve.clinic.consents.models import Consent
from reprieve.clinic.consents.wording import digest, wording
from reprieve.evidence.practice import Protocol

State = Literal["valid", "missing", "withdrawn", "changed", "expired", "no_text"]


@dataclass(frozen=True, slots=True)
class Stands:
    """Where the last consent to a protocol stands, and until when it counts."""

    state: State
    consent: Consent | None = None
    until: datetime | None = None

    @property
    def words(self) -> str:
        """The state in a sentence."""
        return {
            "valid": "Signed and in force.",
            "missing": "Nothing was signed for this protocol.",
            "withdrawn": "The patient withdrew it.",
            "changed": "The text was changed since it was signed: sign the new one.",
            "expired": "It was signed too long ago: talk about it anew and sign again.",
            "no_text": "The protocol file holds no consent text; add one before anybody signs.",
        }[self.state]


def standing(consents: Iterable[Consent], protocol: Protocol, now: datetime) -> Stands:
    """The state of the last consent to a protocol; `consents` come newest first."""
    text = wording(protocol)
    if text is None:
        return Stands("no_text")
    last = next((c for c in consents if c.protocol_version.name == protocol.name), None)
    if last is None:
        return Stands("missing")
    timer = protocol.thresholds("consent").get("reconsent")
    until = None if timer is None else last.signed_at + timedelta(days=timer.value)
    if last.withdrawn:
        return Stands("withdrawn", last, until)
    if last.text_digest != digest(text):
        return Stands("changed", last, until)
    if until is not None and now > until:
        return Stands("expired", last, until)
    return Stands("valid", last, until)
