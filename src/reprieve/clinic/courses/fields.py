"""Fields that forms of courses and of the calendar share."""

from datetime import date

from django import forms

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)


def date_input() -> forms.DateInput:
    """The browser's own date picker."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def time_input() -> forms.TimeInput:
    """The browser's own time picker."""
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def day_field(label: str) -> forms.DateField:
    """A day that a calendar can hold."""

    def in_range(day: date) -> None:
        if not FIRST_DAY <= day < LAST_DAY:
            raise forms.ValidationError("Give a day between 2000 and 2100.")

    return forms.DateField(label=label, widget=date_input(), validators=[in_range])


def reason_field(label: str = "Reason", required: bool = True) -> forms.CharField:
    """Why something is done, in the person's own words."""
    return forms.CharField(
        label=label, required=required, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
