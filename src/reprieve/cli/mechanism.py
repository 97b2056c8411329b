"""`reprieve mechanism`: from receptor to mood, step by step, for one dose."""

from pathlib import Path

import click

from reprieve.cli.options import OutFile
from reprieve.errors import InputError


@click.command()
@click.argument("regimen")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--html", "form", flag_value="html", help="Print a self-contained page.")
@click.option("--svg", "form", flag_value="svg", help="Print the picture alone.")
@click.option("--out", type=OutFile(), help="Write .html, .svg or JSON here.")
@click.option("--strict", is_flag=True, help="Refuse a regimen that leaves words out.")
def command(regimen: str, form: str | None, out: str | None, strict: bool) -> None:
    """Follow the first dose of REGIMEN from receptor to mood.

    Each step says whether it was measured in people, inferred or assumed.

        reprieve mechanism "ketamine 0.5 mg/kg IV over 40 min"
    """
    from reprieve.engine.dosing.regimen import parse
    from reprieve.engine.mechanism.chain import mechanism
    from reprieve.report import mechanism as report

    found = mechanism(parse(regimen, strict=strict))
    writers = {"json": report.text, "html": report.html, "svg": report.svg}
    if out is not None:
        path = Path(out)
        ending = {".html": "html", ".htm": "html", ".svg": "svg"}.get(path.suffix, "json")
        _write(path, writers[form or ending](found))
        click.echo(f"Wrote {out}.", err=True)
    elif form is not None:
        click.echo(writers[form](found), nl=form != "svg")
    else:
        from reprieve.report.mechanism_terminal import show

        show(found)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}. Give another --out.") from None
