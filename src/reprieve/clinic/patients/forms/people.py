"""Who the patient is, and what they weigh."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.patients import limits
from reprieve.clinic.patients.actions.people import FIELDS
from reprieve.clinic.patients.forms.parts import DayInput, RowForm, number_field
from reprieve.clinic.patients.models import Patient, WeightReading
from reprieve.clinic.patients.search import same_person


class PatientForm(RowForm):
    """The first page; a likely duplicate is asked about before it is stored."""

    height_cm = number_field("Height, cm", required=False)
    confirm = forms.BooleanField(label="This is another person", required=False)

    class Meta:
        model = Patient
        fields = FIELDS
        labels: ClassVar = {
            "number": "Patient number",
            "birth_date": "Date of birth",
            "sex": "Sex recorded at birth",
            "time_zone": "Time zone at home",
            "active": "Active patient of this clinic",
        }
        widgets: ClassVar = {
            "birth_date": DayInput(),
            "address": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts: ClassVar = {
            "sex": "Protocol files ask some questions by it; “other or not said” is asked them all."
        }

    def __init__(
        self, *args: Any, clinic: Clinic, today: date, medical: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.clinic, self.today = clinic, today
        if not medical:
            del self.fields["height_cm"]
        self.fields["time_zone"] = forms.ChoiceField(
            label="Time zone at home", choices=[(z, z.replace("_", " ")) for z in limits.zones()]
        )

    def clean_number(self) -> str:
        """A number is given once in a clinic."""
        number = str(self.cleaned_data["number"]).strip()
        others = Patient.objects.filter(clinic=self.clinic, number=number)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"{number} is another patient's number; give a new one.")
        return number

    def clean_birth_date(self) -> date:
        """Born, and not too long ago."""
        born: date = self.cleaned_data["birth_date"]
        if fault := limits.birth_date_fault(born, self.today):
            raise forms.ValidationError(fault)
        return born

    def clean_height_cm(self) -> Decimal | None:
        """A height in cm."""
        cm: Decimal | None = self.cleaned_data["height_cm"]
        if cm is None:
            return None
        if fault := limits.height_fault(cm):
            raise forms.ValidationError(fault)
        return cm.quantize(Decimal("0.1"))

    def clean(self) -> dict[str, Any]:
        """Ask about somebody of the same name and birth date."""
        data = super().clean() or self.cleaned_data
        confirmed = data.pop("confirm", False)
        if not confirmed and {"given_name", "family_name", "birth_date"} <= data.keys():
            self._ask_about_same(data)
        return data

    def _ask_about_same(self, data: dict[str, Any]) -> None:
        named = data["given_name"], data["family_name"], data["birth_date"]
        same = same_person(self.clinic, *named, other_than=self.instance.pk)
        if same:
            numbers = ", ".join(p.number for p in same)
            self.add_error(
                "confirm",
                f"{same[0]}, born {same[0].birth_date}, is here already ({numbers}). Open that "
                "record, or tick the box if this is another person.",
            )


class WeightForm(forms.Form):
    """A weight in kg; one that looks like pounds must be confirmed."""

    kg = number_field("Weight, kg", max_digits=4, decimal_places=1)
    at = forms.DateTimeField(
        label="Taken at",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    confirm = forms.BooleanField(label="The weight is right", required=False)

    def __init__(
        self, *args: Any, last: WeightReading | None, now: datetime, zone: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.last, self.now, self.zone = last, now, ZoneInfo(zone)
        self.fields["at"].initial = now.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    def clean_kg(self) -> Decimal:
        """A weight that somebody can have."""
        kg: Decimal = self.cleaned_data["kg"]
        if fault := limits.weight_fault(kg):
            raise forms.ValidationError(fault)
        return kg

    def clean_at(self) -> datetime:
        """A time of the clinic's clock, not in the future."""
        at: datetime = self.cleaned_data["at"].replace(tzinfo=self.zone)
        if at.year < self.now.year - limits.OLDEST or at > self.now:
            raise forms.ValidationError("Give when it was taken: a time up to now.")
        return at

    def clean(self) -> dict[str, Any]:
        """Ask about a weight far from the last one."""
        data = super().clean() or self.cleaned_data
        last = None if self.last is None else self.last.kg
        doubt = limits.weight_doubt(data["kg"], last) if "kg" in data else ""
        if doubt and not data.get("confirm"):
            self.add_error("confirm", doubt)
        return {k: v for k, v in data.items() if k != "confirm"}
