"""Words in a picture: escaping, and how wide they will be."""

from html import escape

# Advance widths of a neo-grotesque face in 1/1000 em; the rest of a class shares one width.
_NARROW = dict.fromkeys("iljI.,:;'|!", 250) | dict.fromkeys("ftr()[]/- \u202f", 320)
_WIDE = dict.fromkeys("mwMW%@—", 860) | dict.fromkeys("ABCDEGHKNOPQRSUVXYZ&×≥≤−+=", 670)
_WIDTH = _NARROW | _WIDE


def width(text: str, size: float) -> float:
    """Width of `text` in pixels at a font size: a little generous, since faces differ."""
    return sum(_WIDTH.get(c, 575) for c in text) / 1000 * size * 1.12


def wrap(text: str, size: float, room: float) -> list[str]:
    """`text` in lines no wider than `room` pixels where its spaces allow."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def safe(text: str) -> str:
    """Text that cannot leave its place in the markup."""
    return escape(text, quote=True)


def number(value: float) -> str:
    """A coordinate: a tenth of a pixel is all the eye can use."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
