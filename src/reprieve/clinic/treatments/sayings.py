"""Each event in one line, as the cockpit lists it and the record prints it."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from reprieve.clinic.treatments.kinds import KINDS
from reprieve.clinic.treatments.state import Event
from reprieve.evidence.practice import MEASURES, Protocol

Data = Mapping[str, Any]
READING_ORDER = ("hr", "spo2", "rr", "moaas", "temp", "o2_l_min")
UNITS = {
    "hr": ("HR", ""),
    "spo2": ("SpO₂", " %"),
    "rr": ("RR", ""),
    "moaas": ("MOAA/S", ""),
    "temp": ("", " °C"),
    "o2_l_min": ("O₂", " L/min"),
}


def title(kind: str) -> str:
    """A kind of event in words, with a capital."""
    found = KINDS[kind].title if kind in KINDS else kind.replace("_", " ")
    return found[:1].upper() + found[1:]


def say(event: Event, protocol: Protocol | None = None, zone: tzinfo | None = None) -> str:
    """What an event says, without its title; empty where the title says it all."""
    teller = _TELLERS.get(event.kind)
    text = teller(event.data, _Known(protocol, zone)) if teller else ""
    return text.strip()


class _Known:
    """What a line may look up: names of symptoms and criteria, the clinic's zone."""

    def __init__(self, protocol: Protocol | None, zone: tzinfo | None) -> None:
        self.protocol, self.zone = protocol, zone

    def symptom(self, key: str) -> str:
        found = self.protocol.symptoms if self.protocol else ()
        return next((s.label for s in found if s.key == key), key.replace("_", " "))

    def criterion(self, key: str) -> str:
        found = self.protocol.criteria if self.protocol else ()
        return next((c.text for c in found if c.key == key), key.replace("_", " "))

    def clock(self, text: object) -> str:
        if not text:
            return ""
        return datetime.fromisoformat(str(text)).astimezone(self.zone).strftime("%H:%M")


def _joined(*parts: object, by: str = ", ") -> str:
    return by.join(str(p) for p in parts if p not in (None, "", []))


def _check_in(d: Data, known: _Known) -> str:
    times = [
        f"{name} {known.clock(d.get(key))}"
        for key, name in (
            ("last_solids_at", "last food"),
            ("last_fluids_at", "last drink"),
            ("last_nasal_at", "nasal medicine"),
        )
        if d.get(key)
    ]
    ids = " and ".join(str(i) for i in d.get("identifiers") or ())
    contact = _joined(d.get("escort_name"), d.get("escort_phone"))
    escort = f"escort {contact}" if d.get("escort_name") else ""
    changes = f"changes: {d['changes']}" if d.get("changes") else ""
    return _joined(f"identified by {ids}" if ids else "", escort, *times, changes, by="; ")


def _vitals(d: Data, known: _Known) -> str:
    parts = []
    if d.get("sbp") or d.get("dbp"):
        parts.append(f"BP {d.get('sbp') or '–'}/{d.get('dbp') or '–'}")
    for name in READING_ORDER:
        if d.get(name) not in (None, ""):
            before, after = UNITS[name]
            parts.append(f"{before} {d[name]}{after}".strip())
    return _joined(*parts, d.get("position"), d.get("note"))


def _observation(d: Data, known: _Known) -> str:
    ended = "ended" if d.get("ended") else d.get("severity")
    return _joined(known.symptom(str(d["symptom"])), ended, d.get("note"))


def _rating(d: Data, known: _Known) -> str:
    name = str(d["instrument"])
    measure = MEASURES.get(name)
    return f"{measure.title if measure else name} {d['value']}"


def _decision(d: Data, known: _Known) -> str:
    said = {"go": "Go", "hold": "Hold", "no_go": "No-go"}[str(d["decision"])]
    dose = _joined(d.get("dose_amount"), d.get("dose_unit"), by=" ")
    overrides = d.get("overrides") or {}
    over = "; ".join(f"in spite of {k.replace('_', ' ')}: {v}" for k, v in overrides.items())
    return _joined(said, dose, d.get("reason"), over, by="; ")


def _prepare(d: Data, known: _Known) -> str:
    weight = f"for {d['weight_kg']} kg" if d.get("weight_kg") else ""
    rates = "; ".join(
        f"{s['ml']} mL over {s['minutes']} min at {s['rate_ml_h']} mL/h"
        for s in d["steps"]
        if s["rate_ml_h"] not in ("0", "0.0")
    )
    drawn = f"{d['drug']} {d['mg']} mg = {d['amount']} {d['unit']}"
    return _joined(_joined(drawn, weight, by=" "), rates, by="; ")


def _second_check(d: Data, known: _Known) -> str:
    who = d.get("checker_name", "")
    if d["matched"]:
        return f"{who}: agrees"
    fields = ", ".join(str(f).replace("_", " ") for f in d.get("differs") or ())
    return f"{who}: does not agree ({fields})"


def _rate(d: Data, known: _Known) -> str:
    return _joined(f"{d['rate_ml_h']} mL/h", d.get("reason"), by="; ")


def _stop(d: Data, known: _Known) -> str:
    volume = f"{d['volume_ml']} mL given" if d.get("volume_ml") not in (None, "") else ""
    return _joined(d.get("reason"), volume, by="; ")


def _waste(d: Data, known: _Known) -> str:
    witness = f"witness {d['witness_name']}" if d.get("witness_name") else ""
    return _joined(d["amount"], d.get("reason"), witness, by="; ")


def _criterion(d: Data, known: _Known) -> str:
    met = "yes" if d["met"] else "no"
    return _joined(f"{known.criterion(str(d['key']))}: {met}", d.get("note"), by="; ")


def _discharge(d: Data, known: _Known) -> str:
    when = known.clock(d.get("ready_when")) if "T" in str(d.get("ready_when")) else ""
    ready = f"would have been ready at {when}" if when else ""
    return _joined(
        ready, "against advice" if d.get("against_advice") else "", d.get("note"), by="; "
    )


def _sign(d: Data, known: _Known) -> str:
    return _joined(d.get("printed_name"), d.get("meaning"), by=": ")


def _correction(d: Data, known: _Known) -> str:
    if d.get("void"):
        what = "taken out"
    else:
        changed = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in (d.get("data") or {}).items())
        moved = f"time {known.clock(d['new_at'])}" if d.get("new_at") else ""
        what = _joined(changed, moved)
    return _joined(what, d.get("reason"), by="; ")


def _prompt(d: Data, known: _Known) -> str:
    minutes = f"for {d['minutes']} min" if d.get("minutes") else ""
    key = str(d["key"]).replace("_", " ").replace("@", " ")
    return _joined(_joined(key, d["action"], minutes, by=" "), d.get("note"), by="; ")


def _fields(*names: str) -> Callable[[Data, _Known], str]:
    return lambda d, known: _joined(*(d.get(n) for n in names))


_TELLERS: dict[str, Callable[[Data, _Known], str]] = {
    "check_in": _check_in,
    "weight": lambda d, known: f"{d['kg']} kg",
    "vitals": _vitals,
    "observation": _observation,
    "rating": _rating,
    "decision": _decision,
    "prepare": _prepare,
    "second_check": _second_check,
    "device": _fields("number"),
    "pause": _fields("reason"),
    "resume": _rate,
    "rate": _rate,
    "rescue": lambda d, k: _joined(
        _joined(d["drug"], d.get("amount"), d.get("route"), by=" "), d.get("reason"), by="; "
    ),
    "adverse": lambda d, k: _joined(
        _joined(d["what"], d.get("severity")), d.get("action"),
        f"ended {k.clock(d['ended_at'])}" if d.get("ended_at") else "", by="; "
    ),
    "note": lambda d, k: _joined(str(d.get("about", "")).replace("_", "-"), d.get("text"), by=": "),
    "stop": _stop,
    "waste": _waste,
    "put_back": _fields("amount", "reason"),
    "criterion": _criterion,
    "discharge": _discharge,
    "sign": _sign,
    "countersign": _sign,
    "addendum": _fields("text"),
    "abort": _fields("reason"),
    "correction": _correction,
    "prompt": _prompt,
    "assign": _fields("nurse_name"),
}  # fmt: skip
