"""Scores of instruments: totals, subscales, bands, flags and change, by the rules of their files.

Nothing here knows a single instrument: what is summed, what may be missing and what has to be
looked at stands in `instruments/`. Totals are exact decimals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from reprieve.errors import InputError
from reprieve.evidence.figures import band_of
from reprieve.evidence.questionnaires import Item, Questionnaire, Subscale
from reprieve.evidence.score_flags import Flag, raised_flags

Answers = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class SubscaleScore:
    """A subscale: its sum (None while an answer is missing), and how many items are present.

    `met` says whether as many are present as the pattern asks for; None while that is open, or
    where the file states no pattern.
    """

    key: str
    name: str
    total: Decimal | None
    endorsed: int | None
    met: bool | None


@dataclass(frozen=True, slots=True)
class Scored:
    """What one set of answers comes to.

    `total` is None where the missing rule gives none, or nothing is summed. `missing` are the
    scored items without an answer that should have one; `complete` says there are none.
    `pattern` says whether every subscale has the items it asks for.
    """

    total: Decimal | None
    band: str
    positive: bool | None
    subscales: tuple[SubscaleScore, ...]
    pattern: bool | None
    missing: tuple[str, ...]
    prorated: bool
    complete: bool
    flags: tuple[Flag, ...]

    @property
    def urgent(self) -> bool:
        """Whether a flag comes before anything else."""
        return any(flag.level == "urgent" for flag in self.flags)


def score(asked: Questionnaire, answers: Answers) -> Scored:
    """The score of one set of answers; flags stand as soon as one answer raises them.

    Parameters
    ----------
    asked : the instrument
    answers : whole numbers by the key of the item; None, or no entry, is no answer

    Raises
    ------
    InputError
        An item that the instrument does not have, or an answer that the item does not offer.
    """
    given = _checked(asked, answers)
    missing = _missing(asked, given)
    total, prorated = _total(asked, given, missing)
    subscales = tuple(_subscale(part, given) for part in asked.subscales)
    return Scored(
        total=total,
        band="" if total is None else band_of(asked.bands, float(total)),
        positive=None
        if total is None or asked.positive is None
        else total >= exact(asked.positive.value),
        subscales=subscales,
        pattern=_every([part.met for part in subscales if part.endorsed is not None]),
        missing=missing,
        prorated=prorated,
        complete=not missing,
        flags=raised_flags(asked, given, total),
    )


def check_total(asked: Questionnaire, total: Decimal | float) -> Decimal:
    """A total entered by hand, refused where the instrument cannot give it.

    Raises
    ------
    InputError
        The total lies outside the range, or the instrument has no total.
    """
    found = exact(total)
    if asked.scoring.method == "none":
        raise InputError(f"{asked.name} has no total; enter its answers one by one.")
    low, high = exact(asked.low), exact(asked.high)
    if not (found.is_finite() and low <= found <= high):
        raise InputError(f"A {asked.name} score of {found} does not exist; give {low} to {high}.")
    return found


def is_asked(asked: Questionnaire, key: str, answers: Answers) -> bool:
    """Whether an item is to be asked after these answers; one that hangs on an open item is."""
    condition = asked.by_key[key].ask_if
    if condition is None:
        return True
    before, least = condition
    answer = answers.get(before)
    return is_asked(asked, before, answers) and (answer is None or answer >= least)


def _checked(asked: Questionnaire, answers: Answers) -> Mapping[str, int]:
    items = asked.by_key
    given = {}
    for key, value in answers.items():
        if key not in items:
            raise InputError(f"{asked.name} has no item '{key}'; its items are {', '.join(items)}.")
        if value is not None:
            given[key] = _answer(asked, items[key], value)
    return given


def _answer(asked: Questionnaire, item: Item, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and _offers(item, value):
        return value
    raise InputError(
        f"{asked.name} item {item.number} ({item.label}) was answered {value!r}; "
        f"give a whole number from {item.low} to {item.high}."
    )


def _offers(item: Item, value: int) -> bool:
    offered = {answer.value for answer in item.answers}
    return value in offered if offered else item.low <= value <= item.high


def _missing(asked: Questionnaire, given: Mapping[str, int]) -> tuple[str, ...]:
    settled = {item.either for item in asked.items if item.either and item.key in given}
    return tuple(
        item.key
        for item in asked.scored
        if item.key not in given and item.either not in settled and is_asked(asked, item.key, given)
    )


def _total(
    asked: Questionnaire, given: Mapping[str, int], missing: tuple[str, ...]
) -> tuple[Decimal | None, bool]:
    """The total and whether it was filled up."""
    method = asked.scoring.method
    if method == "none":
        return None, False
    if method == "levels":
        return _level(asked, given, missing), False
    if method == "max_of_domains":
        return _domains(asked, given), False
    rule = asked.missing
    counted = [_points(item, given[item.key]) for item in asked.scored if item.key in given]
    if missing and (
        rule.rule != "prorate" or len(missing) > rule.most or set(missing) & set(rule.never)
    ):
        return None, False
    if method == "mean":
        mean = Decimal(sum(counted)) / len(counted)
        return mean.quantize(Decimal("0.1"), ROUND_HALF_UP), bool(missing)
    whole = Decimal(sum(counted)) * (len(counted) + len(missing)) / len(counted)
    return whole.quantize(Decimal(1), ROUND_HALF_UP), bool(missing)


def _points(item: Item, value: int) -> int:
    return item.low + item.high - value if item.reverse else value


def _domains(asked: Questionnaire, given: Mapping[str, int]) -> Decimal | None:
    items = asked.by_key
    tops = [
        max((_points(items[key], given[key]) for key in domain.items if key in given), default=None)
        for domain in asked.scoring.domains
    ]
    known = [top for top in tops if top is not None]
    return Decimal(sum(known)) if len(known) == len(tops) else None


def _level(
    asked: Questionnaire, given: Mapping[str, int], missing: tuple[str, ...]
) -> Decimal | None:
    """The highest level reached; open while an unanswered item could still raise it."""
    reached = max(
        (
            level.value
            for level in asked.scoring.levels
            if any(given.get(key, 0) > 0 for key in level.any_of)
        ),
        default=0,
    )
    could_reach = [
        level.value for level in asked.scoring.levels if set(level.any_of) & set(missing)
    ]
    return None if could_reach and max(could_reach) > reached else Decimal(reached)


def _subscale(part: Subscale, given: Mapping[str, int]) -> SubscaleScore:
    values = [given[key] for key in part.items if key in given]
    left = len(part.items) - len(values)
    total = None if left else Decimal(sum(values))
    if part.endorsed_from is None:
        return SubscaleScore(part.key, part.name, total, None, None)
    endorsed = sum(value >= part.endorsed_from for value in values)
    met = True if endorsed >= part.needed else (None if endorsed + left >= part.needed else False)
    return SubscaleScore(part.key, part.name, total, endorsed, met)


def _every(parts: list[bool | None]) -> bool | None:
    if not parts or (None in parts and False not in parts):
        return None
    return all(parts)


def exact(value: Decimal | float) -> Decimal:
    """A number as it is written, whole ones without a point."""
    found = Decimal(str(value))
    whole = found.is_finite() and found == found.to_integral_value()
    return found.quantize(Decimal(1)) if whole and abs(found) < 1000 else found
