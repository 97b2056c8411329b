"""Whether the entries of a case can be true together."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from reprieve.engine.cases.case import Case, Person
from reprieve.engine.cases.ratings import scale, swapped
from reprieve.engine.cases.refusals import CaseError
from reprieve.engine.cases.shape import shown

KG_PER_LB = 0.45359237
# body mass index of a living adult, for slips of the pen only (assumed)
POSSIBLE_BMI = (10.0, 100.0)
USUAL_BMI = (15.0, 60.0)
# given together, the two ways to the index may differ by rounding and by months (assumed)
BMI_TOLERANCE = 2.0
MOST_DIAZEPAM_MG = 400.0
LONGEST_PLAN_DELAY_D = 730.0
LONGEST_LIFE_Y = 120.0


class Timed(Protocol):
    """Anything with a day."""

    @property
    def day(self) -> float: ...


def check(case: Case) -> None:
    """Refuse the first contradiction.

    Raises
    ------
    CaseError
        `unit_mix_up`, `impossible_value`, `contradictory_case`, `out_of_order`, `future_entry`,
        `duplicate_entry`, `impossible_dose` or an unreadable plan.
    """
    _check_body(case.person)
    _check_life(case)
    for name, rows in (
        ("treatments", case.treatments),
        ("scores", case.scores),
        ("events", case.events),
    ):
        _check_order(name, rows, case.asked_at)
    _check_scores(case)
    _check_sessions(case)
    _check_others(case)
    _check_plan(case)


def _check_body(person: Person) -> None:
    if person.weight_kg is None or person.height_cm is None:
        return
    square = (person.height_cm / 100.0) ** 2
    index, in_lb = person.weight_kg / square, person.weight_kg * KG_PER_LB / square
    told = person.bmi_kg_m2
    if not POSSIBLE_BMI[0] <= index <= POSSIBLE_BMI[1]:
        if USUAL_BMI[0] <= in_lb <= USUAL_BMI[1]:
            raise _pounds(person)
        raise CaseError(
            "impossible_value",
            f"{person.weight_kg:g} kg at {person.height_cm:g} cm is a body mass index of "
            f"{index:.0f}; check weight and height.",
        )
    if told is not None and abs(told - index) > BMI_TOLERANCE:
        if abs(told - in_lb) <= BMI_TOLERANCE:
            raise _pounds(person)
        raise _contradiction(
            f"{person.weight_kg:g} kg at {person.height_cm:g} cm is a body mass index of "
            f"{index:.1f}, but bmi_kg_m2 says {told:g}; correct one of them"
        )


def _pounds(person: Person) -> CaseError:
    return CaseError(
        "unit_mix_up",
        f"weight_kg is {person.weight_kg:g} at {person.height_cm:g} cm, which would be pounds; "
        "give it in kg.",
    )


def _check_life(case: Case) -> None:
    person, history = case.person, case.history
    age, onset = person.age, history.age_at_onset
    if person.pregnant and person.sex == "M":
        raise _contradiction("sex is M and pregnant is true; correct one of them")
    if age is None:
        return
    if onset is not None and onset > age:
        raise _contradiction(f"age_at_onset is {onset:g} and age is {age:g}; correct one of them")
    if history.episode_months is not None:
        began = age - history.episode_months / 12.0
        earliest = 0.0 if onset is None else onset - 1.0  # ages are whole years
        if began < earliest:
            first = "birth" if onset is None else f"the onset at {onset:g}"
            raise _contradiction(
                f"An episode of {history.episode_months:g} months at age {age:g} began before "
                f"{first}; correct one of them"
            )


def _check_order(name: str, rows: Sequence[Timed], asked_at: float) -> None:
    for place, (one, two) in enumerate(pairwise(rows), start=1):
        if two.day < one.day:
            raise CaseError(
                "out_of_order",
                f"{name}[{place}] is on day {two.day:g}, before the entry above it on day "
                f"{one.day:g}; list entries in order of time.",
            )
    if rows and rows[-1].day > asked_at:
        place = next(k for k, row in enumerate(rows) if row.day > asked_at)
        raise CaseError(
            "future_entry",
            f"{name}[{place}] is on day {rows[place].day:g}, after the question on day "
            f"{asked_at:g}; what is to come belongs to plan.",
        )


def check_swapped(rows: Sequence[tuple[float, str, float]]) -> None:
    """Two scores of one time that exist only the other way round: (day, scale, total)."""
    for (day, one, value), (day_two, two, value_two) in pairwise(rows):
        if day == day_two and swapped((one, value), (two, value_two)):
            raise CaseError(
                "unit_mix_up",
                f"{scale(one).name} {value:g} and {scale(two).name} {value_two:g} on day "
                f"{day:g} are possible only the other way round; exchange them.",
            )


def _check_scores(case: Case) -> None:
    seen: dict[tuple[float, str], float] = {}
    for place, score in enumerate(case.scores):
        key = (score.day, score.instrument)
        if key in seen:
            raise CaseError(
                "duplicate_entry",
                f"scores[{place}] is a second {score.instrument} on day {score.day:g} "
                f"({seen[key]:g}, then {score.value:g}); keep one of them.",
            )
        seen[key] = score.value


def _check_sessions(case: Case) -> None:
    for place, (one, two) in enumerate(pairwise(case.treatments), start=1):
        if one.day != two.day:
            continue
        if one.given != two.given:
            raise _contradiction(
                f"treatments[{place}] says that the session of day {one.day:g} was both given "
                "and missed; keep one of the entries"
            )
        if one.regimen.doses == two.regimen.doses:
            raise CaseError(
                "duplicate_entry",
                f"treatments[{place}] repeats the session of day {one.day:g}; keep one of them.",
            )
        raise _contradiction(
            f"treatments[{place}] is a second session at the same time, day {one.day:g}; write "
            "what is given together as one regimen with 'plus'"
        )
    for one, two in pairwise(case.given):
        if two.day < one.end_day:
            raise _contradiction(
                f"The session of day {two.day:g} begins before that of day {one.day:g} has "
                f"ended (day {one.end_day:.3g}); correct the days"
            )
    first = case.given[0].day if case.given else 0.0
    if not 0.0 <= first < 1.0:
        raise _contradiction(
            f"The first treatment given is on day {first:g}, but days count from it; call its "
            "day 0 and shift the others"
        )


def _check_others(case: Case) -> None:
    for place, other in enumerate(case.other):
        begin, end = other.from_day, other.to_day
        if begin is not None and end is not None and end < begin:
            raise _contradiction(
                f"other[{place}] ends on day {end:g} and begins on day {begin:g}; exchange them"
            )
        if other.benzodiazepine_mg is not None and other.benzodiazepine_mg > MOST_DIAZEPAM_MG:
            raise CaseError(
                "impossible_dose",
                f"other[{place}], {shown(other.what)}, is {other.benzodiazepine_mg:,.0f} mg of "
                f"diazepam a day; at most {MOST_DIAZEPAM_MG:g} is read, so check dose and unit.",
            )
        same = next(_same(case, place), None)
        if same is not None:
            raise CaseError(
                "duplicate_entry", f"other[{place}] repeats other[{same}]; keep one of them."
            )


def _same(case: Case, place: int) -> Iterator[int]:
    return (k for k in range(place) if case.other[k] == case.other[place])


def _check_plan(case: Case) -> None:
    if case.plan is None:
        if case.plan_from is not None:
            raise _contradiction("plan_from is given without a plan; add the plan or leave it out")
        return
    planned = case.planned
    start = case.plan_day
    if start < case.asked_at:
        raise _contradiction(
            f"The plan begins on day {start:g}, before the question on day {case.asked_at:g}; "
            "what was given belongs to treatments"
        )
    if start > case.asked_at + LONGEST_PLAN_DELAY_D:
        raise _contradiction(
            f"The plan begins on day {start:g}, more than {LONGEST_PLAN_DELAY_D:g} days after "
            f"the question on day {case.asked_at:g}; check plan_from"
        )
    if planned is not None and not planned.doses:
        raise CaseError("unreadable_plan", "plan holds no session; home medicines belong to other.")


def _contradiction(sentence: str) -> CaseError:
    return CaseError("contradictory_case", f"{sentence}.")
