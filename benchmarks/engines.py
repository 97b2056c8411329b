"""The other engines, each solving workload (a) with the same five equations.

Every ODE solver restarts at each start and end of an infusion, as a careful user would have it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.sbml import EQUATIONS, NAMES, sbml
from benchmarks.workload import ABSOLUTE, TOLERANCE, Kinetics

Array = NDArray[np.float64]
Profiles = tuple[Array, Array]
Solver = Callable[[Kinetics], Profiles]


def rate_matrix(row: Array) -> Array:
    """x' = K x for the amounts in the parent's and the metabolite's compartments."""
    cl, vc, q1, vp1, q2, vp2, cl_m, vc_m, q_m, vp_m = row
    return np.array(
        [
            [-(cl + q1 + q2) / vc, q1 / vp1, q2 / vp2, 0.0, 0.0],
            [q1 / vc, -q1 / vp1, 0.0, 0.0, 0.0],
            [q2 / vc, 0.0, -q2 / vp2, 0.0, 0.0],
            [cl / vc, 0.0, 0.0, -(cl_m + q_m) / vc_m, q_m / vp_m],
            [0.0, 0.0, 0.0, q_m / vc_m, -q_m / vp_m],
        ]
    )


def pieces(work: Kinetics) -> list[tuple[float, Array, slice, float]]:
    """Segments as (input per kg and h, times from the segment's start, grid points, length)."""
    plan, found = work.plan, []
    for s, (start, length, rate, _) in enumerate(plan.cut.segments):
        part = slice(int(plan.cut.first[s]), int(plan.cut.first[s + 1]))
        inside = np.clip(plan.times_h[part] - start, 0.0, length)
        found.append((float(rate), inside, part, float(length)))
    return found


def empty(work: Kinetics) -> Profiles:
    shape = (len(work.people), len(work.plan.times_h))
    return np.empty(shape), np.empty(shape)


def scipy_ivp(method: str) -> Callable[[], Solver]:
    def make() -> Solver:
        from scipy.integrate import solve_ivp

        def solve(work: Kinetics) -> Profiles:
            parent, metabolite = empty(work)
            for i, row in enumerate(work.people.table()):
                k, x = rate_matrix(row), np.zeros(5)
                for rate, inside, part, length in pieces(work):
                    u = np.array([rate * work.weight_kg[i], 0.0, 0.0, 0.0, 0.0])
                    ends = inside[-1:] if len(inside) and inside[-1] == length else []
                    at = np.append(inside, [] if len(ends) else [length])
                    found = solve_ivp(
                        lambda _, y, k=k, u=u: k @ y + u,
                        (0.0, length),
                        x,
                        method=method,
                        t_eval=at,
                        rtol=TOLERANCE,
                        atol=ABSOLUTE,
                    )
                    x = found.y[:, -1]
                    parent[i, part] = found.y[0, : len(inside)] / row[1]
                    metabolite[i, part] = found.y[3, : len(inside)] / row[7]
            return parent, metabolite

        return solve

    return make


def numbalsoda() -> Solver:
    import numba
    from numbalsoda import lsoda, lsoda_sig

    @numba.cfunc(lsoda_sig)
    def rhs(t: float, x: Any, dx: Any, p: Any) -> None:
        dx[0] = p[10] - (p[0] + p[2] + p[4]) / p[1] * x[0] + p[2] / p[3] * x[1] + p[4] / p[5] * x[2]
        dx[1] = p[2] / p[1] * x[0] - p[2] / p[3] * x[1]
        dx[2] = p[4] / p[1] * x[0] - p[4] / p[5] * x[2]
        dx[3] = p[0] / p[1] * x[0] - (p[6] + p[8]) / p[7] * x[3] + p[8] / p[9] * x[4]
        dx[4] = p[8] / p[7] * x[3] - p[8] / p[9] * x[4]

    address = rhs.address

    @numba.njit
    def one(row: Array, rate: float, x: Array, at: Array) -> Array:
        data = np.empty(11)
        data[:10], data[10] = row, rate
        return lsoda(address, x, at, data, TOLERANCE, ABSOLUTE, 1_000_000)[0]

    def solve(work: Kinetics) -> Profiles:
        parent, metabolite = empty(work)
        cut = []
        for rate, inside, part, length in pieces(work):
            at = np.unique(np.concatenate([[0.0], inside, [length]]))  # it stops at a time twice
            cut.append((rate, at, part, np.searchsorted(at, inside)))
        for i, row in enumerate(work.people.table()):
            x = np.zeros(5)
            for rate, at, part, chosen in cut:
                found = one(row, rate * work.weight_kg[i], x, at)
                x = found[-1].copy()
                parent[i, part] = found[chosen, 0] / row[1]
                metabolite[i, part] = found[chosen, 3] / row[7]
        return parent, metabolite

    return solve


def diffsol() -> Solver:
    import pydiffsol as ds

    plain = {name: name.replace("_", "") for name in NAMES}
    start = {f"s{k}": "0.0" for k in range(5)}
    text = "in_i { " + ", ".join([f"{n} = 1.0" for n in plain.values()] + ["rate = 0.0"])
    text += "".join(f", {name} = 0.0" for name in start) + " }\n"
    text += "u_i { " + ", ".join(f"{n} = s{k}" for k, n in enumerate(EQUATIONS)) + " }\n"
    text += "F_i { " + ", ".join(EQUATIONS.values()).replace("_m", "m") + " }\n"
    ode = ds.Ode(text, matrix_type=ds.nalgebra_dense, ode_solver=ds.tsit45)
    ode.rtol, ode.atol = TOLERANCE, ABSOLUTE

    def solve(work: Kinetics) -> Profiles:
        parent, metabolite = empty(work)
        cut = []
        for rate, inside, part, length in pieces(work):
            at = np.unique(np.append(inside, length))
            cut.append((rate, at, part, np.searchsorted(at, inside)))
        for i, row in enumerate(work.people.table()):
            x = np.zeros(5)
            for rate, at, part, chosen in cut:
                values = np.concatenate([row, [rate * work.weight_kg[i]], x])
                found = np.asarray(ode.solve_dense(values, at).ys)
                x = found[:, -1]
                parent[i, part] = found[0, chosen] / row[1]
                metabolite[i, part] = found[3, chosen] / row[7]
        return parent, metabolite

    return solve


def roadrunner() -> Solver:
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_ERROR)
    engine = roadrunner.RoadRunner(sbml())
    engine.integrator.setValue("relative_tolerance", TOLERANCE)
    engine.integrator.setValue("absolute_tolerance", ABSOLUTE)
    engine.integrator.setValue("maximum_num_steps", 1_000_000)
    engine.timeCourseSelections = ["time", "a1", "n1"]

    def solve(work: Kinetics) -> Profiles:
        parent, metabolite = empty(work)
        times = work.plan.times_h
        for i, row in enumerate(work.people.table()):
            engine.reset()
            for name, value in zip(NAMES, row, strict=True):
                engine.setValue(name, float(value))
            infusion = float(work.plan.cut.segments[0, 2] * work.weight_kg[i])
            engine.setValue("full", infusion)
            engine.setValue("rate", infusion)  # the first is running when the clock starts
            found = engine.simulate(0.0, float(times[-1]), len(times))
            parent[i], metabolite[i] = found[:, 1] / row[1], found[:, 2] / row[7]
        return parent, metabolite

    return solve


def diffrax() -> Solver:
    import jax

    jax.config.update("jax_enable_x64", True)
    import diffrax
    import jax.numpy as jnp

    def slope(t: Any, x: Any, args: Any) -> Any:
        k, rate, starts, length = args
        running = jnp.any((t >= starts) & (t < starts + length))
        return k @ x + jnp.zeros(5).at[0].set(jnp.where(running, rate, 0.0))

    def one(k: Any, rate: Any, starts: Any, length: Any, times: Any) -> Any:
        jumps = jnp.sort(jnp.concatenate([starts[1:], starts + length]))
        control = diffrax.PIDController(rtol=TOLERANCE, atol=ABSOLUTE)
        control = diffrax.ClipStepSizeController(control, jump_ts=jumps)
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(slope), diffrax.Dopri8(), 0.0, times[-1], 0.01, jnp.zeros(5),
            args=(k, rate, starts, length), saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=control, max_steps=1_000_000,
        )  # fmt: skip
        return found.ys[:, [0, 3]]

    many = jax.jit(jax.vmap(one, in_axes=(0, 0, None, None, None)))

    def solve(work: Kinetics) -> Profiles:
        rows = work.people.table()
        running = work.plan.cut.segments[work.plan.cut.segments[:, 2] > 0]
        matrices = np.array([rate_matrix(row) for row in rows])
        rates = running[0, 2] * work.weight_kg
        found = many(matrices, rates, running[:, 0], running[0, 1], work.plan.times_h)
        amounts = np.asarray(found)
        return amounts[:, :, 0] / rows[:, [1]], amounts[:, :, 1] / rows[:, [7]]

    return solve
