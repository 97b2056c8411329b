"""A case from a file or from standard input, and answers to the files that were asked for."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reprieve.errors import InputError

if TYPE_CHECKING:
    from reprieve.engine.cases.case import Case

Written = Mapping[str, Callable[[], str]]


def read_case(source: str) -> "Case":
    """The case of a file; "-" reads standard input.

    Raises
    ------
    InputError
        There is no such file.
    CaseError
        The first problem of the case, with its reason code in the sentence.
    """
    from reprieve.engine.cases.case import Case
    from reprieve.engine.cases.reading import MOST_BYTES
    from reprieve.engine.cases.refusals import CaseError

    try:
        if source == "-":
            # a line end makes it text and never the name of a file
            return Case.from_json(sys.stdin.read(MOST_BYTES + 1) + "\n")
        return Case.from_json(_existing(source))
    except CaseError as error:
        raise CaseError(error.reason, f"{error.reason}: {error}") from None


def _existing(source: str) -> Path:
    path = Path(source)
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise InputError(f"'{source}' is {what}; give a case file (docs/case.md), or - for stdin.")
    return path


def check_ending(out: str | None, kinds: Mapping[str, str]) -> None:
    """Refuse a file of unknown kind before the work, not after it."""
    if out is not None and Path(out).suffix not in kinds:
        known = ", ".join(f"{suffix} ({what})" for suffix, what in kinds.items())
        raise InputError(f"'{out}' has an ending that says nothing; use {known}.")


def write(target: str, make: Written, suffix: str | None = None) -> None:
    """The answer in a form: `suffix`, or what the ending of the file says."""
    Path(target).write_text(make[suffix or Path(target).suffix](), encoding="utf-8")


def as_json(record: Any) -> str:
    """JSON as a file holds it."""
    return json.dumps(record, indent=1) + "\n"
