"""Which scores count as response, remission and relapse for one person, and on whose word."""

from dataclasses import dataclass

from reprieve.engine.cases.case import Case
from reprieve.engine.forecast.traits import forecast_value
from reprieve.evidence import instrument
from reprieve.evidence.scales import Instrument

CONSECUTIVE = 2  # checks in a row, as the relapse rule of daly_2019
QUARTER, HALF = 0.25, 0.5


@dataclass(frozen=True, slots=True)
class Rules:
    """Cut-offs on the own instrument.

    `entry` the score that improvement is counted from, `entry_seen` whether it was rated;
    `cutoffs` the highest scores of a 25 % fall, of response and of remission; `level` and
    `consecutive` say relapse; `in_response` whether there is a response to lose at the question.
    """

    instrument: str
    entry: float
    entry_seen: bool
    cutoffs: tuple[float, float, float]
    level: float
    consecutive: int
    in_response: bool
    source: str

    @property
    def relapse_words(self) -> str:
        """The relapse rule in words."""
        return (
            f"{self.instrument} of {self.level:g} or more at {self.consecutive} weekly checks in "
            "a row"
        )


def rules(case: Case) -> Rules:
    """The rules of a case's own instrument.

    Improvement is counted from the last score before the first treatment. Response is held from
    the first score that reaches it until one stands at the relapse level.
    """
    scale = instrument(case.own_instrument or "MADRS")
    start = first_treatment(case)
    own = [s for s in case.usable if s.instrument == scale.name]
    before = [s.value for s in own if s.day <= start]
    entry = before[-1] if before else _converted(case, scale, start)
    cutoffs = (
        (1 - QUARTER) * entry,
        (1 - scale.response.value) * entry,
        scale.remission.value,
    )
    level = max(scale.relapse.value, cutoffs[1] + 1)
    held = False
    for score in own:
        if score.day > start:
            held = score.value < level and (held or score.value <= cutoffs[1])
    return Rules(
        scale.name, entry, bool(before), cutoffs, level, CONSECUTIVE, held, scale.relapse.source
    )


def first_treatment(case: Case) -> float:
    """Day of the first treatment given; of the question when there was none."""
    return next((t.day for t in case.treatments if t.given), case.asked_at)


def _converted(case: Case, scale: Instrument, start: float) -> float:
    """Entry on the own instrument from another one's score, or else the population's mean."""
    other = [s for s in case.usable if s.day <= start]
    if not other:
        return round(scale.from_madrs(forecast_value("baseline_mean")))
    return round(scale.from_madrs(instrument(other[-1].instrument).to_madrs(other[-1].value)))
