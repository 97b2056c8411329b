"""What was asked of a validation run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of `reprieve validate`, for `run(asked) -> bool` of each report.

    `out` names a file: HTML or Markdown by its ending, JSON otherwise. `patients` None takes the
    report's own number.
    """

    file: str | None = None
    as_json: bool = False
    out: str | None = None
    seed: int = 1
    patients: int | None = None
    workers: int | None = None
    cluster: str | None = None
