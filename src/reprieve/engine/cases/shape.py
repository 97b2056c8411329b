"""Whether a JSON value has the shape that the case schema asks for.

`evidence/schemas/case.v1.json` is the one place that lists keys, types, limits and choices; here
is the part of JSON Schema that it uses, with refusals that a clinician can act on.
"""

import json
import math
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any
from unicodedata import category

from reprieve.engine.cases.refusals import CaseError
from reprieve.evidence.library import HOME
from reprieve.evidence.schema import read_text

Node = Mapping[str, Any]
VERSION = 1
_TYPES = {
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


@cache
def schema() -> Node:
    """The schema of the case format, version 1."""
    found: Node = json.loads(read_text(HOME / "schemas" / f"case.v{VERSION}.json"))
    return found


def check(value: Any, node: Node, where: str) -> None:
    """Refuse a value that breaks its node of the schema.

    Raises
    ------
    CaseError
        `unreadable_case`, `too_many_entries`, `impossible_value` or `unit_mix_up`.
    """
    kind = _kind(value)
    allowed = node["type"]
    if kind not in allowed and not (kind == "integer" and "number" in allowed):
        if kind == "number" and "integer" in allowed and value == int(value):
            kind = "integer"
        else:
            expected = " or ".join(_TYPES[name] for name in allowed)
            raise _unreadable(f"{where} is {shown(value)}; expected {expected}.")
    if kind in ("number", "integer"):
        _number(float(value), node, where)
    elif kind == "string":
        _text(value, node, where)
    elif kind == "array":
        _list(value, node, where)
    elif kind == "object" and "properties" in node:
        _object(value, node, where)


def _kind(value: Any) -> str:
    """The JSON type of a value; "" for what JSON cannot hold."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if abs(value) < 1e15 else ""
    if isinstance(value, float):
        return "number" if math.isfinite(value) else ""
    if isinstance(value, str):
        return "string"
    if isinstance(value, list | tuple):
        return "array"
    return "object" if isinstance(value, Mapping) else ""


def _number(value: float, node: Node, where: str) -> None:
    low, high = node.get("minimum", -math.inf), node.get("maximum", math.inf)
    if low <= value <= high:
        return
    for slip in node.get("x-slips", ()):
        if slip["from"] <= value <= slip["to"]:
            unit = "kg" if where.endswith("_kg") else "cm"
            raise CaseError(
                "unit_mix_up",
                f"{where} is {value:g}, which would be {slip['unit']}; give it in {unit}.",
            )
    raise CaseError(
        "impossible_value",
        f"{where} is {value:g}; expected {low:g} to {high:g}, or null if unknown.",
    )


def _text(value: str, node: Node, where: str) -> None:
    if "enum" in node and value not in node["enum"]:
        known = [word for word in node["enum"] if word is not None]
        hint = _meant(value, known)
        raise _unreadable(f"{where} is {shown(value)}; expected {', '.join(known)}{hint}.")
    if not (value.isprintable() or all(map(_writable, value))):
        raise _unreadable(f"{where} holds characters that cannot be printed; write it again.")
    if len(value) > node.get("maxLength", math.inf):
        raise _unreadable(
            f"{where} has {len(value):,} characters; at most {node['maxLength']:,} are read."
        )


def _writable(letter: str) -> bool:
    """No control sign and no half of a surrogate pair."""
    return letter in "\t\r\n" or category(letter) not in ("Cc", "Cs")


def _list(value: Any, node: Node, where: str) -> None:
    if len(value) > node["maxItems"]:
        raise CaseError(
            "too_many_entries",
            f"{where} has {len(value):,} entries; at most {node['maxItems']:,} are read, so check "
            "that this is the record of one person.",
        )
    for place, item in enumerate(value):
        check(item, node["items"], f"{where}[{place}]")


def _object(value: Any, node: Node, where: str) -> None:
    properties, prefix = node["properties"], "" if where == "The case" else f"{where}."
    for key in node["required"]:
        if key not in value:
            raise _unreadable(f"{where} has no {key}; add it.")
    for key, item in value.items():
        if key not in properties:
            hint = _meant(str(key), list(properties))
            raise _unreadable(f"{where} has a key {shown(key)} that is not known{hint}.")
        check(item, properties[key], f"{prefix}{key}")


def _meant(word: str, known: list[str]) -> str:
    close = get_close_matches(word[:80].lower(), [name.lower() for name in known], n=1)
    real = [name for name in known if close and name.lower() == close[0]]
    return f"; did you mean '{real[0]}'?"[:-1] if real else ""


def shown(value: Any) -> str:
    """A value as a sentence may quote it: short, and on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, int) and abs(value) >= 1e15:
        return "a number beyond any use"
    text = str(value) if isinstance(value, int | float) else f"'{value}'"
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    return text if len(text) <= 60 else f"{text[:56]}...'"


def _unreadable(sentence: str) -> CaseError:
    return CaseError("unreadable_case", sentence)
