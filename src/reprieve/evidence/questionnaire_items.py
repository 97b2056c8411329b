"""Reading the items of an instrument file, their answers and their LOINC codes."""

import re
from collections.abc import Sequence
from typing import Any

from reprieve.evidence.questionnaires import Answer, Item
from reprieve.evidence.schema import Table


def loinc(table: Table, code: str, form: str = r"\d{1,6}-\d", like: str = "44250-9") -> str:
    """A LOINC code, refused where its form or its check digit is wrong."""
    if code and not (re.fullmatch(form, code) and _check_digit(code)):
        table.refuse(f"'{code}' is not a LOINC code such as {like}", "loinc")
    return code


def _check_digit(code: str) -> bool:
    """Whether the last digit is the one of LOINC's mod-10 rule; the letters LA count as five."""
    digits, check = code.removeprefix("LA").split("-")
    doubled = "".join(
        str(int(d) * 2) if place % 2 == 0 else d for place, d in enumerate(reversed(digits))
    )
    letters = 5 if code.startswith("LA") else 0
    return (letters - sum(map(int, doubled))) % 10 == int(check)


def read_items(table: Table) -> tuple[Item, ...]:
    shared = read_answers(table, "answer")
    span = table.interval("item_range")
    items = tuple(
        _item(entry, number, shared, span) for number, entry in enumerate(table.subs("item"), 1)
    )
    if not items:
        table.refuse("is missing; write at least one [[item]]", "item")
    keys = [item.key for item in items]
    for key in keys:
        if keys.count(key) > 1:
            table.refuse(f"'{key}' is the key of two items; each needs its own", "item")
    for item in items:
        if item.ask_if is not None:
            check_items(table, "ask_if", (item.ask_if[0],), items)
    return items


def _item(
    table: Table,
    number: int,
    shared: tuple[Answer, ...],
    span: tuple[float, float] | None,
) -> Item:
    own = read_answers(table, "answers")
    bounds = table.interval("range")
    answers = own or (() if bounds else shared)
    if answers:
        values = [answer.value for answer in answers]
        bounds = (min(values), max(values))
    low, high = bounds or span or table.refuse("is missing; give it or answers", "range")
    if low == high or low != int(low) or high != int(high):
        table.refuse("must span at least two whole numbers", "range")
    asked: Any = table.take("ask_if")
    if asked is not None and not (
        isinstance(asked, list) and [type(v) for v in asked] == [str, int]
    ):
        table.refuse('must be an item and its least answer, such as ["thoughts", 1]', "ask_if")
    found = Item(
        key=table.text("key"),
        number=number,
        label=table.text("label"),
        text=table.text("text", ""),
        low=int(low),
        high=int(high),
        answers=answers,
        unit=table.text("unit", ""),
        loinc=loinc(table, table.text("loinc", "")),
        reverse=table.flag("reverse", False),
        scored=table.flag("scored", True),
        either=table.text("either", ""),
        ask_if=None if asked is None else (asked[0], asked[1]),
    )
    table.done()
    return found


def read_answers(table: Table, key: str) -> tuple[Answer, ...]:
    """The answers of an array of tables, each value once."""
    found = tuple(_answer(entry) for entry in table.subs(key))
    values = [answer.value for answer in found]
    if len(set(values)) < len(values):
        table.refuse("gives one value to two answers", key)
    return found


def _answer(table: Table) -> Answer:
    value = table.number("value")
    if value != int(value):
        table.refuse(f"is {value:g}; a whole number was expected", "value")
    code = loinc(table, table.text("loinc", ""), r"LA\d{1,6}-\d", "LA6568-5")
    found = Answer(int(value), table.text("label"), code)
    table.done()
    return found


def item_keys(
    table: Table, key: str, items: tuple[Item, ...], *, may_be_empty: bool = False
) -> tuple[str, ...]:
    found = table.texts(key)
    if not found and not may_be_empty:
        table.refuse("is missing; name the items", key)
    if len(set(found)) < len(found):
        table.refuse("names an item twice", key)
    check_items(table, key, found, items)
    return found


def check_items(table: Table, key: str, found: Sequence[str], items: tuple[Item, ...]) -> None:
    known_keys = [item.key for item in items]
    for name in found:
        if name not in known_keys:
            table.refuse(f"'{name}' is not an item; the items are {', '.join(known_keys)}", key)
