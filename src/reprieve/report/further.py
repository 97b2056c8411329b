"""What was asked beside schedules, as sections of the same page."""

from dataclasses import dataclass
from typing import Any

from reprieve.engine.planning.options import DoseAnswer
from reprieve.engine.planning.review import Review
from reprieve.engine.planning.value import ScoreValue
from reprieve.report.blocks import Section
from reprieve.report.dose_options import dose_sections
from reprieve.report.review import review_sections
from reprieve.report.score_value import value_sections


@dataclass(frozen=True, slots=True)
class Further:
    """Answers about dose and route, about going on, about one more score; None: not asked."""

    instead: DoseAnswer | None = None
    review: Review | None = None
    ask: ScoreValue | None = None

    def sections(self, origin: str | None) -> list[Section]:
        """A section or two for each answer; `origin` is the instant of day 0 as ISO text."""
        return [
            *([] if self.instead is None else dose_sections(self.instead)),
            *([] if self.review is None else review_sections(self.review, origin)),
            *([] if self.ask is None else value_sections(self.ask)),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: a key for each question that was asked."""
        found = {"instead": self.instead, "review": self.review, "ask": self.ask}
        return {name: answer.to_dict() for name, answer in found.items() if answer is not None}
