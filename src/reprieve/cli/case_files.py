"""Case files by name or by folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reprieve.errors import InputError

if TYPE_CHECKING:
    from reprieve.engine.cases.case import Case


def read_cases(given: Sequence[str]) -> list["Case"]:
    """The cases of files and folders, in order, each file once.

    Raises
    ------
    InputError
        No such file, a folder without cases, or a case that cannot be (the refusal names its
        file).
    """
    return [_read(path) for path in _files(given)]


def _files(given: Sequence[str]) -> list[Path]:
    found: dict[Path, None] = {}
    for name in given:
        path = Path(name)
        if path.is_dir():
            inside = sorted(path.glob("*.json"))
            if not inside:
                raise InputError(f"The folder '{name}' holds no .json file; give case files.")
            found.update(dict.fromkeys(inside))
        elif not path.is_file():
            raise InputError(f"'{name}' is no file or folder; give case files (docs/case.md).")
        else:
            found[path] = None
    return list(found)


def _read(path: Path) -> "Case":
    from reprieve.engine.cases.case import Case
    from reprieve.engine.cases.refusals import CaseError

    try:
        return Case.from_json(path)
    except CaseError as error:
        raise InputError(f"{path.name}: {error.reason}: {error}") from error
