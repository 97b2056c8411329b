"""The form of each kind of event: what a person enters, before the protocol is asked.

`payload` is what the record keeps of it: numbers as decimal text, times with their offset, what
was left empty left out. Fields named in `secret` prove who somebody is and are never kept.
"""

from typing import Any, ClassVar
from uuid import UUID

from django import forms

from reprieve.clinic.treatments.fields import (
    EventForm,
    Moment,
    Reasons,
    Words,
    number,
    reading,
    text,
)

__all__ = ["FORMS", "EventForm", "Moment"]


class CheckInForm(EventForm):
    """Arrival: two identifiers, escort, last food and drink, what changed."""

    identifiers = Words(help_text="the two that were compared")
    escort_name = forms.CharField(max_length=120, required=False)
    escort_phone = forms.CharField(max_length=40, required=False)
    last_solids_at = Moment(required=False)
    last_fluids_at = Moment(required=False)
    last_nasal_at = Moment(required=False, label="Last other nasal medicine")
    changes = text(required=False, label="Changes since last time")
    confirmed = Words(required=False)

    def clean_identifiers(self) -> list[str]:
        """Two different identifiers."""
        found: list[str] = self.cleaned_data["identifiers"]
        if len(set(found)) < 2:
            raise forms.ValidationError(
                f"{len(set(found))} identifier came; compare two, such as name and date of birth."
            )
        return found


class WeightForm(EventForm):
    """A weighing."""

    kg = number(5, 1, label="Weight, kg")


class VitalsForm(EventForm):
    """A set of vital signs: any of them, at least one."""

    sbp = reading("Systolic, mmHg")
    dbp = reading("Diastolic, mmHg")
    hr = reading("Heart rate, bpm")
    spo2 = reading("SpO₂, %")
    rr = reading("Breaths, /min")
    moaas = reading("MOAA/S")
    temp = reading("Temperature, °C")
    o2_l_min = reading("Oxygen given, L/min")
    position = forms.CharField(max_length=40, required=False)
    note = text(required=False)

    def clean(self) -> dict[str, Any]:
        """At least one reading."""
        found = super().clean() or {}
        taken = [n for n in self.fields if n not in ("position", "note")]
        if not self.errors and all(found.get(n) is None for n in taken):
            raise forms.ValidationError("No reading came; enter at least one.")
        return found


class ObservationForm(EventForm):
    """A side effect; with `ended` it is over."""

    SEVERITIES = ("mild", "moderate", "severe")
    symptom = forms.CharField(max_length=40)
    severity = forms.ChoiceField(choices=[("", "")] + [(s, s) for s in SEVERITIES], required=False)
    note = text(required=False)
    ended = forms.BooleanField(required=False)

    def payload(self) -> dict[str, Any]:
        """`ended` is kept only where it is so."""
        return {k: v for k, v in super().payload().items() if v is not False}


class RatingForm(EventForm):
    """The score of a rating."""

    instrument = forms.CharField(max_length=40)
    value = number(6, 1)


class DecisionForm(EventForm):
    """Go, hold or no-go, with the prescriber's reasons."""

    decision = forms.ChoiceField(choices=[(d, d) for d in ("go", "hold", "no_go")])
    reason = text(required=False)
    overrides = Reasons(required=False)
    dose_amount = number(7, 3, required=False)
    dose_unit = forms.ChoiceField(
        choices=[("", ""), ("mg/kg", "mg/kg"), ("mg", "mg")], required=False
    )

    def clean(self) -> dict[str, Any]:
        """A hold and a no-go have a reason; a dose has its unit."""
        found = super().clean() or {}
        if found.get("decision") in ("hold", "no_go") and not found.get("reason"):
            self.add_error("reason", "Say why the session does not go ahead.")
        if bool(found.get("dose_amount")) != bool(found.get("dose_unit")):
            self.add_error("dose_unit", "A dose needs its amount and its unit.")
        return found


class PrepareForm(EventForm):
    """What is drawn up, and from which vials, in the order in which they are used up."""

    vials = Words()
    continuation_min = number(5, 1, required=False, label="Minutes of continuation")

    def clean_vials(self) -> list[str]:
        """Ids of vials, each once."""
        try:
            return list(dict.fromkeys(str(UUID(v)) for v in self.cleaned_data["vials"]))
        except ValueError as e:
            raise forms.ValidationError("A vial was not one of the ledger's.") from e


class SecondCheckForm(EventForm):
    """What the second person computed, blind, and who that person is.

    Empty name: the person who is signed in checks.
    """

    secret: ClassVar = ("password",)
    mg = number()
    amount = number(label="Amount drawn")
    rate_ml_h = number(7, 2, required=False, label="Rate, mL/h")
    weight_kg = number(5, 1, required=False, label="Weight, kg")
    username = forms.CharField(max_length=150, required=False)
    password = forms.CharField(
        max_length=128, required=False, widget=forms.PasswordInput, strip=False
    )


class EmptyForm(EventForm):
    """Nothing but the time."""


class StartForm(EventForm):
    """Giving begins; a reason where it is entered late."""

    reason = text(required=False, label="Reason, where it is entered late")


class ReasonForm(EventForm):
    """A reason."""

    reason = text()


class PauseForm(EventForm):
    """Interrupt the infusion."""

    reason = text(required=False)


class RateForm(EventForm):
    """Another rate of the pump."""

    rate_ml_h = number(7, 2, label="Rate, mL/h")
    reason = text()


class ResumeForm(EventForm):
    """The pump runs again."""

    rate_ml_h = number(7, 2, label="Rate, mL/h")
    reason = text(required=False)


class RescueForm(EventForm):
    """A drug given for an unwanted effect, as a prescriber ordered it."""

    drug = forms.CharField(max_length=80)
    amount = forms.CharField(max_length=40)
    route = forms.CharField(max_length=40)
    reason = text()


class AdverseForm(EventForm):
    """An adverse event."""

    what = text()
    severity = forms.ChoiceField(
        choices=[(s, s) for s in ("mild", "moderate", "severe", "serious")]
    )
    action = text(required=False)
    ended_at = Moment(required=False)


class NoteForm(EventForm):
    """A note of the chart. What was said in psychotherapy is kept elsewhere."""

    ABOUT = ("intention", "in_session", "integration", "nursing")
    about = forms.ChoiceField(choices=[(a, a.replace("_", " ")) for a in ABOUT])
    text = text()


class StopForm(EventForm):
    """The end of giving; `volume_ml` is what the pump shows, where it was read."""

    reason = text(required=False)
    volume_ml = number(7, 2, required=False, label="Volume given, mL")


class WitnessForm(EventForm):
    """Drug thrown away, before a witness who proves who they are."""

    secret: ClassVar = ("password",)
    amount = number(label="Amount wasted")
    reason = text()
    username = forms.CharField(max_length=150)
    password = forms.CharField(max_length=128, widget=forms.PasswordInput, strip=False)


class PutBackForm(EventForm):
    """Drug that was drawn and goes back where it came from: whole devices and tablets."""

    vial = forms.UUIDField()
    amount = number()
    reason = text()


class CriterionForm(EventForm):
    """A statement that somebody confirms, or says is not so."""

    key = forms.CharField(max_length=60)
    met = forms.TypedChoiceField(
        choices=[("true", "yes"), ("false", "no")],
        coerce=lambda v: v == "true",
    )
    note = text(required=False)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        if isinstance(data, dict) and isinstance(data.get("met"), bool):
            data = {**data, "met": str(data["met"]).lower()}
        super().__init__(data, *args, **kwargs)


class DischargeForm(EventForm):
    """Leaving. `ready_when`: when the person would have been ready without a shortest stay."""

    ready_when = Moment(required=False)
    note = text(required=False)
    against_advice = text(required=False, label="Leaves against advice: what was said")


class SignForm(EventForm):
    """A signature, and what it means."""

    MEANINGS = ("gave the treatment", "responsible prescriber", "reviewed")
    meaning = forms.ChoiceField(choices=[(m, m) for m in MEANINGS])


class AddendumForm(EventForm):
    """What is added after the signature."""

    text = text()


class CorrectionForm(EventForm):
    """Another content or time for an event, or a mark that it does not count.

    Where the drug ledger moves back with it, a witness proves who they are.
    """

    secret: ClassVar = ("password",)
    of = forms.UUIDField()
    void = forms.BooleanField(required=False)
    # a field, not the form's own `data`: the metaclass takes it out of the class
    data = forms.JSONField(required=False)  # type: ignore[assignment]
    new_at = Moment(required=False)
    reason = text()
    username = forms.CharField(max_length=150, required=False, label="Witness")
    password = forms.CharField(
        max_length=128, required=False, widget=forms.PasswordInput, strip=False
    )

    def clean(self) -> dict[str, Any]:
        """Either something else, or nothing at all."""
        found = super().clean() or {}
        data = found.get("data")
        if data is not None and not isinstance(data, dict):
            self.add_error("data", "Expected fields with their new values.")
        if bool(found.get("void")) == bool(data or found.get("new_at")):
            self.add_error(
                None, "Give the new content or time, or take the event out; one of both."
            )
        return found

    def payload(self) -> dict[str, Any]:
        """`void` is kept only where it is so."""
        return {k: v for k, v in super().payload().items() if v is not False}


class PromptForm(EventForm):
    """A person's answer to a prompt."""

    ACTIONS = ("acknowledge", "take", "snooze", "resolve")
    key = forms.CharField(max_length=80)
    action = forms.ChoiceField(choices=[(a, a) for a in ACTIONS])
    minutes = number(4, 0, required=False)
    note = text(required=False)

    def clean(self) -> dict[str, Any]:
        """A snooze has a length, a resolution a note."""
        found = super().clean() or {}
        if found.get("action") == "snooze" and not found.get("minutes"):
            self.add_error("minutes", "Say for how many minutes.")
        if found.get("action") == "resolve" and not found.get("note"):
            self.add_error("note", "Say how it was resolved.")
        return found


class AssignForm(EventForm):
    """Who looks after the chair."""

    nurse = forms.UUIDField()


FORMS: dict[str, type[EventForm]] = {
    "check_in": CheckInForm,
    "weight": WeightForm,
    "vitals": VitalsForm,
    "observation": ObservationForm,
    "rating": RatingForm,
    "decision": DecisionForm,
    "prepare": PrepareForm,
    "second_check": SecondCheckForm,
    "start": StartForm,
    "device": EmptyForm,
    "pause": PauseForm,
    "resume": ResumeForm,
    "rate": RateForm,
    "rescue": RescueForm,
    "adverse": AdverseForm,
    "note": NoteForm,
    "stop": StopForm,
    "waste": WitnessForm,
    "put_back": PutBackForm,
    "criterion": CriterionForm,
    "discharge": DischargeForm,
    "sign": SignForm,
    "countersign": SignForm,
    "addendum": AddendumForm,
    "abort": ReasonForm,
    "correction": CorrectionForm,
    "prompt": PromptForm,
    "assign": AssignForm,
}
