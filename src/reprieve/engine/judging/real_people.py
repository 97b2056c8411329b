"""The eight people of a crossover trial with open data, asked about as a clinic would have.

Each had one infusion of ketamine and one of saline two weeks apart, in either order, and was
scored about two and ten days after each (evidence/cases, nimh_ds005917). Eight people describe;
they decide nothing.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from reprieve.engine.cases.case import Case, Treatment
from reprieve.engine.judging.scores import Scores, gathered
from reprieve.engine.judging.scoring import Settings, ask
from reprieve.engine.judging.situations import is_active

DAY_2, BEFORE_NEXT = 2.0, 13.5
AFTER_KETAMINE = "after ketamine, from everything known before"
AFTER_SALINE = "after saline, from everything known before"
TEN_FROM_TWO_KETAMINE = "day 10 from day 2, after ketamine"
TEN_FROM_TWO_SALINE = "day 10 from day 2, after saline"


@cache
def people() -> tuple[Case, ...]:
    """The eight records."""
    folder = files("reprieve.evidence") / "cases"
    names = sorted(p.name for p in folder.iterdir() if p.name.startswith("nimh_"))
    return tuple(Case.from_json((folder / name).read_text(encoding="utf-8")) for name in names)


def described(settings: Settings) -> dict[str, Scores]:
    """The four questions about all eight, by what was asked."""
    made: dict[str, list[Scores]] = {}
    for record in people():
        for infusion in record.given:
            for title, day in _questions(infusion):
                # what follows the next infusion is another question
                until = min(infusion.day + BEFORE_NEXT, record.asked_at)
                made.setdefault(title, []).append(ask(record.until(until), [day], settings))
    order = (AFTER_KETAMINE, AFTER_SALINE, TEN_FROM_TWO_KETAMINE, TEN_FROM_TWO_SALINE)
    return {title: gathered(made[title]) for title in order}


def _questions(infusion: Treatment) -> Iterator[tuple[str, float]]:
    active = is_active(infusion)
    yield (AFTER_KETAMINE if active else AFTER_SALINE), infusion.day
    yield (TEN_FROM_TWO_KETAMINE if active else TEN_FROM_TWO_SALINE), infusion.day + DAY_2
