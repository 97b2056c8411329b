"""A session as its people would enter it: one list of acts, for histories and for today.

Everything is timed in minutes from the moment the drug begins. What an act enters may depend on
what the record already says: a second check repeats what was prepared, a stop reads the pump.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from reprieve.clinic.ledger.holding import held
from reprieve.clinic.patients.readiness import gaps
from reprieve.clinic.simulator import PASSWORD
from reprieve.clinic.simulator.body import Body
from reprieve.clinic.treatments.holds import judge, standing
from reprieve.clinic.treatments.models import TreatmentSession
from reprieve.clinic.treatments.prompts import prompts
from reprieve.clinic.treatments.state import SessionState
from reprieve.evidence.practice import Protocol

Data = Mapping[str, Any]
BEFORE_MIN = -40.0  # arrival
INSTRUMENT = "cadss6"
WITNESS = "nurse2"


@dataclass(frozen=True, slots=True)
class Act:
    """One entry: when, what, by whom, and what it says once the state is known."""

    minute: float
    kind: str
    role: str
    says: Callable[[SessionState, datetime], Data | None]  # None: nothing to enter after all


def said(**data: Any) -> Callable[[SessionState, datetime], Data]:
    """An entry that depends on nothing."""
    return lambda _state, _at: data


def regimen_of(session: TreatmentSession, protocol: Protocol) -> str:
    """The session's dose in the regimen language."""
    over = f" over {round(protocol.duration_h * 60)} min" if protocol.duration_h else ""
    route = {"iv": "IV", "im": "IM", "sc": "SC"}.get(protocol.route, protocol.route)
    amount = format(session.dose_amount.normalize(), "f")
    return f"{session.course.drug} {amount} {session.dose_unit} {route}{over}"


def script(
    session: TreatmentSession, protocol: Protocol, body: Body, vials: list[str]
) -> list[Act]:
    """Every act of an uneventful session, in the order of time."""
    rng = np.random.default_rng([body.seed, session.number])
    acts = [*_arrival(session, body), *_preparing(session, protocol, vials)]
    acts += _giving(session, protocol, rng)
    acts += _watching(session, protocol, body, rng)
    acts += _leaving(session, protocol, body, rng)
    return sorted(acts, key=lambda a: a.minute)


def _arrival(session: TreatmentSession, body: Body) -> list[Act]:
    protocol, patient = session.course.protocol_version.protocol, session.patient
    escort = patient.contacts.filter(kind="escort").first()

    def check_in(_: SessionState, at: datetime) -> Data:
        return {
            "identifiers": ["name", "date of birth"],
            "escort_name": escort.name if escort else "",
            "escort_phone": escort.phone if escort else "",
            "last_solids_at": (at - timedelta(hours=7)).isoformat(),
            "last_fluids_at": (at - timedelta(hours=3)).isoformat(),
            "changes": "nothing new",
            "confirmed": [c.key for c in protocol.criteria_at("before")],
        }

    regimen = regimen_of(session, protocol)
    rest = body.resting(regimen, session.number - 1)
    weight = body.weight_kg + Decimal(session.number % 3 - 1) / 5
    return [
        Act(BEFORE_MIN, "check_in", "nurse", check_in),
        Act(-30.0, "weight", "nurse", said(kg=str(weight))),
        Act(-20.0, "vitals", "nurse", said(**rest.vitals(), temp="36.6")),
        Act(-19.5, "rating", "nurse", said(instrument=INSTRUMENT, value="0")),
        Act(
            -16.0,
            "note",
            "therapist",
            said(about="intention", text="Wants to notice mornings again."),
        ),
    ]


def _preparing(session: TreatmentSession, protocol: Protocol, vials: list[str]) -> list[Act]:
    def check(state: SessionState, _: datetime) -> Data:
        prepared = state.preparation
        assert prepared is not None
        found = {"mg": str(prepared.mg), "amount": str(prepared.amount)}
        if prepared.steps and prepared.steps[0].rate_ml_h:
            found["rate_ml_h"] = str(prepared.steps[0].rate_ml_h)
        if prepared.weight_kg is not None:
            found["weight_kg"] = str(prepared.weight_kg)
        return found

    def go(state: SessionState, at: datetime) -> Data:
        found = judge(state, protocol, at, gaps(session.patient, protocol, at))
        reasons = {h.key: "Taken again and discussed: acceptable today." for h in standing(found)}
        return {"decision": "go", "overrides": json.dumps(reasons)}

    return [
        Act(-12.0, "decision", "prescriber", go),
        Act(-9.0, "prepare", "nurse", said(vials=vials)),
        Act(-5.0, "second_check", "nurse2", check),
        Act(0.0, "start", "nurse", said()),
    ]


def _giving(session: TreatmentSession, protocol: Protocol, rng: np.random.Generator) -> list[Act]:
    """What follows the start: later devices of a spray, or the end of an infusion.

    One infusion in twelve is stopped early at the patient's wish, and the rest wasted before a
    witness.
    """
    device = protocol.thresholds("spacing").get("device")
    if device is not None:
        gap = protocol.thresholds("spacing")["between_devices"].value
        later = round(float(session.dose_amount) / device.value) - 1
        return [Act(gap * k, "device", "nurse", said()) for k in range(1, later + 1)]
    end = protocol.duration_h * 60
    if not end:
        return []
    if rng.random() > 1 / 12:
        return [Act(end, "stop", "nurse", said(reason="complete"))]

    def waste(_: SessionState, __: datetime) -> Data:
        rest, why = str(held(session)), "left in the syringe"
        return {"amount": rest, "reason": why, "username": WITNESS, "password": PASSWORD}

    anxious = said(what="Anxiety towards the end of the infusion", severity="mild")
    return [
        Act(end - 7.0, "adverse", "nurse", anxious),
        Act(end - 6.0, "stop", "nurse", said(reason="The patient asked to stop; calm soon after.")),
        Act(end - 2.0, "waste", "nurse", waste),
    ]


def _watching(
    session: TreatmentSession, protocol: Protocol, body: Body, rng: np.random.Generator
) -> list[Act]:
    regimen, earlier = regimen_of(session, protocol), session.number - 1
    acts = []
    for minute in _minutes(protocol):
        read = body.reading(regimen, earlier, minute)
        at = minute + float(rng.uniform(0.0, 1.5))
        acts.append(Act(at, "vitals", "nurse", said(**read.vitals())))
        acts.append(Act(at + 0.4, "prompt", "nurse", _acknowledge(protocol)))
        if read.cadss6 >= 4 and minute <= 60:
            felt = said(symptom="dissociation", severity="mild" if read.cadss6 < 10 else "moderate")
            acts.append(Act(at + 0.3, "observation", "nurse", felt))
    for observation in protocol.observations:
        for minute in observation.schedule.minutes(protocol.duration_h):
            score = body.reading(regimen, earlier, minute).cadss6
            if "cadss6" in observation.schedule.readings or "CADSS-6" in observation.title:
                acts.append(
                    Act(
                        minute + 1.8,
                        "rating",
                        "nurse",
                        said(instrument=INSTRUMENT, value=str(score)),
                    )
                )
    if rng.random() < 0.2:
        acts.append(Act(48.0, "observation", "nurse", said(symptom="nausea", severity="mild")))
    return acts


def _acknowledge(protocol: Protocol) -> Callable[[SessionState, datetime], Data | None]:
    """The first prompt that nobody has seen, if there is one."""

    def answer(state: SessionState, at: datetime) -> Data | None:
        unseen = (p for p in prompts(state, protocol, at) if p.status in ("raised", "escalated"))
        first = next(unseen, None)
        return {"key": first.key, "action": "acknowledge"} if first else None

    return answer


def _minutes(protocol: Protocol) -> tuple[float, ...]:
    return tuple(m for m in protocol.vitals.minutes(protocol.duration_h) if m > 0)


def leaves_min(protocol: Protocol) -> float:
    """Minutes after the start at which an uneventful session's last set has been taken."""
    discharge = protocol.thresholds("discharge")
    after = discharge.get("after_start")
    ended = discharge.get("after_end")
    shortest = max(
        after.value * 60 if after else 0.0,
        protocol.duration_h * 60 + (ended.value * 60 if ended else 0.0),
    )
    return max(shortest, *_minutes(protocol)) + 3.0


def _leaving(
    session: TreatmentSession, protocol: Protocol, body: Body, rng: np.random.Generator
) -> list[Act]:
    end = leaves_min(protocol) + float(rng.uniform(0.0, 12.0))
    rested = body.resting(regimen_of(session, protocol), session.number - 1)
    measured = {rule.measures for rule in protocol.thresholds("discharge").values()}
    scores = {"aldrete": "10", "padss": "10", INSTRUMENT: "0"}

    def leave(_: SessionState, at: datetime) -> Data:
        return {"ready_when": (at - timedelta(minutes=25)).isoformat()}

    steady = [
        Act(end + 0.2 * k, "criterion", "nurse", said(key=c.key, met="true"))
        for k, c in enumerate(protocol.criteria_at("discharge"))
    ]
    after = end + 0.2 * len(steady) + 1.0
    note = said(about="integration", text="Calm and clear; meets the therapist within three days.")
    return [
        Act(min(75.0, end - 1.0), "note", "therapist", note),
        Act(end - 0.6, "vitals", "nurse", said(**rested.vitals())),
        *(
            Act(end - 0.4, "rating", "nurse", said(instrument=name, value=value))
            for name, value in scores.items()
            if name in measured
        ),
        *steady,
        Act(after, "discharge", "nurse", leave),
        Act(after + 8.0, "sign", "nurse", said(meaning="gave the treatment")),
        Act(after + 25.0, "countersign", "prescriber", said(meaning="responsible prescriber")),
    ]
