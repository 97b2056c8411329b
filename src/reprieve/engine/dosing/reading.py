"""From the words of a regimen to drafts of its phases: grammar only, no medicine.

regimen  = course {("with" | "plus" | "and" | ";") course}
course   = phase {[","] "then" phase}
phase    = any order of: drug, dose, route, form, length, schedule, span
dose     = amount [length] {[","] "then" amount length}
"""

import math
import re
from dataclasses import dataclass, field
from difflib import get_close_matches

from reprieve.engine.dosing import vocabulary as v
from reprieve.engine.dosing.pattern import (
    DAILY,
    DAY,
    ONCE,
    SHORTEST_GAP_H,
    THREE_TIMES_WEEKLY,
    TWICE_DAILY,
    TWICE_WEEKLY,
    WEEK,
    WEEKLY,
    Pattern,
    every,
)
from reprieve.engine.dosing.vocabulary import Token
from reprieve.errors import RegimenError

JOINERS = {"with", "plus", "and", "alongside", ";", "+", "&"}
Span = tuple[int, int]


@dataclass(slots=True)
class Step:
    """One amount at one rate; `per_h` says that the amount is still a rate."""

    mg: float
    per_kg: bool
    per_h: bool
    span: Span
    duration_h: float | None = None


@dataclass(slots=True)
class Draft:
    """What one phase says, and where it says it; None is not said."""

    start: int
    end: int
    drug: str | None = None
    medicine: bool = False
    steps: list[Step] = field(default_factory=list)
    duration_h: float | None = None
    route: str | None = None
    form: str | None = None
    pattern: Pattern | None = None
    times_h: tuple[float, ...] | None = None
    count: int | None = None
    span_h: float | None = None
    from_d: float | None = None
    until_d: float | None = None
    monthly: bool = False
    spans: dict[str, Span] = field(default_factory=dict)

    def where(self, part: str) -> Span:
        """The words that gave this part, or the whole phase."""
        return self.spans.get(part, (self.start, self.end))


def read(text: str) -> list[list[Draft]]:
    """Courses of phases, in the order of the text."""
    return _Reader(text).courses()


def suggestion(word: str) -> str:
    """A hint at the nearest known word, or nothing."""
    known = [*v.DRUG_WORDS, *v.MEDICINE_CLASS, *v.ROUTE_WORDS, *v.FORM_WORDS, "weekly", "daily",
             "twice", "three", "over", "every", "weeks", "then", "once", "infusion"]  # fmt: skip
    near = get_close_matches(word, known, 1, 0.75)
    return f" Did you mean '{near[0]}'?" if near else ""


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = v.tokens(text)
        self.i = 0

    # -- moving through the tokens -------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token | None:
        at = self.i + ahead
        return self.tokens[at] if at < len(self.tokens) else None

    def word(self, ahead: int = 0) -> str:
        token = self.peek(ahead)
        return token.word if token else ""

    def take(self) -> Token:
        self.i += 1
        return self.tokens[self.i - 1]

    def skip(self, *words: str) -> bool:
        found = self.word() in words and self.i < len(self.tokens)
        self.i += found
        return found

    def fail(self, message: str, at: Token | None = None) -> RegimenError:
        token = at or self.peek()
        if token is None:
            return RegimenError(message, self.text, len(self.text), len(self.text))
        return RegimenError(message, self.text, token.start, token.end)

    # -- courses and phases ----------------------------------------------------------------------

    def courses(self) -> list[list[Draft]]:
        if not self.tokens:
            raise self.fail("The regimen is empty; write one such as 'ketamine 0.5 mg/kg IV once'.")
        found = [[self.phase()]]
        while self.peek() is not None:
            if self.skip("then"):
                found[-1].append(self.phase())
            else:
                self.take()  # a joiner; `phase` stops at nothing else
                found.append([self.phase()])
        return found

    def phase(self) -> Draft:
        first = self.peek()
        if first is None:
            raise self.fail("Something should follow here: a drug, a dose or a schedule.")
        draft = Draft(first.start, first.end)
        while (token := self.peek()) is not None:
            if token.word == "then":
                if not self.is_step(draft):
                    break
                self.take()
                self.amount(draft, continues=True)
            elif token.word in JOINERS:
                break
            elif token.word in (",", "."):
                self.take()
                continue
            else:
                self.item(draft, token)
            draft.end = self.tokens[self.i - 1].end
        if not (draft.spans or draft.steps):
            raise self.fail("Something is missing before this word: a drug, a dose or a schedule.")
        return draft

    def is_step(self, draft: Draft) -> bool:
        """Whether "then" continues this dose (another rate) rather than opens a phase.

        It does when a rate follows, or, without a comma, an amount with its own length; and
        when no schedule has been given yet.
        """
        if not draft.steps or {"schedule", "span", "count"} & draft.spans.keys():
            return False
        after_comma = self.i > 0 and self.tokens[self.i - 1].word == ","
        rest = [token.word for token in self.tokens[self.i + 2 : self.i + 8]]
        number = self.peek(1)
        if number is None or number.kind != "number" or not rest or rest[0] not in v.MASS_MG:
            return False
        unit, k = rest[:1], 1
        while k + 1 < len(rest) and rest[k] == "/":
            unit.append(rest[k + 1])
            k += 2
        is_rate = any(part in v.SHORT for part in unit[1:])
        return is_rate or (not after_comma and rest[k : k + 1] == ["over"])

    def item(self, draft: Draft, token: Token) -> None:
        word = token.word
        if token.kind == "number":
            self.numbered(draft, token)
        elif word in v.DRUG_WORDS or word in v.MEDICINE_CLASS:
            self.drug(draft)
        elif word in v.ROUTE_WORDS:
            self.set(draft, "route", v.ROUTE_WORDS[self.take().word], token)
        elif word in v.FORM_WORDS:
            self.set(draft, "form", v.FORM_WORDS[self.take().word], token)
        elif word == "extended" and self.word(1) == "release":
            self.i += 2
            self.set(draft, "form", "er", token)
        elif word in ("bolus", "push"):
            self.take()
            self.length(draft, 0.0, token)
        elif word in ("over", "for"):
            self.over_or_for(draft)
        elif word in ("x", "×"):
            self.take()
            self.counted(draft, self.number("how many sessions"))
        elif word in ("on", "at"):
            self.listed(draft)
        elif word in ("from", "until", "till"):
            self.bounded(draft)
        elif not self.schedule(draft) and not self.skip(*v.FILLER):
            raise self.unknown(token)

    def unknown(self, token: Token) -> RegimenError:
        if token.word in ("nan", "inf", "infinity"):
            return self.fail(f"'{token.word}' is not a number that can be given.", token)
        return self.fail(
            f"'{token.word}' is not understood here; expected a drug, dose, route, length, "
            f"schedule or span.{suggestion(token.word)}",
            token,
        )

    def set(self, draft: Draft, part: str, value: object, token: Token) -> None:
        """Store a part of the phase; each may be said once."""
        if part in draft.spans:
            named = {"span_h": "span", "from_d": "first day", "until_d": "last day",
                     "times_h": "list of days"}.get(part, part)  # fmt: skip
            raise self.fail(f"The {named} is given twice in one phase.", token)
        draft.spans[part] = (token.start, self.tokens[self.i - 1].end)
        if part != "schedule":
            setattr(draft, part, value)

    # -- parts --------------------------------------------------------------------------------

    def drug(self, draft: Draft) -> None:
        token = self.take()
        if token.word == "racemic":
            self.skip("ketamine")
        self.set(draft, "drug", v.DRUG_WORDS.get(token.word, token.word), token)
        draft.medicine = token.word in v.MEDICINE_CLASS

    def number(self, what: str) -> Token:
        token = self.peek()
        if token is None or token.kind != "number":
            raise self.fail(f"Expected {what} as a number here.")
        self.i += 1
        return self.positive(token)

    def positive(self, token: Token) -> Token:
        if token.value < 0:
            raise self.fail(f"{token.word} is negative; amounts and times are 0 or more.", token)
        if not math.isfinite(token.value):
            raise self.fail(f"{token.word} is too large to be meant.", token)
        return token

    def unit(self, units: dict[str, float], number: Token) -> Token:
        token = self.peek()
        if token is None or token.word not in units:
            raise self.no_unit(number)
        return self.take()

    def no_unit(self, number: Token) -> RegimenError:
        """The number has no unit, or the word behind it is none that is known."""
        token = self.peek()
        if re.match(r"\d+,\d", self.text[number.start :]):
            return self.fail(
                "Decimals are written with a point here, not a comma, such as 0.5 mg/kg.", number
            )
        known = v.DRUG_WORDS.keys() | v.ROUTE_WORDS.keys() | v.FORM_WORDS.keys() | v.FILLER
        known |= JOINERS | {"then", "over", "for", "every", "on", "at", "from", ","} | {*v.TIMES}
        if token is not None and token.kind != "number" and token.word not in known:
            return self.fail(
                f"Unknown unit '{token.word}'; doses are in mg, mcg, mg/kg or mg/kg/h, "
                "times in min, h, days or weeks.",
                token,
            )
        return self.fail(
            f"{number.word} has no unit; write mg, mg/kg, mg/kg/h, min, h, days, weeks or "
            "sessions behind it.",
            number,
        )

    def numbered(self, draft: Draft, token: Token) -> None:
        """A phrase that opens with a number: a dose, a length, a span, a count or a frequency."""
        follows = self.word(1)
        if follows in v.MASS_MG or follows in ("device", "devices"):
            self.amount(draft)
        elif follows in ("x", "×") and self.word(3) in v.MASS_MG:
            times = self.positive(self.take())
            self.take()
            self.amount(draft, times.value)
        elif follows in v.TIME_H:
            self.i += 1
            self.timed(draft, self.positive(token), token)
        elif follows in ("times", "time", "x", "×") and self.is_frequency(2):
            self.i += 2
            self.frequency(draft, self.positive(token).value, token)
        elif follows in v.COUNTED or follows in ("x", "×"):
            self.i += 1
            self.counted(draft, self.positive(token))
            self.i += 1
        else:
            self.i += 1
            raise self.no_unit(self.positive(token))

    def amount(self, draft: Draft, times: float = 1.0, continues: bool = False) -> None:
        number = self.number("an amount")
        if draft.steps and not continues:
            raise self.fail("The dose is given twice in one phase.", number)
        unit = self.take()
        device = unit.word in ("device", "devices")
        scale = times * (v.DEVICE_MG if device else v.MASS_MG[unit.word])
        mg = number.value if scale == 1 else float(f"{number.value * scale:.12g}")
        per_kg = per_h = per_min = False
        while self.word() in ("/", "per") and self.word(1) in (v.SHORT | {"kg"}):
            self.take()
            word = self.take().word
            per_kg |= word == "kg"
            per_h |= word != "kg"
            per_min |= word != "kg" and v.TIME_H[word] < 1
        if self.word() in ("/", "per"):
            self.take()
            raise self.no_unit(number)
        span = (number.start, self.tokens[self.i - 1].end)
        draft.steps.append(Step(60 * mg if per_min else mg, per_kg, per_h, span))
        draft.spans.setdefault("dose", span)

    def length(self, draft: Draft, duration_h: float, token: Token) -> None:
        span = (token.start, self.tokens[self.i - 1].end)
        holder: Step | Draft = draft.steps[-1] if draft.steps else draft
        if holder.duration_h is not None:
            raise self.fail("The length of the infusion is given twice.", token)
        if duration_h == 0 and token.word not in ("bolus", "push"):
            raise self.fail("A length of 0 is no infusion; write 'bolus' instead.", token)
        holder.duration_h = duration_h
        draft.spans["length"] = span

    def over_or_for(self, draft: Draft) -> None:
        token = self.take()
        while self.word() in ("about", "up", "to", "another", "the", "a", "an", "total", "of"):
            self.take()
        number = self.number("a length of time")
        if token.word == "for" and self.word() in v.COUNTED:
            self.counted(draft, number)
            self.take()
            return
        self.timed(draft, number, token)

    def timed(self, draft: Draft, number: Token, opener: Token) -> None:
        """A number with a unit of time: the length of an infusion or the span of a phase."""
        unit = self.unit(v.TIME_H, number)
        hours = v.hours(number.value, unit.word)
        step = draft.steps[-1] if draft.steps else None
        waits = step is not None and step.per_h and step.duration_h is None
        days = unit.word in ("d", "day", "days")
        if unit.word in v.SHORT or (waits and (days or opener.word == "over")):
            return self.length(draft, hours, number)
        if opener.word == "over" and not draft.count:
            raise self.fail(
                f"'over {number.word} {unit.word}' is no length of an infusion; "
                f"write 'for {number.word} {unit.word}' for how long the phase lasts.",
                number,
            )
        draft.monthly |= unit.word in v.MONTHS
        if hours == 0:
            raise self.fail("A phase of length 0 holds no session.", number)
        return self.set(draft, "span_h", hours, opener)

    def counted(self, draft: Draft, number: Token) -> None:
        if number.value != int(number.value) or number.value < 1:
            raise self.fail(
                f"{number.word} sessions cannot be planned; expected a whole number from 1.",
                number,
            )
        self.set(draft, "count", int(number.value), number)

    def listed(self, draft: Draft) -> None:
        """ "on days 0, 2, 4" or "at hours 0, 8"."""
        opener = self.take()
        unit = self.peek()
        if unit is None or unit.word not in ("day", "days", "hour", "hours"):
            raise self.fail("Expected 'days' or 'hours' here, as in 'on days 0, 2, 4'.")
        self.take()
        scale = DAY if unit.word.startswith("day") else 1.0
        times = [self.number("a day").value * scale]
        while self.word() in (",", "and") and self.is_listed(1):
            self.take()
            token = self.number("a day")
            times.append(token.value * scale)
            if times[-1] <= times[-2]:
                raise self.fail(f"{token.word} does not come after the one before it.", token)
        self.schedule_set(draft, ONCE, opener)
        draft.times_h = tuple(times)

    def is_listed(self, ahead: int) -> bool:
        number = self.peek(ahead)
        unit = self.word(ahead + 1)
        return (
            number is not None
            and number.kind == "number"
            and not (unit in v.MASS_MG or unit in v.TIME_H or unit in v.COUNTED or unit == "x")
        )

    def bounded(self, draft: Draft) -> None:
        """ "from day 28", "until day 56"."""
        opener = self.take()
        if not self.skip("day"):
            raise self.fail(f"Expected 'day' here, as in '{opener.word} day 28'.")
        token = self.peek()
        if token is None or token.kind != "number" or not math.isfinite(token.value):
            raise self.fail("Expected the number of a day here.")
        self.take()
        self.set(draft, "from_d" if opener.word == "from" else "until_d", token.value, opener)

    # -- schedules ----------------------------------------------------------------------------

    def schedule_set(self, draft: Draft, pattern: Pattern, token: Token) -> None:
        self.set(draft, "schedule", pattern, token)
        draft.pattern = pattern

    def schedule(self, draft: Draft) -> bool:
        """Read a schedule if one stands here."""
        token = self.peek()
        if token is None:
            return False
        word = token.word
        fixed = {"daily": DAILY, "weekly": WEEKLY, "fortnightly": every(2 * WEEK), "qd": DAILY,
                 "od": DAILY, "qod": every(2 * DAY), "qw": WEEKLY, "bid": TWICE_DAILY,
                 "monthly": every(4 * WEEK)}  # fmt: skip
        if word in fixed:
            self.take()
            draft.monthly |= word == "monthly"
            self.schedule_set(draft, fixed[word], token)
        elif word in v.TIMES and (word != "once" or self.is_frequency(1)):
            self.take()
            self.frequency(draft, v.TIMES[word], token)
        elif word == "once":
            self.take()
            if self.word() != "every":
                self.schedule_set(draft, ONCE, token)
        elif word == "single":
            self.take()
            self.skip("dose", "infusion", "injection", "session")
            self.schedule_set(draft, ONCE, token)
        elif word in ("every", "each", "q"):
            self.interval(draft)
        elif word in ("biweekly", "bimonthly"):
            raise self.fail(
                f"'{word}' means two things; write 'twice weekly' or 'every 2 weeks'.", token
            )
        else:
            return False
        return True

    def is_frequency(self, ahead: int) -> bool:
        word = self.word(ahead)
        after = self.word(ahead + 1)
        return word in ("weekly", "daily") or (
            word in ("a", "per", "/", "each", "every") and after in ("week", "wk", "day")
        )

    def frequency(self, draft: Draft, times: float, opener: Token) -> None:
        unit = self.take() if self.peek() else None
        if unit is not None and unit.word in ("a", "per", "/", "each", "every"):
            unit = self.take() if self.peek() else None
        known = {
            (1, "w"): WEEKLY, (2, "w"): TWICE_WEEKLY, (3, "w"): THREE_TIMES_WEEKLY,
            (1, "d"): DAILY, (2, "d"): TWICE_DAILY, (3, "d"): every(8.0), (4, "d"): every(6.0),
        }  # fmt: skip
        pattern = known.get((int(times), unit.word[0])) if unit and unit.word else None
        if pattern is None or times != int(times):
            raise self.fail(
                "This frequency is not known; write once, twice or three times weekly, "
                "daily, or every N days.",
                opener,
            )
        self.schedule_set(draft, pattern, opener)

    def interval(self, draft: Draft) -> None:
        """ "every 2 weeks", "every other day", "q12h"."""
        opener = self.take()
        number = self.peek()
        count = 1.0
        if self.skip("other"):
            count = 2.0
        elif number is not None and number.kind == "number":
            count = self.positive(self.take()).value
        unit = self.peek()
        if unit is None or unit.word not in v.TIME_H:
            raise self.fail("Expected hours, days or weeks here, as in 'every 2 weeks'.")
        self.take()
        draft.monthly |= unit.word in v.MONTHS
        hours = v.hours(count, unit.word)
        if hours < SHORTEST_GAP_H:
            raise self.fail("Sessions need time between them.", number or opener)
        self.schedule_set(draft, every(hours), opener)
