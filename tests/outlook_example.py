"""An outlook made by hand with plausible numbers, for tests of what is drawn and written."""

from dataclasses import replace
from math import exp

from reprieve.engine.forecast.outlook import (
    Band,
    DoseSeen,
    Duration,
    Milestone,
    MonteCarlo,
    Moved,
    Outlook,
    Part,
    Relapse,
    Seen,
    Similar,
    Switch,
    Why,
)
from reprieve.engine.session.next_session import NextSession, Peak, Threshold

INFUSION = "ketamine 0.5 mg/kg IV over 40 min"


def _band(day: float) -> Band:
    middle = 14 + 12 * (1 - exp(-(day - 24) / 30))
    spread = 4 + 4 * (1 - exp(-(day - 24) / 20))
    low, high = max(0.0, middle - 2 * spread), min(60.0, middle + 2 * spread)
    return Band(
        day, middle + 0.3, middle,
        (middle - 0.67 * spread, middle + 0.67 * spread),
        (max(0.0, middle - 1.28 * spread), min(60.0, middle + 1.28 * spread)), (low, high),
    )  # fmt: skip


def _next_session() -> NextSession:
    return NextSession(
        INFUSION, 28.0,
        (
            Peak("systolic pressure, rise", "mmHg", 19.0, 8.0, 33.0, 40.0),
            Peak("dissociation, highest CADSS", "points", 12.0, 1.0, 34.0, 38.0),
        ),
        (
            Threshold("systolic above 180 mmHg", 0.021, None, None, "iv_racemic", "clinic"),
            Threshold("CADSS above 4 points", 0.74, None, None, "x_2024", "trials", "verified"),
        ),
        95.0, ("Dissociation (moderate) on day 0: counted.",), ("Stay at least 120 min.",),
        (Threshold("dissociation reported", 0.61, None, None, "x", "trials"),), 840.0,
    )  # fmt: skip


def example() -> Outlook:
    """A person after three infusions, in response, with two more planned."""
    weeks = tuple(24.0 + 7 * k for k in range(1, 13))
    return Outlook(
        version=1, status="ok",
        sentence="About 4 in 10 chance of relapse by day 66 if no further dose is given, 2 in 10 "
        "as planned.",
        case="example", engine="0.2", ensemble="2026-11-20", seed=1, asked_at=24.0,
        horizon_days=84.0, instrument="MADRS", scale=(0.0, 60.0), entry=36.0,
        evidence=("zarate_2006", "murrough_2013b"),
        scores=(
            Seen(-2.0, "MADRS", 36.0, True), Seen(-2.0, "HDRS-17", 25.0, True),
            Seen(2.0, "MADRS", 20.0, True), Seen(2.0, "HAMD-6", 8.0, False),
            Seen(9.0, "MADRS", 16.0, True), Seen(16.0, "MADRS", 12.0, True),
            Seen(16.0, "MADRS", 28.0, False), Seen(23.0, "MADRS", 14.0, True),
        ),
        doses=(
            DoseSeen(0.0, INFUSION, True, 0.5), DoseSeen(7.0, INFUSION, True, 0.5),
            DoseSeen(14.0, "saline IV over 40 min", True, 0.0),
            DoseSeen(28.0, INFUSION, False, 0.5),
            DoseSeen(42.0, "ketamine 0.75 mg/kg IV over 40 min", False, 0.75),
            DoseSeen(56.0, "esketamine 56 mg nasal", False, None),
        ),
        bands=tuple(_band(24.0 + d) for d in (1, *range(3, 85, 3))),
        improved_25=Milestone("25 % fall", 27.0, 1.0, None, None, 2.0),
        response=Milestone("half of the entry score lost", 18.0, 1.0, None, None, 9.0),
        remission=Milestone("MADRS 10 or less", 10.0, 0.47, 45.0, (27.0, 88.0), None),
        relapse=Relapse(
            "MADRS 22 or more at two visits", "daly_2019", weeks,
            tuple(0.35 * (1 - exp(-k / 6)) for k in range(1, 13)),
            tuple(0.8 * (1 - exp(-k / 5)) for k in range(1, 13)),
        ),
        duration=(
            Duration(0.0, True, 0.62, 9.0, (3.0, 30.0), 0.02, 84.0),
            Duration(7.0, True, 0.66, 12.0, (4.0, 41.0), 0.05, 84.0),
            Duration(28.0, False, 0.71, 25.0, (6.0, 84.0), 0.16, 84.0),
        ),
        next_session=_next_session(),
        why=Why(
            36.0, 14.5,
            (
                Part("drug", -9.0, (-16.0, -3.0)),
                Part("context and expectancy", -7.5, (-13.0, -2.0)),
                Part("shared care and time", -5.0, (-9.0, -1.0)),
                Part("other treatment", 0.0, (0.0, 0.0)),
            ),
            (0.3, 0.85),
            (
                Moved(2.0, "MADRS", 20.0, 24.0, -1.2, 28.0),
                Moved(9.0, "MADRS", 16.0, 19.5, -2.0, 28.0),
                Moved(23.0, "MADRS", 14.0, 11.0, 1.6, 28.0),
            ),
        ),
        sensitivity=(
            Switch("benzodiazepine stopped", "modifiable", "MADRS at the end", 24.0, 22.5, "a_1"),
            Switch("body weight known", "unknown", "MADRS at the end", 24.0, 24.2, ""),
        ),
        similar=Similar("Of 410 virtual people like this one, 72 % respond on day 66.", 410, 0.72),
        monte_carlo=MonteCarlo(4096, 1630.0, 0.006, 0.1, 1),
        limits=("Relapse is read weekly.", "Drug and context are poorly told apart."),
    )  # fmt: skip


def dated() -> Outlook:
    """The same person on a clinic's calendar."""
    return replace(example(), origin="2026-11-02T09:30:00-05:00")


def refused() -> Outlook:
    """A person without a score."""
    return Outlook(
        1, "too_few_scores", "No score has come in, so nothing can be forecast.", "new", "0.2",
        "2026-11-20", 1, 3.0, 84.0,
    )  # fmt: skip
