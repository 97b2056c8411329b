"""Marks of the anaesthesia chart. Shape and weight carry the meaning; colour repeats it."""

from reprieve.pictures import theme
from reprieve.pictures.text import number, safe, width
from reprieve.report.anaesthesia_chart import Class, Level

# Label colours of ISO 26825 with the dark ink that the standard prints on them; the same on
# light, dark and paper, as they are on the syringe.
LABELS: dict[Class, str] = {
    "induction": "#ffd400",
    "benzodiazepine": "#ff8a1f",
    "opioid": "#84c7ec",
    "vasopressor": "#d9bdf0",
    "anticholinergic": "#9fd68a",
    "antiemetic": "#f7b7a3",
    "": "#d9dee5",
}
LABEL_INK = "#1b2129"
# monitors show saturation in cyan and breaths in yellow: a tab of that colour, since as text on
# white the cyan would be too pale
CHANNELS = {"spo2": "6", "rr": "5"}


def words(
    x: float,
    y: float,
    said: str,
    color: str = "ink",
    *,
    size: float = 13,
    anchor: str = "start",
    bold: bool = False,
) -> str:
    """Text at a place."""
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" '
        f'text-anchor="{anchor}"{weight} {theme.fill(color)}>{safe(said)}</text>'
    )


def on_label(x: float, y: float, said: str, *, size: float = 13, bold: bool = True) -> str:
    """Dark text on a drug label, in every theme."""
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}"{weight} '
        f'fill="{LABEL_INK}">{safe(said)}</text>'
    )


def path(d: str, color: str, thick: float, dash: str = "") -> str:
    """A stroke."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{d}" {theme.stroke(color)} stroke-width="{number(thick)}"{dashed}/>'


def box(x: float, y: float, w: float, h: float, paint: str, r: float = 3) -> str:
    """A rectangle with paint as attributes."""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}" '
        f'rx="{number(r)}" {paint}/>'
    )


def label_box(x: float, y: float, w: float, h: float, kind: Class) -> str:
    """A piece of a drug label."""
    return box(x, y, w, h, f'fill="{LABELS[kind]}" stroke="{LABEL_INK}" stroke-width="1"')


def pressure(x: float, high: float | None, low: float | None, levels: dict[str, Level]) -> str:
    """Systolic as a v whose tip is the value, diastolic as the same from below, tips joined."""
    parts = []
    if high is not None and low is not None:
        parts.append(path(f"M{number(x)} {number(high)}V{number(low)}", "ink", 1.2))
    for name, y, up in (("sbp", high, -1), ("dbp", low, 1)):
        if y is not None:
            tip = f"M{number(x - 6)} {number(y + 8 * up)}L{number(x)} {number(y)}"
            mark = tip + f"L{number(x + 6)} {number(y + 8 * up)}"
            parts.append(path(mark, "ink", _weight(levels[name])))
            parts.append(framed(x, y + 4 * up, 10, levels[name]))
    return "".join(parts)


def heart(x: float, y: float, level: Level) -> str:
    """Heart rate as a filled dot."""
    size = 5.5 if level != "usual" else 4.2
    dot = f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(size)}" {theme.both("3")}/>'
    return dot + framed(x, y, 10, level)


def framed(x: float, y: float, half: float, level: Level) -> str:
    """A square around what is critical, so that it stands out without its colour."""
    if level != "critical":
        return ""
    side = 2 * half
    return box(x - half, y - half, side, side, f'{theme.stroke("bad")} stroke-width="2.4"', 2)


def crossed(x: float, y: float) -> str:
    """A set that counts no longer."""
    arms = f"M{number(x - 5)} {number(y - 5)}l10 10m0 -10l-10 10"
    return path(arms, "muted", 1.4)


def figure(x: float, y: float, text: str, level: Level) -> str:
    """A number of a row: abnormal in an outline, critical in a filled box with a mark."""
    said = f"{text}!" if level == "critical" else text
    if level == "usual":
        return words(x, y, said, anchor="middle")
    wide = width(said, 13) + 6
    frame = theme.fill("bad") if level == "critical" else theme.stroke("ink")
    shape = box(x - wide / 2, y - 13.5, wide, 17.5, f'{frame} stroke-width="1.6"')
    ink = "paper" if level == "critical" else "ink"
    return shape + words(x, y, said, ink, anchor="middle", bold=True)


def beside(x: float, y: float, text: str, level: Level, *, left: bool = False) -> str:
    """The number beside a mark that is abnormal or critical, on a piece of paper of its own."""
    said, color = (f"{text}!", "bad") if level == "critical" else (text, "ink")
    wide = width(said, 12) * 1.08 + 2
    paper = box(x - wide + 1 if left else x - 1, y - 10.5, wide, 13, theme.fill("paper"), 2)
    anchor = "end" if left else "start"
    return paper + words(x, y, said, color, size=12, bold=True, anchor=anchor)


def numbered(x: float, y: float, n: int, grave: bool) -> str:
    """An event's number in a circle; a grave one in a filled diamond."""
    if grave:
        d = f"M{number(x)} {number(y - 12)}l12 12l-12 12l-12 -12z"
        shape = f'<path d="{d}" {theme.both("bad")}/>'
        return shape + words(x, y + 4.3, str(n), "paper", size=12, anchor="middle", bold=True)
    ring = f'<circle cx="{number(x)}" cy="{number(y)}" r="9.5" {theme.hollow("ink")}/>'
    return ring + words(x, y + 4.3, str(n), size=12, anchor="middle")


def _weight(level: Level) -> float:
    return {"usual": 1.8, "abnormal": 3.4, "critical": 3.4, "impossible": 1.8}[level]
