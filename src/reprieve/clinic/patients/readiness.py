"""What stands in the way of a treatment: stops, gaps and cautions, from what is known.

`judge` is pure over loaded facts; `gaps` and `gaps_of` load them. A stop blocks a course and a
dose unless a prescriber goes past it with a reason; a gap is something missing or out of date;
a caution is to be known.
"""

from collections.abc import Iterable
from datetime import datetime

from reprieve.clinic.patients.models import Patient
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.patients.rules.gap import ORDER, Gap, Kind, in_order
from reprieve.clinic.patients.rules.parts import PARTS
from reprieve.evidence.practice import Protocol

__all__ = ["ORDER", "Gap", "Kind", "gaps", "gaps_of", "judge"]


def gaps(patient: Patient, protocol: Protocol, now: datetime) -> tuple[Gap, ...]:
    """What stands in the way for one patient under a protocol: stops first."""
    return judge(Facts.of(patient), protocol, now)


def gaps_of(
    pairs: Iterable[tuple[Patient, Protocol]], now: datetime
) -> dict[Patient, tuple[Gap, ...]]:
    """The same for many patients, in as many queries as for one.

    Load the patients with their clinic. A patient under two protocols has the gaps of both.
    """
    wanted = list(pairs)
    facts = {f.patient.pk: f for f in Facts.load({p.pk: p for p, _ in wanted}.values()).values()}
    found: dict[Patient, tuple[Gap, ...]] = {}
    for patient, protocol in wanted:
        both = (*found.get(patient, ()), *judge(facts[patient.pk], protocol, now))
        found[patient] = in_order(dict.fromkeys(both))
    return found


def judge(facts: Facts, protocol: Protocol, now: datetime) -> tuple[Gap, ...]:
    """Every gap of a patient under a protocol, stops first."""
    return in_order(gap for part in PARTS for gap in part(facts, protocol, now))
