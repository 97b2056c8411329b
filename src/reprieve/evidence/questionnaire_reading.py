"""Reading an instrument file: every key known, every total reachable, every name resolved."""

from collections.abc import Sequence
from typing import Any, cast, get_args

from reprieve.evidence.figures import (
    figure,
    known,
    optional_figure,
    read_bands,
    references,
)
from reprieve.evidence.questionnaire_items import item_keys, loinc, read_items
from reprieve.evidence.questionnaires import (
    Better,
    Domain,
    FlagLevel,
    FlagRule,
    Item,
    Level,
    Licence,
    Method,
    Missing,
    MissingRule,
    Questionnaire,
    Rater,
    Response,
    Scoring,
    Subscale,
    Wording,
)
from reprieve.evidence.schema import STATUSES, Table, parse_toml

FORECAST_KEYS = ("measurement_sd", "crosswalk")


def parse_questionnaire(text: str, where: str) -> Questionnaire:
    """An instrument from TOML text, refused where it cannot be true."""
    table = Table(parse_toml(text, where), where)
    found = take_questionnaire(table)
    for key in FORECAST_KEYS:  # read and checked by reprieve.evidence.scales
        table.take(key)
    table.done()
    return found


def take_questionnaire(table: Table) -> Questionnaire:
    """Everything but the forecast's own tables out of the table of one file."""
    items = read_items(table)
    scoring = _scoring(table, items)
    low, high = _range(table, scoring, items)
    return Questionnaire(
        name=table.text("name"),
        title=table.text("title"),
        rater=cast(Rater, table.choice("rater", get_args(Rater))),
        minutes=table.number("minutes", low=0, high=120),
        recall=table.text("recall"),
        question=table.text("question", ""),
        low=low,
        high=high,
        better=cast(Better, table.choice("better", get_args(Better), "low" if high else "neither")),
        items=items,
        scoring=scoring,
        missing=_missing(table, scoring, items),
        subscales=tuple(_subscale(entry, items) for entry in table.subs("subscale")),
        bands=read_bands(table, low, high),
        banding=known(table.sub("banding")) if table.has("banding") else None,
        response=_response(table, low, high),
        remission=optional_figure(table, "remission", low, high),
        remission_other=tuple(figure(t, low, high) for t in table.subs("remission_other")),
        relapse=optional_figure(table, "relapse", low, high),
        reliable_change=optional_figure(table, "reliable_change", 0, high - low),
        positive=optional_figure(table, "positive", low, high),
        flags=tuple(_flag(entry, items, low, high) for entry in table.subs("flag")),
        licence=_licence(table, items),
        loinc=loinc(table, table.text("loinc", "")),
        loinc_total=loinc(table, table.text("loinc_total", "")),
        note=table.text("note", ""),
        references=references(table, "references"),
    )


def _scoring(parent: Table, items: tuple[Item, ...]) -> Scoring:
    table = parent.sub("scoring")
    method = cast(Method, table.choice("method", get_args(Method)))
    domains = tuple(_domain(entry, items) for entry in table.subs("domain"))
    levels = tuple(_level(entry, items) for entry in table.subs("level"))
    if bool(domains) != (method == "max_of_domains"):
        table.refuse("belongs to the method max_of_domains, which needs it", "domain")
    if bool(levels) != (method == "levels"):
        table.refuse("belongs to the method levels, which needs it", "level")
    if method == "none" and any(i.reverse for i in items):
        table.refuse("is none, so that no item can be reversed", "method")
    counted = [key for domain in domains for key in domain.items]
    if domains and sorted(counted) != sorted(i.key for i in items if i.scored):
        table.refuse("must hold every scored item once", "domain")
    return Scoring(method, known(table), domains, levels)


def _domain(table: Table, items: tuple[Item, ...]) -> Domain:
    found = Domain(table.text("name"), item_keys(table, "items", items))
    table.done()
    return found


def _level(table: Table, items: tuple[Item, ...]) -> Level:
    value = table.integer("value", low=1) or table.refuse("is missing; add it", "value")
    found = Level(value, table.text("name"), item_keys(table, "any", items))
    table.done()
    return found


def _range(table: Table, scoring: Scoring, items: tuple[Item, ...]) -> tuple[float, float]:
    """The range of the total; the file states it, the items must agree."""
    stated = table.interval("range")
    reached = reachable(scoring, items)
    if reached is None:
        if stated is not None:
            table.refuse("has no place where nothing is summed", "range")
        return 0.0, 0.0
    low, high = stated or table.refuse("is missing; add it", "range")
    if (low, high) != reached:
        table.refuse(
            f"is {low:g} to {high:g}, but the items reach {reached[0]:g} to {reached[1]:g}",
            "range",
        )
    return low, high


def reachable(scoring: Scoring, items: Sequence[Item]) -> tuple[float, float] | None:
    """Lowest and highest total that the answers can give; None without a total."""
    scored = [item for item in items if item.scored]
    if scoring.method == "none":
        return None
    if scoring.method == "levels":
        return 0, max(level.value for level in scoring.levels)
    if scoring.method == "mean":
        return min(i.low for i in scored), max(i.high for i in scored)
    if scoring.method == "sum":
        return sum(i.low for i in scored), sum(i.high for i in scored)
    found = {item.key: item for item in scored}
    grouped = [[found[key] for key in domain.items] for domain in scoring.domains]
    return (
        sum(max(i.low for i in group) for group in grouped),
        sum(max(i.high for i in group) for group in grouped),
    )


def _missing(parent: Table, scoring: Scoring, items: tuple[Item, ...]) -> Missing:
    table = parent.sub("missing")
    rule = cast(MissingRule, table.choice("rule", get_args(MissingRule)))
    fitting = {
        "max_of_domains": ("one_per_domain",), "levels": ("refuse",), "none": ("keep",),
    }.get(scoring.method, ("prorate", "refuse"))  # fmt: skip
    if rule not in fitting:
        table.refuse(f"is {rule}; with {scoring.method} it is {' or '.join(fitting)}", "rule")
    most = table.integer("most", low=1)
    if (most is not None) != (rule == "prorate"):
        table.refuse("belongs to the rule prorate, which needs it", "most")
    if most is not None and most >= len([i for i in items if i.scored]):
        table.refuse(f"is {most}; some items must be answered", "most")
    never = item_keys(table, "never", items, may_be_empty=True)
    return Missing(rule, most or 0, never, known(table))


def _subscale(table: Table, items: tuple[Item, ...]) -> Subscale:
    keys = item_keys(table, "items", items)
    found = Subscale(
        table.text("key"),
        table.text("name"),
        keys,
        table.integer("endorsed_from"),
        table.integer("needed") or 0,
    )
    if (found.endorsed_from is None) != (found.needed == 0) or found.needed > len(keys):
        table.refuse("goes with endorsed_from and is at most the number of items", "needed")
    table.done()
    return found


def _response(parent: Table, low: float, high: float) -> Response | None:
    if not parent.has("response"):
        return None
    table = parent.sub("response")
    rule = table.choice("rule", ("fall", "score"), "fall")
    bounds = (0.0, 1.0) if rule == "fall" else (low, high)
    return Response(figure(table, *bounds), cast(Any, rule))


def _flag(table: Table, items: tuple[Item, ...], low: float, high: float) -> FlagRule:
    keys = item_keys(table, "items", items, may_be_empty=True)
    at_least = table.number("at_least")
    tops = [float(item.high) for item in items if item.key in keys] or [high]
    bottoms = [float(item.low) for item in items if item.key in keys] or [low]
    if at_least != int(at_least) or not max(bottoms) < at_least <= min(tops):
        table.refuse("must be a whole number that some answers reach and some do not", "at_least")
    key, title = table.text("key"), table.text("title")
    level = cast(FlagLevel, table.choice("level", get_args(FlagLevel)))
    return FlagRule(key, title, level, keys, int(at_least), known(table))


def _licence(table: Table, items: tuple[Item, ...]) -> Licence:
    found = Licence(
        table.text("licence"),
        table.choice("licence_status", STATUSES),
        cast(Wording, table.choice("wording", get_args(Wording))),
        table.text("attestation", ""),
        table.text("notice", ""),
    )
    if bool(found.attestation) != (found.wording == "attest"):
        table.refuse(
            "belongs to wording that needs a licence, and there it is needed", "attestation"
        )
    if found.wording == "none" and any(item.text for item in items):
        table.refuse("has no place where no wording may be shown", "text")
    return found
