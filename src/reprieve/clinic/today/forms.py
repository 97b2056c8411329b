"""Forms of the day."""

from datetime import date
from typing import Any

from django import forms

from reprieve.clinic.courses.fields import day_field


class CloseForm(forms.Form):
    """Closing a day is signed: the password is asked again."""

    note = forms.CharField(
        label="Note", required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed where something is still open: why, and who settles it.",
    )  # fmt: skip
    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PeriodForm(forms.Form):
    """A stretch of days for the summary."""

    first = day_field("From")
    last = day_field("To")

    def clean(self) -> dict[str, Any]:
        """Refuse a stretch that ends before it begins."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            raise forms.ValidationError("The period ends before it begins.")
        return data
