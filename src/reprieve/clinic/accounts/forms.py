"""What the pages of accounts ask for."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.auth.validators import UnicodeUsernameValidator

from reprieve.clinic.access import DUTIES, Role
from reprieve.clinic.accounts.first import FirstAccount
from reprieve.clinic.accounts.models import Clinic, User

ZONES = [(zone, zone) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]
ROLES = [(r.value, f"{r.title}: {DUTIES[r]}") for r in Role]


class PersonForm(forms.Form):
    """Name, credential and roles of a person."""

    printed_name = forms.CharField(
        max_length=120, label="Printed name", help_text="As it stands under signatures."
    )
    credential = forms.CharField(
        max_length=40, required=False, label="Credential", help_text="RN, MD, PharmD ..."
    )
    roles = forms.MultipleChoiceField(
        choices=ROLES, widget=forms.CheckboxSelectMultiple, label="Roles"
    )


class NewPersonForm(PersonForm):
    """The same with a username."""

    username = forms.CharField(
        max_length=150,
        label="Username",
        validators=[UnicodeUsernameValidator()],
        help_text="Letters, digits and @ . + - _; it cannot be changed later.",
    )
    field_order = ("username", "printed_name", "credential", "roles")

    def clean_username(self) -> str:
        """Refuse a name that somebody has, whatever its case."""
        return _free(self.cleaned_data["username"])


class ReasonForm(forms.Form):
    """Why; kept in the audit."""

    reason = forms.CharField(max_length=300, label="Reason", help_text="Kept in the audit.")


class PasswordForm(forms.Form):
    """A password of one's own, typed twice."""

    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same again",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Refuse two that differ."""
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError("The two passwords differ.")
        return again

    @property
    def rules(self) -> list[str]:
        """The rules for passwords, in words."""
        return list(password_validators_help_texts())


class FirstForm(PasswordForm):
    """The clinic and its first owner."""

    clinic = forms.CharField(max_length=120, label="Name of the clinic")
    time_zone = forms.ChoiceField(choices=ZONES, initial="UTC", label="Time zone")
    printed_name = forms.CharField(
        max_length=120, label="Your name", help_text="As it stands under signatures."
    )
    credential = forms.CharField(
        max_length=40, required=False, label="Credential", help_text="RN, MD, PharmD ..."
    )
    username = forms.CharField(
        max_length=150, label="Username", validators=[UnicodeUsernameValidator()]
    )
    field_order = (
        "clinic", "time_zone", "printed_name", "credential", "username", "password", "again",
    )  # fmt: skip

    @property
    def asked(self) -> FirstAccount:
        """What was filled in."""
        d = self.cleaned_data
        names = ("clinic", "time_zone", "username", "printed_name", "credential", "password")
        return FirstAccount(**{name: d[name] for name in names})


class UnlockForm(forms.Form):
    """The same person's password, or a code of their app."""

    secret = forms.CharField(
        label="Password or code",
        max_length=200,
        strip=False,
        help_text="Your password, or the six digits of your authenticator app.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class ClinicForm(forms.ModelForm):  # type: ignore[type-arg]
    """The clinic's own settings."""

    time_zone = forms.ChoiceField(choices=ZONES, label="Time zone")
    lock_after_min = forms.IntegerField(
        min_value=1,
        max_value=60,
        label="Lock an idle screen after (min)",
        help_text="Names are hidden; clocks and prompts of running sessions stay in sight.",
    )
    patients_per_nurse = forms.IntegerField(
        min_value=1,
        max_value=20,
        label="Patients per nurse",
        help_text="How many sessions one nurse watches at a time; planning warns above it.",
    )

    class Meta:
        model = Clinic
        fields = (
            "name",
            "time_zone",
            "address",
            "phone",
            "crisis_line",
            "lock_after_min",
            "patients_per_nurse",
            "inpatient",
        )
        labels: ClassVar = {
            "name": "Name",
            "address": "Address",
            "phone": "Phone",
            "crisis_line": "Crisis line",
            "inpatient": "Inpatient level of care",
        }
        help_texts: ClassVar = {
            "crisis_line": "Shown to patients on every page of theirs.",
            "inpatient": "Admits protocols that need a bed and staff overnight.",
        }
        widgets: ClassVar = {"address": forms.Textarea(attrs={"rows": 3})}


def _free(username: str) -> str:
    if User.objects.filter(username__iexact=username).exists():
        raise forms.ValidationError("Somebody has this username already; choose another.")
    return username


def initial_of(person: User) -> dict[str, Any]:
    """What the form of a person starts with."""
    return {n: getattr(person, n) for n in ("printed_name", "credential", "roles")}
