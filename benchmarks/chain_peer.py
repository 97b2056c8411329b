"""Workload (b) as an ODE engine would begin it: numbalsoda for plasma, effect site and receptor.

Thirteen equations: S- and R-ketamine with their norketamine, the effect site and the adaptation
that follows it, and the integral of occupancy, restarted at every start and end of an infusion and
at every session. Levels are read off every 2 min for 4 h. Nothing else of the chain is done
(no random draws, events or mood), so the ratio to Reprieve's whole chain favours the peer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cfunc, njit
from numpy.typing import NDArray

from benchmarks.peers import installed
from benchmarks.timing import best
from benchmarks.workload import ABSOLUTE, INFUSION_H, MG_PER_KG, TOLERANCE, Chain
from reprieve.engine.core import effects as acute
from reprieve.engine.effects.parameters import acute_model
from reprieve.engine.kinetics.models import Individuals
from reprieve.engine.population.chain import HORIZON_H, POTENCY, WATCHED_H, chain_block, parameters

Array = NDArray[np.float64]
PATIENTS = 200
SEED = 1


@dataclass(frozen=True, slots=True)
class ChainMeasured:
    """Patients a second on one core, and largest differences as fractions of the peer's value.

    `plasma`: session peaks of ketamine and norketamine. `site`: highest effect-site
    concentration, for which Reprieve takes plasma as straight between 2-min points. `stimulus`:
    the occupancy integral, for which it uses Simpson's rule.
    """

    rate: float
    ours: float
    plasma: float
    site: float
    stimulus: float


def measure(work: Chain) -> ChainMeasured | None:
    """Both on the first people of the workload, one core; None without numbalsoda."""
    if not installed("numbalsoda"):
        return None
    few = work.first(PATIENTS)
    theta, share = parameters(few.course, Individuals.of(few.people, np.random.default_rng(SEED)))
    rows = _rows(theta, share[:, None] * few.people.weight_kg * MG_PER_KG / INFUSION_H)
    solve, starts = _engine(), np.array(few.course.starts_h)
    points = round(WATCHED_H * 30) + 1
    took = best(lambda: solve(rows, starts, INFUSION_H, HORIZON_H, points), repeats=3)
    peaks, site, stimulus = solve(rows, starts, INFUSION_H, HORIZON_H, points)
    whole = best(lambda: chain_block(work.people, np.random.default_rng(SEED), work.course))
    ours = chain_block(few.people, np.random.default_rng(SEED), few.course)
    return ChainMeasured(
        PATIENTS / took,
        len(work.people) / whole,
        _apart(ours.peaks, peaks),
        _apart(ours.extremes[:, :, acute.PEAK_SITE], site),
        _apart(ours.stimulus[:, 0], stimulus),
    )


def _apart(a: Array, b: Array) -> float:
    return float(np.abs(a / b - 1.0).max())


def _rows(theta: Array, rate: Array) -> Array:
    """Parameters of every person's right-hand side (n, 27)."""
    model = acute_model().constants(0)
    n = theta.shape[1]
    one = np.array([model.r_weight, model.site_rate, model.adaptation_rate, *POTENCY])
    return np.hstack([theta[0], theta[1], rate.T, np.broadcast_to(one, (n, 5))])


def _engine() -> Any:
    from numbalsoda import lsoda, lsoda_sig

    @njit
    def enantiomer(x: Any, dx: Any, p: Any, to: int, at: int, rate: float) -> None:
        cl, vc, q1, vp1, q2, vp2 = p[at], p[at + 1], p[at + 2], p[at + 3], p[at + 4], p[at + 5]
        cl_m, vc_m, q_m, vp_m = p[at + 6], p[at + 7], p[at + 8], p[at + 9]
        a1, a2, a3, n1, n2 = x[to], x[to + 1], x[to + 2], x[to + 3], x[to + 4]
        dx[to] = rate - (cl + q1 + q2) / vc * a1 + q1 / vp1 * a2 + q2 / vp2 * a3
        dx[to + 1] = q1 / vc * a1 - q1 / vp1 * a2
        dx[to + 2] = q2 / vc * a1 - q2 / vp2 * a3
        dx[to + 3] = cl / vc * a1 - (cl_m + q_m) / vc_m * n1 + q_m / vp_m * n2
        dx[to + 4] = q_m / vc_m * n1 - q_m / vp_m * n2

    @cfunc(lsoda_sig)
    def rhs(t: float, x: Any, dx: Any, p: Any) -> None:
        enantiomer(x, dx, p, 0, 0, p[20])
        enantiomer(x, dx, p, 5, 10, p[21])
        s, r = x[0] / p[1], x[5] / p[11]
        dx[10] = p[23] * (1000.0 * (s + p[22] * r) - x[10])
        dx[11] = p[24] * (x[10] - x[11])
        bound = p[25] * s + p[26] * r
        dx[12] = bound / (1.0 + bound)

    address = rhs.address

    @njit
    def run(x: Array, at: Array, p: Array) -> Array:
        return lsoda(address, x, at, p, TOLERANCE, ABSOLUTE, 1_000_000)[0]

    @njit
    def solve(
        rows: Array, starts: Array, infusion: float, horizon: float, points: int
    ) -> tuple[Array, Array, Array]:
        n, sessions = len(rows), len(starts)
        peaks, site = np.zeros((sessions, n, 2)), np.zeros((sessions, n))
        stimulus = np.zeros(n)
        step = 1.0 / 30.0
        during = np.arange(0.0, infusion, step)  # 40 min: the last point is the end itself
        during = np.append(during[during < infusion - 1e-9], infusion)
        after = infusion + step * np.arange(points - len(during) + 1)
        after = np.append(after, horizon)
        for i in range(n):
            x, p = np.zeros(13), rows[i].copy()
            full_s, full_r = p[20], p[21]
            for k in range(sessions):
                x[10] = x[11] = x[12] = 0.0
                p[20], p[21] = full_s, full_r
                a = run(x, during, p)
                p[20] = p[21] = 0.0
                b = run(a[-1].copy(), after, p)
                for part in (a, b[:-1]):
                    for j in range(len(part)):
                        top = part[j, 0] / p[1] + part[j, 5] / p[11]
                        top_m = part[j, 3] / p[7] + part[j, 8] / p[17]
                        peaks[k, i, 0] = max(peaks[k, i, 0], top)
                        peaks[k, i, 1] = max(peaks[k, i, 1], top_m)
                        site[k, i] = max(site[k, i], part[j, 10])
                if k == 0:
                    stimulus[i] = b[-1, 12]
                x = b[-1].copy()
                if k + 1 < sessions:
                    gap = np.array([0.0, starts[k + 1] - starts[k] - horizon])
                    x = run(x, gap, p)[-1].copy()
        return peaks, site, stimulus

    return solve
