"""Pictures of the mood model itself: what improvement is made of, and what the evidence taught."""

import numpy as np

from reprieve.engine.calibration.ensemble import Ensemble, ensemble
from reprieve.engine.core import mood as core
from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.mood import model as mood
from reprieve.engine.mood.model import Array, Baseline, Prior, priors
from reprieve.engine.mood.stimuli import FormStimuli
from reprieve.engine.trials.design import Design, Plan, sittings
from reprieve.engine.trials.trial import run_trial
from reprieve.pictures import Axis, Figure

COURSE = "ketamine 0.5 mg/kg IV over 40 min, on days 0, 2, 4, 7, 9, 11"
BASE = Baseline(36.0, 5.5, 26.0)
PARTS = (
    ("drug", core.DRUG),
    ("context and expectancy", core.CONTEXT),
    ("shared care and time", core.SHARED),
)


def parts(seed: int = 1, members: int = 20, n: int = 512) -> tuple[Array, dict[str, Array]]:
    """Days (k,) and, by part, mean latent improvement (members, k), logit."""
    days = np.unique(np.concatenate([np.linspace(0.05, 14, 57), np.arange(15.0, 57.0)]))
    plan = Plan("course", None, (tuple(sittings(Regimen.parse(COURSE), "open")),))
    design = Design("parts", "", "none", "MADRS", BASE, tuple(days), (plan,))
    uniform, used = mood.quasi_random(n, seed), ensemble()
    made: dict[str, list[Array]] = {name: [] for name, _ in PARTS}
    for k in np.linspace(0, len(used) - 1, members).astype(int):
        result = run_trial(
            design, used.member(int(k)), uniform, seed, FormStimuli(), explain=True
        ).arms["course"]
        assert result.parts is not None
        for name, column in PARTS:
            made[name].append(-result.parts[:, :, column].mean(axis=0))
    return days, {name: np.array(rows) for name, rows in made.items()}


def parts_picture(seed: int = 1) -> Figure:
    """Where improvement comes from during and after six open infusions."""
    days, made = parts(seed)
    fig = Figure(
        "What improvement is made of, six open infusions",
        "Mean improvement on the latent scale by part. The drug's part rises within a day of each "
        "infusion and fades in weeks; context rises faster; shared care builds over weeks. The "
        "bands of drug and context are wide: the facts hardly separate the two.",
        Axis("Time since the first infusion", "d"),
        Axis("Mean improvement", "logit of MADRS/60", low=0.0),
    )
    for name, rows in made.items():
        low, middle, high = np.quantile(rows, [0.05, 0.5, 0.95], axis=0)
        fig.band(days, low, high, name).line(days, middle, name)
    return fig


def learned_picture(used: Ensemble | None = None) -> Figure:
    """Every calibrated parameter in prior SD: the prior is 0 ± 1."""
    e = used or ensemble()
    free = [p for p in priors() if p.sd]
    z = np.array([_in_prior_sd(p, e.sets[:, e.names.index(p.name)]) for p in free])
    low, middle, high = np.quantile(z, [0.05, 0.5, 0.95], axis=1)
    places = np.arange(len(free), dtype=float)
    fig = Figure(
        "What the evidence taught about each parameter",
        "Ensemble median and 90 % interval in standard deviations of the prior. Short bars were "
        "informed; bars from about -1.6 to 1.6 are still the prior.",
        Axis("Prior SD from the prior median", "", low=-3.5, high=3.5),
        Axis("", "", categories=tuple(p.name for p in free)),
        height=760,
        legend="none",
    )
    fig.vline(-1.64, "90 % of the prior").vline(1.64, "")
    return fig.points(middle, places, "ensemble", x_low=low, x_high=high)


def _in_prior_sd(prior: Prior, values: Array) -> Array:
    assert prior.sd is not None
    return np.asarray((prior.to_scale(values) - prior.to_scale(prior.median)) / prior.sd)
