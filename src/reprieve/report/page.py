"""A whole page as one file: no request, nothing from elsewhere, no script but the slider's."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from reprieve.errors import InputError
from reprieve.pictures import theme
from reprieve.report.blocks import (
    Aside,
    Block,
    Cards,
    Column,
    DataTable,
    Inline,
    Items,
    Section,
    Shown,
    Stepper,
    Unfolding,
)
from reprieve.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_ROWS = 25  # points of one curve listed under a picture


def page(
    title: str,
    sections: Sequence[Section],
    footer: Inline = "",
    *,
    lead: Inline = "",
    lang: str = "en",
) -> str:
    """A self-contained HTML page.

    Parameters
    ----------
    title : of the page
    sections : headings with their blocks: text, `DataTable`, `Shown`, `Cards`, `Aside`, `Items`
    footer : what the page rests on: version, seed, command
    lead : the answer in a sentence or two, under the title
    lang : language of the text

    Returns
    -------
    HTML that follows the reader's light or dark preference, prints, and carries a content
    security policy under which nothing but its own style sheet (by hash) can load or run; a page
    with an `Unfolding` also admits the slider's few lines, by hash, and reads well without them.

    Raises
    ------
    InputError
        Two sections share a title: their anchors would clash.

    Examples
    --------
    >>> html = page("A day", [Section("Morning", ["Two infusions."])], "Seed 1.")
    >>> "default-src 'none'" in html and "<script" not in html
    True
    """
    anchors = [s.anchor for s in sections]
    if len(set(anchors)) < len(anchors):
        raise InputError(f"two sections share a title: {', '.join(s.title for s in sections)}.")
    env = _environment()
    style = Markup(_style())
    script = Markup(_script()) if _slides(sections) else ""
    text: str = env.get_template("page.html").render(
        title=title,
        lead=lead,
        lang=lang,
        sections=sections,
        footer=footer or f"Reprieve {__version__}.",
        version=__version__,
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script) if script else "",
        render=_renderer(),
        inline=env.get_template("blocks.html").module.inline,  # type: ignore[attr-defined]
    )
    return text


@cache
def _environment() -> "Environment":
    # templates load when a page is made; most commands only print
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("reprieve.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    source = _environment().loader
    assert source is not None
    css, _, _ = source.get_source(_environment(), "page.css")
    return f"{theme.css()}\n{css}"


@cache
def _script() -> str:
    """The one script there is: it lets a slider choose which moment is shown."""
    source = _environment().loader
    assert source is not None
    code, _, _ = source.get_source(_environment(), "unfold.js")
    return code.strip()


def _slides(sections: Sequence[Section]) -> bool:
    return any(isinstance(block, Unfolding) for s in sections for block in s.blocks)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


def _renderer() -> Callable[[Block], Markup]:
    """A renderer of blocks that numbers pictures, so that no two share an id."""
    macros = _environment().get_template("blocks.html").module
    drawn = 0

    def render(block: Block) -> Markup:
        nonlocal drawn
        match block:
            case DataTable():
                html = macros.table(block)  # type: ignore[attr-defined]
            case Shown():
                drawn += 1
                svg = Markup(block.picture.svg(standalone=False, prefix=f"p{drawn}-"))
                html = macros.picture(block, svg, _numbers(block))  # type: ignore[attr-defined]
            case Stepper():
                drawn += 1
                svg = Markup(block.draw(f"p{drawn}-"))
                html = macros.stepper(block, svg, f"step-{drawn}")  # type: ignore[attr-defined]
            case Cards():
                html = macros.cards(block)  # type: ignore[attr-defined]
            case Aside():
                html = macros.aside(block)  # type: ignore[attr-defined]
            case Items():
                html = macros.items(block)  # type: ignore[attr-defined]
            case Unfolding():
                drawn += 1
                made = [[render(b) for b in moment.blocks] for moment in block.moments]
                html = macros.unfolding(block, made, f"unfold-{drawn}")  # type: ignore[attr-defined]
            case _:
                html = Markup("<p>{}</p>").format(macros.inline(block))  # type: ignore[attr-defined]
        return Markup(html)

    return render


def _numbers(shown: Shown) -> DataTable:
    found = shown.picture.table(MOST_ROWS)
    x, y = found.columns[1:3]
    heads: list[Column | str] = [found.columns[0], x, Column(y, numeric=True), "Low", "High"]
    return DataTable(heads, found.rows, f"{shown.picture.title}: the numbers")
