"""What the record holds and the screen does not say: to a locked screen, and before a check.

A second check is blind only if nobody can read the figures beforehand, on any page. A locked
screen keeps clocks, phases and prompts in sight, and none of what people wrote.
"""

from reprieve.clinic.treatments.session_state import SessionState
from reprieve.clinic.treatments.state import Event

FIGURES = frozenset({"prepare", "second_check"})
UNCHECKED = "figures are shown once a second person has checked them"


def veiled(event: Event, state: SessionState, *, locked: bool = False) -> str | None:
    """The words in place of an event's own; None where it may be read."""
    if locked:
        return ""
    return UNCHECKED if event.kind in FIGURES and blind(state) else None


def blind(state: SessionState) -> bool:
    """Whether something was prepared that no second person has confirmed."""
    return state.preparation is not None and not state.checked and state.started_at is None
