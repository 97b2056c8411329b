"""Which words of an instrument a site may show.

Scores can always be entered under the short labels. The wording of a free instrument ships with
it; that of a licensed one stays with the site, in a file of its own, and is shown once the site
has stated that it holds the licence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reprieve.errors import InputError
from reprieve.evidence.questionnaire_items import read_answers
from reprieve.evidence.questionnaires import Answer, Item, Questionnaire, plain
from reprieve.evidence.schema import Table, parse_toml, read_text


@dataclass(frozen=True, slots=True)
class Words:
    """What stands beside one item, and beside its answers where they have words."""

    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class SiteWording:
    """A site's own copy of an instrument: the question above the items, and words by item key."""

    question: str
    items: Mapping[str, Words]


def may_show_wording(asked: Questionnaire, attested: bool) -> bool:
    """Whether the wording may be shown: freely, or by a site that attested to its licence."""
    wording = asked.licence.wording
    return wording == "free" or (wording == "attest" and attested)


def item_words(
    asked: Questionnaire, attested: bool, own: SiteWording | None = None
) -> Mapping[str, Words]:
    """The words to put beside each item, by its key.

    Parameters
    ----------
    asked : the instrument
    attested : whether the site stated that it may show the wording
    own : the site's own copy, shown in place of what ships once the site has attested
    """
    if not may_show_wording(asked, attested):
        return {item.key: Words(item.label, item.answers) for item in asked.items}
    brought = own.items if own else {}
    return {
        item.key: brought.get(item.key) or Words(item.text or item.label, item.answers)
        for item in asked.items
    }


def question_words(asked: Questionnaire, attested: bool, own: SiteWording | None = None) -> str:
    """The question above the items; empty where it may not be shown or there is none."""
    if not may_show_wording(asked, attested):
        return ""
    return (own.question if own else "") or asked.question


def read_wording(path: Path, asked: Questionnaire) -> SiteWording:
    """A site's own copy of an instrument from a file.

    Raises
    ------
    EvidenceError
        The file cannot be read, or names items or answers that the instrument does not have.
    """
    return parse_wording(read_text(path), path.name, asked)


def parse_wording(text: str, where: str, asked: Questionnaire) -> SiteWording:
    """A site's own copy of an instrument from TOML text.

    Raises
    ------
    EvidenceError
        It names another instrument, or items or answers that the instrument does not have.
    InputError
        The instrument has no wording to bring.
    """
    if asked.licence.wording == "none":
        raise InputError(f"{asked.name} is used by its labels alone; it takes no wording.")
    table = Table(parse_toml(text, where), where)
    name = table.text("instrument")
    if plain(name) != plain(asked.name):
        table.refuse(f"is '{name}'; the wording of {asked.name} was expected", "instrument")
    question = table.text("question", "")
    items = _items(table, asked)
    table.done()
    return SiteWording(question, items)


def _items(table: Table, asked: Questionnaire) -> Mapping[str, Words]:
    found: dict[str, Words] = {}
    for entry in table.subs("item"):
        key, words = _words(entry, asked)
        if key in found:
            table.refuse(f"has the words of '{key}' twice", "item")
        found[key] = words
    return found or table.refuse("is missing; write at least one [[item]]", "item")


def _words(table: Table, asked: Questionnaire) -> tuple[str, Words]:
    key = table.text("key")
    item = asked.by_key.get(key)
    if item is None:
        table.refuse(f"'{key}' is not an item; the items are {', '.join(asked.by_key)}", "key")
    found = Words(table.text("text"), _answers(table, item))
    table.done()
    return key, found


def _answers(table: Table, item: Item) -> tuple[Answer, ...]:
    """The site's words for answers; a value between two anchors is offered as its number."""
    brought = {answer.value: answer for answer in read_answers(table, "answers")}
    offered = {answer.value: answer for answer in item.answers} or {
        value: Answer(value, str(value)) for value in range(item.low, item.high + 1)
    }
    if not brought:
        return item.answers
    if not brought.keys() <= offered.keys():
        table.refuse(f"must have values from {item.low} to {item.high}", "answers")
    return tuple(brought.get(value, answer) for value, answer in offered.items())
