"""Answers that somebody has to look at, by the flag rules of an instrument."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from reprieve.evidence.questionnaires import FlagLevel, FlagRule, Questionnaire


@dataclass(frozen=True, slots=True)
class Flag:
    """Answers that somebody has to look at: which rule, how soon, and the answers themselves."""

    key: str
    title: str
    level: FlagLevel
    items: tuple[str, ...]
    value: Decimal


def raised_flags(
    asked: Questionnaire, given: Mapping[str, int], total: Decimal | None
) -> tuple[Flag, ...]:
    """Raised flags; of two with one key only the more pressing."""
    raised: dict[str, Flag] = {}
    for rule in asked.flags:
        flag = _raised(rule, given, total)
        if flag and (rule.key not in raised or flag.level == "urgent"):
            raised[rule.key] = flag
    return tuple(sorted(raised.values(), key=lambda flag: flag.level != "urgent"))


def _raised(rule: FlagRule, given: Mapping[str, int], total: Decimal | None) -> Flag | None:
    if not rule.items:
        if total is None or total < rule.at_least:
            return None
        return Flag(rule.key, rule.title, rule.level, (), total)
    over = tuple(key for key in rule.items if given.get(key, rule.at_least - 1) >= rule.at_least)
    if not over:
        return None
    return Flag(rule.key, rule.title, rule.level, over, Decimal(max(given[key] for key in over)))
