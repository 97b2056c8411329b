"""`reprieve mechanism`: from receptor to mood, step by step, for one dose."""

from pathlib import Path

import click

from reprieve.cli.options import OutFile
from reprieve.errors import InputError

ENDINGS = {".html": "html", ".htm": "html", ".svg": "svg", ".json": "json"}


@click.command()
@click.argument("regimen")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--html", is_flag=True, help="Print a self-contained page.")
@click.option("--svg", is_flag=True, help="Print the picture alone.")
@click.option("--out", type=OutFile(), help="Write .html, .svg or .json here.")
@click.option("--strict", is_flag=True, help="Refuse a regimen that leaves words out.")
def command(
    regimen: str, as_json: bool, html: bool, svg: bool, out: str | None, strict: bool
) -> None:
    """Follow the first dose of REGIMEN from receptor to mood.

    Each step says whether it was measured in people, inferred or assumed.

        reprieve mechanism "ketamine 0.5 mg/kg IV over 40 min"
    """
    from reprieve.engine.dosing.regimen import parse
    from reprieve.engine.mechanism.chain import mechanism
    from reprieve.report import mechanism as report

    form = _form(as_json, html, svg, out)
    found = mechanism(parse(regimen, strict=strict))
    writers = {"json": report.text, "html": report.html, "svg": report.svg}
    if out is not None:
        assert form is not None
        _write(Path(out), writers[form](found))
        click.echo(f"Wrote {out}.", err=True)
    elif form is not None:
        click.echo(writers[form](found), nl=form != "svg")
    else:
        from reprieve.report.mechanism_terminal import show

        show(found)


def _form(as_json: bool, html: bool, svg: bool, out: str | None) -> str | None:
    """What to write, by the one flag that is given or by the file's ending."""
    asked = [k for k, on in (("json", as_json), ("html", html), ("svg", svg)) if on]
    if len(asked) > 1:
        raise InputError(f"--{' and --'.join(asked)} exclude each other; give one of them.")
    if out is None:
        return asked[0] if asked else None
    suffix = Path(out).suffix.lower()
    ending = ENDINGS.get(suffix)
    if ending is None:
        raise InputError(f"--out {out} ends in none of {', '.join(ENDINGS)}; give one of them.")
    if asked and asked[0] != ending:
        raise InputError(f"--{asked[0]} and --out {out} do not agree; leave --{asked[0]} out.")
    return ending


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}. Give another --out.") from None
