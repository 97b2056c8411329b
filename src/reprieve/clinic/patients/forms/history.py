"""Contacts, diagnoses, allergies and earlier trials."""

from datetime import date
from typing import Any, ClassVar

from django import forms

from reprieve.clinic.patients.forms.parts import DayInput, RowForm, happened
from reprieve.clinic.patients.models import Allergy, Contact, Diagnosis, PriorTrial
from reprieve.evidence.trd import least_doses


class _Capitals(forms.CharField):
    """Text that is kept in capitals, however it was typed."""

    def to_python(self, value: Any) -> str:
        """The text in capitals."""
        return str(super().to_python(value) or "").upper()


class _Dated(RowForm):
    """A form whose days lie in the past."""

    past: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """No day is in the future."""
        data = super().clean() or self.cleaned_data
        for name in self.past:
            try:
                happened(data.get(name), self.today)
            except forms.ValidationError as error:
                self.add_error(name, error)
        return data


class ContactForm(_Dated):
    """Somebody the clinic may call."""

    class Meta:
        model = Contact
        fields = ("kind", "name", "relation", "phone", "may_be_told", "note")


class DiagnosisForm(_Dated):
    """A diagnosis in words, with its code."""

    past = ("since",)
    code = _Capitals(label="ICD-10-CM code", max_length=8, required=False)

    class Meta:
        model = Diagnosis
        fields = ("text", "code", "since", "indication")
        widgets: ClassVar[dict[str, forms.Widget]] = {"since": DayInput()}


class AllergyForm(_Dated):
    """Something the patient must not be given."""

    class Meta:
        model = Allergy
        fields = ("substance", "reaction", "severity")


class TrialForm(_Dated):
    """A treatment that was tried."""

    past = ("started_on", "stopped_on")
    suggestions = tuple(sorted(least_doses()))

    class Meta:
        model = PriorTrial
        fields = (
            "drug", "dose_mg_d", "weeks", "adherence_pct", "outcome", "started_on", "stopped_on",
            "current_episode", "source",
        )  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "drug": forms.TextInput(attrs={"list": "suggestions", "autocomplete": "off"}),
            "started_on": DayInput(),
            "stopped_on": DayInput(),
            "dose_mg_d": forms.TextInput(attrs={"inputmode": "decimal"}),
            "weeks": forms.TextInput(attrs={"inputmode": "decimal"}),
        }

    def clean(self) -> dict[str, Any]:
        """From before to, and no more weeks than lie between them."""
        data = super().clean()
        begun, ended, weeks = (data.get(k) for k in ("started_on", "stopped_on", "weeks"))
        if begun and ended and ended < begun:
            self.add_error("stopped_on", f"{ended} is before {begun}; put the days in order.")
        elif begun and ended and weeks and weeks * 7 > (ended - begun).days + 7:
            between = (ended - begun).days / 7
            self.add_error(
                "weeks", f"{weeks} weeks at that dose, but {between:.1f} between from and to."
            )
        return data
