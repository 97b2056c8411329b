"""Answers to prompts: only to one that there is, and quiet within the protocol's bounds."""

from datetime import timedelta
from typing import Any

from reprieve.clinic.treatments.entry import Entry
from reprieve.clinic.treatments.prompts import (
    Prompt,
    longest_snooze_min,
    most_quiet_min,
    prompts,
)
from reprieve.clinic.treatments.refusals import refuse
from reprieve.clinic.treatments.state import known_at


def entered_prompt(entry: Entry) -> dict[str, Any]:
    """An answer to a prompt as it stood when it was given, or as it stands now."""
    asked = _asked(entry)
    if not asked:
        raise refuse(
            f"This session has no prompt '{entry.data['key']}'. Answer one that is open now.",
            "key",
        )
    if entry.data["action"] == "snooze":
        _check_snooze(entry, [p for p in asked if p.status != "resolved"])
    return entry.data


def _asked(entry: Entry) -> list[Prompt]:
    """The prompt at the time of the answer and now; a queued answer may come after its end."""
    then = prompts(known_at(entry.state, entry.at), entry.protocol, entry.at)
    now = prompts(entry.state, entry.protocol, entry.now)
    return [p for p in (*then, *now) if p.key == entry.data["key"]]


def _check_snooze(entry: Entry, standing: list[Prompt]) -> None:
    """Refuse quiet before there is anything, longer than allowed, or once it was escalated."""
    if not standing:
        raise refuse("This prompt is over. There is nothing to be quiet about.", "key")
    if any(p.tier == "critical" and p.status == "escalated" for p in standing):
        raise refuse(
            "This critical prompt went to the next person. Say that it is seen, or resolve it.",
            "key",
        )
    asked, longest = float(entry.data["minutes"]), longest_snooze_min(entry.protocol)
    if longest is None or asked > longest:
        allowed = "none" if longest is None else f"at most {longest:g} min"
        raise refuse(f"{asked:g} min of quiet came; the protocol allows {allowed}.", "minutes")
    _check_in_all(entry, asked, standing[-1])


def _check_in_all(entry: Entry, asked: float, prompt: Prompt) -> None:
    """Refuse to begin again and again: the snoozes of one episode count together."""
    most = most_quiet_min(entry.protocol)
    first = next((e.at for e in prompt.answers if e.data["action"] == "snooze"), None)
    if most is None or first is None:
        return
    last = first + timedelta(minutes=most)
    if entry.at + timedelta(minutes=asked) > last:
        raise refuse(
            f"This prompt was first made quiet at {entry.clock(first)}; the protocol allows "
            f"{most:g} min in all, so until {entry.clock(last)}. Say that it is seen, or deal "
            "with it.",
            "minutes",
        )
