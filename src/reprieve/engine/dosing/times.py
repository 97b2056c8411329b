"""When the sessions of a phase are, and where the next phase begins."""

from reprieve.engine.dosing.defaults import usual
from reprieve.engine.dosing.doses import HOURS_PER_DAY, LONGEST_H
from reprieve.engine.dosing.pattern import ONCE, TWICE_WEEKLY, WEEK, Pattern
from reprieve.engine.dosing.plan import Course, Plan, Visit
from reprieve.engine.dosing.reading import Draft

MOST_SESSIONS = 2000
LAST_PHASE_WEEKS = 12.0  # a last phase without an end, when nobody says how long to look
MIDDLE_PHASE_WEEKS = 4.0


def times_of(
    plan: Plan, course: Course, draft: Draft, visit: Visit, last: bool
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


def _listed(plan: Plan, course: Course, draft: Draft) -> tuple[float, ...]:
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


def _pattern(plan: Plan, course: Course, draft: Draft, visit: Visit) -> Pattern:
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


def _start(plan: Plan, course: Course, draft: Draft, pattern: Pattern) -> float:
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
    plan: Plan, draft: Draft, pattern: Pattern, visit: Visit, start: float, last: bool
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
    plan: Plan, draft: Draft, pattern: Pattern, visit: Visit, start: float, last: bool
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


def place(plan: Plan, course: Course, draft: Draft, visit: Visit, times: tuple[float, ...]) -> None:
    for start in times:
        if start < course.busy_until_h or start <= course.placed_h:
            raise plan.fail(
                f"The session of day {start / 24:g} begins before the one before it has ended.",
                draft.spans.get("schedule") or (draft.start, draft.end),
            )
        course.busy_until_h, course.placed_h = start + visit.length_h, start
        plan.visits.append((start, visit))
