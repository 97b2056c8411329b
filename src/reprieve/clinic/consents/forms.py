"""Signing on the tablet, and taking a consent back."""

from typing import Any

from django import forms

from reprieve.clinic.consents.models import Consent
from reprieve.clinic.consents.signature import Signature, signature
from reprieve.clinic.errors import RefusedError


class SignForm(forms.Form):
    """Two signatures under one text, each drawn or typed."""

    text_digest = forms.CharField(widget=forms.HiddenInput)
    understood = forms.BooleanField(
        label="The text was read or read aloud, questions were answered, and the patient wants to "
        "sign",
        error_messages={"required": "Tick this once it is so; nothing was stored yet."},
    )
    patient_drawn = forms.CharField(widget=forms.HiddenInput, required=False)
    patient_typed = forms.CharField(label="Or type your full name", max_length=160, required=False)
    witness_name = forms.CharField(label="Name of the witness", max_length=160)
    witness_capacity = forms.ChoiceField(
        label="The witness is a", choices=Consent.Capacity.choices, initial="staff"
    )
    witness_drawn = forms.CharField(widget=forms.HiddenInput, required=False)
    witness_typed = forms.CharField(
        label="Or type the witness's full name", max_length=160, required=False
    )

    def __init__(self, *args: Any, patient_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient_name = patient_name

    def clean(self) -> dict[str, Any]:
        """Both have signed."""
        data = super().clean() or self.cleaned_data
        witness = data.get("witness_name", "")
        data["patient"] = self._signed("patient", self.patient_name, "The patient")
        data["witness"] = self._signed("witness", witness, "The witness")
        return data

    def _signed(self, who: str, printed: str, whose: str) -> Signature | None:
        drawn, typed = (self.cleaned_data.get(f"{who}_{how}", "") for how in ("drawn", "typed"))
        try:
            return signature(drawn, typed, printed, whose)
        except RefusedError as error:
            self.add_error(f"{who}_typed", str(error))
            return None
