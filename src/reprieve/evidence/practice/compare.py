"""What differs between two versions of a protocol, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from reprieve.evidence.practice.model import GROUPS, Protocol
from reprieve.evidence.practice.thresholds import Threshold
from reprieve.evidence.practice.writing import tables_of

# what an entry of a list is known by
_KNOWN_BY = {"dose": "unit", "phase": "name"}
_LONGEST = 60


def differences(old: Protocol, new: Protocol) -> tuple[str, ...]:
    """One line for each change ("stop.sbp: 180 -> 170 mmHg"), in the order of the file."""
    return (*_thresholds(old, new), *_tables(_rest(old), _rest(new), ""))


def _thresholds(old: Protocol, new: Protocol) -> Iterator[str]:
    for group in GROUPS:
        was, now = old.thresholds(group), new.thresholds(group)
        for key in dict.fromkeys([*was, *now]):
            name = f"{group}.{key}"
            if key not in now:
                yield f"{name}: removed (was {was[key].words()})"
            elif key not in was:
                yield f"{name}: added, {now[key].words()}"
            else:
                yield from _threshold(name, was[key], now[key])


def _threshold(name: str, was: Threshold, now: Threshold) -> Iterator[str]:
    if was.unit != now.unit:
        yield f"{name}: {was.value:g} {was.unit} -> {now.value:g} {now.unit}"
    elif was.value != now.value:
        yield f"{name}: {was.value:g} -> {now.value:g} {now.unit}"
    for field in Threshold.__slots__:
        a, b = getattr(was, field), getattr(now, field)
        if field not in ("value", "unit") and a != b:
            yield f"{name}.{field}: {_said(a)} -> {_said(b)}"


def _rest(protocol: Protocol) -> dict[str, Any]:
    """All but the thresholds, lists of entries as tables by what each is known by."""
    found: dict[str, Any] = {}
    for key, value in tables_of(protocol).items():
        if key in GROUPS:
            continue
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = {str(item[_KNOWN_BY.get(key, "key")]): item for item in value}
        found[key] = value
    return found


def _tables(old: Mapping[str, Any], new: Mapping[str, Any], under: str) -> Iterator[str]:
    for key in dict.fromkeys([*old, *new]):
        name = f"{under}{key}"
        a, b = old.get(key), new.get(key)
        if a == b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            yield from _tables(a, b, f"{name}.")
        elif a is None:
            yield f"{name}: added, {_said(b)}"
        elif b is None:
            yield f"{name}: removed (was {_said(a)})"
        else:
            yield f"{name}: {_said(a)} -> {_said(b)}"


def _said(value: Any) -> str:
    if isinstance(value, dict):
        keys = ("question", "text", "title", "label", "heading", "drug", "name")
        return _said(next((value[key] for key in keys if key in value), "an entry"))
    if isinstance(value, list | tuple):
        return _said(", ".join(_said(item) for item in value)) if value else "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:g}"
    text = str(value) or "nothing"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
