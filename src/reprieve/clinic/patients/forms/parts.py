"""Fields that several forms share."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms

from reprieve.clinic.patients.limits import day_fault

if TYPE_CHECKING:
    RowForm = forms.ModelForm[Any]
else:
    RowForm = forms.ModelForm  # Django's own class takes no type argument


def day_field(label: str, **kwargs: Any) -> forms.DateField:
    """A date, picked or typed as year-month-day."""
    return forms.DateField(label=label, widget=DayInput(), **kwargs)


def number_field(label: str, **kwargs: Any) -> forms.DecimalField:
    """A decimal number with a keypad that has a decimal point."""
    return forms.DecimalField(
        label=label, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs
    )


class DayInput(forms.DateInput):
    """The browser's own date picker."""

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"type": "date"})


def happened(day: date | None, today: date) -> None:
    """Refuse a day that has not come yet, or that nobody remembers."""
    if day is not None and (fault := day_fault(day, today)):
        raise forms.ValidationError(fault)
