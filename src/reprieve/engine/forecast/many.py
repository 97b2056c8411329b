"""Many cases in, one brief outlook each: a clinic's list, a folder of records."""

from collections.abc import Sequence

from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case
from reprieve.engine.forecast.forecast import forecast, horizon_days
from reprieve.engine.forecast.outlook import Outlook
from reprieve.engine.forecast.posterior import PARTICLES
from reprieve.engine.forecast.traits import Place
from reprieve.engine.population.parallel import Block, Progress, map_blocks

AT_ONCE = 4  # cases that a core takes at a time


def forecast_many(
    cases: Sequence[Case],
    horizon: str | float = "12 weeks",
    seed: int = 0,
    *,
    particles: int = PARTICLES,
    ensemble: Ensemble | None = None,
    place: Place | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Outlook]:
    """What to expect for each of many patients, in their order, on all cores.

    What a brief outlook holds is what `forecast` says of that case and seed, to the last digit,
    whatever the other cases, their order and the number of workers; what takes longest and no
    list shows (`outlook.Outlook`) is left out.

    Parameters
    ----------
    cases : any number; one that allows no forecast gets an outlook with the reason
    horizon, seed, particles, ensemble, place : as of `forecast`
    workers : cores to use; all of them when None
    progress : told how many cases of how many are done

    Raises
    ------
    InputError
        The horizon, the seed or the number of workers cannot be.
    """
    days, listed = horizon_days(horizon), list(cases)
    if not listed:
        return []

    def some(block: Block) -> list[Outlook]:
        return [
            forecast(
                case, days, seed, particles=particles, ensemble=ensemble, place=place, brief=True
            )
            for case in listed[block.start : block.stop]
        ]

    done = map_blocks(some, len(listed), AT_ONCE, seed, workers, progress=progress)
    return [outlook for part in done for outlook in part]
