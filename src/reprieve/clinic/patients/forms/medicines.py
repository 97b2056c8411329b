"""The medication list."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from reprieve.clinic.patients.forms.parts import day_field, happened, number_field
from reprieve.evidence.medicines import known_names

ROUTES = ("oral", "sublingual", "nasal", "transdermal", "injection", "inhaled", "other")


class _Day(forms.Form):
    on = day_field("Since")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["on"].initial = today

    def clean_on(self) -> date:
        """A day up to today."""
        day: date = self.cleaned_data["on"]
        happened(day, self.today)
        return day


class DoseForm(_Day):
    """A dose and how often it is taken."""

    dose_mg = number_field(
        "Dose, mg each time", required=False, min_value=Decimal("0.001"), max_digits=8,
        decimal_places=3, help_text="leave empty where it has no dose in mg",
    )  # fmt: skip
    times_a_day = number_field(
        "Times a day", required=False, initial=1, min_value=Decimal("0.05"), max_value=24,
        max_digits=4, decimal_places=2, help_text="0.5 is every other day",
    )  # fmt: skip
    as_needed = forms.BooleanField(label="Only as needed", required=False)
    note = forms.CharField(label="Note", max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        """A dose says how often, or that it is taken as needed."""
        data = super().clean() or self.cleaned_data
        if data.get("dose_mg") and not data.get("times_a_day") and not data.get("as_needed"):
            self.add_error("times_a_day", "Say how often, or that it is taken only as needed.")
        return data


class MedicineForm(DoseForm):
    """A medicine that the patient takes."""

    drug = forms.CharField(
        label="Medicine",
        max_length=80,
        widget=forms.TextInput(attrs={"list": "suggestions", "autocomplete": "off"}),
        help_text="as it stands on the box; names that are known here are offered",
    )
    suggestions = known_names()
    route = forms.ChoiceField(choices=[(r, r) for r in ROUTES], label="Taken")
    indication = forms.CharField(label="For", max_length=120, required=False)
    field_order = ("drug", "dose_mg", "times_a_day", "as_needed", "route", "on", "indication")


class StopForm(_Day):
    """The day since when it is no longer taken."""

    on = day_field("No longer taken since")
    note = forms.CharField(label="Why, in the patient's or prescriber's words", max_length=200)
