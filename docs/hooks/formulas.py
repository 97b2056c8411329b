"""TeX in pages becomes MathML while the site is built, so that readers load no script for it."""

import html
import re

from latex2mathml.converter import convert

_BLOCK = re.compile(r'<(div|span) class="arithmatex">\\([\[(])(.*?)\\[\])]</\1>', re.S)


def on_page_content(content: str, **_: object) -> str:
    return _BLOCK.sub(_mathml, content)


def _mathml(found: re.Match[str]) -> str:
    tag, bracket, tex = found.groups()
    display = "block" if bracket == "[" else "inline"
    return f"<{tag} class='formula'>{convert(html.unescape(tex).strip(), display=display)}</{tag}>"
