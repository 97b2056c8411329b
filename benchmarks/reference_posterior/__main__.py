"""Compare, or sample the reference anew: `python -m benchmarks.reference_posterior`.

`--sample [NAME ...]` runs the sampler (minutes a case; needs the extra "reference");
`--draw` draws parameter sets and cases anew first; `--check` shows that both mood models agree
and that NumPyro's own sampler leaves the answers where they are; `--no-write` keeps the page.
"""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.reference_posterior import cases, members, page, reference
from benchmarks.reference_posterior.compare import Difference, compare

PAGE = Path(__file__).parents[2] / "docs" / "forecast-reference.md"


def main(arguments: list[str]) -> None:
    """Every case: sample when asked, compare, print, write the page."""
    console, names = Console(width=110), [a for a in arguments if not a.startswith("-")]
    if "--draw" in arguments:
        members.draw()
        cases.draw(members.stored())
    ensemble = members.stored()
    chosen = [c for c in cases.stored() if not names or c.id in names]
    if "--sample" in arguments:
        for case in chosen:
            console.print(f"{case.id}: sampling")
            reference.write(reference.sample(case, ensemble))
    if "--check" in arguments:
        from benchmarks.reference_posterior import check

        for case in chosen:
            console.print(f"{case.id}: {check.courses(case, ensemble)}")
        for name in check.STATIONARY:
            console.print(f"{name}: {check.stationary(name, ensemble)}")
        return
    rows = []
    for case in chosen:
        stored = reference.read(case.id)
        found = compare(case, stored, ensemble)
        rows.append((case, stored, found))
        console.print(_table(case.id, found))
    if not names and "--no-write" not in arguments:
        PAGE.write_text(page.markdown(rows))
        console.print(f"Written: {PAGE.relative_to(PAGE.parents[1])}")
    if any(d.apart for _, _, found in rows for d in found):
        sys.exit(1)


def _table(title: str, found: list[Difference]) -> Table:
    table = Table(title=title, title_justify="left")
    for k, head in enumerate(("quantity", "reference", "±", "Reprieve", "±", "of allowed")):
        table.add_column(head, justify="right" if k else "left")
    for d in found:
        style = "bold red" if d.apart else ""
        numbers = (d.reference, d.reference_error, d.fast, d.fast_sd)
        table.add_row(d.name, *(f"{x:.3f}" for x in numbers), f"{d.units:+.2f}", style=style)
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
