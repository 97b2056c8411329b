"""A tag of the sign-in page: whether a clinic exists yet."""

from django import template

from reprieve.clinic.accounts import first

register = template.Library()


@register.simple_tag
def nobody_yet() -> bool:
    """Whether the first account is still to be made."""
    return first.needed()
