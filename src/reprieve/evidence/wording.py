"""Which words of an instrument a site may show.

Scores can always be entered under the short labels. The wording of a free instrument ships with
it; that of a licensed one stays with the site, which states that it holds the licence.
"""

from collections.abc import Mapping

from reprieve.errors import InputError
from reprieve.evidence.questionnaires import Questionnaire


def may_show_wording(asked: Questionnaire, attested: bool) -> bool:
    """Whether the wording may be shown: freely, or by a site that attested to its licence."""
    wording = asked.licence.wording
    return wording == "free" or (wording == "attest" and attested)


def item_words(
    asked: Questionnaire, attested: bool, own: Mapping[str, str] | None = None
) -> Mapping[str, str]:
    """The words to put beside each item, by its key.

    Parameters
    ----------
    asked : the instrument
    attested : whether the site stated that it may show the wording
    own : the site's own wording by item key, shown in place of the shipped one

    Raises
    ------
    InputError
        Own wording for an item that the instrument does not have.
    """
    own = own or {}
    unknown = [key for key in own if key not in asked.by_key]
    if unknown:
        raise InputError(
            f"{asked.name} has no item '{unknown[0]}'; its items are {', '.join(asked.by_key)}."
        )
    if not may_show_wording(asked, attested):
        return {item.key: item.label for item in asked.items}
    return {item.key: own.get(item.key) or item.text or item.label for item in asked.items}
