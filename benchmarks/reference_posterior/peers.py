"""Other ways to one patient's forecast, timed on the same case.

None of them does all that Reprieve's does: each row says what is left out.
"""

import time
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from benchmarks.reference_posterior.problem import Problem, problem
from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case

WARM, DRAWS = 500, 1000
FITTED = 200  # people in the mixed model's fit


@dataclass(frozen=True, slots=True)
class Peer:
    """One other tool: seconds for this case, `first` with compiling; None when it was not run."""

    name: str
    version: str
    seconds: float | None
    first: float | None
    note: str


def reference_sampler(case: Case, ensemble: Ensemble) -> Peer:
    """One run of the reference at its stored setting."""
    name = "reference sampler (NumPyro model, tempered particles)"
    if (found := _version("numpyro")) is None:
        return Peer(name, "-", None, None, "not installed")
    from benchmarks.reference_posterior import reference
    from benchmarks.reference_posterior.answers import Reader
    from benchmarks.reference_posterior.model import build
    from benchmarks.reference_posterior.smc import Sampler

    made = build(problem(case, ensemble))
    sampler, reader = Sampler(made), Reader(made)
    seconds = []
    for seed in (1, 2):
        began = time.perf_counter()
        settings = (reference.SETTLE, reference.KEEP, reference.EVERY)
        for kept in sampler.run(reference.PARTICLES, seed, *settings):
            reader.read(kept, seed)
        seconds.append(time.perf_counter() - began)
    note = "the same model, one run of four; the answers agree (docs/forecast-reference.md)"
    return Peer(name, found, seconds[1], seconds[0], note)


def nuts(case: Case, ensemble: Ensemble) -> Peer:
    """NumPyro's NUTS on a smooth part of the model: one parameter set, all respond, no relapse."""
    name = f"NumPyro NUTS, {WARM} + {DRAWS:,} draws"
    if (found := _version("numpyro")) is None:
        return Peer(name, "-", None, None, "not installed")
    import jax
    from numpyro.diagnostics import effective_sample_size
    from numpyro.infer import MCMC, NUTS

    from benchmarks.reference_posterior.model import build, numpyro_model

    made = build(_smooth(problem(case, ensemble)))
    chain = MCMC(
        NUTS(numpyro_model, max_tree_depth=8), num_warmup=WARM, num_samples=DRAWS,
        progress_bar=False,
    )  # fmt: skip
    seconds = []
    for seed in (1, 2):
        began = time.perf_counter()
        chain.run(jax.random.key(seed), made)
        x = np.asarray(chain.get_samples()["x"])
        seconds.append(time.perf_counter() - began)
    least = float(np.min(effective_sample_size(x[None])))
    note = (
        f"one parameter set, everybody responds, nobody relapses; least effective draws {least:.0f}"
    )
    return Peer(name, found, seconds[1], seconds[0], note)


def _smooth(given: Problem) -> Problem:
    """The first parameter set alone, without what jumps."""
    value = {name: v[:1] for name, v in given.value.items()}
    value |= {"pnr": np.zeros(1), "lam": np.zeros(1)}
    inputs = tuple(replace(i, gain=None if i.gain is None else i.gain[:1]) for i in given.inputs)
    return replace(
        given,
        weight=np.ones(1),
        value=value,
        inputs=inputs,
        other_mean=given.other_mean[:1],
        other_course=given.other_course[:1],
    )


def mixed_model(case: Case, people: list[Case]) -> Peer:
    """statsmodels: a linear mixed model fitted again with this patient among others, then his or
    her random effects."""
    name = f"statsmodels MixedLM, refitted on {FITTED} people"
    if (found := _version("statsmodels")) is None:
        return Peer(name, "-", None, None, "not installed")
    import warnings

    import statsmodels.api as sm

    own = case.own_instrument
    rows = [
        (k, s.day, s.value)
        for k, one in enumerate([case, *people[: FITTED - 1]])
        for s in one.usable
        if s.instrument == own
    ]
    who, day, value = (np.array(column, float) for column in zip(*rows, strict=True))
    after = np.log1p(np.maximum(day, 0.0))
    fixed = np.column_stack([np.ones(len(day)), day > 0, after])
    seconds = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            began = time.perf_counter()
            fit = sm.MixedLM(value, fixed, who.astype(int), exog_re=fixed[:, [0, 2]]).fit()
            ahead = np.array([1.0, 1.0, np.log1p(case.asked_at + 28)])
            mean = ahead @ fit.fe_params + ahead[[0, 2]] @ np.asarray(fit.random_effects[0])
            seconds.append(time.perf_counter() - began)
    note = f"a mean ({mean:.0f} at +28 d), no doses, no causes, no relapse"
    return Peer(name, found, seconds[1], seconds[0], note)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
