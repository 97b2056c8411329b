"""Fields and the shape that the forms of events share."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.forms.utils import from_current_timezone

from reprieve.clinic.treatments.numbers import said

MOST_WORDS, LONGEST_WORD = 60, 200
YEARS = range(2000, 2101)  # any other is a slip, and no clock of another zone can say it


def of_our_time(at: datetime) -> datetime:
    """The time, if it is of a year in which a record can have been made.

    Raises
    ------
    ValueError
        It is not.
    """
    if at.year not in YEARS:
        raise ValueError(f"{at.year} is not a year from {YEARS[0]} to {YEARS[-1]}")
    return at


def as_kept(value: Any) -> Any:
    """A cleaned value as the record keeps it."""
    if isinstance(value, Decimal):
        return said(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [as_kept(v) for v in value]
    return value


def plain(text: str) -> str:
    """A text without the character that no database keeps.

    Raises
    ------
    ValidationError
        It is there.
    """
    if "\x00" in text:
        raise forms.ValidationError("Null characters are not allowed.")
    return text


class Words(forms.Field):
    """Several words at once, as a list or as repeated form fields."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[str]:
        """The words that are not empty."""
        found = [value] if isinstance(value, str) else list(value or ())
        if len(found) > MOST_WORDS or any(len(str(v)) > LONGEST_WORD for v in found):
            raise forms.ValidationError(
                f"Expected at most {MOST_WORDS} entries of {LONGEST_WORD} characters."
            )
        return [plain(str(v).strip()) for v in found if str(v).strip()]


class Reasons(forms.JSONField):
    """Reasons by the key of what they answer: {"sbp_hold": "why"}."""

    def clean(self, value: Any) -> dict[str, str]:
        """A mapping of text to text, without empty reasons."""
        found = super().clean(value) or {}
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise forms.ValidationError("Expected a reason in words for each hold.")
        return {plain(str(k)): plain(v.strip()) for k, v in found.items() if v.strip()}


class Moment(forms.DateTimeField):
    """A time: ISO with an offset, or local to the clinic."""

    def to_python(self, value: Any) -> datetime | None:
        """The aware time."""
        if isinstance(value, str) and value.strip():
            try:
                found = datetime.fromisoformat(value.strip())
                aware = found if found.tzinfo else from_current_timezone(found)
                return of_our_time(aware.astimezone(UTC))
            except (ValueError, OverflowError):
                raise forms.ValidationError(
                    f"'{value[:40]}' is not a time; expected one like 2026-11-02T09:30, of a "
                    f"year from {YEARS[0]} to {YEARS[-1]}."
                ) from None
        return super().to_python(value)


class EventForm(forms.Form):
    """What every form of an event can do."""

    secret: ClassVar[tuple[str, ...]] = ()

    def payload(self) -> dict[str, Any]:
        """What the record keeps; call on a valid form."""
        return {
            name: as_kept(value)
            for name, value in self.cleaned_data.items()
            if name not in self.secret and value not in (None, "", [], {})
        }


def text(**more: Any) -> forms.CharField:
    """A text of at most a page."""
    return forms.CharField(max_length=4000, **more)


def number(digits: int = 9, places: int = 3, **more: Any) -> forms.DecimalField:
    """An exact number, not below zero."""
    return forms.DecimalField(
        min_value=Decimal(0), max_digits=digits, decimal_places=places, **more
    )


def reading(label: str) -> forms.DecimalField:
    """One reading: may be left empty."""
    return forms.DecimalField(label=label, required=False, max_digits=6, decimal_places=1)
