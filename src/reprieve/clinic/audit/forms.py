"""What the audit can be asked for."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet

from reprieve.clinic.audit.models import AuditEvent

if TYPE_CHECKING:
    from reprieve.clinic.accounts.models import Clinic, User


class AuditFilter(forms.Form):
    """Person, patient, kind, words of the verb, and dates in the clinic's zone."""

    person: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        queryset=None, required=False, empty_label="everybody"
    )
    patient = forms.CharField(max_length=20, required=False, label="Patient number")
    kind = forms.ChoiceField(
        choices=[("", "every kind"), *AuditEvent.Kind.choices], required=False, label="Kind"
    )
    verb = forms.CharField(max_length=60, required=False, label="What was done, in words")
    since = forms.DateField(
        required=False, label="From", widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        required=False, label="To", widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, clinic: "Clinic", *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.clinic = clinic
        self.fields["person"].queryset = clinic.people.order_by("printed_name")  # type: ignore[attr-defined]

    def rows(self) -> QuerySet[AuditEvent]:
        """The rows asked for, newest first; none where the question cannot be read."""
        found = AuditEvent.objects.filter(clinic=self.clinic).order_by("-seq")
        if not self.is_valid():
            return found.none()
        asked = self.cleaned_data
        if asked["person"]:
            found = found.filter(user=asked["person"])
        if asked["patient"]:
            numbered = self.clinic.patients.filter(number__iexact=asked["patient"].strip())
            found = found.filter(patient_id__in=numbered.values("pk"))
        if asked["kind"]:
            found = found.filter(kind=asked["kind"])
        if asked["verb"]:
            found = found.filter(verb__icontains=asked["verb"].strip())
        zone = ZoneInfo(self.clinic.time_zone)
        if asked["since"]:
            found = found.filter(at__gte=datetime.combine(asked["since"], time.min, zone))
        if asked["until"]:
            after = asked["until"] + timedelta(days=1)
            found = found.filter(at__lt=datetime.combine(after, time.min, zone))
        return found
