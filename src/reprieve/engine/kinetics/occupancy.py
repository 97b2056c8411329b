"""How much of the NMDA receptor ketamine blocks, and for how long."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.dosing.doses import Dose
from reprieve.engine.kinetics.concentrations import Concentrations, parent
from reprieve.engine.kinetics.models import Individuals
from reprieve.engine.patient import People

Array = NDArray[np.float64]
MODEL = "reprieve_occupancy"
STEPS_PER_H = 40  # of the integral; Simpson's rule is then within 0.1 % of a fine grid


@cache
def constants() -> Mapping[str, float]:
    """The numbers of the model file by name; each has its source and status there."""
    path = files("reprieve.evidence") / "models" / f"{MODEL}.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: float(t["value"]) for name, t in tables.items() if isinstance(t, dict)}


FU = constants()["unbound_fraction"]
NMOL_PER_MG = constants()["nmol_per_mg"]  # so nM = 4207 mg/L
IC50_S_NM = constants()["ic50_s"]
IC50_R_NM = constants()["ic50_r"]


def occupancy(
    conc: Concentrations,
    fu: float = FU,
    ic50_s_nm: float = IC50_S_NM,
    ic50_r_nm: float = IC50_R_NM,
) -> Array:
    """Fraction of NMDA receptor channels blocked, both enantiomers competing for one site.

    Norketamine is left out; it would add roughly 5-10 % (assumed).

    Returns
    -------
    array (n, n_times), 0 to 1
    """
    k = fu * NMOL_PER_MG * (conc.s_ketamine / ic50_s_nm + conc.r_ketamine / ic50_r_nm)
    return np.asarray(k / (1.0 + k))


def stimulus(
    doses: Iterable[Dose],
    people: People,
    rng: np.random.Generator | None = None,
    horizon_h: float = 12.0,
    fu: float = FU,
) -> Array:
    """Receptor occupancy integrated over each session, one draw per person.

    Each session stands alone (what earlier sessions left is ignored), so equal sessions are
    computed once. The integral runs `horizon_h` hours; input that lasts longer than an hour
    lengthens it by as much.

    Parameters
    ----------
    doses : of any number of sessions, told apart by `Dose.session`
    people : n people
    rng : None makes everybody typical
    horizon_h : h

    Returns
    -------
    array (n, n_sessions), h, sessions in the order of `Dose.session`
    """
    sessions: dict[int, list[Dose]] = {}
    for dose in doses:
        sessions.setdefault(dose.session, []).append(dose)
    individuals = Individuals.of(people, rng)
    forms: dict[tuple[object, ...], Array] = {}
    columns = []
    for number in sorted(sessions):
        shifted = _from_zero(sessions[number])
        if shifted not in forms:
            forms[shifted] = _integral(shifted, individuals, horizon_h, fu)
        columns.append(forms[shifted])
    return np.stack(columns, axis=1) if columns else np.zeros((len(people), 0))


def _from_zero(doses: list[Dose]) -> tuple[Dose, ...]:
    """The session with its first dose at 0 h, so that equal sessions compare equal."""
    start = min(d.time_h for d in doses)
    return tuple(
        Dose(d.drug, d.route, d.amount, d.unit, round(d.time_h - start, 9), d.duration_h, d.form)
        for d in sorted(doses, key=lambda d: d.time_h)
    )


def _integral(
    doses: tuple[Dose, ...], individuals: Individuals, horizon_h: float, fu: float
) -> Array:
    end = max(d.time_h + d.duration_h for d in doses)
    span = horizon_h + max(0.0, end - 1.0)
    steps = 2 * int(np.ceil(span * STEPS_PER_H / 2))
    times = np.linspace(0.0, span, steps + 1)
    blocked = occupancy(parent(doses, individuals, times), fu=fu)
    weights = np.full(steps + 1, 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    return np.asarray(blocked @ weights * (span / steps / 3.0))
