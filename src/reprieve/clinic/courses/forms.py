"""Forms of courses: start, change, end."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.courses import clock, doses
from reprieve.clinic.courses.actions.life import DECISIONS
from reprieve.clinic.courses.actions.start import drugs
from reprieve.clinic.courses.fields import day_field, reason_field
from reprieve.clinic.courses.models import Course
from reprieve.clinic.courses.review import TITLES
from reprieve.clinic.protocols.models import ProtocolVersion


def prescribers(by: Actor) -> Iterable[User]:
    """Active prescribers of the clinic, by name."""
    people = User.objects.filter(clinic=by.clinic, is_active=True).order_by("printed_name")
    return [u for u in people if "prescriber" in u.roles]


class DoseForm(forms.Form):
    """An amount in a unit that the protocol knows."""

    amount = forms.DecimalField(
        label="Dose", min_value=Decimal("0.001"), max_digits=7, decimal_places=3
    )
    unit = forms.ChoiceField(label="Unit")
    reason = reason_field()

    def __init__(self, *args: Any, version: ProtocolVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.protocol = version.protocol
        units = doses.units(self.protocol)
        self.fields["unit"].choices = [(u, u) for u in units]  # type: ignore[attr-defined]
        first = next((d for d in self.protocol.doses if d.default is not None), None)
        if first is not None and first.unit in units:
            self.fields["amount"].initial = Decimal(str(first.default))
            self.fields["unit"].initial = first.unit


class StartForm(DoseForm):
    """What a course starts with."""

    drug = forms.ChoiceField(label="Drug")
    prescriber = forms.ChoiceField(label="Prescriber")
    started_on = day_field("From")
    reason = reason_field("Reason, where a stop or an unusual dose asks for one", required=False)
    field_order = ("drug", "amount", "unit", "prescriber", "started_on", "reason")

    def __init__(self, *args: Any, by: Actor, version: ProtocolVersion, **kwargs: Any) -> None:
        super().__init__(*args, version=version, **kwargs)
        people = prescribers(by)
        self.people = {str(u.pk): u for u in people}
        fields: dict[str, Any] = self.fields
        fields["drug"].choices = [(d, d) for d in drugs(self.protocol)]
        fields["prescriber"].choices = [(pk, str(u)) for pk, u in self.people.items()]
        fields["prescriber"].initial = str(by.user.pk)
        fields["started_on"].initial = clock.day_of(by.clinic, by.now)

    def clean_prescriber(self) -> User:
        """The person behind the choice."""
        return self.people[self.cleaned_data["prescriber"]]


class ReasonForm(forms.Form):
    """A change that says why."""

    reason = reason_field()


class NoteForm(forms.Form):
    """A change that may say why."""

    reason = reason_field("Note", required=False)


class PhaseForm(ReasonForm):
    """Another phase of the protocol."""

    phase = forms.ChoiceField(label="Phase")
    field_order = ("phase", "reason")

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        phases = [p.name for p in course.protocol_version.protocol.phases]
        choices = [(name, name) for name in phases if name != course.phase]
        self.fields["phase"].choices = choices  # type: ignore[attr-defined]


class ReviewForm(forms.Form):
    """What a review found and what was decided."""

    key = forms.ChoiceField(label="Question", choices=list(TITLES.items()))
    decision = forms.ChoiceField(
        label="Decision", choices=list(DECISIONS.items()), widget=forms.RadioSelect
    )
    reason = reason_field("What was seen: improvement, its measure and date")


class VersionForm(ReasonForm):
    """A newer version of the course's protocol."""

    version = forms.ChoiceField(label="Version")
    field_order = ("version", "reason")

    def __init__(self, *args: Any, newer: Iterable[ProtocolVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.newer = {str(v.pk): v for v in newer}
        self.fields["version"].choices = [  # type: ignore[attr-defined]
            (pk, f"version {v.version}: {v.note[:80]}") for pk, v in self.newer.items()
        ]

    def clean_version(self) -> ProtocolVersion:
        """The version behind the choice."""
        return self.newer[self.cleaned_data["version"]]
