"""Tables of the shipped evidence, one page a kind, made from the files at every build."""

from collections.abc import Iterable
from typing import Any

from mkdocs.structure.files import File, Files

from reprieve import evidence
from reprieve.evidence import Observation, Outcome
from reprieve.pictures.scale import compact

KINDS = {
    "studies": ("Trials", "Efficacy: response, remission, relapse, effect sizes, scores."),
    "kinetics": ("Kinetics", "Concentrations, bioavailability, clearance, peaks."),
    "effects": ("Effects", "Blood pressure, dissociation, sedation, adverse events, mechanism."),
    "course": ("Course", "What happens over weeks and months of treatment."),
}
HEADS = ("Row", "Arm", "What", "Value", "Spread", "When", "n", "Place in the paper", "Status")


def on_config(config: Any, **_: object) -> Any:
    for entry in config.nav:
        if "Evidence" in entry:
            entry["Evidence"] += [{title: _address(kind)} for kind, (title, _) in KINDS.items()]
            entry["Evidence"].append({"References": "evidence/references.md"})
    return config


def on_files(files: Files, *, config: Any) -> Files:
    for kind in KINDS:
        files.append(File.generated(config, _address(kind), content=_page(kind)))
    files.append(File.generated(config, "evidence/references.md", content=_references()))
    return files


def _address(kind: str) -> str:
    return f"evidence/{kind}.md"


def _page(kind: str) -> str:
    title, about = KINDS[kind]
    rows = evidence.observations(kind)
    papers: dict[str, list[Observation]] = {}
    for row in rows:
        papers.setdefault(row.reference, []).append(row)
    parts = [
        f"# {title}",
        f"{about} {len(rows)} numbers from {len(papers)} sources, made from "
        f"`reprieve.evidence` when this site was built. "
        "The same rows: `reprieve evidence list`, `reprieve evidence show KEY`.",
    ]
    for key, found in papers.items():
        study = found[0].study
        parts += [f"## {_plain(study.title or key)} {{ #{key} }}", _source(key)]
        if study.population.text:
            parts.append(_plain(study.population.text))
        parts.append(_table(HEADS, (_cells(row) for row in found)))
    return "\n\n".join(parts) + "\n"


def _source(key: str) -> str:
    reference = evidence.bibliography().get(key)
    if reference is None:
        return f"`{key}`"
    link = f" [{reference.doi or 'source'}]({reference.url})" if reference.url else ""
    return f"`{key}`{link}"


def _cells(row: Observation) -> tuple[str, ...]:
    o = row.outcome
    return (
        o.id,
        row.arm.name if row.arm else " against ".join(o.contrast or ()),
        " ".join(filter(None, [o.kind.replace("_", " "), o.what])),
        _value(o),
        _spread(o),
        _quantity(o.time, o.time_unit) if o.time is not None else "",
        "" if row.n is None else str(row.n),
        o.place,
        o.status,
    )


def _value(o: Outcome) -> str:
    if o.value is None and o.range is not None:
        return f"{compact(o.range[0])} to {compact(o.range[1])} {o.unit}".strip()
    return _quantity(o.value, o.unit)


def _spread(o: Outcome) -> str:
    if o.interval is not None:
        return f"{compact(o.interval[0])} to {compact(o.interval[1])} {o.spread_kind}".strip()
    if isinstance(o.spread, float):
        return f"{compact(o.spread)} {o.spread_kind}".strip()
    return o.spread_text


def _quantity(value: Any, unit: str) -> str:
    if value is None:
        return ""
    text = compact(value) if isinstance(value, (int, float)) else str(value)
    return f"{text} {unit}".strip()


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [list(heads), *(list(r) for r in rows)]
    body = ["| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines]
    body.insert(1, "|" + "---|" * len(lines[0]))
    return "\n".join(body)


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    for sign in "|*_[]`":
        safe = safe.replace(sign, f"\\{sign}")
    return safe


def _references() -> str:
    lines = ["# References", f"{len(evidence.bibliography())} sources, by key.", ""]
    for key, reference in sorted(evidence.bibliography().items()):
        link = f" [source]({reference.url})" if reference.url else ""
        lines.append(f"- `{key}`: {_plain(str(reference))}{link}")
    return "\n".join(lines) + "\n"
