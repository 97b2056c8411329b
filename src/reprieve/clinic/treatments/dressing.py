"""Forms as pages show them: choices from the protocol, widgets for a tablet."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.treatments.forms import FORMS, EventForm, Moment
from reprieve.clinic.treatments.screen import instruments
from reprieve.clinic.treatments.state import SessionState
from reprieve.evidence.practice import Protocol

LONG = ("text", "what", "action", "changes", "note", "reason", "against_advice")
LABELS = {
    "last_solids_at": "Last food",
    "last_fluids_at": "Last drink",
    "mg": "Dose, mg",
    "kg": "Weight, kg",
    "what": "What happened",
    "action": "What was done",
    "met": "Met",
    "ready_when": "Ready to leave at",
}
LOCAL = "%Y-%m-%dT%H:%M"
Choices = Iterable[tuple[str, str]]


def dressed(form: EventForm, by: Actor, state: SessionState, protocol: Protocol) -> EventForm:
    """The form with selects where only some words are possible, and long fields long."""
    offered: dict[str, Choices] = {
        "symptom": [(s.key, s.label) for s in protocol.symptoms],
        "instrument": instruments(protocol),
        "nurse": _nurses(by) if "nurse" in form.fields else (),
        "vial": _drawn(by, state) if "vial" in form.fields else (),
    }
    for name, field in form.fields.items():
        field.label = LABELS.get(name, field.label)
        if name in offered:
            field.widget = forms.Select(choices=[("", "choose"), *offered[name]])
        elif isinstance(field, Moment):
            field.widget = forms.DateTimeInput({"type": "datetime-local"}, LOCAL)
        elif name in LONG:
            field.widget = forms.Textarea({"rows": 3})
        elif isinstance(field, forms.DecimalField):
            field.widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
        if name == "password":
            field.widget.attrs["autocomplete"] = "off"
    return form


def form_for(
    kind: str, data: Mapping[str, Any] | None, by: Actor, state: SessionState, protocol: Protocol
) -> EventForm:
    """The form of a kind, dressed; bound where there is data."""
    return dressed(FORMS[kind](data), by, state, protocol)


def _nurses(by: Actor) -> Choices:
    people = User.objects.filter(clinic=by.clinic, is_active=True)
    able = [p for p in people if {"nurse", "prescriber"} & set(p.roles)]
    return [(str(p.pk), p.signature_name) for p in able]


def _drawn(by: Actor, state: SessionState) -> Choices:
    ids = {d["vial"] for e in state.of("prepare") for d in e.data["draws"]}
    vials = Vial.objects.filter(lot__clinic=by.clinic, pk__in=ids).select_related("lot")
    return [(str(v.pk), str(v)) for v in vials]
