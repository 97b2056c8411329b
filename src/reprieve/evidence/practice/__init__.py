"""Protocols: how sessions are run, and whose word each threshold is.

`thresholds` and `entries` are the parts, `model` the whole, `reading` and `writing` its TOML,
`compare` says in words what differs between two, `shipped` finds the ones in `protocols/`.
"""

from reprieve.evidence.practice.compare import differences
from reprieve.evidence.practice.entries import (
    ConsentSection,
    ConsentText,
    Criterion,
    Entry,
    Observation,
    Rescue,
    Screen,
    Symptom,
    Workup,
)
from reprieve.evidence.practice.model import ACTIVE, GROUPS, ROUTES, RULED, Protocol
from reprieve.evidence.practice.shipped import (
    Given,
    governing,
    parse_protocol,
    protocol,
    protocol_for,
    protocol_names,
)
from reprieve.evidence.practice.thresholds import (
    ACTIONS,
    MEASURES,
    RULES,
    Bounds,
    DoseRange,
    Measure,
    Phase,
    Standing,
    Threshold,
    Vitals,
)
from reprieve.evidence.practice.use import use_of
from reprieve.evidence.practice.writing import protocol_toml

__all__ = [
    "ACTIONS",
    "ACTIVE",
    "GROUPS",
    "MEASURES",
    "ROUTES",
    "RULED",
    "RULES",
    "Bounds",
    "ConsentSection",
    "ConsentText",
    "Criterion",
    "DoseRange",
    "Entry",
    "Given",
    "Measure",
    "Observation",
    "Phase",
    "Protocol",
    "Rescue",
    "Screen",
    "Standing",
    "Symptom",
    "Threshold",
    "Vitals",
    "Workup",
    "differences",
    "governing",
    "parse_protocol",
    "protocol",
    "protocol_for",
    "protocol_names",
    "protocol_toml",
    "use_of",
]
