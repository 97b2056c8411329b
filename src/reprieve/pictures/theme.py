"""Colours: one palette for light and one for dark paper.

Six series colours keep apart under protanopia, deuteranopia and tritanopia, and stand at least
3:1 against their paper (WCAG 2.2, 1.4.11); `tests/test_pictures.py` measures both. The light
colours are also written into every mark, so that a picture without its style sheet, or in a PDF
engine that knows no variables, still looks right.
"""

SERIES = 6
LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b2129",
    "muted": "#566070",
    "grid": "#e3e7ec",
    "frame": "#8a94a3",
    "span": "#eef1f5",
    "good": "#0a7362",
    "warn": "#8a5a00",
    "bad": "#b3261e",
    "1": "#174fc0",
    "2": "#cf6a10",
    "3": "#0a7362",
    "4": "#93278f",
    "5": "#5f4600",
    "6": "#2593e6",
}
DARK = {
    "paper": "#14181d",
    "ink": "#e8ecf1",
    "muted": "#a8b2bf",
    "grid": "#2b323b",
    "frame": "#6b7686",
    "span": "#1e252d",
    "good": "#3fdca0",
    "warn": "#f7d34a",
    "bad": "#ff8a80",
    "1": "#6f95f5",
    "2": "#f2683f",
    "3": "#3fdca0",
    "4": "#cc7bad",
    "5": "#f7d34a",
    "6": "#b5d7ff",
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def css() -> str:
    """The style sheet of every picture: dark by preference, or by a class on an ancestor.

    `rp-dark` and `rp-light` on any element above the picture force one palette; Material's
    `data-md-color-scheme` is understood too. Paper is always light in print.
    """
    dark, light = _variables(DARK), _variables(LIGHT)
    return "\n".join(
        [
            f":root,.rp-light,[data-md-color-scheme=default]{{{light}}}",
            f"@media (prefers-color-scheme:dark){{:root:not(.rp-light){{{dark}}}}}",
            f"@media screen{{.rp-dark,[data-md-color-scheme=slate]{{{dark}}}}}",
            f"@media print{{:root,.rp-dark{{{light}}}}}",
            *_rules(),
        ]
    )


def _variables(palette: dict[str, str]) -> str:
    return ";".join(f"--rp-{name}:{value}" for name, value in palette.items())


def _rules() -> list[str]:
    rules = [".rp-figure{max-width:100%;height:auto}"]
    for name in LIGHT:
        rules.append(f".rp-f-{name}{{fill:var(--rp-{name})}}")
        rules.append(f".rp-s-{name}{{stroke:var(--rp-{name})}}")
    return rules


def fill(name: str) -> str:
    """Attributes that fill a mark with a named colour."""
    return f'class="rp-f-{name}" fill="{LIGHT[name]}"'


def stroke(name: str) -> str:
    """Attributes that draw a mark's outline in a named colour."""
    return f'class="rp-s-{name}" fill="none" stroke="{LIGHT[name]}"'


def both(name: str) -> str:
    """Attributes that fill and outline a mark in one named colour."""
    return f'class="rp-f-{name} rp-s-{name}" fill="{LIGHT[name]}" stroke="{LIGHT[name]}"'


def hollow(name: str) -> str:
    """Attributes of a mark outlined in a named colour and filled with paper."""
    return f'class="rp-f-paper rp-s-{name}" fill="{LIGHT["paper"]}" stroke="{LIGHT[name]}"'
