"""The baseline workup of a protocol, as it stands for a patient."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from reprieve.clinic.patients.models import WorkupResult
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.patients.rules.words import whose
from reprieve.evidence.practice import Protocol, Workup

Stands = Literal["missing", "undecided", "expired", "normal", "abnormal", "not_indicated"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One examination with its last result, what that means today, and when it stops counting."""

    workup: Workup
    stands: Stands
    result: WorkupResult | None = None
    expires_on: date | None = None
    earlier: tuple[WorkupResult, ...] = ()  # with those struck out and what struck them

    @property
    def whose(self) -> str:
        """Whose word the examination is."""
        return whose(self.workup)

    @property
    def open(self) -> bool:
        """Whether something is to be done or decided."""
        return self.stands in ("missing", "undecided", "expired")


def current(results: Iterable[WorkupResult]) -> list[WorkupResult]:
    """Results without those struck out and the rows that struck them, newest first."""
    kept = list(results)
    struck = {r.strikes_id for r in kept if r.strikes_id}
    return [r for r in kept if r.pk not in struck and r.finding != WorkupResult.Finding.WRONG]


def checklist(facts: Facts, protocol: Protocol, today: date) -> tuple[Checked, ...]:
    """Every examination of the protocol with where it stands on a day."""
    results = current(facts.workups)
    found = (_checked(w, results, today) for w in protocol.workups)
    return tuple(
        replace(
            c, earlier=tuple(r for r in facts.workups if r.key == c.workup.key and r != c.result)
        )
        for c in found
    )


def _checked(workup: Workup, results: list[WorkupResult], today: date) -> Checked:
    found = next((r for r in results if r.key == workup.key), None)
    if found is None:
        return Checked(workup, "missing" if workup.required else "undecided")
    days = workup.valid_days
    expires = None if days is None else found.done_on + timedelta(days=days)
    if expires is not None and expires < today:
        return Checked(workup, "expired", found, expires)
    stands: Stands = (
        "abnormal"
        if found.finding == WorkupResult.Finding.ABNORMAL
        else "not_indicated"
        if found.finding == WorkupResult.Finding.NOT_INDICATED
        else "normal"
    )
    return Checked(workup, stands, found, expires)
