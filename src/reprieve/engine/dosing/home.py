"""Medicines taken at home beside the treatment."""

from reprieve.engine.dosing.doses import HOURS_PER_DAY, Daily
from reprieve.engine.dosing.pattern import DAILY
from reprieve.engine.dosing.plan import Course, Plan
from reprieve.engine.dosing.reading import Draft
from reprieve.errors import DoseError


def medicine(plan: Plan, course: Course, draft: Draft) -> None:
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


def _daily_mg(plan: Plan, course: Course, draft: Draft, drug: str) -> float:
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
