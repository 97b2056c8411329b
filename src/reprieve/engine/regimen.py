"""The regimen language: a text becomes doses, and what it left out is said back.

`reading` knows the grammar, `pattern` the calendar, `protocols` the usual values; here they
meet. Every refusal points at the word that caused it.
"""

from dataclasses import dataclass, field

from reprieve.engine import vocabulary as v
from reprieve.engine.dosing import (
    HOURS_PER_DAY,
    LONGEST_H,
    LONGEST_INFUSION_H,
    Daily,
    Dose,
    Regimen,
    Route,
)
from reprieve.engine.pattern import DAILY, ONCE, TWICE_WEEKLY, WEEK, Pattern
from reprieve.engine.protocols import Usual, usual, usual_route
from reprieve.engine.reading import Draft, Span, Step, read
from reprieve.errors import DoseError, RegimenError

MOST_SESSIONS = 2000
LAST_PHASE_WEEKS = 12.0  # a last phase without an end, when nobody says how long to look
MIDDLE_PHASE_WEEKS = 4.0


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
class _Course:
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
class _Plan:
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


def parse(text: str, strict: bool = False, until_d: float | None = None) -> Regimen:
    """Doses of a regimen text; see `Regimen.parse`."""
    plan = _Plan(text, strict, until_d)
    for drafts in read(text):
        course = _Course()
        for place, draft in enumerate(drafts):
            _phase(plan, course, draft, last=place == len(drafts) - 1)
    return _assemble(plan)


def _assemble(plan: _Plan) -> Regimen:
    starts = sorted({start for start, _ in plan.visits})
    if len(starts) > MOST_SESSIONS:
        raise plan.fail(
            f"This makes {len(starts):,} sessions; at most {MOST_SESSIONS:,} can be planned.",
            (0, len(plan.text)),
        )
    session = {start: k for k, start in enumerate(starts)}
    doses = [
        _dose(plan, visit, part, start, session[start])
        for start, visit in plan.visits
        for part in visit.parts
    ]
    doses.sort(key=lambda dose: (dose.time_h, dose.session))
    return Regimen(tuple(doses), tuple(plan.daily), tuple(plan.assumptions), plan.text)


def _dose(plan: _Plan, visit: Visit, part: Part, start: float, session: int) -> Dose:
    try:
        return Dose(
            visit.drug,
            visit.route,
            part.amount,
            "mg/kg" if part.per_kg else "mg",
            start + part.offset_h,
            part.duration_h,
            visit.form,
            session,
        )
    except DoseError as error:
        raise plan.fail(str(error), part.span) from error


# -- one phase ------------------------------------------------------------------------------------


def _phase(plan: _Plan, course: _Course, draft: Draft, last: bool) -> None:
    if draft.medicine or (draft.drug is None and course.medicine):
        return _medicine(plan, course, draft)
    if draft.until_d is not None:
        raise plan.fail(
            "'until' belongs to home medicines; write 'for N weeks' or 'xN' for sessions.",
            draft.where("until_d"),
        )
    visit = _visit(plan, course, draft)
    times = _times(plan, course, draft, visit, last)
    _place(plan, course, draft, visit, times)
    course.visit, course.medicine = visit, None
    return None


def _visit(plan: _Plan, course: _Course, draft: Draft) -> Visit:
    before = course.visit
    if draft.drug is None and before is None:
        raise plan.fail(
            "No drug is named; begin with one, such as 'ketamine'.", (draft.start, draft.start + 1)
        )
    drug = draft.drug or (before.drug if before else "")
    route = _route(plan, before, draft, drug)
    same = before is not None and before.drug == drug and before.route == route
    form = _form(plan, draft, drug, route, before.form if before and same else None)
    if not draft.steps and before is not None and same:
        parts = before.parts
        if draft.duration_h is not None:
            parts = (_stretched(plan, draft, parts, draft.duration_h),)
    else:
        parts = _parts(plan, draft, drug, route, form, before)
    visit = Visit(drug, route, form, parts)
    _check_visit(plan, draft, visit)
    return visit


def _route(plan: _Plan, before: Visit | None, draft: Draft, drug: str) -> Route:
    named = draft.route or (v.ROUTE_OF_FORM.get(draft.form) if draft.form else None)
    if named is None and before is not None:
        named = before.route
    if named is None:
        named = usual_route(drug)
        plan.assume(
            f"{drug} without a route: {_shown(named)} assumed from protocol "
            f"{usual(drug, named).protocol}",
            draft.where("drug"),
        )
    if draft.form and draft.form not in v.FORMS_OF.get(named, ()):
        raise plan.fail(f"A {draft.form} is not given {_shown(named)}.", draft.where("form"))
    route: Route = named  # type: ignore[assignment]  # the vocabulary holds routes only
    return route


def _form(plan: _Plan, draft: Draft, drug: str, route: str, before: str | None) -> str | None:
    form = draft.form or before
    if form is None and route in ("nasal", "oral", "sublingual") and drug != "saline":
        form = {"nasal": "spray", "oral": "solution", "sublingual": "tablet"}[route]
        if route != "nasal":
            plan.assume(f"{_shown(route)} without a form: {form} assumed", draft.where("route"))
    return form


def _parts(
    plan: _Plan, draft: Draft, drug: str, route: str, form: str | None, before: Visit | None
) -> tuple[Part, ...]:
    default = usual(drug, route, form)
    steps = draft.steps or [_usual_step(plan, draft, drug, route, default)]
    parts: list[Part] = []
    offset = 0.0
    for k, step in enumerate(steps):
        length = _length(plan, draft, step, k, route, default, before)
        amount = float(f"{step.mg * length:.12g}") if step.per_h else step.mg
        parts.append(Part(amount, step.per_kg, offset, length, step.span))
        offset += length
    return tuple(parts)


def _usual_step(plan: _Plan, draft: Draft, drug: str, route: str, default: Usual) -> Step:
    span = draft.where("drug")
    if drug in ("saline", "placebo"):
        return Step(0.0, False, False, span)
    if default.amount is None:
        raise plan.fail(f"{drug} {_shown(route)} has no dose; write one in mg or mg/kg.", span)
    plan.assume(
        f"{drug} {_shown(route)} without a dose: {default.amount:g} {default.unit} assumed from "
        f"protocol {default.protocol}",
        span,
    )
    return Step(default.amount, default.unit == "mg/kg", False, span)


def _length(
    plan: _Plan,
    draft: Draft,
    step: Step,
    place: int,
    route: str,
    default: Usual,
    before: Visit | None,
) -> float:
    said = step.duration_h
    if said is None and place == 0:
        said = draft.duration_h
    if said is None and step.per_h:
        raise plan.fail("A rate needs a length behind it, such as 'for 6 h'.", step.span)
    if said is not None:
        if route not in ("iv", "sc") and said > 0:
            raise plan.fail(
                f"A dose given {_shown(route)} has no length; leave it out.", draft.where("length")
            )
        if said > LONGEST_INFUSION_H:
            raise plan.fail(
                f"An infusion of {said:g} h is longer than {LONGEST_INFUSION_H:g} h, "
                "beyond any published one.",
                draft.where("length"),
            )
        if step.per_h and said == 0:
            raise plan.fail("A rate cannot be given as a bolus.", step.span)
        return said
    if route != "iv":
        return 0.0
    if before is not None and before.route == "iv":
        return before.parts[0].duration_h
    plan.assume(
        f"IV without a duration: {default.duration_h * 60:g} min assumed from protocol "
        f"{default.protocol}",
        draft.where("route"),
    )
    return default.duration_h


def _stretched(plan: _Plan, draft: Draft, parts: tuple[Part, ...], length: float) -> Part:
    if len(parts) > 1:
        raise plan.fail(
            "This new length fits none of the steps; write the dose again.", draft.where("length")
        )
    return Part(parts[0].amount, parts[0].per_kg, 0.0, length, parts[0].span)


def _check_visit(plan: _Plan, draft: Draft, visit: Visit) -> None:
    for part in visit.parts:
        _dose(plan, visit, part, 0.0, 0)  # refuses what no dose may be
        active = visit.drug not in ("saline", "placebo")
        if active and part.amount == 0 and len(visit.parts) == 1:
            raise plan.fail(f"0 mg of {visit.drug} is no dose; write saline or placebo.", part.span)
        if visit.drug == "esketamine" and visit.route == "nasal":
            devices = part.amount / v.DEVICE_MG
            if part.per_kg or devices != int(devices):
                raise plan.fail(
                    f"Nasal esketamine comes in devices of {v.DEVICE_MG:g} mg; "
                    "write 28, 56 or 84 mg.",
                    part.span,
                )


def _shown(route: str) -> str:
    return {"iv": "IV", "im": "IM", "sc": "SC", "nasal": "nasally", "oral": "orally"}.get(
        route, "sublingually"
    )


# -- when -----------------------------------------------------------------------------------------


def _times(
    plan: _Plan, course: _Course, draft: Draft, visit: Visit, last: bool
) -> tuple[float, ...]:
    """Hours of every session of the phase; moves the course on to where the next may begin."""
    if draft.times_h is not None:
        return _listed(plan, course, draft)
    pattern = _pattern(plan, course, draft, visit)
    start = _start(plan, course, draft, pattern)
    count, end = _count(plan, draft, pattern, visit, start, last)
    if count > MOST_SESSIONS or start + pattern.offset(count) > LONGEST_H:
        end_d = (start + pattern.offset(count)) / HOURS_PER_DAY
        raise plan.fail(
            f"This makes {count:,} sessions until day {end_d:,.0f}; "
            f"at most {MOST_SESSIONS:,} within ten years can be planned.",
            draft.spans.get("count") or draft.where("span_h"),
        )
    times = tuple(start + pattern.offset(k) for k in range(count))
    course.pattern = pattern if pattern.period_h else course.pattern
    course.next_h, course.last_h = end, times[-1]
    return times


def _listed(plan: _Plan, course: _Course, draft: Draft) -> tuple[float, ...]:
    times = draft.times_h or ()
    for part in ("count", "span_h", "from_d"):
        if part in draft.spans:
            raise plan.fail("The days are already listed; leave this out.", draft.where(part))
    if times[-1] > LONGEST_H:
        raise plan.fail(
            "A session later than ten years cannot be planned.", draft.where("schedule")
        )
    course.next_h, course.last_h = None, times[-1]
    return times


def _pattern(plan: _Plan, course: _Course, draft: Draft, visit: Visit) -> Pattern:
    several = draft.count not in (None, 1) or draft.span_h is not None
    if draft.monthly:
        plan.assume("a month is read as 4 weeks", (draft.start, draft.end))
    if draft.pattern is ONCE and several:
        raise plan.fail(
            "'once' is one session; leave the number or the span out.", draft.where("schedule")
        )
    if draft.pattern is not None:
        return draft.pattern
    if not several:
        return ONCE
    if course.pattern is not None:
        return course.pattern
    plan.assume(
        f"sessions without a schedule: {TWICE_WEEKLY.name} assumed from protocol "
        f"{usual(visit.drug, visit.route, visit.form).protocol}",
        draft.where("count" if draft.count else "span_h"),
    )
    return TWICE_WEEKLY


def _start(plan: _Plan, course: _Course, draft: Draft, pattern: Pattern) -> float:
    if draft.from_d is not None:
        if draft.from_d < 0:
            raise plan.fail(
                "Treatment days count from 0, the first treatment.", draft.where("from_d")
            )
        return draft.from_d * HOURS_PER_DAY
    if course.next_h is not None:
        return course.next_h
    if not pattern.period_h:
        raise plan.fail(
            "It is not clear when this session is; write 'from day N' or 'on days N'.",
            (draft.start, draft.end),
        )
    return course.last_h + pattern.offset(1)


def _count(
    plan: _Plan, draft: Draft, pattern: Pattern, visit: Visit, start: float, last: bool
) -> tuple[int, float | None]:
    """Sessions of the phase, and the hour at which the next phase begins (None: not said)."""
    if not pattern.period_h:
        return 1, None
    if draft.span_h is not None:
        count = pattern.count_within(draft.span_h)
        if draft.count not in (None, count):
            raise plan.fail(
                f"{pattern.name} for {draft.span_h / 24:g} days is {count} sessions, "
                f"not {draft.count}; leave one of the two out.",
                draft.where("count"),
            )
        return count, start + draft.span_h
    if draft.count is not None:
        return draft.count, start + pattern.offset(draft.count)
    return _open_ended(plan, draft, pattern, visit, start, last)


def _open_ended(
    plan: _Plan, draft: Draft, pattern: Pattern, visit: Visit, start: float, last: bool
) -> tuple[int, float]:
    default = usual(visit.drug, visit.route, visit.form)
    if pattern.period_h / len(pattern.offsets_h) < WEEK:
        weeks, source = default.weeks, f"assumed from protocol {default.protocol}"
    elif not last:
        weeks, source = MIDDLE_PHASE_WEEKS, "assumed"
    elif plan.until_d is not None:
        weeks = max(0.0, plan.until_d - start / HOURS_PER_DAY) / 7
        source = "taken, until the last day looked at"
    else:
        weeks, source = LAST_PHASE_WEEKS, "assumed"
    plan.assume(f"{pattern.name} without an end: {weeks:g} weeks {source}", draft.where("schedule"))
    count = max(1, pattern.count_within(weeks * WEEK))
    return count, start + pattern.offset(count)


def _place(
    plan: _Plan, course: _Course, draft: Draft, visit: Visit, times: tuple[float, ...]
) -> None:
    for start in times:
        if start < course.busy_until_h or start <= course.placed_h:
            raise plan.fail(
                f"The session of day {start / 24:g} begins before the one before it has ended.",
                draft.spans.get("schedule") or (draft.start, draft.end),
            )
        course.busy_until_h, course.placed_h = start + visit.length_h, start
        plan.visits.append((start, visit))


# -- home medicines -------------------------------------------------------------------------------


def _medicine(plan: _Plan, course: _Course, draft: Draft) -> None:
    """ "sertraline 100 mg oral daily for 12 weeks": a `Daily`, not a session."""
    drug = draft.drug or course.medicine or ""
    amount = _daily_mg(plan, course, draft, drug)
    if draft.route not in (None, "oral"):
        raise plan.fail(f"{drug} is read as a home medicine, which is oral.", draft.where("route"))
    if draft.count is not None or draft.times_h is not None:
        raise plan.fail(
            f"{drug} is read as a home medicine; write 'daily for N weeks'.",
            draft.spans.get("count") or draft.where("schedule"),
        )
    if draft.pattern is None and course.medicine is None:
        plan.assume(f"{drug} without a schedule: {DAILY.name} assumed", draft.where("dose"))
    start = draft.from_d if draft.from_d is not None else (course.next_h or 0.0) / HOURS_PER_DAY
    end = draft.until_d
    if draft.span_h is not None:
        if end is not None:
            raise plan.fail("The end is given twice.", draft.where("until_d"))
        end = start + draft.span_h / HOURS_PER_DAY
    try:
        plan.daily.append(Daily(drug, amount, start, end))
    except DoseError as error:
        raise plan.fail(str(error), (draft.start, draft.end)) from error
    course.medicine, course.medicine_mg = drug, amount
    course.next_h = None if end is None else end * HOURS_PER_DAY
    course.visit = None


def _daily_mg(plan: _Plan, course: _Course, draft: Draft, drug: str) -> float:
    if not draft.steps:
        if draft.drug is None and course.medicine_mg is not None:
            return course.medicine_mg
        raise plan.fail(f"{drug} has no dose; write one in mg.", draft.where("drug"))
    step = draft.steps[0]
    if len(draft.steps) > 1 or step.per_kg or step.per_h or step.duration_h:
        raise plan.fail(f"{drug} is a home medicine; its dose is in mg.", step.span)
    if step.mg == 0:
        raise plan.fail(f"0 mg of {drug} is no dose; leave it out.", step.span)
    pattern = draft.pattern or DAILY
    if not pattern.period_h:
        raise plan.fail(f"{drug} is read as a home medicine, taken daily.", draft.where("schedule"))
    if pattern.period_h > HOURS_PER_DAY:
        raise plan.fail(
            f"{drug} is read as a home medicine; its schedule is daily.", draft.where("schedule")
        )
    return step.mg * HOURS_PER_DAY / pattern.period_h
