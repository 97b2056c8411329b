"""One reference page a module, from its docstrings, and their place in the contents."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

SOURCE = Path("src")
ROOMS = {
    "Evidence": "reprieve/evidence",
    "Patients": "reprieve/engine",
    "Dosing": "reprieve/engine/dosing",
    "Event tables": "reprieve/engine/events",
    "Kinetics": "reprieve/engine/kinetics",
    "Acute effects": "reprieve/engine/effects",
    "Mechanism": "reprieve/engine/mechanism",
    "Mood": "reprieve/engine/mood",
    "Trials": "reprieve/engine/trials",
    "Calibration": "reprieve/engine/calibration",
    "Cases": "reprieve/engine/cases",
    "Forecast": "reprieve/engine/forecast",
    "Next session": "reprieve/engine/session",
    "Planning": "reprieve/engine/planning",
    "Judging forecasts": "reprieve/engine/judging",
    "Population": "reprieve/engine/population",
    "Kernels": "reprieve/engine/core",
    "Pictures": "reprieve/pictures",
    "Reports": "reprieve/report",
    "Errors": "reprieve/errors",
}
OVERVIEW = """# API reference

What you need most often is importable from `reprieve` itself:

{names}

The rest is listed by room: {rooms}.
"""


def _modules(room: str) -> list[str]:
    """Dotted names of a room's modules, the room itself first; one file is a room too."""
    folder = SOURCE / room
    found = [room, *(f"{room}/{p.stem}" for p in sorted(folder.glob("[!_]*.py")))]
    return [name.replace("/", ".") for name in found]


def _address(module: str) -> str:
    return f"reference/{module}.md"


def on_config(config: Any, **_: object) -> Any:
    tree: list[Any] = ["reference/index.md"]
    for title, room in ROOMS.items():
        tree.append({title: [{m.split(".", 1)[1]: _address(m)} for m in _modules(room)]})
    for entry in config.nav:
        if "API reference" in entry:
            entry["API reference"] = tree
    return config


def on_files(files: Files, *, config: Any) -> Files:
    for room in ROOMS.values():
        for module in _modules(room):
            text = f"# {module}\n\n::: {module}\n    options:\n      show_root_heading: false\n"
            files.append(File.generated(config, _address(module), content=text))
    files.append(File.generated(config, "reference/index.md", content=_overview()))
    return files


def _overview() -> str:
    import reprieve

    names = [
        f"- [`reprieve.{name}`][{home}.{name}]"
        for name, home in sorted(reprieve._HOME.items())
        if home.startswith("reprieve.")
    ]
    rooms = ", ".join(f"[{title}]({room.replace('/', '.')}.md)" for title, room in ROOMS.items())
    return OVERVIEW.format(names="\n".join(names), rooms=rooms)


# Our docstrings say "times : array (n,), h": what NumPy calls a type is our description.
_EMPTY = r'\s*–\s*<div class="doc-md-description">\s*</div>'
_SAID = re.compile(
    r"\(<code>([^<]*)</code>(?:,\s*default:\s*<code>([^<]*)</code>)?\s*\)" + _EMPTY, re.S
)
_RETURNED = re.compile(r"<code>([^<]*)</code>" + _EMPTY, re.S)
_CODE = re.compile(r"`([^`]+)`")


def on_page_content(content: str, *, page: Any, **_: object) -> str:
    if not page.file.src_uri.startswith("reference/"):
        return content
    return _RETURNED.sub(lambda found: _words(found[1]), _SAID.sub(_described, content))


def _described(found: re.Match[str]) -> str:
    default = f" (default <code>{found[2]}</code>)" if found[2] else ""
    return f": {_words(found[1])}{default}"


def _words(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", text)
