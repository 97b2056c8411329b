"""A case as JSON values."""

from dataclasses import fields
from typing import Any

from reprieve.engine.cases.case import Case
from reprieve.engine.cases.clock import DATE, natural_origin, time_of


def written(case: Case) -> dict[str, Any]:
    """What `Case.from_dict` reads as the same case; unknown values are written as None."""

    def at(day: float | None) -> float | str | None:
        return None if day is None else time_of(day, case.origin)

    found: dict[str, Any] = {
        "version": case.version,
        "id": case.id,
        "clock": case.clock,
        "asked_at": at(case.asked_at),
        "person": _plain(case.person),
        "history": _plain(case.history),
        "setting": _plain(case.setting),
        "treatments": [
            {"day": at(t.day), "regimen": t.text, "given": t.given} for t in case.treatments
        ],
        "other": [{"what": o.what, "from": at(o.from_day), "to": at(o.to_day)} for o in case.other],
        "scores": [
            {"day": at(s.day), "instrument": s.instrument, "value": s.value,
             "items": None if s.items is None else list(s.items)}
            for s in case.scores
        ],
        "events": [{"day": at(e.day), "what": e.what, "severity": e.severity} for e in case.events],
        "plan": case.plan,
        "plan_from": at(case.plan_from),
        "checkin": _plain(case.checkin),
        "assumed": list(case.assumed),
    }  # fmt: skip
    if not case.other_known:
        found["other"] = None
    if case.clock == DATE and natural_origin(found) != case.origin:
        found["origin"] = time_of(0.0, case.origin)
    return found


def _plain(part: Any) -> dict[str, Any]:
    return {name.name: getattr(part, name.name) for name in fields(part)}
