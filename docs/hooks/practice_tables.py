"""Tables of rating scales, protocols and interactions, made from the files at every build."""

from collections.abc import Callable, Iterable
from typing import Any

from mkdocs.structure.files import File, Files

from reprieve import evidence
from reprieve.evidence.practice import (
    GROUPS,
    DoseRange,
    Protocol,
    Screen,
    Symptom,
    Threshold,
    Workup,
)
from reprieve.evidence.scales import Figure, Instrument

RULES = {"above": ">", "below": "<", "at_least": "≥", "at_most": "≤", "is": ""}


def on_config(config: Any, **_: object) -> Any:
    for entry in config.nav:
        if "Evidence" in entry:
            entry["Evidence"] += [{title: _address(title)} for title in PAGES]
    return config


def on_files(files: Files, *, config: Any) -> Files:
    for title, page in PAGES.items():
        files.append(File.generated(config, _address(title), content=page()))
    return files


def _address(title: str) -> str:
    return f"evidence/{title.lower().replace(' ', '-')}.md"


def _instruments() -> str:
    parts = [
        "# Rating scales",
        "Ranges, cut-offs and crosswalks from `evidence/instruments/`. A trial file states its "
        "own cut-offs where it differs. Scales whose wording is restricted are used for scores "
        "only. A LOINC code is given only where it was read at its source.",
    ]
    for name in evidence.instrument_names():
        parts += _instrument(evidence.instrument(name))
    return "\n\n".join(parts) + "\n"


def _instrument(scale: Instrument) -> list[str]:
    bands = ", ".join(f"{b.name} {b.low:g}–{b.high:g}" for b in scale.bands)
    wording = "scores only" if scale.wording_restricted else "wording may be shown"
    facts = [
        f"{scale.items} items, {scale.low:g} to {scale.high:g}, {scale.rater}-rated.",
        f"Bands: {bands}." if bands else "",
        f"Licence ({wording}; {scale.licence_status}): {scale.licence}",
        _loinc(scale),
    ]
    rows = [
        _figure("response, fall from baseline", scale.response),
        _figure("remission at or below", scale.remission),
        *(_figure("remission elsewhere", other) for other in scale.remission_other),
        _figure("relapse at or above", scale.relapse),
        _figure("reliable change, points", scale.reliable_change),
        _figure("error of one rating, SD", scale.measurement_sd),
    ]
    parts = [f"## {scale.title}", _plain(" ".join(filter(None, facts)))]
    parts.append(_table(("Figure", "Value", "Status", "Source", "Note"), rows))
    if scale.crosswalk is not None and scale.name != "MADRS":
        walk = scale.crosswalk
        pairs = zip(walk.score, walk.madrs, strict=True)
        parts.append(_table((scale.name, "MADRS"), [(f"{a:g}", f"{b:g}") for a, b in pairs]))
        parts.append(
            f"Straight lines between the points; {walk.status}, from "
            f"{_plain(', '.join(walk.source))}. One person scatters by {walk.error_sd:g} MADRS "
            f"points (SD). {_plain(walk.note)}"
        )
    return parts


def _loinc(scale: Instrument) -> str:
    codes = ", ".join(f"{item} {code}" for item, code in scale.loinc_items.items())
    return f"LOINC codes of items: {codes}." if codes else ""


def _figure(name: str, figure: Figure) -> tuple[str, ...]:
    return name, f"{figure.value:g}", figure.status, figure.source, figure.note


def _protocols() -> str:
    parts = [
        "# Protocols",
        "How a drug is given by a route, from `evidence/protocols/`. Every threshold says whose "
        "word it is (label, guideline, clinic or assumed) and how well the number is known. "
        "They inform a prescriber, who sets them; the software orders nothing. Racemic ketamine "
        "for depression is off-label.",
    ]
    general = evidence.protocol("general")
    for name in ("general", *(n for n in evidence.protocol_names() if n != "general")):
        parts += _protocol(evidence.protocol(name), None if name == "general" else general)
    return "\n\n".join(parts) + "\n"


def _protocol(protocol: Protocol, base: Protocol | None) -> list[str]:
    phases = "; ".join(
        f"{p.name} {p.per_week:g} a week" + (f" for {p.weeks:g} weeks" if p.weeks else "")
        for p in protocol.phases
        if p.per_week
    )
    parts = [
        f"## {protocol.title}",
        f"`{protocol.name}` version {protocol.version}, {protocol.use}.",
    ]
    if protocol.note:
        parts.append(_plain(protocol.note))
    if phases:
        parts.append(f"Course: {_plain(phases)}.")
    heads = ("Unit", "Default", "Usual", "Refused above", "Standing", "Status", "Source", "Note")
    parts.append(_table(heads, [_dose(dose) for dose in protocol.doses]))
    rows = [
        (f"{group}: {key.replace('_', ' ')}", *_threshold(found))
        for group in GROUPS
        for key, found in protocol.thresholds(group).items()
        if base is None or base.thresholds(group).get(key) != found
    ]
    if rows:
        heads = ("Threshold", "Value", "Standing", "Status", "Source", "Note")
        parts.append(_table(heads, rows))
    parts += _entries(protocol, base)
    if base is not None:
        parts.append("Everything else as in the general protocol.")
    return parts


def _entries(protocol: Protocol, base: Protocol | None) -> list[str]:
    """A table of each kind of entry that the base does not have in the same words."""
    parts = []
    for field, (head, said) in ENTRIES.items():
        own = [e for e in getattr(protocol, field) if e not in (getattr(base, field, ()) or ())]
        rows = [(said(e), e.standing, e.status, e.source, e.note) for e in own]
        if rows:
            parts.append(_table((head, "Standing", "Status", "Source", "Note"), rows))
    return parts


def _kind(screen: Screen) -> str:
    return "contraindication" if screen.kind == "hard" else screen.kind


def _symptom(symptom: Symptom) -> str:
    marks = [word for word in ("alarm", "stops") if getattr(symptom, word)]
    return symptom.label + (f" ({', '.join(marks)})" if marks else "")


def _workup(workup: Workup) -> str:
    days = "" if workup.valid_days is None else f", counts for {workup.valid_days:g} days"
    return f"{workup.title}: {workup.indicated}{days}"


def _dose(dose: DoseRange) -> tuple[str, ...]:
    default = "" if dose.default is None else f"{dose.default:g}"
    usual = f"{dose.usual[0]:g}–{dose.usual[1]:g}"
    known = (dose.standing, dose.status, dose.source, dose.note)
    return dose.unit, default, usual, f"{dose.refuse_above:g}", *known


def _threshold(found: Threshold) -> tuple[str, ...]:
    value = f"{RULES[found.rule]} {found.value:g} {found.unit}".strip()
    return value, found.standing, found.status, found.source, found.note


def _interactions() -> str:
    kinetic, effects = [], []
    for name in evidence.interaction_names():
        found = evidence.interaction(name)
        for route, parts in found.get("kinetics", {}).items():
            for part, entry in parts.items():
                kinetic.append((found["title"], route, part, f"{entry['value']:g}", *_known(entry)))
        for entry in found.get("effect", ()):
            change = (entry["on"], entry["direction"], _flag(entry))
            effects.append((found["title"], *change, *_known(entry), entry.get("reported", "")))
    heads = ("Medicine", "Route", "On", "Times", "Status", "Source", "Note")
    changes = ("Medicine", "On", "Effect", "Flag", "Status", "Source", "Note", "Reported")
    parts = [
        "# Interactions",
        "Medicines that change exposure, benefit or risk, from `evidence/interactions/`.",
        "## Exposure",
        "Multipliers: `hepatic` on the liver's intrinsic clearance of ketamine, `gut` on "
        "availability past the gut wall, `norketamine` on its clearance. A route of its own "
        "replaces `any`.",
        _table(heads, kinetic),
        "## Benefit and risk",
        _table(changes, effects),
    ]
    return "\n\n".join(parts) + "\n"


def _flag(entry: Any) -> str:
    if "threshold" not in entry:
        return str(entry["flag"])
    return f"{entry['flag']} above {entry['threshold']:g} {entry['threshold_unit']}"


def _known(entry: Any) -> tuple[str, ...]:
    return entry["status"], ", ".join(entry.get("source", ())), entry.get("note", "")


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [tuple(heads), *rows]
    body = ["| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines]
    body.insert(1, "|" + "---|" * len(lines[0]))
    return "\n".join(body)


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    for sign in "|*_[]`":
        safe = safe.replace(sign, f"\\{sign}")
    return safe


ENTRIES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "screens": ("Asked before a course", lambda e: f"{e.question} ({_kind(e)})"),
    "workups": ("Examined before a course", _workup),
    "criteria": ("Confirmed by a person", lambda e: f"{e.text} ({e.when})"),
    "observations": ("Observed", lambda e: e.title),
    "symptoms": ("Symptoms offered", _symptom),
    "rescues": (
        "A prescriber may order",
        lambda e: f"{e.drug}, {e.route}, {e.usual}: {e.indication}",
    ),
}
PAGES: dict[str, Callable[[], str]] = {
    "Rating scales": _instruments,
    "Protocols": _protocols,
    "Interactions": _interactions,
}
