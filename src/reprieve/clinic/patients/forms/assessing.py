"""Screen, workup, decision, enrolment."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms

from reprieve.clinic.patients.forms.parts import DayInput, day_field, happened
from reprieve.clinic.patients.models import RemsStatus, WorkupResult
from reprieve.clinic.patients.rules.screen import Asked

ANSWERS = [("no", "No"), ("yes", "Yes"), ("unknown", "Not known")]


class ScreenForm(forms.Form):
    """The protocol's screen: a question a row, no answer carried over from last time."""

    def __init__(self, *args: Any, asked: Sequence[Asked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        for a in asked:
            self.fields[a.screen.key] = forms.ChoiceField(
                label=a.screen.question, choices=ANSWERS, widget=forms.RadioSelect,
                error_messages={"required": "Answer yes, no or not known."},
            )  # fmt: skip
            self.fields[f"{a.screen.key}-note"] = forms.CharField(
                label=f"Note: {a.screen.question}", max_length=300, required=False
            )

    def rows(self, kind: str) -> Iterator[tuple[Asked, forms.BoundField, forms.BoundField]]:
        """Questions of a kind (`hard`, `caution`) with their two fields."""
        for a in self.asked:
            if a.screen.kind == kind:
                yield a, self[a.screen.key], self[f"{a.screen.key}-note"]

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """The two halves of the page with their headings."""
        return [
            ("A yes stops", list(self.rows("hard"))),
            ("A yes calls for care", list(self.rows("caution"))),
        ]

    @property
    def answers(self) -> dict[str, tuple[str, str]]:
        """Answer and note by question."""
        keys = [a.screen.key for a in self.asked]
        return {k: (self.cleaned_data[k], self.cleaned_data[f"{k}-note"]) for k in keys}


class _Past(forms.Form):
    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def past(self, name: str) -> date:
        """A day up to today."""
        day: date = self.cleaned_data[name]
        happened(day, self.today)
        return day


class ResultForm(_Past):
    """A finding of the workup."""

    done_on = forms.DateField(label="Done on", widget=DayInput())
    finding = forms.ChoiceField(
        label="Finding", widget=forms.RadioSelect,
        choices=[c for c in WorkupResult.Finding.choices if c[0] != "wrong"],
    )  # fmt: skip
    value = forms.CharField(
        label="Values or words", max_length=300, required=False,
        help_text="needed where it is abnormal, or not indicated (why)",
    )  # fmt: skip

    def clean_done_on(self) -> date:
        """A day up to today."""
        return self.past("done_on")


class ReasonForm(forms.Form):
    """A reason in words."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(ReasonForm):
    """The prescriber's decision."""

    eligible = forms.TypedChoiceField(
        label="Decision", choices=[("yes", "Eligible"), ("no", "Not eligible")],
        coerce=lambda v: v == "yes", widget=forms.RadioSelect,
    )  # fmt: skip
    field_order = ("eligible", "reason")


class RemsForm(_Past):
    """Where the enrolment stands."""

    status = forms.ChoiceField(choices=RemsStatus.Status.choices, widget=forms.RadioSelect)
    on = day_field("Since")
    identifier = forms.CharField(label="REMS identifier", max_length=60, required=False)
    note = forms.CharField(max_length=200, required=False)

    def clean_on(self) -> date:
        """A day up to today."""
        return self.past("on")
