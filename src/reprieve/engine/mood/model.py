"""Mood: the population model's parameters, its patients, and their scores over time.

The equations stand in `docs/mood.md`; the kernel is `core.mood`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_ndtr, ndtr, ndtri

from reprieve.engine.core import mood as core
from reprieve.errors import InputError

Array = NDArray[np.float64]

MADRS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Prior:
    """One parameter: its median, spread on `scale`, unit and meaning. Fixed when `sd` is None."""

    name: str
    unit: str
    meaning: str
    median: float
    sd: float | None
    scale: str

    def to_scale(self, value: Array | float) -> Array:
        """The value on the scale where the prior is normal."""
        v = np.asarray(value, float)
        return (
            np.log(v)
            if self.scale == "log"
            else np.log(v / (1 - v))
            if self.scale == "logit"
            else v
        )

    def from_scale(self, value: Array | float) -> Array:
        """Inverse of `to_scale`."""
        v = np.asarray(value, float)
        return (
            np.exp(v)
            if self.scale == "log"
            else 1 / (1 + np.exp(-v))
            if self.scale == "logit"
            else v
        )


@cache
def priors() -> tuple[Prior, ...]:
    """Every parameter of the mood model in file order (`evidence/models/mood.toml`)."""
    text = (files("reprieve.evidence") / "models" / "mood.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return tuple(
        Prior(
            name,
            row["unit"],
            row["meaning"],
            row["prior"],
            row.get("sd"),
            row.get("scale", "identity"),
        )
        for name, row in table.items()
        if isinstance(row, dict)
    )


def free_names() -> tuple[str, ...]:
    """Names of the parameters that calibration moves."""
    return tuple(p.name for p in priors() if p.sd is not None)


@dataclass(frozen=True)
class MoodParameters:
    """One set of parameter values by name."""

    values: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    @classmethod
    def prior(cls, **changes: float) -> "MoodParameters":
        """The prior medians, with changes."""
        unknown = set(changes) - {p.name for p in priors()}
        if unknown:
            raise InputError(f"Unknown mood parameters: {', '.join(sorted(unknown))}.")
        return cls({p.name: float(p.median) for p in priors()} | changes)

    @classmethod
    def from_theta(cls, theta: Array) -> "MoodParameters":
        """From prior-standardised coordinates: 0 is the prior median, 1 one prior SD."""
        values = {p.name: float(p.median) for p in priors()}
        free = [p for p in priors() if p.sd is not None]
        for prior, z in zip(free, theta, strict=True):
            assert prior.sd is not None
            values[prior.name] = float(
                prior.from_scale(prior.to_scale(prior.median) + prior.sd * z)
            )
        return cls(values)

    def theta(self) -> Array:
        """Prior-standardised coordinates of the free parameters."""
        return np.array(
            [
                float((p.to_scale(self[p.name]) - p.to_scale(p.median)) / p.sd)
                for p in priors()
                if p.sd is not None
            ]
        )

    def constant(self, *, first_line: bool = False) -> Array:
        """The kernel's population constants."""
        v = self.values
        lam = v["lam"] * (v["first_hazard"] if first_line else 1.0)
        return np.array(
            [v["kon"], v["wf"], v["tf"], v["ts"], v["kc"], v["rhoc"], v["p50"], v["hill"],
             v["alpha"], v["txo"], v["taux"], v["nh"], v["tauh"], v["sw"], v["tw"], v["sv"],
             v["tv"], lam, v["gam"], v["tauz"], v["risez"], v["floor"], v["gate"], v["rest"]]
        )  # fmt: skip

    def gain(self, awareness: str) -> float:
        """Context gain of a session under that awareness of allocation."""
        v = self.values
        gains = {
            "open": v["gain_open"],
            "aware_active": 1.0,
            "blinded_crossover": 1.0,
            "midazolam_control": v["gain_midazolam"],
            "saline_control": v["gain_saline"],
            "nasal_placebo": v["gain_nasal_placebo"],
            "new_ad_active": v["gain_new_ad_placebo"] + v["gain_new_ad_active_extra"],
            "new_ad_placebo": v["gain_new_ad_placebo"],
            "masked": v["gain_midazolam"],
            "oral_open": 0.0,
            "placebo_pill": 0.0,
        }
        if awareness not in gains:
            raise InputError(f"Unknown awareness '{awareness}'. Known: {', '.join(gains)}.")
        return gains[awareness]


# Columns of the standard-uniform matrix behind a population.
U_BASE, U_EM, U_NR, U_TAUP, U_TAUC, U_X, U_H, U_FRAIL, U_THRESH, U_LOSS, U_W0, U_STIM = range(12)
U_TRIAL_DRUG, U_TRIAL_CONTEXT, U_TRIAL_SHARED, U_OTHER = 12, 13, 14, 15
OTHERS = 3
U_V0 = U_OTHER + OTHERS
U_COLUMNS = U_V0 + 1


def quasi_random(n: int, seed: int) -> Array:
    """(n, U_COLUMNS) scrambled Sobol points in (0, 1); n is best a power of two."""
    from scipy.stats import qmc  # half a second of imports, needed by few

    points = qmc.Sobol(U_COLUMNS, scramble=True, seed=np.random.default_rng(seed)).random(n)
    return np.clip(points, 1e-9, 1 - 1e-9)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Scores at entry on MADRS: mean, SD and inclusion minimum, points."""

    mean: float
    sd: float
    minimum: float


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a population is treated, and how the place differs from the average trial.

    The three trial effects are in SD between trials; `spread` draws them afresh for every
    patient, as in a pool of many trials. `em_shift` and `context_shift` move the log of the
    drug's and the context's effect, for what is known of the patients (`predictors.shift`).
    """

    baseline: Baseline
    first_line: bool = False
    drug: float = 0.0
    context: float = 0.0
    shared: float = 0.0
    spread: bool = False
    em_shift: float = 0.0
    context_shift: float = 0.0


def draw_patients(
    params: MoodParameters,
    uniform: Array,
    setting: Setting,
    amplitudes: Sequence[float] = (),
    em_shift: Array | float = 0.0,
    context_shift: Array | float = 0.0,
) -> tuple[Array, Array, Array]:
    """Individual effects of n patients.

    Parameters
    ----------
    uniform : (n, U_COLUMNS) in (0, 1)
    amplitudes : mean effect of each other treatment, logit; at most `OTHERS`
    em_shift, context_shift : covariate effects on the log of the drug's and the context's effect

    Returns
    -------
    patient : (n, 11) kernel columns; amplitude : (n, k); baseline : (n,) observed MADRS at entry
    """
    v, n = params.values, len(uniform)
    z = ndtri(uniform)
    base = setting.baseline
    # Truncated at the inclusion minimum, on the true score, as everything after is.
    sd = max(0.5, np.sqrt(max(base.sd**2 - v["sm"] ** 2, 0.25)))
    mean = untruncated_mean(base.mean, sd, base.minimum)
    low = ndtr((base.minimum - mean) / sd)
    high = ndtr((58.0 - mean) / sd)
    true = mean + sd * ndtri(low + (high - low) * uniform[:, U_BASE])
    # who enters a trial does so on a worse day than their average one
    above = v["entry"] + np.sqrt(1 - v["entry"] ** 2 / 2) * z[:, [U_W0, U_V0]]
    w0, v0 = v["sw"] * above[:, 0], v["sv"] * above[:, 1]
    y0 = np.log(true / (MADRS_MAX - true))
    trial = np.array([[setting.drug, setting.context, setting.shared]])
    if setting.spread:
        trial = z[:, U_TRIAL_DRUG : U_TRIAL_SHARED + 1]
    em = v["emax"] * np.exp(
        v["we"] * z[:, U_EM] + v["trial_drug"] * trial[:, 0] + em_shift + setting.em_shift
    )
    responds = uniform[:, U_NR] >= v["pnr"]
    rho = v["rho_frailty"]
    frail = v["wfrail"] * (-rho * z[:, U_EM] + np.sqrt(1 - rho**2) * z[:, U_FRAIL])
    patient = np.empty((n, core.TRAITS))
    patient[:, core.B] = y0 - w0 - v0
    patient[:, core.EM] = em * responds
    patient[:, core.TAUP] = v["taup"] * np.exp(v["wtau"] * z[:, U_TAUP])
    patient[:, core.TAUC] = v["tauc"] * np.exp(v["wtauc"] * z[:, U_TAUC])
    patient[:, core.X0] = v["x0"] * np.exp(
        v["wx"] * z[:, U_X]
        - v["wx"] ** 2 / 2
        + v["trial_context"] * trial[:, 1]
        + context_shift
        + setting.context_shift
    )
    patient[:, core.H] = v["h"] + v["wh"] * z[:, U_H] + v["trial_shared"] * trial[:, 2]
    patient[:, core.FRAILTY] = np.exp(frail - v["wfrail"] ** 2 / 2)
    patient[:, core.THRESHOLD] = -np.log(uniform[:, U_THRESH])
    patient[:, core.LOSS] = v["loss"] * np.exp(v["wloss"] * z[:, U_LOSS])
    patient[:, core.W0], patient[:, core.V0] = w0, v0
    # No time constant may meet a limb's own: the closed forms divide by the difference.
    patient[:, core.TAUP] = np.clip(patient[:, core.TAUP], 0.6, 400.0)
    k = len(amplitudes)
    if k > OTHERS:
        raise InputError(f"{k} other treatments at once; the model takes at most {OTHERS}.")
    other = np.exp(v["wa"] * z[:, U_OTHER : U_OTHER + k] - v["wa"] ** 2 / 2)
    return patient, np.asarray(amplitudes, float)[None, :] * other, true


@cache
def untruncated_mean(target: float, sd: float, minimum: float) -> float:
    """Mean of the normal whose part above `minimum` has mean `target`.

    Raises
    ------
    InputError
        No such normal within five SD: the mean stands too close to the minimum.
    """

    def excess(mean: float) -> float:
        a = (minimum - mean) / sd
        # the inverse Mills ratio by log-cdf, which holds far out in the tail
        hazard = np.exp(-0.5 * a * a - 0.5 * np.log(2 * np.pi) - log_ndtr(-a))
        return float(mean + sd * hazard - target)

    low = minimum - 5 * sd
    if excess(low) > 0:
        raise InputError(
            f"A mean baseline of {target:g} stands too close to the inclusion minimum of "
            f"{minimum:g} for an SD of {sd:g}; give a lower minimum or a smaller SD."
        )
    high = target
    for _ in range(60):  # bisection: a solver's import alone would take longer
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return float(0.5 * (low + high))


def to_madrs(latent: Array) -> Array:
    """True MADRS, 0-60, of a latent score (logit)."""
    return np.asarray(MADRS_MAX * expit(latent))


def observe(latent: Array, noise: Array, sm: float) -> Array:
    """What a rater writes down: whole points, with rating error of SD `sm`."""
    return np.asarray(np.round(np.clip(to_madrs(latent) + sm * noise, 0.0, MADRS_MAX)), float)
