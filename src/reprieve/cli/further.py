"""The questions of `reprieve plan` beside schedules: another dose, going on, one more score."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from reprieve.cli.case_days import maybe_day

if TYPE_CHECKING:
    from reprieve.engine.forecast.posterior import Posterior
    from reprieve.report.further import Further

MORE_SESSIONS = 4  # looked at when --review names no number
_OPTIONS = (
    click.option(
        "--instead", multiple=True, metavar="TREATMENT",
        help='Another dose, route or length, "esketamine 84 mg nasal"; may be repeated.',
    ),
    click.option(
        "--review", type=click.IntRange(min=1), is_flag=False, flag_value=MORE_SESSIONS,
        metavar="[N]", help=f"Odds that N further sessions help; {MORE_SESSIONS} if left out.",
    ),
    click.option("--ask", is_flag=True, help="What one more score would tell, day by day."),
    click.option(
        "--ask-on", multiple=True, metavar="SCALE",
        help="... on this scale, may be repeated; the scales of the case if left out.",
    ),
    click.option(
        "--decide-on", metavar="DAY",
        help="... for a decision on this day or date; the next session, or in two weeks.",
    ),
)  # fmt: skip


def further_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of these questions, in their order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def further(
    post: "Posterior",
    horizon_days: float,
    instead: Sequence[str],
    review: int | None,
    ask: bool,
    ask_on: Sequence[str],
    decide_on: str | None,
) -> "Further":
    """The answers to what was asked, all from one posterior."""
    from reprieve.engine.planning.options import compare_doses
    from reprieve.engine.planning.review import review as reviewed
    from reprieve.engine.planning.value import value_of_score
    from reprieve.report.further import Further

    asked = ask or bool(ask_on) or decide_on is not None
    return Further(
        compare_doses(post, instead, horizon_days=horizon_days) if instead else None,
        None if review is None else reviewed(post, review),
        value_of_score(
            post, decision_day=maybe_day(decide_on, post.case, "--decide-on"),
            instruments=ask_on or _scales(post), horizon_days=horizon_days,
        ) if asked else None,
    )  # fmt: skip


def _scales(post: "Posterior") -> tuple[str, ...]:
    """The person's own scale, then the others that have been rated and used."""
    from reprieve.engine.forecast.rules import rules

    return tuple(dict.fromkeys([rules(post.case).instrument, *post.line.names]))
