"""What stands against a plan, in the words of the rule behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reprieve.evidence.practice import Threshold


class Weight(StrEnum):
    """What a finding means: never, only with a prescriber's reason, or to be known."""

    REFUSE = "refuse"
    REASON = "reason"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that stands against a plan."""

    weight: Weight
    text: str


def kept(rule: Threshold, value: float) -> bool:
    """Whether a value keeps to a rule: at least and at most are demands, the rest are limits."""
    met = rule.met(value)
    return met if rule.rule in ("at_least", "at_most", "is") else not met


def asked(rule: Threshold) -> str:
    """The rule as a sentence's end: "at least 24 h (clinic, assumed: two sessions ...)"."""
    note = f": {rule.note}" if rule.note else ""
    return f"{rule.words()} ({rule.standing}, {rule.status}{note})"


def against(weight: Weight, what: str, rule: Threshold) -> Finding:
    """A finding that cites the protocol."""
    return Finding(weight, f"{what}; the protocol has {asked(rule)}.")


def of_weight(found: Iterable[Finding], weight: Weight) -> tuple[Finding, ...]:
    """The findings of one weight."""
    return tuple(f for f in found if f.weight is weight)
