"""Days of a forecast in words: dates where the case has them, day numbers where it has not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from reprieve.engine.forecast.outlook import Range
from reprieve.pictures import Axis

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STEPS_D = (1, 2, 7, 14, 28, 56, 84, 182, 364, 728)
_TICKS = 9
_WORDS = {1: "one day", 7: "one week"}


@dataclass(frozen=True, slots=True)
class Clock:
    """How a case tells time; `origin` is the instant of day 0 as ISO text, or None."""

    origin: str | None = None

    def day(self, day: float) -> str:
        """ "day 24", or "12 Dec 2026"."""
        if self.origin is None:
            return f"day {_short(day)}"
        at = self._date(day)
        return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"

    def by(self, day: float, asked_at: float) -> str:
        """A day ahead: "day 24 (in 2 weeks)"."""
        return f"{self.day(day)} (in {length(day - asked_at)})"

    def axis(self, low: float, high: float, label: str = "Time since the first treatment") -> Axis:
        """A time axis from `low` to `high`, ticked by date where there are dates."""
        if self.origin is None:
            return Axis(label, "d", low=low, high=high)
        step = next((s for s in _STEPS_D if (high - low) / s <= _TICKS), _STEPS_D[-1])
        shift = self._date(0.0).hour / 24 + self._date(0.0).minute / 1440
        first = int(-(-(low + shift) // 1))  # the first midnight on the paper
        days = range(first, int((high + shift) // 1) + 1, step)
        ticks = tuple(float(d) - shift for d in days)
        roomy = next((k for k, t in enumerate(ticks) if t - low > 0.05 * (high - low)), 0)
        words = tuple(self._brief(t + 1e-6, k == roomy) for k, t in enumerate(ticks))
        return Axis("Date", low=low, high=high, ticks=ticks, words=words)

    def _brief(self, day: float, year: bool) -> str:
        at = self._date(day)
        text = f"{at.day} {_MONTHS[at.month - 1]}"
        return f"{text} {at.year}" if year else text

    def _date(self, day: float) -> datetime:
        assert self.origin is not None
        return datetime.fromisoformat(self.origin) + timedelta(days=day)


def length(days: float) -> str:
    """A stretch of time in words: "3 days", "2 weeks", "5.5 weeks"."""
    whole = round(days)
    if whole in _WORDS:
        return _WORDS[whole]
    if whole < 14:
        return f"{_short(days)} days"
    weeks = days / 7
    return f"{weeks:.0f} weeks" if abs(weeks - round(weeks)) < 0.1 else f"{weeks:.1f} weeks"


def span(minutes: float) -> str:
    """A stretch within a session: minutes up to four hours, then hours."""
    return f"{minutes:.0f} min" if minutes <= 240 else f"{minutes / 60:.3g} h"


def stretch(days: Range) -> str:
    """A range of lengths in one unit: "3 to 9 days", "2 to 11 weeks"."""
    low, high = days
    if high < 61:
        return f"{low:.0f} to {high:.0f} days"
    decimals = 0 if low >= 14 else 1
    return f"{low / 7:.{decimals}f} to {high / 7:.0f} weeks"


def percent(p: float) -> str:
    """A probability in words; never 0 or 100 %, which no model can know."""
    if p < 0.01:
        return "less than 1 %"
    if p > 0.99:
        return "more than 99 %"
    return f"{100 * p:.0f} %"


def odds(p: float) -> str:
    """A probability for a cell of a table; never 0 or 100 %."""
    return "< 1 %" if p < 0.01 else "> 99 %" if p > 0.99 else f"{100 * p:.0f} %"


def odds_fine(p: float) -> str:
    """A small probability with a decimal: a tenth of a per cent matters beside a chair."""
    if p < 0.0005:
        return "< 0.1 %"
    return f"{100 * p:.1f} %" if p < 0.1 else odds(p)


def signed(points: float) -> str:
    """Points with a sign, whole ones."""
    text = f"{points:+.0f}"
    return "0" if text in ("+0", "-0") else text.replace("-", "−")


def _short(days: float) -> str:
    return f"{days:.1f}".removesuffix(".0").replace("-", "−")
