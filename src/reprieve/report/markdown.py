"""The same blocks as Markdown, for pages of the documentation that a run has written."""

from collections.abc import Sequence
from pathlib import Path

from reprieve.report.blocks import (
    Aside,
    Badge,
    Block,
    Cards,
    DataTable,
    Inline,
    Items,
    Link,
    Section,
    Shown,
    Stepper,
    Unfolding,
)

NOTE = "<!-- Written by a command, not by hand: see the last line. -->"


def markdown(
    title: str,
    lead: str,
    sections: Sequence[Section],
    footer: str = "",
    images: Path | None = None,
) -> str:
    """A page of Markdown; picture k is written to `<images>-k.svg`, or left out without it."""
    parts = [f"# {title}", NOTE, lead]
    drawn = 0
    for section in sections:
        parts.append(f"## {section.title}")
        for block in section.blocks:
            if isinstance(block, Shown):
                drawn += 1
                parts.append(_picture(block, images, drawn))
            else:
                parts.append(_block(block))
    return "\n\n".join(p for p in [*parts, footer] if p) + "\n"


def _picture(block: Shown, images: Path | None, number: int) -> str:
    if images is None:
        return ""
    images.parent.mkdir(parents=True, exist_ok=True)
    path = images.with_name(f"{images.name}-{number}.svg")
    path.write_text(block.picture.svg(), encoding="utf-8")
    alt = block.picture.desc.replace("\n", " ").replace("]", ")")
    return f"![{alt}]({path.parent.name}/{path.name})\n\n{_inline(block.caption)}"


def _block(block: Block) -> str:
    match block:
        case DataTable():
            return _table(block)
        case Items():
            return "\n".join(f"- {_inline(item)}" for item in block.items)
        case Aside():
            heading = f' "{block.heading}"' if block.heading else ""
            return f"!!! note{heading}\n    {_inline(block.text)}"
        case Cards():
            return "\n".join(f"- **{c.label}:** {c.value} {c.note}".rstrip() for c in block.cards)
        case Stepper():
            return "\n".join(f"{k}. {stage.label}" for k, stage in enumerate(block.stages, 1))
        case Unfolding():
            return "\n".join(f"1. {m.label}: {m.heading}" for m in block.moments)
        case Shown():
            return ""
        case _:
            return _inline(block)


def _table(table: DataTable) -> str:
    heads, rule = [], []
    for column in table.columns:
        assert not isinstance(column, str)
        heads.append(f"{column.label} ({column.unit})" if column.unit else column.label or " ")
        rule.append("---:" if column.numeric else "---")
    rows = [[_inline(cell) for cell in row] for row in table.cells()]
    lines = [heads, rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plain(text: Inline) -> str:
    """The words alone."""
    match text:
        case Badge() | Link():
            return text.text
        case str():
            return text
        case _:
            return "".join(plain(part) for part in text)


def _inline(text: Inline) -> str:
    match text:
        case Badge():
            return text.text
        case Link():
            return f"[{text.text}]({text.url})"
        case str():
            return text.replace("|", "\\|")
        case _:
            return "".join(_inline(part) for part in text)
