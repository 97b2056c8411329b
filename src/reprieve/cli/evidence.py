"""`reprieve evidence`: the published numbers behind every answer."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reprieve.cli.options import OutFile

if TYPE_CHECKING:
    from reprieve.evidence import Observation, Study

FOLDERS = {
    "studies": "trials and meta-analyses",
    "kinetics": "concentrations, clearances, bioavailability",
    "effects": "vital signs, dissociation, adverse events, mechanism, scales",
    "course": "maintenance, relapse, predictors",
    "models": "parameters of the models, one file a model paper",
    "designs": "trials that the engine can simulate",
    "cases": "real patients of open data",
    "instruments": "rating scales",
    "protocols": "how sessions are run",
    "interactions": "medicines that change exposure, benefit or risk",
}
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
OUT = click.option("--out", type=OutFile(), help="Write to this file.")


@click.group()
def command() -> None:
    """The published numbers behind every answer, with their sources."""


@command.command("list")
@click.argument("kind", required=False)
@JSON
@OUT
def list_(kind: str | None, as_json: bool, out: str | None) -> None:
    """List what ships: all kinds with counts, or the files of one KIND."""
    if kind is None:
        records = [_folder(name) for name in FOLDERS]
        _emit(records, as_json, out, "Evidence", {"kind": "Kind", "files": "Files", "rows": "Rows",
              "about": "What it holds"})  # fmt: skip
        return
    from reprieve.errors import UnknownNameError

    if kind not in FOLDERS:
        raise UnknownNameError("kind of evidence", kind, tuple(FOLDERS))
    columns = {"name": "Name", "rows": "Rows", "title": "Title", "statuses": "How known"}
    _emit(_files(kind), as_json, out, f"Evidence: {kind}", columns)


@command.command()
@click.argument("key")
@JSON
@OUT
@click.option("--bibtex", is_flag=True, help="Print only the BibTeX entry.")
def show(key: str, as_json: bool, out: str | None, bibtex: bool) -> None:
    """Show one paper (KEY), one row (E204), or one file such as protocols/iv_racemic."""
    from reprieve.evidence.library import KINDS, files_of

    folder, _, stem = key.rpartition("/")
    if folder and folder not in KINDS:
        _other(folder, stem, as_json, out)
        return
    from reprieve import evidence

    studies = (evidence.load(key),) if folder else files_of(key)
    rows = [row for study in studies for row in _rows_of(study)]
    if not studies:
        if key in evidence.bibliography():
            _reference_only(key, as_json, out, bibtex)
            return
        rows = [_row_or_name(key)]
    if bibtex:
        _write(evidence.cite([row.reference for row in rows], bibtex=True), out)
        return
    records = [_record(row) for row in rows]
    if len(rows) == 1 and not as_json and not out:
        _details(records[0], evidence.cite(rows[0].reference))
        return
    _emit(records, as_json, out, evidence.cite([row.reference for row in rows]), ROW_COLUMNS)


@command.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--kind", help="Search one kind only.")
@JSON
@OUT
def search(words: tuple[str, ...], kind: str | None, as_json: bool, out: str | None) -> None:
    """Find rows whose study, arm, population, outcome or note holds all the WORDS."""
    from reprieve.evidence import observations

    wanted = [word.lower() for word in words]
    found = [row for row in observations(kind) if all(w in _haystack(row) for w in wanted)]
    records = [_record(row) for row in found]
    title = f"{len(found)} rows with {' and '.join(words)}"
    _emit(records, as_json, out, title, {"study": "Study", **ROW_COLUMNS})


@command.command()
@click.argument("keys", nargs=-1)
@click.option("--bibtex", is_flag=True, help="Print BibTeX entries.")
@JSON
@OUT
def cite(keys: tuple[str, ...], bibtex: bool, as_json: bool, out: str | None) -> None:
    """Print the reference list of KEYS, or the whole bibliography."""
    from reprieve.errors import InputError
    from reprieve.evidence import bibliography, reference
    from reprieve.evidence import cite as listed

    if as_json and bibtex:
        raise InputError("--json and --bibtex exclude each other; give one of them.")
    if as_json:
        found = [(key, reference(key)) for key in keys or tuple(bibliography())]
        records = [{"key": key, "type": r.kind, **r.fields, "text": str(r)} for key, r in found]
        _write(json.dumps(records, indent=1, ensure_ascii=False), out)
        return
    _write(listed(*(keys or tuple(bibliography())), bibtex=bibtex), out)


ROW_COLUMNS = {
    "id": "Row",
    "arm": "Arm",
    "what": "What",
    "kind": "Statistic",
    "value": "Value",
    "unit": "Unit",
    "spread": "Spread",
    "time": "Time",
    "n": "n",
    "place": "Place",
    "status": "Status",
}


def _rows_of(study: "Study") -> list["Observation"]:
    from reprieve.evidence import Observation

    return [
        Observation("", study, study.arm(row.arm) if row.arm else None, row)
        for row in study.outcomes
    ]


def _row_or_name(key: str) -> "Observation":
    from reprieve.errors import UnknownNameError
    from reprieve.evidence import keys, observation
    from reprieve.evidence.references import close_names

    try:
        return observation(key)
    except UnknownNameError:
        names = close_names(key, keys())
        raise UnknownNameError("study or row of evidence", key, names) from None


def _record(row: "Observation") -> dict[str, Any]:
    o = row.outcome
    arm = o.arm or " against ".join(o.contrast or ())
    return {
        "id": o.id,
        "study": row.study.name,
        "reference": row.reference,
        "arm": arm,
        "n": row.n,
        "population": row.population,
        "what": o.what,
        "kind": o.kind,
        "value": o.value if o.range is None else list(o.range),
        "unit": o.unit,
        "spread": list(o.spread) if isinstance(o.spread, tuple) else o.spread or o.spread_text,
        "spread_kind": o.spread_kind,
        "time": None if o.time is None else f"{o.time:g} {o.time_unit}",
        "control": o.control or (row.arm.control if row.arm else ""),
        "place": o.place,
        "status": o.status,
        "seen": o.seen,
        "note": o.note,
        "doi": _doi(row.reference),
        "url": o.url or row.study.url,
    }


def _doi(key: str) -> str:
    from reprieve.evidence import bibliography

    return bibliography()[key].doi if key else ""


def _haystack(row: "Observation") -> str:
    record = _record(row)
    from reprieve.evidence import bibliography

    source = str(bibliography()[row.reference]) if row.reference else ""
    parts = (row.study.title, row.study.cited_as, source, *map(str, record.values()))
    return " ".join(parts).lower()


def _folder(kind: str) -> dict[str, Any]:
    from reprieve.evidence.library import PAPERS, case, case_names, names, observations

    if kind == "cases":
        rows = sum(len(case(name)["source"]["rows"]) for name in case_names())
        return {"kind": kind, "files": len(case_names()), "rows": rows, "about": FOLDERS[kind]}
    count = len(observations(kind)) if kind in PAPERS else None
    return {"kind": kind, "files": len(names(kind)), "rows": count, "about": FOLDERS[kind]}


def _files(kind: str) -> list[dict[str, Any]]:
    from collections import Counter

    from reprieve import evidence
    from reprieve.evidence.library import KINDS, names

    if kind == "cases":
        return [
            {"name": name, "rows": len(evidence.case(name)["source"]["rows"]),
             "title": evidence.case(name)["history"]["diagnosis"], "statuses": "verified"}
            for name in evidence.case_names()
        ]  # fmt: skip
    if kind not in KINDS:
        return [{"name": name, "rows": None, "title": _title(kind, name), "statuses": ""}
                for name in names(kind)]  # fmt: skip
    found = []
    for name in names(kind):
        study = evidence.load(f"{kind}/{name}")
        known = Counter(row.status for row in study.outcomes)
        found.append(
            {
                "name": name,
                "rows": len(study.outcomes),
                "title": study.title,
                "statuses": ", ".join(f"{count} {word}" for word, count in known.items()),
            }
        )
    return found


def _title(kind: str, name: str) -> str:
    from reprieve import evidence

    if kind == "instruments":
        return evidence.questionnaire(name).title
    if kind == "protocols":
        return evidence.protocol(name).title
    if kind == "interactions":
        return str(evidence.interaction(name)["title"])
    from reprieve.evidence.library import HOME
    from reprieve.evidence.schema import parse_toml, read_text

    table = parse_toml(read_text(HOME / kind / f"{name}.toml"), name)
    return str(table.get("title") or table.get("population") or "")


def _other(folder: str, stem: str, as_json: bool, out: str | None) -> None:
    """An instrument, protocol, interaction or case: its file as it is."""
    from reprieve.errors import UnknownNameError
    from reprieve.evidence.library import HOME, names
    from reprieve.evidence.schema import parse_toml, read_text

    if folder not in FOLDERS:
        raise UnknownNameError("kind of evidence", folder, tuple(FOLDERS))
    suffix = ".json" if folder == "cases" else ".toml"
    if stem not in names(folder, suffix):
        raise UnknownNameError(folder, stem, names(folder, suffix))
    text = read_text(HOME / folder / f"{stem}{suffix}")
    if as_json and suffix == ".toml":
        text = json.dumps(parse_toml(text, stem), indent=1)
    _write(text.rstrip(), out)


def _reference_only(key: str, as_json: bool, out: str | None, bibtex: bool) -> None:
    from reprieve.evidence import cite as listed
    from reprieve.evidence import reference

    if as_json:
        found = reference(key)
        _write(json.dumps({"key": key, "type": found.kind, **found.fields}, indent=1), out)
        return
    _write(listed(key, bibtex=bibtex), out)


def _emit(
    records: list[dict[str, Any]],
    as_json: bool,
    out: str | None,
    title: str,
    columns: dict[str, str],
) -> None:
    if as_json or out:
        _write(json.dumps(records, indent=1, ensure_ascii=False), out)
        return
    import sys

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    # without a terminal (a pipe, a file) a narrow default would cut columns off
    console = Console(width=None if sys.stdout.isatty() else 160)
    if not records:
        console.print(escape(title))
        return
    table = Table(title=escape(title), title_justify="left")
    shown = {
        key: head for key, head in columns.items() if any(r[key] not in (None, "") for r in records)
    }
    for key, head in shown.items():
        figures = key in ("value", "rows", "files", "n")
        table.add_column(
            head, justify="right" if figures else "left", no_wrap=key in ("id", "value")
        )
    for record in records:
        table.add_row(*(escape(_cell(record, key)) for key in shown))
    console.print(table)


def _cell(record: dict[str, Any], key: str) -> str:
    value = record[key]
    if value is None:
        return ""
    if isinstance(value, list):
        value = " to ".join(f"{end:g}" for end in value)
    elif isinstance(value, float):
        value = f"{value:g}"
    return f"{value} {record['spread_kind']}".strip() if key == "spread" and value else str(value)


def _details(record: dict[str, Any], source: str) -> None:
    """One row, a line for each thing known about it."""
    import textwrap

    click.echo(source)
    for key, value in record.items():
        shown = _cell(record, key)
        if value not in (None, "") and key != "spread_kind":
            lines = textwrap.wrap(shown, 86, break_long_words=False, break_on_hyphens=False)
            click.echo(f"{key:>12}  " + f"\n{'':>14}".join(lines or [""]))


def _write(text: str, out: str | None) -> None:
    if out:
        Path(out).write_text(text + "\n", encoding="utf-8")
    else:
        click.echo(text)
