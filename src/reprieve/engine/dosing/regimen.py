"""The regimen language: a text becomes doses, and what it left out is said back.

`reading` knows the grammar, `pattern` the calendar, `protocols` the usual values; here they
meet. Every refusal points at the word that caused it.
"""

from reprieve.engine.dosing import vocabulary as v
from reprieve.engine.dosing.defaults import Usual, usual, usual_route
from reprieve.engine.dosing.doses import LONGEST_INFUSION_H, Dose, Regimen, Route
from reprieve.engine.dosing.home import medicine
from reprieve.engine.dosing.plan import Course, Part, Plan, Visit
from reprieve.engine.dosing.reading import Draft, Step, read
from reprieve.engine.dosing.times import MOST_SESSIONS, place, times_of
from reprieve.errors import DoseError


def parse(text: str, strict: bool = False, until_d: float | None = None) -> Regimen:
    """Doses of a regimen text; see `Regimen.parse`."""
    plan = Plan(text, strict, until_d)
    for drafts in read(text):
        course = Course()
        for k, draft in enumerate(drafts):
            _phase(plan, course, draft, last=k == len(drafts) - 1)
    return _assemble(plan)


def _assemble(plan: Plan) -> Regimen:
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


def _dose(plan: Plan, visit: Visit, part: Part, start: float, session: int) -> Dose:
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


def _phase(plan: Plan, course: Course, draft: Draft, last: bool) -> None:
    if draft.medicine or (draft.drug is None and course.medicine):
        return medicine(plan, course, draft)
    if draft.until_d is not None:
        raise plan.fail(
            "'until' belongs to home medicines; write 'for N weeks' or 'xN' for sessions.",
            draft.where("until_d"),
        )
    visit = _visit(plan, course, draft)
    times = times_of(plan, course, draft, visit, last)
    place(plan, course, draft, visit, times)
    course.visit, course.medicine = visit, None
    return None


def _visit(plan: Plan, course: Course, draft: Draft) -> Visit:
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


def _route(plan: Plan, before: Visit | None, draft: Draft, drug: str) -> Route:
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


def _form(plan: Plan, draft: Draft, drug: str, route: str, before: str | None) -> str | None:
    form = draft.form or before
    if form is None and route in ("nasal", "oral", "sublingual") and drug != "saline":
        form = {"nasal": "spray", "oral": "solution", "sublingual": "tablet"}[route]
        if route != "nasal":
            plan.assume(f"{_shown(route)} without a form: {form} assumed", draft.where("route"))
    return form


def _parts(
    plan: Plan, draft: Draft, drug: str, route: str, form: str | None, before: Visit | None
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


def _usual_step(plan: Plan, draft: Draft, drug: str, route: str, default: Usual) -> Step:
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
    plan: Plan,
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


def _stretched(plan: Plan, draft: Draft, parts: tuple[Part, ...], length: float) -> Part:
    if len(parts) > 1:
        raise plan.fail(
            "This new length fits none of the steps; write the dose again.", draft.where("length")
        )
    return Part(parts[0].amount, parts[0].per_kg, 0.0, length, parts[0].span)


def _check_visit(plan: Plan, draft: Draft, visit: Visit) -> None:
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
