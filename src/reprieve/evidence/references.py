"""References: the bibliography file, and what a result rests on."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reprieve.errors import EvidenceError, UnknownNameError
from reprieve.evidence.schema import read_text

FILE = Path(__file__).with_name("references.bib")
_ENTRY = re.compile(r"^@(\w+)\{([\w-]+),\n(.*?)^\}", re.M | re.S)
_FIELD = re.compile(r"^  (\w+) = \{(.*)\},$", re.M)


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of references.bib."""

    key: str
    kind: str
    fields: Mapping[str, str]
    bibtex: str

    def get(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def doi(self) -> str:
        return self.get("doi")

    @property
    def url(self) -> str:
        """Where to read it: the DOI's address, or the page that was read."""
        return f"https://doi.org/{self.doi}" if self.doi else self.get("url")

    def __str__(self) -> str:
        year = f" ({self.get('year')})" if self.get("year") else ""
        title = self.get("title").rstrip(".")
        head = f"{self.get('author')}{year}. {title}" if self.get("author") else f"{title}{year}"
        volume = " ".join(filter(None, [self.get("journal"), self.get("volume")]))
        printed = ":".join(filter(None, [volume, self.get("pages")]))
        where = f"doi:{self.doi}" if self.doi else self.get("url")
        return " ".join(filter(None, [f"{head}.", f"{printed}." if printed else "", where]))


@cache
def bibliography() -> Mapping[str, Reference]:
    """Every reference by its key, in the order of the file."""
    return parse_bibtex(read_text(FILE), FILE.name)


def parse_bibtex(text: str, where: str) -> dict[str, Reference]:
    """References of a BibTeX text in the plain form of references.bib.

    One field a line, values in braces, a comma after each.
    """
    entries: dict[str, Reference] = {}
    for match in _ENTRY.finditer(text):
        kind, key, body = match.groups()
        if key in entries:
            raise EvidenceError(f"{where}: the key {key} stands twice; keep one entry.")
        fields = dict(_FIELD.findall(body))
        if len(fields) != len(body.strip().splitlines()):
            raise EvidenceError(
                f"{where}: a field of {key} is not of the form 'name = {{text}},' on its own line."
            )
        entries[key] = Reference(key, kind.lower(), fields, match.group(0))
    if len(entries) != len(re.findall(r"^@", text, re.M)):
        raise EvidenceError(f"{where}: an entry is not closed by a brace on its own line.")
    return entries


def has_reference(key: str) -> bool:
    """Whether references.bib holds the key."""
    return key in bibliography()


def reference(key: str) -> Reference:
    """The reference of that key.

    Raises
    ------
    UnknownNameError
        Nothing in references.bib carries the key.
    """
    entries = bibliography()
    if key not in entries:
        raise UnknownNameError("reference", key, close_names(key, entries))
    return entries[key]


def close_names(name: str, known: Iterable[str], most: int = 8) -> list[str]:
    """The known names most like a given one, for a message that stays one line."""
    from difflib import get_close_matches

    names = list(known)
    return get_close_matches(name, names, most, 0.4) or [*sorted(names)[:most], "..."]


def cite(*sources: Any, bibtex: bool = False) -> str:
    """The reference list behind keys or results, one line each, or as BibTeX.

    Parameters
    ----------
    sources : bibliography keys, or objects that carry `evidence`, `references` or `reference`
        (an outlook, a study, a model), or lists of either
    bibtex : print BibTeX entries instead of lines

    Examples
    --------
    >>> from reprieve import cite
    >>> print(cite("berman_2000"))  # doctest: +ELLIPSIS
    Berman...
    """
    entries = [reference(key) for key in sorted(set(_keys(sources)))]
    if bibtex:
        return "\n\n".join(entry.bibtex for entry in entries)
    return "\n".join(str(entry) for entry in entries)


def _keys(source: Any) -> Iterable[str]:
    if isinstance(source, str):
        yield from [source] if source else []
        return
    for name in ("evidence", "references", "reference"):
        found = getattr(source, name, None)
        if found is not None and not callable(found):
            yield from _keys(found)
            return
    if not isinstance(source, Iterable):
        raise EvidenceError(
            f"cite got {type(source).__name__}, which carries no references; "
            "give a bibliography key or a result."
        )
    for item in source:
        yield from _keys(item)
