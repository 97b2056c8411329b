"""One object for every argument that an address of the clinic takes.

Objects are filled in from the models themselves, so that a new argument needs one line in
`MODELS`, or nothing where it is named like its model.
"""

from datetime import time
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from clinic import cast
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.audit.chain import Link
from reprieve.clinic.patients.models import MedicationChange
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession

MODELS = {
    "person_id": "accounts.User",
    "protocol_id": "protocols.ProtocolVersion",
    "session_id": "treatments.TreatmentSession",
    "event_id": "treatments.SessionEvent",
    "weight_id": "patients.WeightReading",
    "result_id": "patients.WorkupResult",
    "entry_id": "ledger.LedgerEntry",
    "line_id": "ledger.CountLine",
    "closing_id": "today.DayClosed",
    "/contact/": "patients.Contact",
    "/diagnosis/": "patients.Diagnosis",
    "/allergy/": "patients.Allergy",
    "/trial/": "patients.PriorTrial",
}
WORDS = {
    "kind": "vitals",
    "shipped_name": "iv_racemic",
    "protocol_name": "iv_racemic",
    "first_token": "no-such-token",
    "invitation_token": "no-such-token",
    "pk": "1",  # a passkey of allauth's, which belongs to the person asking
}
VALUES: dict[str, Any] = {
    "name": "Example",
    "drug": "ketamine",
    "unit": "mL",
    "ends": time(17),
    "text": {"title": "Example", "version": 1, "use": "Off-label.", "sections": []},
    "patient_signature": {},
    "witness_signature": {},
}
SIMPLE: tuple[tuple[Any, Any], ...] = (
    (models.DateTimeField, cast.NOW),
    (models.DateField, cast.NOW.date()),
    (models.TimeField, time(9)),
    (models.DecimalField, Decimal(1)),
    (models.IntegerField, 1),
    (models.BooleanField, True),
    (models.JSONField, {}),
    (models.CharField, "example"),
    (models.TextField, "example"),
)


class World:
    """A clinic in which everything exists once."""

    def __init__(self) -> None:
        self.clinic = cast.make_clinic()
        self.people = cast.make_people(self.clinic)
        nurse = self.people["nurse"]
        patient = cast.make_patient(self.clinic, nurse)
        protocol = cast.make_protocol(self.clinic)
        course = cast.make_course(patient, protocol, self.people["prescriber"])
        lot = cast.make_lot(self.clinic)
        self.made: dict[type[models.Model], models.Model] = {
            Clinic: self.clinic,
            User: nurse,
            type(protocol): protocol,
            type(patient): patient,
            type(course): course,
            type(lot): lot,
        }
        session = cast.make_session(course)
        for one in (session, cast.make_vial(lot, nurse), event_of(session, nurse)):
            self.made[type(one)] = one
        self.one(MedicationChange)  # a medicine on the list came there with a dose

    def one(self, model: type[models.Model]) -> models.Model:
        """The clinic's object of a model, made when first asked for."""
        if model not in self.made:
            found = self._existing(model)
            self.made[model] = found if found is not None else self._make(model)
        return self.made[model]

    def _existing(self, model: type[models.Model]) -> models.Model | None:
        return model._default_manager.order_by("pk").first()

    def _make(self, model: type[models.Model]) -> models.Model:
        values = {
            f.name: self._value(f)
            for f in model._meta.concrete_fields
            if not (f.null or f.blank or f.has_default() or f.primary_key or _chained(model, f))
        }
        made = model(**values)
        if isinstance(made, Link):
            made.stream = f"example:{model._meta.label_lower}"
            return made.append()
        made.save()
        return made

    def _value(self, field: Any) -> Any:
        if isinstance(field, models.ForeignKey):
            second = field.name in ("second", "witness")
            return self.people["nurse2"] if second else self.one(field.related_model)
        if field.choices:
            return next(iter(field.choices))[0]
        if field.name in VALUES:
            return VALUES[field.name]
        return next(value for kind, value in SIMPLE if isinstance(field, kind))

    def arguments(self, route: str, names: list[str]) -> dict[str, Any]:
        """What fills the arguments of a route."""
        return {name: WORDS.get(name) or self.one(model_of(route, name)).pk for name in names}


def event_of(session: TreatmentSession, by: User) -> SessionEvent:
    """One set of vital signs."""
    TreatmentSession.objects.filter(pk=session.pk).update(last_seq=1)
    return SessionEvent(
        stream=f"session:{session.pk}",
        session=session,
        kind="vitals",
        at=cast.NOW,
        entered_at=cast.NOW,
        by=by,
        by_name=by.signature_name,
        data={"sbp": "120", "dbp": "80", "hr": "70", "spo2": "98"},
    ).append()


def _chained(model: type[models.Model], field: Any) -> bool:
    return issubclass(model, Link) and field.name in {"stream", "seq", "previous", "digest"}


def model_of(route: str, name: str) -> type[models.Model]:
    """The model whose object an argument names.

    Raises
    ------
    LookupError
        No model is called like the argument, and `MODELS` does not say which it is.
    """
    marked = next((label for part, label in MODELS.items() if part in route), None)
    if name == "row_id" and marked:
        return apps.get_model(marked)
    if name in MODELS:
        return apps.get_model(MODELS[name])
    wanted = name.removesuffix("_id").replace("_", "")
    for model in apps.get_models():
        if model._meta.model_name == wanted and model.__module__.startswith("reprieve"):
            return model
    raise LookupError(f"no object for <{name}> of {route}: name its model in world.MODELS")


class Address:
    """One route of the clinic: its name, arguments and view."""

    def __init__(self, route: str, name: str, names: list[str], view: Any) -> None:
        self.route, self.name, self.names, self.view = route, name, names, view

    def __repr__(self) -> str:
        return self.name or self.route

    @property
    def ours(self) -> bool:
        """Whether the view is the project's, not a library's."""
        return str(getattr(self.view, "__module__", "")).startswith("reprieve.")


def addresses() -> list[Address]:
    """Every route of the clinic, those of included files too."""
    return list(_walk(get_resolver().url_patterns, "", "", []))


def _walk(patterns: list[Any], route: str, space: str, names: list[str]) -> Any:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        taken = [*names, *pattern.pattern.converters]
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, here, inner, taken)
        elif isinstance(pattern, URLPattern):
            yield Address(here, f"{space}{pattern.name or ''}", taken, pattern.callback)
