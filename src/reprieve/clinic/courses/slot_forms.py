"""Forms of the calendar: slots, series of them, shifts, chairs."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.courses import clock, planning
from reprieve.clinic.courses.diary import Diary, Stay, stay_of
from reprieve.clinic.courses.fields import (
    FIRST_DAY,
    LAST_DAY,
    day_field,
    reason_field,
    time_input,
)
from reprieve.clinic.courses.judging import Slot, unsaved
from reprieve.clinic.courses.models import Chair, Course
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.evidence.practice import Phase

_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKDAYS = [(str(k), name) for k, name in enumerate(_WEEK)]


class SlotForm(forms.Form):
    """A day, a time, a chair (any free one if left open) and a length."""

    day = day_field("Day")
    time = forms.TimeField(label="Time", widget=time_input())
    minutes = forms.IntegerField(
        label="Minutes in the chair", min_value=1, max_value=planning.LONGEST_MIN
    )
    chair = forms.ChoiceField(label="Chair", required=False)
    reason = reason_field(required=False)

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.chairs = {str(c.pk): c for c in Chair.objects.filter(clinic=by.clinic, active=True)}
        choices = [("", "any that is free"), *((pk, c.name) for pk, c in self.chairs.items())]
        self.fields["chair"].choices = choices  # type: ignore[attr-defined]

    def slot(self, moving: TreatmentSession | None = None) -> Slot | None:
        """The form's time in the chosen chair, or in the first that is free then."""
        data = self.cleaned_data
        if not self.in_use():
            return None
        at = clock.instant(self.by.clinic, data["day"], data["time"])
        span = (at, at + timedelta(minutes=data["minutes"]))
        diary = Diary.load(self.by.clinic, data["day"], minutes=data["minutes"])
        free = diary.free_chair(span, moving.pk if moving else None)
        return Slot(at, data["minutes"], self.chosen() or free or self.in_use()[0])

    def in_use(self) -> tuple[Chair, ...]:
        """Chairs to choose from; an error at the field where there is none."""
        if not self.chairs:
            self.add_error("chair", "No chair is in use; the owner adds one under Chairs.")
        return tuple(self.chairs.values())

    def chosen(self) -> Chair | None:
        """The chair that the form names."""
        return self.chairs.get(self.cleaned_data["chair"])


class BookForm(SlotForm):
    """A slot for one of the courses that run."""

    course = forms.ChoiceField(label="Course")
    field_order = ("course", "day", "time", "minutes", "chair", "reason")

    def __init__(self, *args: Any, by: Actor, courses: Sequence[Course], **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        self.courses = {str(c.pk): c for c in courses}
        self.fields["course"].choices = [  # type: ignore[attr-defined]
            (pk, f"{c.patient}: {c.phase}") for pk, c in self.courses.items()
        ]
        self.fields["minutes"].required = False
        self.fields["minutes"].help_text = "Left empty: as the protocol asks for."

    def clean(self) -> dict[str, Any]:
        """The course behind the choice, and its protocol's length where none is given."""
        data = super().clean() or {}
        if isinstance(data.get("course"), str) and data["course"] in self.courses:
            data["course"] = self.courses[data["course"]]
            protocol = data["course"].protocol_version.protocol
            data["minutes"] = data.get("minutes") or planning.stay_min(protocol)
        return data


class SeriesForm(SlotForm):
    """A phase's sessions: so many, on these weekdays, at a time."""

    day = day_field("From")
    weekdays = forms.MultipleChoiceField(
        label="On", choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple
    )
    count = forms.IntegerField(label="Sessions", min_value=1, max_value=planning.MOST_PLANNED)
    field_order = ("count", "day", "weekdays", "time", "minutes", "chair", "reason")

    def __init__(self, *args: Any, phase: Phase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.phase = phase

    def series(self) -> list[Slot]:
        """A slot a day: the form's time, or the next of that day that nothing refuses."""
        data, chairs = self.cleaned_data, self.in_use()
        weekdays = {int(k) for k in data["weekdays"]}
        days = planning.days(self.phase, data["day"], weekdays, data["count"])
        if not chairs:
            return []
        chairs = (chosen,) if (chosen := self.chosen()) else chairs
        span = (days[-1] - days[0]).days + 1
        diary = Diary.load(self.by.clinic, days[0], span, data["minutes"])
        found: list[Slot] = []
        made: list[Stay] = []
        for day in days:
            asked = clock.instant(self.by.clinic, day, data["time"])
            place = diary.first_place(asked, data["minutes"], chairs, made)
            found.append(
                Slot(place[0], data["minutes"], place[1])
                if place
                else self.as_asked(diary, asked, chairs, made)
            )
            made.append(stay_of(self.by.clinic, unsaved(found[-1])))
        return found

    def as_asked(
        self, diary: Diary, at: datetime, chairs: Sequence[Chair], made: Sequence[Stay]
    ) -> Slot:
        """The time that was asked for, whatever stands against it: the page says what does."""
        minutes = self.cleaned_data["minutes"]
        free = diary.free_chair((at, at + timedelta(minutes=minutes)), also=made)
        return Slot(at, minutes, free if free is not None and free in chairs else chairs[0])


class ShiftForm(forms.Form):
    """A nurse on the floor, one day or the same weekday for some weeks."""

    person = forms.ChoiceField(label="Nurse")
    day = day_field("Day")
    starts = forms.TimeField(label="From", widget=time_input(), initial=time(8))
    ends = forms.TimeField(label="To", widget=time_input(), initial=time(16))
    weeks = forms.IntegerField(
        label="For so many weeks", min_value=1, max_value=26, initial=1,
        help_text="The same weekday each week.",
    )  # fmt: skip

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(clinic=by.clinic, is_active=True).order_by("printed_name")
        self.people = {str(u.pk): u for u in people if "nurse" in u.roles}
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            (pk, str(u)) for pk, u in self.people.items()
        ]

    def clean_person(self) -> User:
        """The person behind the choice."""
        return self.people[self.cleaned_data["person"]]


class ChairForm(forms.Form):
    """A chair's name, its place in the list, and whether it is in use."""

    name = forms.CharField(label="Name", max_length=40)
    order = forms.IntegerField(label="Place in the list", min_value=0, max_value=999)
    active = forms.BooleanField(label="In use", required=False, initial=True)


def moment(text: str) -> datetime | None:
    """A wall-clock time as links carry it ("2026-11-02T09:30"), or None."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_DAY <= found.date() < LAST_DAY and found.tzinfo is None else None


def day_asked(text: str, otherwise: date) -> date:
    """A day as links carry it, or the one to show otherwise."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if FIRST_DAY <= found < LAST_DAY else otherwise
