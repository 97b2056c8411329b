"""One thing that stands in the way of a treatment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.urls import reverse

from reprieve.clinic.patients.models import Override, Patient

Kind = Literal["stop", "gap", "caution"]
ORDER: tuple[Kind, ...] = ("stop", "gap", "caution")


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing in the way: what, why, since when, by whose word, and where it is mended.

    A stop with a `basis` (the finding it rests on) can be overridden on the eligibility page; it
    then becomes a caution that names who did so.
    """

    key: str
    title: str
    detail: str
    kind: Kind
    since: datetime | None = None
    source: str = ""
    url_name: str = "patients:eligibility"
    basis: str = ""
    override: Override | None = None

    def url(self, patient: Patient) -> str:
        """The page where it is mended."""
        return reverse(self.url_name, kwargs={"patient_id": patient.pk})

    def age(self, now: datetime) -> timedelta | None:
        """How long it has been so."""
        return None if self.since is None else now - self.since


def in_order(found: Iterable[Gap]) -> tuple[Gap, ...]:
    """Stops, then gaps, then cautions."""
    return tuple(sorted(found, key=lambda g: ORDER.index(g.kind)))
