"""Two checks of the reference itself."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.reference_posterior import cases, reference
from benchmarks.reference_posterior.answers import Reader, answers
from benchmarks.reference_posterior.model import Model, build, numpyro_model, person
from benchmarks.reference_posterior.mood import RELAPSES, live
from benchmarks.reference_posterior.problem import problem
from benchmarks.reference_posterior.smc import Particles, Sampler
from reprieve.engine.calibration.ensemble import Ensemble
from reprieve.engine.cases.case import Case
from reprieve.engine.core import arms
from reprieve.engine.core import mood as core
from reprieve.engine.forecast.members import members
from reprieve.engine.forecast.timeline import event_tables, timeline

STATIONARY = ("02-single-infusion", "04-after-induction")
PEOPLE = 2000
WALKERS, STEPS, EVERY = 2048, 400, 40


def courses(case: Case, ensemble: Ensemble) -> str:
    """The same people through both mood models: largest difference of their latent courses."""
    made = build(problem(case, ensemble))
    rng = np.random.default_rng(1)
    x = rng.standard_normal((len(made.coordinates.names), PEOPLE))
    member = np.sort(rng.integers(0, len(ensemble), PEOPLE))
    who = person(made, jnp.asarray(x), member)
    patient = np.zeros((PEOPLE, core.TRAITS))
    traits = (
        (core.EM, who.em), (core.TAUP, who.taup), (core.TAUC, who.tauc), (core.X0, who.x0),
        (core.H, who.h), (core.FRAILTY, who.frailty), (core.THRESHOLD, who.threshold[0]),
        (core.LOSS, who.loss),
    )  # fmt: skip
    for column, values in traits:
        patient[:, column] = values
    line, sets = timeline(case), members(ensemble)
    kept = made.days >= 0
    _, table = event_tables(sets, line.given, made.days[kept], None)
    theirs = np.empty((PEOPLE, int(kept.sum())))
    course = sets.others(line.others)[1]
    arms.run_people(
        patient, np.asarray(who.amplitude).T.copy(), np.asarray(who.stimulus).T.copy(), member,
        sets.constant, sets.effect, course, table, 0.0, np.zeros((PEOPLE, core.STATE)), theirs,
        np.empty((0, 0, core.PARTS)),
    )  # fmt: skip
    # later relapses wait for draws of their own here; the kernel reads them off the first
    waits = [[core.threshold(row, k) for row in patient] for k in range(RELAPSES)]
    latent, _ = live(replace(who, threshold=jnp.array(waits)), made.whole)
    apart = np.abs(np.asarray(latent)[made.whole.at][kept] - theirs.T)
    few = float((apart > 1e-4).any(axis=0).mean())
    return f"largest difference {apart.max():.1e} logit, {few:.2%} of people beyond 1e-4"


def stationary(name: str, ensemble: Ensemble) -> str:
    """NumPyro's ensemble sampler, begun among the particles, on its own reading of the model."""
    from numpyro.infer import AIES, MCMC

    case = next(c for c in cases.stored() if c.id == name)
    made = build(problem(case, ensemble))
    begun = Sampler(made).run(2 * WALKERS, 77, 8, 1, 1)[0]
    x, member = begun.x[:, :WALKERS], begun.member[:WALKERS]
    # sets are equally likely: any place inside a set's stretch of (0, 1) picks it
    rng = np.random.default_rng(7)
    u = (np.asarray(member) + rng.uniform(0.01, 0.99, WALKERS)) / len(ensemble)
    moves = {AIES.DEMove(): 0.7, AIES.StretchMove(): 0.3}
    chains = MCMC(
        AIES(numpyro_model, moves=moves), num_warmup=0, num_samples=STEPS, num_chains=WALKERS,
        chain_method="vectorized", thinning=EVERY, progress_bar=False,
    )  # fmt: skip
    place = {"u": jnp.log(u / (1 - u)), "x": x.T}
    chains.run(jax.random.key(7), made, init_params=place)
    return _beside(name, made, chains.get_samples(group_by_chain=True))


def _beside(name: str, made: Model, found: dict) -> str:
    reader, stored = Reader(made), reference.read(name)
    sums = []
    for k in range(found["x"].shape[1] // 2, found["x"].shape[1]):
        member = (found["u"][:, k] * len(made.problem.weight)).astype(int)
        sums.append(reader.read(Particles(found["x"][:, k].T, member, None, None), k))
    ours = answers(sums, reader.points, made.problem.cutoff)
    names = ("now mean", "now sd", "+28 d mean", "+28 d half", "responds", "share mean")
    moved = float((found["x"][:, -1] != found["x"][:, 0]).any(axis=-1).mean())
    said = ", ".join(f"{n} {ours[n]:.3f} (was {stored.answers[n]:.3f})" for n in names)
    return f"{said}; {moved:.0%} of walkers moved"
