"""What a form changed, as the audit tells it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models


def changed(row: models.Model, new: Mapping[str, Any]) -> dict[str, list[str]]:
    """Fields whose value differs, each with what it was and what it becomes, as text."""
    return {
        name: [_text(getattr(row, name)), _text(value)]
        for name, value in new.items()
        if getattr(row, name) != value
    }


def told(row: models.Model, names: Iterable[str]) -> dict[str, str]:
    """Fields of a new row as text, without the empty ones."""
    return {name: _text(v) for name in names if (v := getattr(row, name)) not in (None, "")}


def put(row: models.Model, new: Mapping[str, Any]) -> None:
    """Set fields of a row, unsaved."""
    for name, value in new.items():
        setattr(row, name, value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
