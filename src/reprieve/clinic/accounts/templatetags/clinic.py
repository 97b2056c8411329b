"""Tags of every page: links that know where one is, fields, names that an idle lock hides."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
HIDDEN = "●●●"


@register.simple_tag(takes_context=True)
def link(context: dict[str, Any], name: str, text: str) -> SafeString | str:
    """A link of the main navigation, marked where one stands."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return ""
    here = context["request"].path.startswith(address)
    return format_html('<a href="{}"{}>{}</a>', address, _current(here), text)


def _current(here: bool) -> SafeString | str:
    return mark_safe(' aria-current="page"') if here else ""


@register.inclusion_tag("_field.html")
def field(bound: BoundField, help: str = "") -> dict[str, Any]:
    """A field with its label, help and errors, tied together for screen readers."""
    return {"field": bound, "help": help or bound.help_text}


@register.filter
def words(value: object) -> str:
    """A name of the code in words: `front_desk` becomes `front desk`."""
    return str(value).replace("_", " ")


@register.simple_tag(takes_context=True)
def person(context: dict[str, Any], patient: Any, form: str = "full") -> str:
    """A patient's name, `full` or `initials`; dots while the screen is locked."""
    if context.get("locked"):
        return HIDDEN
    return str(patient.initials if form == "initials" else patient)


@register.simple_tag(takes_context=True)
def clock(context: dict[str, Any], at: datetime | None, form: str = "%H:%M") -> str:
    """A time in the clinic's zone."""
    if at is None:
        return ""
    clinic = context.get("clinic")
    zone = ZoneInfo(clinic.time_zone) if clinic else timezone.get_current_timezone()
    return at.astimezone(zone).strftime(form)


@register.simple_tag(takes_context=True)
def day(context: dict[str, Any], at: datetime | None) -> str:
    """A date in the clinic's zone: Mon 2 Nov 2026."""
    return clock(context, at, "%a %-d %b %Y")


@register.filter
def plain(value: Decimal | None) -> str:
    """A decimal without trailing zeros: 41.20 becomes 41.2."""
    if value is None or value == "":
        return ""
    return format(Decimal(value).normalize(), "f")


@register.filter
def minutes(span: timedelta | float | None) -> str:
    """A length of time as people say it: 8 min, 1 h 05 min, 3 d."""
    if span is None:
        return ""
    total = round(span.total_seconds() / 60) if isinstance(span, timedelta) else round(span)
    sign, total = ("-", -total) if total < 0 else ("", total)
    if total < 60:
        return f"{sign}{total} min"
    if total < 48 * 60:
        return f"{sign}{total // 60} h {total % 60:02d} min"
    return f"{sign}{total // 1440} d"
