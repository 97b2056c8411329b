"""Clocks: best of several, since other work on the machine only ever slows a run."""

import time
from collections.abc import Callable


def best(work: Callable[[], object], repeats: int = 7, budget_s: float = 10.0) -> float:
    """Shortest of up to `repeats` runs, s, within a budget. One run before them warms up."""
    work()
    shortest, spent = float("inf"), 0.0
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        shortest, spent = min(shortest, took), spent + took
        if spent > budget_s:
            break
    return shortest
