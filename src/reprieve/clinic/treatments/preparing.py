"""Drawing up, the second check, and what of it is given, wasted or put back.

Every step moves the drug ledger in the transaction that stores the event.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from reprieve.clinic.errors import WitnessError
from reprieve.clinic.ledger import postings
from reprieve.clinic.ledger.models import Vial
from reprieve.clinic.ledger.stock import unusable
from reprieve.clinic.treatments.caps import limit, older_warning, round_to
from reprieve.clinic.treatments.dose import MILLI, Arithmetic, arithmetic
from reprieve.clinic.treatments.entry import Entry
from reprieve.clinic.treatments.holds import must_weigh_again
from reprieve.clinic.treatments.models import SessionEvent
from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.refusals import EntryRefusedError, refuse
from reprieve.clinic.treatments.state import Preparation, Step

CHECKED = ("mg", "amount", "rate_ml_h", "weight_kg")


def ordered(entry: Entry) -> tuple[Decimal, str]:
    """Today's dose: as the prescriber decided, or as the session was planned."""
    decided = entry.state.decision.data if entry.state.decision else {}
    if "dose_amount" in decided:
        return Decimal(decided["dose_amount"]), decided["dose_unit"]
    return entry.session.dose_amount, entry.session.dose_unit


def entered_prepare(entry: Entry) -> dict[str, Any]:
    """The dose arithmetic and what is drawn from which vial."""
    if not entry.state.go:
        raise refuse("The prescriber has not said go. Nothing is drawn up before that.")
    held = postings.held(entry.session)
    if held:
        raise refuse(
            f"{said(held)} units are drawn for this session already. Waste them or put them back "
            "before you prepare anew."
        )
    amount, unit = ordered(entry)
    if _by_weight(entry, unit) and must_weigh_again(entry.state, entry.protocol):
        raise refuse("The weight changed more than the protocol lets pass. Weigh again first.")
    vials = _vials(entry)
    lot = vials[0].lot
    known = entry.state.known_weight
    weight = known[0] if known else None
    made = arithmetic(
        amount,
        unit,
        weight,
        entry.protocol,
        lot.mg_per_unit,
        lot.unit,
        continuation_min=_continuation(entry),
    )
    patient = entry.session.patient
    age = patient.age_on(entry.day)
    older = older_warning(entry.protocol, age, entry.session.number, made.mg)
    return entry.data | {
        "drug": lot.drug,
        "route": entry.protocol.route,
        "unit": lot.unit,
        "weight_kg": said(weight) if weight is not None and _by_weight(entry, unit) else None,
        "mg": said(made.mg),
        "amount": said(made.amount),
        "mg_per_unit": said(lot.mg_per_unit),
        "steps": [_step(s) for s in made.steps],
        "draws": _draws(vials, made),
        "lines": list(made.lines),
        "warnings": [*made.warnings, *older],
    }


def _by_weight(entry: Entry, unit: str) -> bool:
    """Whether the dose depends on the weight, so that the second person needs it too."""
    return unit != "mg" or bool(_continuation(entry))


def _continuation(entry: Entry) -> Decimal:
    asked = "continuation" in entry.protocol.thresholds("duration")
    if asked and "continuation_min" not in entry.data:
        raise refuse("Say for how many minutes it goes on; 0 for none.", "continuation_min")
    return Decimal(entry.data.get("continuation_min", "0"))


def _step(step: Step) -> dict[str, str]:
    return {
        "mg": said(step.mg),
        "ml": said(step.ml),
        "minutes": said(step.minutes),
        "rate_ml_h": said(step.rate_ml_h),
    }


def _vials(entry: Entry) -> list[Vial]:
    wanted = entry.data["vials"]
    found = {
        str(v.pk): v
        for v in Vial.objects.filter(lot__clinic=entry.by.clinic, pk__in=wanted).select_related(
            "lot__clinic"
        )
    }
    if missing := [v for v in wanted if v not in found]:
        raise refuse(f"{len(missing)} vial is not in this clinic's ledger.", "vials")
    vials = [found[v] for v in wanted]
    drug = entry.session.course.drug
    for vial in vials:
        first = vials[0].lot
        if vial.lot.drug != drug:
            raise refuse(f"{vial} holds {vial.lot.drug}; this course gives {drug}.", "vials")
        if (vial.lot.unit, vial.lot.mg_per_unit) != (first.unit, first.mg_per_unit):
            raise refuse("Vials of two strengths are never drawn into one dose.", "vials")
        if why := unusable(vial, entry.at):
            raise refuse(f"{why} Take another vial.", "vials")
    return vials


def _draws(vials: Sequence[Vial], made: Arithmetic) -> list[dict[str, str]]:
    """The amount, from the vials in their order, each emptied before the next."""
    left, draws = made.amount, []
    for vial in vials:
        part = min(left, vial.balance)
        if part > 0:
            draws.append({"vial": str(vial.pk), "amount": said(part)})
            left -= part
    if left > 0:
        unit = vials[0].lot.unit
        raise refuse(
            f"{said(made.amount)} {unit} is needed and {said(made.amount - left)} {unit} is in "
            "what was chosen. Add another vial.",
            "vials",
        )
    return draws


def draw(entry: Entry, event: SessionEvent) -> None:
    """The vials lose what was drawn."""
    draws = [(UUID(one["vial"]), Decimal(one["amount"])) for one in event.data["draws"]]
    postings.draw_all(entry.by, draws, session=entry.session, event=event, at=event.at)


def entered_second_check(entry: Entry) -> dict[str, Any]:
    """The second person's figures beside the first's; only the names of what differs come back."""
    prepared = entry.state.preparation
    if prepared is None:
        raise refuse("Nothing is drawn up yet. There is nothing to check.")
    person = entry.second or entry.by.user
    if str(person.pk) == prepared.event.by:
        raise WitnessError(
            f"{person} drew it up; a second person has to check. Ask somebody else to sign in or "
            "to enter their name and password."
        )
    expected = _expected(prepared)
    if missing := [n for n in expected if n not in entry.data]:
        raise EntryRefusedError({n: ["Enter what you computed."] for n in missing})
    differs = [n for n, value in expected.items() if not _agrees(entry, n, value)]
    return entry.data | {
        "checker": str(person.pk),
        "checker_name": str(person),
        "matched": not differs,
        "differs": differs,
    }


def _expected(prepared: Preparation) -> dict[str, Decimal]:
    """What the second person has to find, as far as this preparation has it."""
    found = {"mg": prepared.mg, "amount": prepared.amount}
    if prepared.steps[0].rate_ml_h:
        found["rate_ml_h"] = prepared.steps[0].rate_ml_h
    if prepared.weight_kg is not None:
        found["weight_kg"] = prepared.weight_kg
    return found


def _agrees(entry: Entry, name: str, expected: Decimal) -> bool:
    tolerance = limit(entry.protocol, "check_tolerance") or Decimal(0)
    return abs(Decimal(entry.data[name]) - expected) * 100 <= tolerance * expected


def entered_waste(entry: Entry) -> dict[str, Any]:
    """Waste before a witness."""
    _check_held(entry)
    assert entry.second is not None  # the form asks for a name; `record` proves it
    return entry.data | {"witness": str(entry.second.pk), "witness_name": str(entry.second)}


def entered_put_back(entry: Entry) -> dict[str, Any]:
    """Back into a vial it was drawn from."""
    _check_held(entry)
    prepared = entry.state.preparation
    drawn = [d["vial"] for d in prepared.event.data["draws"]] if prepared else []
    if entry.data["vial"] not in drawn:
        raise refuse("Nothing was drawn from this vial for this session.", "vial")
    return entry.data


def _check_held(entry: Entry) -> None:
    held, amount = postings.held(entry.session), Decimal(entry.data["amount"])
    if not 0 < amount <= held:
        raise refuse(
            f"{said(amount)} came; {said(held)} is drawn and not accounted for. Expected more "
            "than 0 and no more than that.",
            "amount",
        )


def waste(entry: Entry, event: SessionEvent) -> None:
    """The ledger has what was thrown away, and who saw it."""
    postings.waste(
        entry.by,
        entry.session,
        Decimal(event.data["amount"]),
        event=event,
        at=event.at,
        witness=entry.second,
        reason=event.data["reason"],
    )


def put_back(entry: Entry, event: SessionEvent) -> None:
    """The vial has it again."""
    postings.put_back(
        entry.by,
        entry.session,
        UUID(event.data["vial"]),
        Decimal(event.data["amount"]),
        event=event,
        at=event.at,
        reason=event.data["reason"],
    )


def give(entry: Entry, event: SessionEvent) -> None:
    """The ledger has what the patient got with this event."""
    amount = Decimal(event.data.get("given", "0"))
    if amount:
        postings.give(entry.by, entry.session, amount, event=event, at=event.at)


def part_given(prepared: Preparation, volume_ml: Decimal) -> Decimal:
    """A volume of the infusion in the ledger's units; the whole of it is the whole draw."""
    if volume_ml >= prepared.total_ml:
        return prepared.amount
    return round_to(prepared.amount * volume_ml / prepared.total_ml, MILLI)
