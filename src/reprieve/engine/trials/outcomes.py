"""What a trial reports, computed from a virtual trial the way the trial computed it.

`measure(spec, results)` reads a small table:

    {design = "popova_2019", kind = "response_rate", arm = "esketamine", day = 28}
    {op = "ratio", of = [ {...}, {...} ]}

so that neither facts nor trial files need code of their own.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.mood import suicidality
from reprieve.engine.mood.model import Array
from reprieve.engine.trials.design import Design, Relapse
from reprieve.engine.trials.trial import ArmResult, TrialResult
from reprieve.errors import EvidenceError

Mask = NDArray[np.bool_]
Results = Mapping[str, TrialResult]
MIN_GROUP = 3  # fewer patients than this say nothing


def measure(spec: Mapping[str, Any], results: Results) -> float:
    """One number of one or several virtual trials; NaN where too few patients qualify."""
    if spec.get("op") == "value":
        return float(spec["value"])
    if "op" in spec:
        return _OPERATIONS[spec["op"]]([measure(s, results) for s in spec["of"]])
    design = spec["design"]
    if design not in results:
        raise EvidenceError(f"measure {dict(spec)} names design '{design}', which was not run.")
    result = results[design]
    kind = spec["kind"]
    if kind not in KINDS:
        raise EvidenceError(f"Unknown kind of outcome '{kind}'. Known: {', '.join(KINDS)}.")
    return float(KINDS[kind](result, spec))


def designs_of(spec: Mapping[str, Any]) -> set[str]:
    """Every design a measure needs."""
    if "op" in spec:
        return set().union(*(designs_of(s) for s in spec.get("of", ())))
    return {spec["design"]}


_OPERATIONS: dict[str, Callable[[list[float]], float]] = {
    "ratio": lambda x: x[0] / x[1],
    "difference": lambda x: x[0] - x[1],
    "mean": lambda x: float(np.mean(x)),
    "percent": lambda x: 100.0 * x[0] / x[1],
    "falling": lambda x: float(all(a > b for a, b in pairwise(x))),
}


def visit(result: ArmResult, day: float) -> int:
    """Column of the visit at that day."""
    index = int(np.argmin(np.abs(result.visits_d - day)))
    if abs(result.visits_d[index] - day) > max(0.01, 0.02 * day):
        raise EvidenceError(f"No visit at day {day:g} in arm '{result.name}'.")
    return index


def _scores(r: TrialResult, s: Mapping[str, Any], arm: str) -> tuple[Array, Array]:
    """Baseline (n,) and score (n,) at the measure's day on its instrument, of its group."""
    a = r.arms[_known(r, arm)]
    keep = members(r.design, a, s.get("among"))
    v = visit(a, s["day"])
    base, scores = a.rated(s.get("instrument", r.design.instrument))
    return base[keep], scores[keep, v]


def _known(r: TrialResult, arm: str) -> str:
    if arm not in r.arms:
        raise EvidenceError(f"{r.design.key}: no arm '{arm}'. Arms: {', '.join(r.arms)}.")
    return arm


def members(design: Design, arm: ArmResult, name: str | None) -> Mask:
    """Which patients of an arm belong to the named group; all when there is no name."""
    if name is None:
        return np.ones(len(arm), bool)
    for group in design.groups:
        if group.name == name:
            inside = np.asarray(np.all([_holds(arm, rule) for rule in group.rules], axis=0), bool)
            return inside & ~members(design, arm, group.without) if group.without else inside
    raise EvidenceError(
        f"{design.key}: no group '{name}'. Groups: {', '.join(g.name for g in design.groups)}."
    )


def _holds(arm: ArmResult, rule: Mapping[str, Any]) -> Mask:
    at = [visit(arm, d) for d in rule["days"]]
    scores, base = arm.scores[:, at], arm.baseline[:, None]
    if "fall" in rule:
        hit = scores <= (1 - rule["fall"]) * base
    elif "fall_less_than" in rule:
        hit = scores > (1 - rule["fall_less_than"]) * base
    elif "at_most" in rule:
        hit = scores <= rule["at_most"]
    else:
        hit = scores >= rule["at_least"]
    needed: int = rule.get("count", len(at))
    return np.asarray(hit.sum(axis=1) >= needed)


# --- means and rates -------------------------------------------------------------------------


def _change(r: TrialResult, s: Mapping[str, Any], arm: str | None = None) -> Array:
    base, score = _scores(r, s, arm or s["arm"])
    return score - base


def _change_mean(r: TrialResult, s: Mapping[str, Any]) -> float:
    return _mean(_change(r, s))


def _change_sd(r: TrialResult, s: Mapping[str, Any]) -> float:
    return float(np.std(_change(r, s), ddof=1))


def _score_mean(r: TrialResult, s: Mapping[str, Any]) -> float:
    return _mean(_scores(r, s, s["arm"])[1])


def _score_sd(r: TrialResult, s: Mapping[str, Any]) -> float:
    return float(np.std(_scores(r, s, s["arm"])[1], ddof=1))


def _response(r: TrialResult, s: Mapping[str, Any]) -> float:
    base, score = _scores(r, s, s["arm"])
    return 100 * _mean(score <= (1 - s.get("fall", 0.5)) * base) * r.arms[s["arm"]].completes


def _remission(r: TrialResult, s: Mapping[str, Any]) -> float:
    _, score = _scores(r, s, s["arm"])
    return 100 * _mean(score <= s["at_most"]) * r.arms[s["arm"]].completes


def _ever(r: TrialResult, s: Mapping[str, Any]) -> float:
    """Share with a response (`fall`) or remission (`at_most`) at any visit up to the day."""
    a = r.arms[_known(r, s["arm"])]
    base, rated = a.rated(s.get("instrument", r.design.instrument))
    scores = rated[:, a.visits_d <= s["day"] + 1e-6]
    if "at_most" in s:
        hit = scores <= s["at_most"]
    else:
        hit = scores <= (1 - s.get("fall", 0.5)) * base[:, None]
    return 100 * _mean(hit.any(axis=1))


def _group_share(r: TrialResult, s: Mapping[str, Any]) -> float:
    """Percent of an arm that belongs to the group `among`."""
    a = r.arms[_known(r, s["arm"])]
    return 100 * _mean(members(r.design, a, s["among"])) * a.completes


def _difference(r: TrialResult, s: Mapping[str, Any]) -> float:
    return _mean(_change(r, s)) - _mean(_change(r, s, s["control"]))


def _effect_size(r: TrialResult, s: Mapping[str, Any]) -> float:
    """Cohen's d, positive for the active arm; pooled SD of the endpoint or of the change."""
    if s.get("sd", "endpoint") == "change":
        x, y = _change(r, s), _change(r, s, s["control"])
        gap = y.mean() - x.mean()
    else:
        x, y = _scores(r, s, s["arm"])[1], _scores(r, s, s["control"])[1]
        gap = y.mean() - x.mean()
    return float(gap / np.sqrt(0.5 * (x.var(ddof=1) + y.var(ddof=1))))


def _prepost(r: TrialResult, s: Mapping[str, Any]) -> float:
    base, score = _scores(r, s, s["arm"])
    return float(
        (base.mean() - score.mean()) / np.sqrt(0.5 * (base.var(ddof=1) + score.var(ddof=1)))
    )


def _curve(r: TrialResult, s: Mapping[str, Any]) -> tuple[Array, Array]:
    days = r.arms[s["arm"]].visits_d
    return days, np.array([_effect_size(r, {**s, "day": float(d)}) for d in days])


def _peak_h(r: TrialResult, s: Mapping[str, Any]) -> float:
    days, g = _curve(r, s)
    return float(24 * days[int(np.argmax(g))])


def _day_below(r: TrialResult, s: Mapping[str, Any]) -> float:
    """First day after the peak when the effect size is below `threshold`, interpolated."""
    days, g = _curve(r, s)
    for k in range(int(np.argmax(g)) + 1, len(g)):
        if g[k] < s["threshold"]:
            share = (g[k - 1] - s["threshold"]) / (g[k - 1] - g[k])
            return float(days[k - 1] + share * (days[k] - days[k - 1]))
    return float(days[-1])


def _mean(x: Any) -> float:
    values = np.asarray(x, float)
    return float(values.mean()) if values.size >= MIN_GROUP else float("nan")


# --- relapse -----------------------------------------------------------------------------------


def relapse_days(design: Design, arm: ArmResult) -> Array:
    """(n,) day at which relapse is said, infinite where it never is."""
    rule = design.relapse
    if rule is None:
        raise EvidenceError(f"{design.key}: a relapse outcome needs a [relapse] rule.")
    bad = _relapsed(rule, arm) & (arm.visits_d > rule.from_d + 1e-9)
    run = bad.copy()
    for k in range(1, rule.consecutive):
        run[:, : run.shape[1] - k] &= bad[:, k:]
        run[:, run.shape[1] - k :] = False
    first = run.argmax(axis=1)
    # Relapse is dated at the first of the visits that together establish it.
    return np.where(run.any(axis=1), arm.visits_d[first], np.inf)


def _relapsed(rule: Relapse, arm: ArmResult) -> Mask:
    if rule.at_least is not None:
        return np.asarray(arm.scores >= rule.at_least)
    assert rule.fall_below is not None
    return np.asarray(arm.scores > (1 - rule.fall_below) * arm.baseline[:, None])


def _follow(r: TrialResult, s: Mapping[str, Any], arm: str) -> tuple[Array, Mask]:
    """Time from the start of counting (d) and whether relapse ended it, in the group."""
    a = r.arms[_known(r, arm)]
    keep = members(r.design, a, s.get("among"))
    start = r.design.relapse.from_d if r.design.relapse else 0.0
    when, stop = relapse_days(r.design, a)[keep], a.censor_d[keep]
    return np.minimum(when, stop) - start, when <= stop


def _relapse_free(r: TrialResult, s: Mapping[str, Any]) -> float:
    """Kaplan-Meier share still well `day` days after counting began; crude without a day."""
    time, relapsed = _follow(r, s, s["arm"])
    if "day" not in s:
        return 100 * (1 - _mean(relapsed))
    t, alive = kaplan_meier(time, relapsed)
    return float(100 * alive[np.searchsorted(t, s["day"], side="right") - 1])


def _relapse_median(r: TrialResult, s: Mapping[str, Any]) -> float:
    """Median days to relapse by Kaplan-Meier (infinite when not reached), or among relapsers."""
    time, relapsed = _follow(r, s, s["arm"])
    if len(time) < MIN_GROUP:
        return float("nan")
    if s.get("relapsers_only"):
        return float(np.median(time[relapsed]))
    t, alive = kaplan_meier(time, relapsed)
    below = np.flatnonzero(alive <= 0.5)
    return float(t[below[0]]) if below.size else float("inf")


def _relapse_mean(r: TrialResult, s: Mapping[str, Any]) -> float:
    time, relapsed = _follow(r, s, s["arm"])
    return _mean(time[relapsed])


def _hazard_ratio(r: TrialResult, s: Mapping[str, Any]) -> float:
    ta, ea = _follow(r, s, s["arm"])
    tc, ec = _follow(r, s, s["control"])
    if min(len(ta), len(tc)) < MIN_GROUP:
        return float("nan")
    return cox_two_arms(ta, ea, tc, ec)


def kaplan_meier(time: Array, event: Mask) -> tuple[Array, Array]:
    """Times (k,) from 0 and the share without the event at each."""
    t, inverse = np.unique(time, return_inverse=True)
    events = np.bincount(inverse, weights=event, minlength=len(t))
    leaving = np.bincount(inverse, minlength=len(t))
    at_risk = len(time) - np.concatenate([[0], np.cumsum(leaving)[:-1]])
    alive = np.cumprod(1 - events / at_risk)
    return np.concatenate([[0.0], t]), np.concatenate([[1.0], alive])


def cox_two_arms(time_a: Array, event_a: Mask, time_b: Array, event_b: Mask) -> float:
    """Hazard ratio of a against b by Cox's partial likelihood (Breslow ties)."""
    time = np.concatenate([time_a, time_b])
    event = np.concatenate([event_a, event_b]).astype(bool)
    x = np.concatenate([np.ones(len(time_a)), np.zeros(len(time_b))])
    t = np.unique(time[event])
    risk_a = len(time_a) - np.searchsorted(np.sort(time_a), t, side="left")
    risk_b = len(time_b) - np.searchsorted(np.sort(time_b), t, side="left")
    d = np.array([event[time == u].sum() for u in t])
    da = x[event].sum()
    beta = 0.0
    for _ in range(30):
        share = risk_a * np.exp(beta) / (risk_a * np.exp(beta) + risk_b)
        score, information = da - (d * share).sum(), (d * share * (1 - share)).sum()
        step = np.clip(score / max(information, 1e-9), -1.0, 1.0)
        beta += step
        if abs(step) < 1e-8:
            break
    return float(np.exp(beta))


def _share_of_improvement(r: TrialResult, s: Mapping[str, Any]) -> float:
    """Percent of the mean improvement at `of_day` that is there at `day`."""
    early = _mean(_change(r, s))
    late = _mean(_change(r, {**s, "day": s["of_day"]}))
    return 100 * early / late


def _ideation(compute: suicidality.Ideation) -> Callable[[TrialResult, Mapping[str, Any]], float]:
    """An outcome of suicidal ideation as a kind of outcome."""

    def kind(r: TrialResult, s: Mapping[str, Any]) -> float:
        arm = r.arms[_known(r, s["arm"])]
        control = r.arms[_known(r, s["control"])] if "control" in s else None
        return compute(s, arm, control, visit(arm, s["day"]))

    return kind


KINDS: dict[str, Callable[[TrialResult, Mapping[str, Any]], float]] = {
    "change_mean": _change_mean,
    "change_sd": _change_sd,
    "score_mean": _score_mean,
    "score_sd": _score_sd,
    "response_rate": _response,
    "remission_rate": _remission,
    "ever_rate": _ever,
    "group_share": _group_share,
    "diff_vs_control": _difference,
    "effect_size_g": _effect_size,
    "prepost_g": _prepost,
    "peak_time_h": _peak_h,
    "day_below": _day_below,
    "relapse_free": _relapse_free,
    "median_days": _relapse_median,
    "mean_days": _relapse_mean,
    "hazard_ratio": _hazard_ratio,
    "share_of_improvement": _share_of_improvement,
    **{name: _ideation(compute) for name, compute in suicidality.KINDS.items()},
}
