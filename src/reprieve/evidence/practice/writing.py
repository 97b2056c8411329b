"""Writing a protocol out whole: no base, every threshold and entry in one TOML text."""

from dataclasses import fields, is_dataclass
from typing import Any

from reprieve.evidence.practice.entries import Observation
from reprieve.evidence.practice.model import Protocol

# field of a protocol -> the name of its entries in a file
ENTRIES = {
    "doses": "dose",
    "phases": "phase",
    "observations": "observation",
    "criteria": "criterion",
    "screens": "screen",
    "workups": "workup",
    "symptoms": "symptom",
    "rescues": "rescue",
}
_LAST = {name: n for n, name in enumerate(("standing", "status", "source", "note"), 1)}


def tables_of(protocol: Protocol) -> dict[str, Any]:
    """The tables of a protocol's file: texts, numbers, flags, lists and tables."""
    found: dict[str, Any] = {}
    for field in fields(protocol):
        value = getattr(protocol, field.name)
        if field.name in ("name", "groups", "consent_text", *ENTRIES):
            continue
        found |= _given(field.name, value, field.default)
    found |= {
        group: {key: _table(threshold) for key, threshold in thresholds.items()}
        for group, thresholds in protocol.groups.items()
        if thresholds
    }
    for name, key in ENTRIES.items():
        if getattr(protocol, name):
            found[key] = [_table(entry) for entry in getattr(protocol, name)]
    if protocol.consent_text is not None:
        text = protocol.consent_text
        found["consent_text"] = {"version": text.version, "title": text.title}
        found["consent_section"] = [_table(section) for section in text.sections]
    return found


def protocol_toml(protocol: Protocol) -> str:
    """The whole protocol as TOML that `parse_protocol` reads back to an equal one.

    A site keeps its protocols in this form, so that no later change of a shipped file reaches a
    course that runs.
    """
    import tomli_w

    return tomli_w.dumps(tables_of(protocol))


def _table(item: Any) -> dict[str, Any]:
    """The keys of a threshold or an entry: what it says, then whose word it is."""
    if isinstance(item, Observation):
        return {"key": item.key, "title": item.title} | _table(item.schedule)
    found: dict[str, Any] = {}
    for field in sorted(fields(item), key=lambda field: _LAST.get(field.name, 0)):
        found |= _given(field.name, getattr(item, field.name), field.default)
    return found


def _given(name: str, value: Any, default: Any) -> dict[str, Any]:
    """One key of a table; what is unsaid or as a reader would take it is left out."""
    if value is None or value in ("", ()) or (value == default and type(value) is type(default)):
        return {}
    return {name: _plain(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return _table(value) if is_dataclass(value) else value
