"""Impossible values are refused; abnormal and critical ones are told apart."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from reprieve.clinic.treatments.entry import Entry
from reprieve.clinic.treatments.numbers import exact, said
from reprieve.clinic.treatments.refusals import EntryRefusedError, refuse
from reprieve.clinic.treatments.state import READINGS
from reprieve.evidence.practice import MEASURES, Protocol

Judged = Literal["impossible", "critical", "abnormal", "usual"]
LB_PER_KG = Decimal("2.2046")
SLIP = Decimal("0.1")  # a weight read in pounds lies this near, as a part, to the last in kg


def judged(measure: str, value: Decimal, protocol: Protocol) -> Judged:
    """How a reading stands to the protocol's range: the same word for chart and table."""
    return protocol.bounds(measure).judge(float(value))


def impossible(measure: str, value: Decimal, protocol: Protocol) -> str:
    """Why a reading cannot be, with what was expected; empty where it can."""
    bounds = protocol.bounds(measure)
    if bounds.judge(float(value)) != "impossible":
        return ""
    low = "any" if bounds.possible_low is None else said(exact(bounds.possible_low))
    high = "any" if bounds.possible_high is None else said(exact(bounds.possible_high))
    known = MEASURES.get(measure)
    title, unit = (known.title, known.unit) if known else (measure, "")
    return (
        f"{title} {said(value)} {unit} came; expected {low} to {high} {unit}. "
        "Read it again and correct the entry."
    )


def check_vitals(data: Mapping[str, Any], protocol: Protocol) -> None:
    """Refuse a set with an impossible value, naming each field."""
    wrong: dict[str, list[str]] = {}
    for name in READINGS:
        if name in data and (said_why := impossible(name, Decimal(data[name]), protocol)):
            wrong[name] = [said_why]
    sbp, dbp = data.get("sbp"), data.get("dbp")
    if sbp is not None and dbp is not None and Decimal(dbp) >= Decimal(sbp):
        wrong.setdefault("dbp", []).append(
            f"Diastolic {dbp} is not below systolic {sbp} mmHg; expected less. Were they swapped?"
        )
    if "moaas" in data and Decimal(data["moaas"]) % 1:
        wrong.setdefault("moaas", []).append(
            f"MOAA/S {data['moaas']} came; expected a whole score."
        )
    if wrong:
        raise EntryRefusedError(wrong)


def check_rating(data: Mapping[str, Any], protocol: Protocol) -> None:
    """Refuse a rating that the protocol has no range for, or a score outside it."""
    name = data["instrument"]
    scores = [
        k
        for k, m in MEASURES.items()
        if m.kind == "reading" and k not in READINGS and k not in ("weight", "height")
    ]
    if name not in scores:
        raise refuse(f"'{name}' is not rated here. Known: {', '.join(scores)}.", "instrument")
    if said_why := impossible(name, Decimal(data["value"]), protocol):
        raise refuse(said_why, "value")


def check_weight(kg: Decimal, last_kg: Decimal | None, protocol: Protocol) -> None:
    """Refuse an impossible weight, and one in pounds."""
    if last_kg is not None and abs(kg / LB_PER_KG - last_kg) <= SLIP * last_kg:
        raise refuse(
            f"{said(kg)} came, and the last weight was {said(last_kg)} kg: this looks like pounds. "
            f"Expected kg; {said(kg)} lb is {(kg / LB_PER_KG).quantize(SLIP)} kg.",
            "kg",
        )
    if said_why := impossible("weight", kg, protocol):
        raise refuse(said_why, "kg")


def entered_vitals(entry: Entry) -> dict[str, Any]:
    """A set of vital signs, checked."""
    check_vitals(entry.data, entry.protocol)
    return entry.data


def entered_rating(entry: Entry) -> dict[str, Any]:
    """A rating, checked."""
    check_rating(entry.data, entry.protocol)
    return entry.data


def entered_observation(entry: Entry) -> dict[str, Any]:
    """A side effect that the protocol lists, graded where it asks for that."""
    known = {s.key: s for s in entry.protocol.symptoms}
    symptom = known.get(entry.data["symptom"])
    if symptom is None:
        raise refuse(
            f"'{entry.data['symptom']}' is not listed. Known: {', '.join(known)}.", "symptom"
        )
    if symptom.graded and not entry.data.get("severity") and not entry.data.get("ended"):
        raise refuse(f"{symptom.label} has a severity: mild, moderate or severe.", "severity")
    return entry.data
