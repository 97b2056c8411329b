"""The kinds of event: what each holds, when it may be entered, and who may.

Numbers are decimal text, times ISO with their offset, people and vials ids as text. What the
server adds stands behind the bar.

| kind | data |
|---|---|
| check_in | identifiers: [two], escort_name, escort_phone, last_solids_at, last_fluids_at, last_nasal_at, changes, confirmed: [criteria] | last_kg, last_kg_at |
| weight | kg | last_kg, last_kg_at |
| vitals | sbp, dbp, hr, spo2, rr, moaas, temp, o2_l_min, position, note |
| observation | symptom, severity, note, ended |
| rating | instrument, value |
| decision | decision: go, hold, no_go; reason, overrides: {hold: reason}, dose_amount, dose_unit | holds: [snapshot] |
| prepare | vials: [id], continuation_min | drug, route, unit, weight_kg, mg, amount, mg_per_unit, steps, draws: [{vial, amount}], lines, warnings |
| second_check | mg, amount, rate_ml_h, weight_kg, username | checker, checker_name, matched, differs: [fields] |
| start | reason (where it is entered late) | given |
| device | | number, given |
| pause | reason |
| resume | rate_ml_h, reason |
| rate | rate_ml_h, reason |
| rescue | drug, amount, route, reason |
| adverse | what, severity, action, ended_at |
| note | about: intention, in_session, integration, nursing; text |
| stop | reason, volume_ml | given |
| waste | amount, reason, username | witness, witness_name |
| put_back | vial, amount, reason |
| criterion | key, met, note |
| discharge | ready_when, note, against_advice | criteria: [snapshot] |
| sign, countersign | meaning | printed_name, prescriber |
| addendum | text |
| abort | reason |
| correction | of, void or data, new_at, reason, username | at, witness |
| prompt | key, action: acknowledge, take, snooze, resolve; minutes, note |
| assign | nurse | nurse_name |
"""  # noqa: E501

from dataclasses import dataclass

from reprieve.clinic.treatments.state import Phase

P = Phase
BEFORE = frozenset({P.CHECKED_IN, P.READY})
LIVE = BEFORE | {P.IN_SESSION, P.RECOVERY}
CHART = LIVE | {P.DISCHARGED}  # late entries, until the record is signed
OPEN = CHART | {P.ABORTED}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event.

    `phases` are those in which it may be entered. Of a `structural` kind a correction may change
    the time and the fields of `mend`, and may not take it out of the record: what follows rests
    on it. What `moves` the drug ledger alone may be taken out, before a witness. What stands
    `now` rests on what is known as it is entered: it has the server's time and no other. A
    correction needs the permission of what it corrects.
    """

    key: str
    title: str
    permission: str
    phases: frozenset[Phase]
    structural: bool = False
    mend: tuple[str, ...] = ()
    moves: bool = False
    now: bool = False


_ALL = (
    Kind(
        "check_in",
        "check-in",
        "session.checkin",
        frozenset({P.PLANNED}),
        True,
        (
            "escort_name",
            "escort_phone",
            "last_solids_at",
            "last_fluids_at",
            "last_nasal_at",
            "changes",
        ),
    ),
    Kind("weight", "weight", "session.chart", BEFORE),
    Kind("vitals", "vital signs", "session.chart", CHART),
    Kind("observation", "side effect", "session.chart", CHART),
    Kind("rating", "rating", "session.chart", CHART),
    Kind("decision", "go or no-go", "session.decide", BEFORE, True, ("reason",), now=True),
    Kind("prepare", "preparation", "ledger.draw", BEFORE, True, moves=True, now=True),
    Kind("second_check", "second check", "session.check", BEFORE, True, now=True),
    Kind("start", "start", "session.chart", frozenset({P.READY}), True),
    Kind("device", "device", "session.chart", frozenset({P.IN_SESSION}), True),
    Kind("pause", "pause", "session.chart", frozenset({P.IN_SESSION}), True, ("reason",)),
    Kind("resume", "resume", "session.chart", frozenset({P.IN_SESSION}), True, ("reason",)),
    Kind("rate", "change of rate", "session.chart", frozenset({P.IN_SESSION}), True, ("reason",)),
    Kind("rescue", "rescue drug", "session.chart", CHART),
    Kind("adverse", "adverse event", "session.chart", CHART),
    Kind("note", "note", "session.note", OPEN),
    Kind("stop", "stop", "session.chart", frozenset({P.IN_SESSION}), True, ("reason", "volume_ml")),
    Kind("waste", "waste", "ledger.draw", OPEN, True, moves=True),
    Kind("put_back", "return to the vial", "ledger.draw", OPEN, True, moves=True),
    Kind("criterion", "criterion", "session.chart", LIVE),
    Kind(
        "discharge",
        "discharge",
        "session.chart",
        frozenset({P.RECOVERY}),
        True,
        ("ready_when", "note"),
    ),
    Kind("sign", "signature", "session.sign", frozenset({P.DISCHARGED, P.ABORTED}), True, now=True),
    Kind("countersign", "countersignature", "session.sign", frozenset({P.SIGNED}), True, now=True),
    Kind("addendum", "addendum", "session.note", frozenset({P.SIGNED}), True, now=True),
    Kind("abort", "abort", "session.chart", BEFORE, True, ("reason",)),
    Kind("correction", "correction", "session.note", OPEN, True),
    Kind("prompt", "answer to a prompt", "session.chart", OPEN, True),
    Kind("assign", "nurse", "session.chart", LIVE | {P.PLANNED}, True),
)
KINDS: dict[str, Kind] = {k.key: k for k in _ALL}
