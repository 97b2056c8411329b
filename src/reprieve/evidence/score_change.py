"""Change between two totals: response, remission and reliable change, each as its file says."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from reprieve.evidence.questionnaires import Questionnaire
from reprieve.evidence.scoring import check_total, exact

Direction = Literal["better", "worse", "none"]


@dataclass(frozen=True, slots=True)
class Change:
    """From one total to another.

    `points` is now minus baseline; `percent` the share of the baseline that went, negative when
    it rose, None from a baseline of no symptoms. Each statement is None where the file has no
    cut-off for it. `words` say all that can be said, one sentence each.
    """

    points: Decimal
    percent: Decimal | None
    response: bool | None
    remission: bool | None
    reliable: Direction | None
    words: tuple[str, ...]


def change(asked: Questionnaire, baseline: Decimal | float, now: Decimal | float) -> Change:
    """What the step from one total to another means.

    Raises
    ------
    InputError
        A total that the instrument cannot give.
    """
    before, after = check_total(asked, baseline), check_total(asked, now)
    points = after - before
    span = before - exact(asked.low)
    fallen = None if asked.better != "low" or span <= 0 else -points / span
    percent = None if fallen is None else (100 * fallen).quantize(Decimal("0.1"))
    response = _response(asked, fallen, after)
    remission = None if asked.remission is None else after <= exact(asked.remission.value)
    reliable = _reliable(asked, points)
    words = (
        _moved(asked, before, after),
        *_response_words(asked, response),
        *_remission_words(asked, remission),
        *_reliable_words(asked, reliable),
    )
    return Change(points, percent, response, remission, reliable, words)


def _response(asked: Questionnaire, fallen: Decimal | None, after: Decimal) -> bool | None:
    if asked.response is None:
        return None
    cut = exact(asked.response.figure.value)
    if asked.response.rule == "score":
        return after <= cut
    return None if fallen is None else fallen >= cut


def _reliable(asked: Questionnaire, points: Decimal) -> Direction | None:
    if asked.reliable_change is None or asked.better == "neither":
        return None
    if abs(points) < exact(asked.reliable_change.value):
        return "none"
    return "better" if (points < 0) == (asked.better == "low") else "worse"


def _moved(asked: Questionnaire, before: Decimal, after: Decimal) -> str:
    if before == after:
        return f"{asked.name} is unchanged at {after}."
    return f"{asked.name} went from {before} to {after}."


def _response_words(asked: Questionnaire, response: bool | None) -> tuple[str, ...]:
    if response is None or asked.response is None:
        return ()
    cut = asked.response.figure.value
    rule = f"a fall of {100 * cut:g} %" if asked.response.rule == "fall" else f"{cut:g} or less"
    return (f"This {'is' if response else 'is not'} a response ({rule}).",)


def _remission_words(asked: Questionnaire, remission: bool | None) -> tuple[str, ...]:
    if remission is None or asked.remission is None:
        return ()
    verb = "is" if remission else "is not"
    return (f"This {verb} remission ({asked.remission.value:g} or less).",)


def _reliable_words(asked: Questionnaire, reliable: Direction | None) -> tuple[str, ...]:
    if reliable is None or asked.reliable_change is None:
        return ()
    least = f"{asked.reliable_change.value:g} points"
    if reliable == "none":
        return (f"The change is under the {least} that count as reliable.",)
    return (f"The change is reliable ({least} or more), for the {reliable}.",)
