"""Filters of the audit's pages."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def of(table: Mapping[Any, str], key: object) -> str:
    """An entry of a mapping, or nothing."""
    return table.get(key, "")


@register.filter
def said(value: object) -> str:
    """A detail in words: what was and what is, lists with commas."""
    if isinstance(value, dict) and set(value) == {"from", "to"}:
        return f"{said(value['from'])} → {said(value['to'])}"
    if isinstance(value, dict):
        return "; ".join(f"{name} {said(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(said(part) for part in value) or "none"
    return "none" if value in (None, "") else str(value)
