"""What a regimen text has come to so far: visits, home medicines, what was taken for granted."""

from dataclasses import dataclass, field

from reprieve.engine.dosing.doses import Daily, Route
from reprieve.engine.dosing.pattern import Pattern
from reprieve.engine.dosing.reading import Span
from reprieve.errors import RegimenError


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a visit: an amount over a length, from `offset_h` after the visit begins."""

    amount: float
    per_kg: bool
    offset_h: float
    duration_h: float
    span: Span


@dataclass(frozen=True, slots=True)
class Visit:
    """What one session of a phase gives."""

    drug: str
    route: Route
    form: str | None
    parts: tuple[Part, ...]

    @property
    def length_h(self) -> float:
        return self.parts[-1].offset_h + self.parts[-1].duration_h


@dataclass(slots=True)
class Course:
    """What earlier phases of a course leave behind for the next."""

    visit: Visit | None = None
    pattern: Pattern | None = None
    medicine: str | None = None
    medicine_mg: float | None = None
    next_h: float | None = 0.0  # None: one interval of the next phase after `last_h`
    last_h: float = 0.0
    busy_until_h: float = 0.0
    placed_h: float = -1.0


@dataclass(slots=True)
class Plan:
    text: str
    strict: bool
    until_d: float | None
    visits: list[tuple[float, Visit]] = field(default_factory=list)
    daily: list[Daily] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)

    def fail(self, message: str, span: Span) -> RegimenError:
        return RegimenError(message, self.text, *span)

    def assume(self, sentence: str, span: Span) -> None:
        if self.strict:
            raise self.fail(
                f"Left out, and strict reading takes nothing for granted: {sentence}.", span
            )
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)
