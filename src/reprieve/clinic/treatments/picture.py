"""A session as its chart: from events and due times to what `anaesthesia_chart` draws."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from reprieve.clinic.treatments.clocks import span
from reprieve.clinic.treatments.due import Due
from reprieve.clinic.treatments.hiding import veiled
from reprieve.clinic.treatments.numbers import said
from reprieve.clinic.treatments.sayings import say, title
from reprieve.clinic.treatments.state import READINGS, Event, Phase, SessionState
from reprieve.evidence.practice import Protocol
from reprieve.report.anaesthesia_chart import (
    Check,
    Class,
    Drug,
    Happening,
    Reading,
    SessionChart,
    Shot,
    Stretch,
)

# what the numbered events of the chart are; readings and papers have places of their own
TOLD = (
    "check_in", "decision", "start", "device", "pause", "resume", "rate", "stop", "observation",
    "rescue", "adverse", "rating", "discharge", "abort",
)  # fmt: skip
# label colours of ISO 26825 by drug; a name that is not here gets the plain label
CLASSES: dict[str, Class] = {
    "ketamine": "induction",
    "esketamine": "induction",
    "arketamine": "induction",
    "midazolam": "benzodiazepine",
    "lorazepam": "benzodiazepine",
    "diazepam": "benzodiazepine",
    "ondansetron": "antiemetic",
    "metoclopramide": "antiemetic",
    "glycopyrrolate": "anticholinergic",
    "glycopyrronium": "anticholinergic",
    "atropine": "anticholinergic",
    "ephedrine": "vasopressor",
    "phenylephrine": "vasopressor",
}
BEFORE = timedelta(minutes=15)
AHEAD = timedelta(minutes=60)


def chart_of(
    state: SessionState,
    protocol: Protocol,
    dues: Sequence[Due],
    now: datetime,
    zone: tzinfo,
    planned_at: datetime,
    *,
    locked: bool = False,
) -> SessionChart:
    """The chart of a session at a time. A session that is over shows no present."""
    live = state.phase.live
    began = state.check_in.at if state.check_in else planned_at - BEFORE
    last = max([(state.started_at or began) + AHEAD, *(d.at for d in dues)])
    end = state.discharged_at or (state.aborted.at if state.aborted else None) or last
    return SessionChart(
        zone=zone,
        start=began if state.started_at is None else max(began, state.started_at - BEFORE),
        end=end,
        readings=tuple(_readings(state, protocol, zone)),
        drugs=tuple(_drugs(state, now)),
        happenings=tuple(_happenings(state, protocol, zone, locked)),
        checks=tuple(_checks(dues)),
        bounds={name: protocol.bounds(name) for name in READINGS},
        started_at=state.started_at,
        ended_at=state.ended_at,
        now=now if live else None,
    )


def is_late(event: Event, protocol: Protocol) -> bool:
    """Whether an event was entered later than the protocol's grace after it happened."""
    grace = span(protocol, "prompts", "overdue") or timedelta(0)
    return event.entered_at - event.at > grace


def _readings(state: SessionState, protocol: Protocol, zone: tzinfo) -> Iterator[Reading]:
    for vitals in state.vitals:
        yield _reading(vitals.event, vitals.values, state, protocol, zone)
    for event in state.record:
        if event.kind == "vitals" and event.id in state.voided:
            values = {n: Decimal(event.data[n]) for n in READINGS if event.data.get(n)}
            struck = _reading(event, values, state, protocol, zone)
            yield replace(struck, struck=True, corrected=False)


def _reading(
    event: Event, values: object, state: SessionState, protocol: Protocol, zone: tzinfo
) -> Reading:
    changes = state.corrected.get(event.id, ())
    notes = [f"{c.by_name} {_hm(c.entered_at, zone)}: {c.data.get('reason', '')}" for c in changes]
    return Reading(
        event.at,
        dict(values),  # type: ignore[call-overload]
        event.by_name,
        corrected=bool(changes),
        late=is_late(event, protocol),
        note="; ".join(notes),
    )


def _hm(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")


def _kind(drug: str) -> Class:
    first = drug.lower().split(",")[0].split(" ")[0]
    return CLASSES.get(first, "")


def _drugs(state: SessionState, now: datetime) -> Iterator[Drug]:
    prepared = state.preparation
    if prepared is not None:
        name = prepared.drug[:1].upper() + prepared.drug[1:]
        shots = [Shot(d.at, f"{said(prepared.mg_per_unit)} mg") for d in state.devices]
        if state.started_at is not None and not state.rates and not shots:
            shots = [Shot(state.started_at, f"{said(prepared.mg)} mg")]
        yield Drug(name, _kind(prepared.drug), tuple(_running(state)), shots, _ends(state, now))
    for drug in dict.fromkeys(str(e.data["drug"]) for e in state.of("rescue")):
        given = [e for e in state.of("rescue") if str(e.data["drug"]) == drug]
        yield Drug(drug, _kind(drug), shots=[Shot(e.at, str(e.data["amount"])) for e in given])


def _running(state: SessionState) -> Iterator[Stretch]:
    for k, change in enumerate(state.rates):
        following = state.rates[k + 1].at if k + 1 < len(state.rates) else state.ended_at
        if change.rate_ml_h:
            yield Stretch(change.at, following, f"{said(change.rate_ml_h)} mL/h")


def _ends(state: SessionState, now: datetime) -> datetime | None:
    """When the drawn volume will have flowed at the rate of now."""
    if not state.running or state.preparation is None:
        return None
    left = state.preparation.total_ml - state.given_ml(now)
    return now + timedelta(hours=float(left / state.rates[-1].rate_ml_h))


def _happenings(
    state: SessionState, protocol: Protocol, zone: tzinfo, locked: bool
) -> Iterator[Happening]:
    for event in state.of(*TOLD):
        veil = veiled(event, state, locked=locked)
        text = say(event, protocol, zone) if veil is None else veil
        named = f"{title(event.kind)}: {text}" if text else title(event.kind)
        grave = event.kind == "adverse" or (
            event.kind == "observation" and event.data.get("severity") == "severe"
        )
        yield Happening(event.at, named, grave)


def _checks(dues: Sequence[Due]) -> Iterator[Check]:
    for one in dues:
        if one.key.startswith("vitals@"):
            status = one.status
            if status in ("due", "overdue"):
                yield Check(one.at, "due")
            elif status in ("done", "missed"):
                yield Check(one.at, "done" if status == "done" else "missed")
            else:
                yield Check(one.at, "coming")


def over(state: SessionState) -> bool:
    """Whether nothing more happens on the floor."""
    return state.phase in (Phase.DISCHARGED, Phase.SIGNED, Phase.ABORTED)
