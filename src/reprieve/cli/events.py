"""`reprieve events`: the field's event tables, checked, written and predicted."""

import csv
import io
import json
from typing import Any

import click

from reprieve.cli.options import SEED, OutFile


@click.group()
def command() -> None:
    """NONMEM-style event tables, in and out.

    Columns: ID TIME AMT RATE DUR II ADDL SS EVID CMT DV MDV ALAG F and covariates (WT, AGE, SEX,
    DRUG 1 racemic ketamine, 2 esketamine); hours and mg.
    """


@command.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(file: str, as_json: bool) -> None:
    """Read FILE, check every row, and say what it holds."""
    from reprieve.engine.events.models import people_of
    from reprieve.engine.events.prediction import counts_both, refuse_impossible
    from reprieve.engine.events.reading import read

    table = read(file)
    people_of(table)
    refuse_impossible(table, counts_both(table) is not False)
    doses = [e for e in table.events if e.is_dose]
    summary: dict[str, Any] = {
        "file": file,
        "people": len(table.ids),
        "rows": len(table.events),
        "doses": sum(1 + e.addl for e in doses),
        "infusions": sum(1 + e.addl for e in doses if e.input()[1] > 0),
        "steady_state_doses": sum(e.ss > 0 for e in doses),
        "resets": sum(e.resets for e in table.events),
        "observations": sum(e.evid == 0 and e.dv is not None and not e.mdv for e in table.events),
        "mg": sum(e.amt * (1 + e.addl) for e in doses),
        "last_time_h": max(e.time_h for e in table.events),
        "covariates": list(table.covariates),
    }
    if as_json:
        click.echo(json.dumps(summary, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=f"{file}: every row can be used", show_header=False)
    for name, value in list(summary.items())[1:]:
        text = ", ".join(value) if isinstance(value, list) else f"{value:,g}"
        shown.add_row(name.replace("_", " "), text or "none")
    Console().print(shown)


@command.command("from")
@click.argument("regimen")
@click.option("--weight", type=float, default=70.0, show_default=True, help="Body weight, kg.")
@click.option("--age", type=float, default=45.0, show_default=True, help="Age, years.")
@click.option("--model", help="Write what enters each compartment of this kinetic model.")
@click.option("--times", help="Sampling times in h, such as 0.5,1,2,4.")
@click.option("--strict", is_flag=True, help="Refuse a regimen that leaves something out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--out", type=OutFile(), help="CSV file to write; the terminal if left out.")
def from_(
    regimen: str,
    weight: float,
    age: float,
    model: str | None,
    times: str | None,
    strict: bool,
    as_json: bool,
    out: str | None,
) -> None:
    """Write REGIMEN as an event table for one person.

    Without --model AMT is what is given. With --model it is what enters each of the model's
    compartments, bioavailability worked out, in mg of S-ketamine.
    """
    from reprieve.engine.dosing.doses import Regimen
    from reprieve.engine.events.models import inputs_table, one_person
    from reprieve.engine.events.table import from_regimen

    parsed = Regimen.parse(regimen, strict=strict)
    for sentence in parsed.assumptions:
        click.echo(f"note: {sentence}", err=True)
    people = one_person(weight, age)
    samples = _hours(times)
    if model is None:
        if any(d.route != "iv" for d in parsed.doses):
            click.echo(
                "note: AMT is what is given, before absorption; --model writes what enters each "
                "compartment.",
                err=True,
            )
        table = from_regimen(parsed, people, samples, cmt="1")
    else:
        table = inputs_table(parsed, people, model, samples)
    _put(table.rows(), as_json, out)


@command.command()
@click.argument("file")
@click.option(
    "--model", default="otto_2021_s_ketamine", show_default=True, help="A kinetic model file."
)
@click.option("--racemic", is_flag=True, help="AMT and PRED count S- and R-ketamine together.")
@click.option(
    "--unit",
    type=click.Choice(["mg/L", "ng/mL"]),
    default="ng/mL",
    show_default=True,
    help="Unit of PRED.",
)
@click.option("--seed", type=SEED, help="Draw people who differ; typical people if left out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--out", type=OutFile(), help="CSV file to write; the terminal if left out.")
def predict(
    file: str,
    model: str,
    racemic: bool,
    unit: str,
    seed: int | None,
    as_json: bool,
    out: str | None,
) -> None:
    """Add a PRED column to FILE: the model's concentration at every row with EVID 0 or 2."""
    import numpy as np

    from reprieve.engine.events.prediction import counts_both
    from reprieve.engine.events.prediction import predict as predicted
    from reprieve.engine.events.reading import raw_rows, read
    from reprieve.errors import InputError

    if seed is not None and seed < 0:
        raise InputError(f"The seed was {seed}; expected 0 or more.")
    table = read(file)
    rng = None if seed is None else np.random.default_rng(seed)
    scale = 1000.0 if unit == "ng/mL" else 1.0
    recorded = counts_both(table)
    if racemic and recorded is False:
        raise InputError("--racemic was given, and column DRUG says esketamine; drop one of them.")
    both = racemic or bool(recorded)
    values = {k: scale * c for k, c in predicted(table, model, rng, both).items()}
    what = "racemic ketamine, both enantiomers" if both else "S-ketamine"
    hint = "" if both or recorded is False else "; --racemic or a column DRUG (1) says otherwise"
    click.echo(f"note: model {model}; AMT and PRED count {what}{hint}.", err=True)
    _put(_with_predictions(raw_rows(file), values), as_json, out)


def _with_predictions(rows: list[list[str]], values: dict[int, float]) -> list[list[str]]:
    """The user's own columns as they came, an earlier PRED replaced by this one at the end."""
    keep = [k for k, name in enumerate(rows[0]) if name.upper() != "PRED"]
    made = [[*(rows[0][k] for k in keep), "PRED"]]
    for place, row in enumerate(rows[1:]):
        value = repr(float(values[place])) if place in values else "."
        made.append([*(row[k] for k in keep), value])
    return made


def _hours(text: str | None) -> list[float]:
    from math import isfinite

    from reprieve.errors import InputError

    found: list[float] = []
    for part in (text or "").split(","):
        if not part.strip():
            continue
        try:
            found.append(float(part))
        except ValueError:
            found.append(float("nan"))
        if not isfinite(found[-1]) or found[-1] < 0:
            raise InputError(f"'{part.strip()}' is no sampling time; expected hours from 0.")
    return found


def _put(rows: list[list[str]], as_json: bool, out: str | None) -> None:
    from reprieve.errors import InputError

    text = io.StringIO()
    if as_json:
        records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
        json.dump([{k: _value(v) for k, v in r.items()} for r in records], text, indent=2)
        text.write("\n")
    else:
        csv.writer(text, lineterminator="\n").writerows(rows)
    if out is None:
        click.echo(text.getvalue(), nl=False)
        return
    try:
        with open(out, "w", encoding="utf-8") as file:
            file.write(text.getvalue())
    except OSError as error:
        raise InputError(f"Cannot write '{out}': {error.strerror}.") from error
    click.echo(f"wrote {len(rows) - 1} rows to {out}", err=True)


def _value(cell: str) -> float | str | None:
    if cell == ".":
        return None
    try:
        return float(cell)
    except ValueError:
        return cell
