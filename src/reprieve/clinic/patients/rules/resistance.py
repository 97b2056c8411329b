"""Treatment resistance: earlier trials against the rule of the evidence and the protocol."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reprieve.clinic.patients.models import PriorTrial
from reprieve.clinic.patients.rules.facts import Facts
from reprieve.clinic.patients.rules.gap import Gap
from reprieve.clinic.patients.rules.words import whose
from reprieve.evidence.practice import Protocol
from reprieve.evidence.trd import Resistance, Trial, Verdict, judge_resistance, judge_trial

TITLES = {"adequate": "adequate", "not": "not adequate", "unknown": "not to be judged yet"}


@dataclass(frozen=True, slots=True)
class Judged:
    """One trial with its verdict, and whether it counts as a failure in the current episode."""

    trial: PriorTrial
    verdict: Verdict

    @property
    def title(self) -> str:
        """The verdict in words."""
        return TITLES[self.verdict.judged]

    @property
    def chip(self) -> str:
        """Its colour on the page: counted, not known, not counted."""
        if not self.trial.current_episode or self.verdict.failed is False:
            return "info"
        return "ok" if self.verdict.failed else "warn"

    @property
    def counts(self) -> str:
        """Whether it counts towards what the protocol asks for, in words."""
        if not self.trial.current_episode:
            return "not counted: an earlier episode"
        if self.verdict.failed is None:
            return "not counted yet: something is not known"
        return "counts" if self.verdict.failed else "not counted"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All trials judged, and the count; `resistance` is None where the protocol asks for none."""

    trials: tuple[Judged, ...]
    resistance: Resistance | None
    rules: tuple[str, ...]


def evidence(facts: Facts, protocol: Protocol) -> Evidence:
    """The patient's trials by the rule of a protocol."""
    asked = protocol.thresholds("eligibility")
    trials = tuple(Judged(t, judge_trial(_trial(t), asked)) for t in facts.trials)
    now = [_trial(t) for t in facts.trials if t.current_episode]
    rules = tuple(
        f"{limit.words()} — {whose(limit)}"
        for key in ("adequate_trials", "trial_weeks", "trial_adherence")
        if (limit := asked.get(key)) is not None
    )
    found = judge_resistance(now, asked) if "adequate_trials" in asked else None
    return Evidence(trials, found, rules)


def gaps(facts: Facts, protocol: Protocol, now: datetime) -> Iterator[Gap]:
    """Too few adequate trials, or trials of which too little is known."""
    found = evidence(facts, protocol).resistance
    if found is None or found.met:
        return
    title = "Resistance not shown" if found.met is False else "Resistance not to be judged yet"
    limit = protocol.thresholds("eligibility")["adequate_trials"]
    yield Gap("trials", title, found.sentence, "gap", source=whose(limit))


def _trial(row: PriorTrial) -> Trial:
    def known(value: object) -> float | None:
        return None if value is None else float(str(value))

    dose, weeks, taken = known(row.dose_mg_d), known(row.weeks), known(row.adherence_pct)
    return Trial(row.drug, dose, weeks, taken, row.outcome)
