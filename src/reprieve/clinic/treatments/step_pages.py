"""What the page of each step shows beside its form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.ledger.stock import available
from reprieve.clinic.pages import ClinicRequest
from reprieve.clinic.patients.readiness import gaps
from reprieve.clinic.treatments.caps import forms
from reprieve.clinic.treatments.discharge import Criterion
from reprieve.clinic.treatments.dose import Arithmetic, arithmetic
from reprieve.clinic.treatments.entry import Entry
from reprieve.clinic.treatments.floor import SessionView
from reprieve.clinic.treatments.holds import Hold, judge, must_weigh_again, open_holds, standing
from reprieve.clinic.treatments.kinds import KINDS
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.preparing import ordered
from reprieve.clinic.treatments.screen import keypad
from reprieve.clinic.treatments.state import Phase

Context = dict[str, Any]


def extra(request: ClinicRequest, view: SessionView, kind: str) -> Context:
    """Context of a step's page; most need none."""
    made = _EXTRAS.get(kind)
    return made(request, view) if made else {}


def _check_in(request: ClinicRequest, view: SessionView) -> Context:
    patient = view.session.patient
    return {
        "identifiers": [
            ("name", f"Name: {patient.given_name} {patient.family_name}"),
            ("date of birth", f"Date of birth: {patient.birth_date:%-d %b %Y}"),
            ("clinic number", f"Clinic number: {patient.number}"),
        ],
        "escorts": patient.contacts.all(),
        "before": view.protocol.criteria_at("before") if request.by.may("session.chart") else (),
        "nasal": any(
            t.measures == "since_nasal_medicine"
            for t in view.protocol.thresholds("before").values()
        ),
    }


def _decision(request: ClinicRequest, view: SessionView) -> Context:
    by, state, protocol = request.by, view.state, view.protocol
    found = gaps(view.session.patient, protocol, by.now)
    holds = judge(state, protocol, by.now, found)
    amount, unit = ordered(_entry(request, view))
    dose = protocol.dose(unit)
    return {
        "groups": _groups(holds),
        "standing_holds": standing(holds),
        "now_readings": keypad(state, protocol),
        "changes": state.check_in.data.get("changes", "") if state.check_in else "",
        "last": _last(view.session),
        "ordered": f"{said(amount)} {unit}",
        "usual": dose,
        "blank": {h.key: request.POST.get(f"override.{h.key}", "") for h in holds},
    }


def _groups(holds: tuple[Hold, ...]) -> list[Context]:
    """What needs a reason first, what is to be known next, what is met folded away."""
    asks = sorted((h for h in holds if h.needs_override), key=lambda h: h.verdict)
    know = [h for h in holds if h.verdict == "caution"]
    met = [h for h in holds if h.verdict == "ok"]
    return [
        {"title": "Needs a reason to go ahead", "holds": asks, "open": True},
        {"title": "To be known", "holds": know, "open": True},
        {"title": "Met", "holds": met, "open": False},
    ]


def _last(session: TreatmentSession) -> TreatmentSession | None:
    """The patient's session before this one."""
    held = TreatmentSession.objects.filter(
        patient=session.patient,
        clinic=session.clinic,
        phase__in=[Phase.DISCHARGED, Phase.SIGNED],
        planned_at__lt=session.planned_at,
    )
    return held.order_by("-planned_at").first()


def _entry(request: ClinicRequest, view: SessionView) -> Entry:
    kind = KINDS["prepare"]
    by = request.by
    return Entry(by, view.session, view.state, view.protocol, kind, by.now, {})


@dataclass(frozen=True)
class Choice:
    """A vial that may be drawn from, and what the dose is from its strength, or why not."""

    vial: Vial
    made: Arithmetic | None
    refused: str


def _prepare(request: ClinicRequest, view: SessionView) -> Context:
    by, state, protocol = request.by, view.state, view.protocol
    entry = _entry(request, view)
    amount, unit = ordered(entry)
    stock = available(by.clinic, view.session.course.drug, by.now)
    vials = [v for v in stock if v.lot.unit in forms(protocol)]
    known: dict[tuple[object, str], Choice] = {}
    choices = []
    for vial in vials:
        strength = (vial.lot.mg_per_unit, vial.lot.unit)
        first = known.setdefault(strength, _choice(vial, entry))
        choices.append(Choice(vial, first.made, first.refused))
    return {
        "choices": choices,
        "first_of": list(known.values()),
        "ordered": f"{said(amount)} {unit}",
        "weight": state.known_weight,
        "weigh_again": must_weigh_again(state, protocol),
        "continuation": protocol.thresholds("duration").get("continuation"),
        "chosen": request.POST.getlist("vials"),
    }


def _choice(vial: Vial, entry: Entry) -> Choice:
    amount, unit = ordered(entry)
    known = entry.state.known_weight
    try:
        made = arithmetic(
            amount,
            unit,
            known[0] if known else None,
            entry.protocol,
            vial.lot.mg_per_unit,
            vial.lot.unit,
        )
    except RefusedError as why:
        return Choice(vial, None, str(why))
    return Choice(vial, made, "")


def _second_check(request: ClinicRequest, view: SessionView) -> Context:
    """What the second person needs to compute it anew, and nothing of what was computed."""
    prepared = view.state.preparation
    amount, unit = ordered(_entry(request, view))
    return {
        "ordered": f"{said(amount)} {unit}",
        "asks_rate": bool(prepared and prepared.steps[0].rate_ml_h),
        "asks_weight": bool(prepared and prepared.weight_kg is not None),
        "unit": prepared.unit if prepared else "",
        "volume": view.protocol.thresholds("preparation").get("volume"),
        "minutes": view.protocol.thresholds("duration").get("given"),
    }


def _start(request: ClinicRequest, view: SessionView) -> Context:
    return {"open_holds": open_holds(view.state, view.protocol, request.by.now)}


def _discharge(request: ClinicRequest, view: SessionView) -> Context:
    return _criteria(view.criteria)


def _criteria(found: tuple[Criterion, ...]) -> Context:
    """Statements to confirm first, then what is measured; what is met folds away."""
    unmet = [c for c in found if not c.met]
    return {
        "criteria": found,
        "criteria_open": sorted(unmet, key=lambda c: c.kind),
        "criteria_done": [c for c in found if c.met],
    }


def _criterion(request: ClinicRequest, view: SessionView) -> Context:
    before = view.state.phase in (Phase.CHECKED_IN, Phase.READY)
    statements = {c.key for c in view.protocol.criteria_at("before")}
    asked = [h for h in view.holds if h.key in statements]
    return _criteria(() if before else view.criteria) | {"before": asked}


_EXTRAS: dict[str, Callable[[ClinicRequest, SessionView], Context]] = {
    "check_in": _check_in,
    "decision": _decision,
    "prepare": _prepare,
    "second_check": _second_check,
    "start": _start,
    "discharge": _discharge,
    "criterion": _criterion,
}
