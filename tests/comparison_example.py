"""A comparison of schedules made by hand with plausible numbers, for tests of what is shown."""

from dataclasses import replace

from reprieve.engine.planning.comparison import (
    Broken,
    Choice,
    Comparison,
    Excluded,
    Schedule,
    Threshold,
)

_ROWS = (
    ("none", "none", None, 0.0, 0.62, True),
    ("weekly", "every", 7.0, 12.0, 0.18, True),
    ("every 2 weeks", "every", 14.0, 6.0, 0.24, True),
    ("every 3 weeks", "every", 21.0, 4.0, 0.31, True),
    ("every 4 weeks", "every", 28.0, 3.0, 0.37, True),
    ("every 6 weeks", "every", 42.0, 2.0, 0.45, True),
    ("one dose on day 40", "dates", None, 1.0, 0.52, True),
    ("when PHQ-9 rises by 5", "rule", None, 2.4, 0.47, False),
)


def _choice(name: str, kind: str, every: float | None, n: float, odds: float, best: bool) -> Choice:
    weeks = tuple(odds * (k + 1) / 12 for k in range(12))
    rule = kind == "rule"
    return Choice(
        Schedule(name, kind, (), every, 5.0 if rule else None),
        weeks, tuple(0.006 for _ in weeks), 84 * (1 - odds / 2), 1 - odds / 2, 18.0 + 10 * odds,
        (6.0, 34.0), 1 - odds, 0.6 * (1 - odds), n, (1.0, 4.0) if rule else (n, n), 40 * n, 0.5 * n,
        (
            Threshold("systolic above 180 mmHg", "clinic", "", 0.02, 1 - 0.98**n),
            Threshold("diastolic above 110 mmHg", "clinic", "", 0.01, 1 - 0.99**n),
        ),
        (Broken("Sessions less than 14 days apart.", False, "guideline", ""),) if n > 6 else (),
        best, f"{name}: {n:g} sessions.",
    )  # fmt: skip


def comparison() -> Comparison:
    """Eight schedules of a person in response, one left out for a limit of the user."""
    return Comparison(
        1, "example", "0.2", "2026-11-20", 1, 24.0, 84.0, None, "MADRS", (0.0, 60.0), 36.0,
        "ketamine 0.5 mg/kg IV over 40 min", "MADRS 22 or more at two visits", "daly_2019",
        tuple(24.0 + 7 * (k + 1) for k in range(12)), 2, 80.0, 1.0,
        tuple(_choice(*row) for row in _ROWS),
        (
            Excluded(
                Schedule("twice weekly", "every", (), 3.5),
                (Broken("24 sessions; at most 12 were asked for.", True, "user"),),
            ),
        ),
        ("These are options with odds.",), ("Relapse is read weekly.",), 4096, 1630.0,
    )  # fmt: skip


def unwell() -> Comparison:
    """The same person not in response: nothing to relapse from."""
    found = comparison()
    choices = tuple(replace(c, relapse=None, relapse_se=None) for c in found.choices)
    return replace(found, choices=choices, relapse_rule=None)
