"""Finding patients by name, number or birth date."""

import re
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.patients.models.people import folded

_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
_DAY_FIRST = re.compile(r"^(\d{1,2})[./](\d{1,2})[./](\d{4})$")


def found(clinic: Clinic, words: str) -> QuerySet[Patient]:
    """Patients of a clinic whose name, number and birth date hold every word.

    A birth date is read as 1981-03-01, or as 1.3.1981 with the day first.
    """
    rows = Patient.objects.filter(clinic=clinic)
    for word in words.split():
        born = as_date(word)
        rows = rows.filter(birth_date=born) if born else rows.filter(search__contains=folded(word))
    return rows


def as_date(word: str) -> date | None:
    """A word as a date, if it is one."""
    iso, first = _ISO.match(word), _DAY_FIRST.match(word)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        return date(int(first[3]), int(first[2]), int(first[1])) if first else None
    except ValueError:
        return None


def same_person(
    clinic: Clinic, given: str, family: str, born: date, *, other_than: UUID | None = None
) -> list[Patient]:
    """Patients of the same name and birth date: likely the same person entered twice."""
    name = folded(f"{given} {family}")
    rows = Patient.objects.filter(clinic=clinic, birth_date=born)
    if other_than is not None:
        rows = rows.exclude(pk=other_than)
    return [p for p in rows if folded(f"{p.given_name} {p.family_name}") == name]


def next_number(clinic: Clinic) -> str:
    """The number after the highest one that ends in digits, in its own style."""
    numbers = Patient.objects.filter(clinic=clinic).values_list("number", flat=True)
    ends = [m for n in numbers if (m := re.match(r"^(.*?)(\d+)$", n))]
    if not ends:
        return "P-0001"
    last = max(ends, key=lambda m: int(m[2]))
    return f"{last[1]}{int(last[2]) + 1:0{len(last[2])}d}"
