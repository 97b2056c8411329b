"""What a clinic may ask: items, answers, scoring as data, cut-offs and licence of an instrument.

Every file of `instruments/` is one of these. The few that also say how far one rating scatters
are known to the forecast as `reprieve.evidence.scales.Instrument`; all others are asked, scored
and shown, and never linked to MADRS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from reprieve.errors import UnknownNameError
from reprieve.evidence.figures import Band, Figure, Known
from reprieve.evidence.library import HOME, names
from reprieve.evidence.schema import read_text

Method = Literal["sum", "max_of_domains", "levels", "mean", "none"]
MissingRule = Literal["prorate", "refuse", "one_per_domain", "keep"]
Wording = Literal["free", "attest", "none"]
Rater = Literal["self", "clinician", "observed"]
FlagLevel = Literal["review", "urgent"]
Better = Literal["low", "high", "neither"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that an item offers; `loinc` is a LOINC answer code such as LA6568-5."""

    value: int
    label: str
    loinc: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    `label` is a short neutral name that may always be shown; `text` is the wording itself and
    is empty where the licence does not let it ship. `low` and `high` bound the answer, in
    `unit` where the answer is a quantity. `reverse` turns the answer round before it counts;
    `scored` items count towards the total. `either` names the group of which one answer will
    do. `ask_if` is the item and the least answer to it without which this one is not asked.
    """

    key: str
    number: int
    label: str
    text: str
    low: int
    high: int
    answers: tuple[Answer, ...]
    unit: str
    loinc: str
    reverse: bool
    scored: bool
    either: str
    ask_if: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Domain:
    """Items of which only the highest answer counts."""

    name: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A level that stands as soon as any of its items is answered yes."""

    value: int
    name: str
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scoring:
    """How answers become a total."""

    method: Method
    known: Known
    domains: tuple[Domain, ...] = ()
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """What is done when items were left out.

    `prorate` fills up to `most` of them with the mean of the others; `refuse` gives no total;
    `one_per_domain` needs one answer in each domain; `keep` is for forms without a total.
    `never` are the items whose absence always leaves the total out.
    """

    rule: MissingRule
    most: int
    never: tuple[str, ...]
    known: Known


@dataclass(frozen=True, slots=True)
class Subscale:
    """Some items summed apart. With `endorsed_from`, an item counts as present from that answer,
    and the pattern asks for `needed` of them."""

    key: str
    name: str
    items: tuple[str, ...]
    endorsed_from: int | None
    needed: int


@dataclass(frozen=True, slots=True)
class FlagRule:
    """Answers that somebody has to look at: any of `items`, or the total where there are none.

    `level` says how soon: `urgent` before anything else, `review` within the clinic's own time.
    """

    key: str
    title: str
    level: FlagLevel
    items: tuple[str, ...]
    at_least: int
    known: Known


@dataclass(frozen=True, slots=True)
class Licence:
    """Who may show the wording.

    `free`: anyone; `attest`: a site that states `attestation` (that it holds a licence or
    permission); `none`: nobody, the instrument has no wording beyond its labels. `notice` goes
    with every display of the wording.
    """

    text: str
    status: str
    wording: Wording
    attestation: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """Response as a fall of that fraction of the baseline, or as a score at or below a value."""

    figure: Figure
    rule: Literal["fall", "score"]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """An instrument as its file defines it.

    `low` and `high` bound the total and are both 0 where `scoring.method` is "none". `better`
    says which end is the good one; "neither" where a change says nothing by itself. `minutes`
    is about how long it takes (our estimate), `recall` the time it asks about. `response`,
    `remission`, `relapse`, `reliable_change` and `positive` (a positive screen, at or above) are
    None where nothing is known; a reliable change is in points.
    """

    name: str
    title: str
    rater: Rater
    minutes: float
    recall: str
    question: str
    low: float
    high: float
    better: Better
    items: tuple[Item, ...]
    scoring: Scoring
    missing: Missing
    subscales: tuple[Subscale, ...]
    bands: tuple[Band, ...]
    banding: Known | None
    response: Response | None
    remission: Figure | None
    remission_other: tuple[Figure, ...]
    relapse: Figure | None
    reliable_change: Figure | None
    positive: Figure | None
    flags: tuple[FlagRule, ...]
    licence: Licence
    loinc: str
    loinc_total: str
    note: str
    references: tuple[str, ...]

    @property
    def scored(self) -> tuple[Item, ...]:
        """The items that count towards the total."""
        return tuple(item for item in self.items if item.scored)

    @property
    def by_key(self) -> Mapping[str, Item]:
        """The items by their key."""
        return MappingProxyType({item.key: item for item in self.items})


def questionnaire_names() -> tuple[str, ...]:
    """File names of every shipped instrument, those of the forecast among them."""
    return names("instruments")


def questionnaire(name: str) -> Questionnaire:
    """An instrument by its file name or the name on the page ("gad7", "GAD-7").

    Raises
    ------
    UnknownNameError
        No instrument file answers to the name.
    """
    wanted = plain(name)
    for stem in questionnaire_names():
        if wanted in (plain(stem), *ALIASES.get(stem, ())):
            return _load(stem)
    raise UnknownNameError("instrument", name, questionnaire_names())


def read_questionnaire(path: Path) -> Questionnaire:
    """A site's own instrument, held to the same rules as the shipped ones.

    Raises
    ------
    EvidenceError
        The file cannot be read, or says what cannot be true.
    """
    from reprieve.evidence.questionnaire_reading import parse_questionnaire

    return parse_questionnaire(read_text(path), path.name)


def plain(name: str) -> str:
    """A name without capitals, spaces and signs."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"hdrs17": ("hamd17", "hrsd17"), "qids_sr16": ("qidssr", "qids")}
)


@cache
def _load(stem: str) -> Questionnaire:
    return read_questionnaire(HOME / "instruments" / f"{stem}.toml")
