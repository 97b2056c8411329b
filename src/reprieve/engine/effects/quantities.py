"""What papers report about safety, computed from a simulated setting.

Every function takes `Seen` and the arguments of the plan, and returns one number in the unit of
the row (%, mmHg, points, min, ng/mL, OR). "Peak" means the largest of a person's readings less
one reading before the dose; "fixed" the mean of all at one minute.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.effects.dissociation import dissociated
from reprieve.engine.effects.haemodynamics import SIGNS
from reprieve.engine.effects.parameters import NAME, acute_model, read_model_file
from reprieve.engine.effects.settings import RATED_MINUTES, Record, Seen
from reprieve.engine.patient import Array

Mask = NDArray[np.bool_]


@cache
def rules() -> dict[str, tuple[tuple[str, float, float], ...]]:
    """What the label counts, by name: (sign, least reading, least rise), any of them counts."""
    content = read_model_file(NAME)
    severe, rise = content["severe"], content["threshold"]
    levels = {sign: (sign, float(severe[sign]["value"]), -np.inf) for sign in ("sbp", "dbp")}
    rises = {s: (s, -np.inf, float(rise[f"{s}_rise"]["value"])) for s in ("sbp", "dbp")}
    return {
        "sbp_180": (levels["sbp"],),
        "dbp_110": (levels["dbp"],),
        "sbp_rise_40": (rises["sbp"],),
        "dbp_rise_25": (rises["dbp"],),
        "severe": (levels["sbp"], levels["dbp"]),
        "large_rise": (rises["sbp"], rises["dbp"]),
    }


def _crossed(seen: Seen, rule: str) -> Mask:
    """(sessions, n): whether a session's readings meet a rule."""
    minutes = np.array(seen.cast.place.readings)
    last = acute_model()["early_rise"] if rule == "large_rise" else np.inf
    keep = minutes <= last

    def met(record: Record) -> Mask:
        hit = np.zeros(len(seen.cast.people), dtype=bool)
        for sign, level, rise in rules()[rule]:
            change = record.change[sign][:, keep]
            above = change + record.before[sign][:, None] >= level
            hit |= (above & (change >= rise)).any(axis=1)
        return hit

    return np.array([met(record) for record in seen.records])


def _percent(share: Any) -> float:
    return 100.0 * float(np.mean(share))


def _peaks(seen: Seen, sign: str) -> Array:
    """(sessions, n): each session's largest change."""
    return np.array([record.change[sign].max(axis=1) for record in seen.records])


def peak_change(seen: Seen, sign: str) -> float:
    """Mean over people and sessions of the largest change."""
    return float(_peaks(seen, sign).mean())


def peak_change_sd(seen: Seen, sign: str) -> float:
    """SD over infusions of the largest change."""
    return float(_peaks(seen, sign).std())


def fixed_change(seen: Seen, sign: str, minute: float) -> float:
    """Mean over people and sessions of the change at one minute."""
    column = seen.cast.place.readings.index(float(minute))
    return float(np.mean([record.change[sign][:, column].mean() for record in seen.records]))


def largest_mean_peak(seen: Seen, sign: str) -> float:
    """The largest over visits of the mean peak in a group of the trial's size.

    Picking the largest of several means of a small group adds to it; so the people are cut into
    groups of that size and the groups' largest means averaged.
    """
    peaks = _peaks(seen, sign)
    size = min(seen.cast.place.group, peaks.shape[1])
    groups = peaks.shape[1] // size
    means = peaks[:, : groups * size].reshape(len(peaks), groups, size).mean(axis=2)
    return float(means.max(axis=0).mean())


def ever_crossed(seen: Seen, rule: str) -> float:
    """Per cent of people whose readings meet a rule in any session."""
    return _percent(_crossed(seen, rule).any(axis=0))


def sessions_crossed(seen: Seen, rule: str) -> float:
    """Per cent of sessions whose readings meet a rule."""
    return _percent(_crossed(seen, rule))


def age_odds(seen: Seen, rule: str) -> float:
    """Odds ratio a year of age of a session that meets a rule, by logistic regression."""
    events = _crossed(seen, rule).sum(axis=0).astype(float)
    trials = float(len(seen.records))
    x = np.column_stack((np.ones(len(events)), seen.cast.people.age_y - 50.0))
    beta = np.array([np.log(max(events.sum(), 0.5) / (trials * len(events))), 0.0])
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-x @ beta))
        weight = trials * p * (1.0 - p)
        beta += np.linalg.solve((x.T * weight) @ x, x.T @ (events - trials * p))
    return float(np.exp(beta[1]))


def _course(seen: Seen, course: str) -> Array:
    """Mean course of the first session as a departure from rest, upwards."""
    values: Array = getattr(seen.opening, course)
    if course == "moaas":
        values = 5.0 - values
    elif course in SIGNS:
        values = values - getattr(seen.opening.baseline, course)[:, None]
    return np.asarray(values.mean(axis=0))


def _rated(seen: Seen, course: str, schedule: tuple[float, ...]) -> tuple[Array, Array]:
    """Minutes and the mean course there: at the paper's ratings, or all along."""
    minutes, mean = 60.0 * seen.opening.times_h, _course(seen, course)
    if not schedule:
        return minutes, mean
    at = np.array(schedule, dtype=float)
    return at, np.interp(at, minutes, mean)


def minute_of_peak(seen: Seen, course: str, schedule: tuple[float, ...] = ()) -> float:
    """Minute at which the mean course peaks."""
    minutes, mean = _rated(seen, course, schedule)
    return float(minutes[mean.argmax()])


def minute_of_onset(seen: Seen, course: str) -> float:
    """Minute at which the mean course passes half of its peak."""
    mean = _course(seen, course)
    return 60.0 * float(seen.opening.times_h[(mean >= 0.5 * mean.max()).argmax()])


def minute_resolved(seen: Seen, course: str, schedule: tuple[float, ...] = ()) -> float:
    """Minute after the peak at which the mean course is below a tenth of it."""
    minutes, mean = _rated(seen, course, schedule)
    late = (np.arange(mean.size) > mean.argmax()) & (
        mean < acute_model()["settled_share"] * mean.max()
    )
    return float(minutes[late.argmax()])


def minutes_to_rest(seen: Seen, sign: str, since: float) -> float:
    """Minutes, from minute `since`, until the mean rise is under 2 mmHg again."""
    mean = _course(seen, sign)
    late = (np.arange(mean.size) > mean.argmax()) & (mean < acute_model()["settled_mean"])
    return 60.0 * float(seen.opening.times_h[late.argmax()]) - since


def minutes_to_rest_slowest(seen: Seen, sign: str) -> float:
    """Minutes until 95 per cent of people are within 5 mmHg of rest again."""
    rise = getattr(seen.opening, sign) - getattr(seen.opening.baseline, sign)[:, None]
    slow = np.quantile(rise, 0.95, axis=0)
    late = (np.arange(slow.size) > slow.argmax()) & (slow < acute_model()["settled_person"])
    return 60.0 * float(seen.opening.times_h[late.argmax()])


def ever_dissociated(seen: Seen) -> float:
    """Per cent of people with a CADSS total above 4 in any session."""
    return _percent(np.array([dissociated(r.cadss) for r in seen.records]).any(axis=0))


def cadss_mean(seen: Seen, minute: float, session: int = 0) -> float:
    """Mean CADSS total at a minute of a session."""
    if float(minute) in RATED_MINUTES:
        return float(seen.records[session].cadss[:, RATED_MINUTES.index(float(minute))].mean())
    return float(seen.opening.at("cadss", minute / 60.0).mean())


def cadss_correlation(seen: Seen) -> float:
    """Correlation of mean CADSS with plasma over the ends of the steps."""
    place = seen.cast.place
    mean = _course(seen, "cadss")
    plasma = _plasma(seen).mean(axis=0)
    at = np.searchsorted(place.times_h(), np.array(place.step_ends) / 60.0)
    return float(np.corrcoef(mean[at], plasma[at])[0, 1])


def ever_sedated(seen: Seen, level: float) -> float:
    """Per cent of people whose MOAA/S falls below a level in any session."""
    return _percent(np.array([r.lowest_moaas < level for r in seen.records]).any(axis=0))


def sessions_sedated(seen: Seen, level: float) -> float:
    """Per cent of sessions in which MOAA/S falls below a level."""
    return _percent(np.array([r.lowest_moaas < level for r in seen.records]))


def ever_desaturated(seen: Seen, below: float) -> float:
    """Per cent of people with two successive oximeter readings below a level."""
    low = np.array([r.spo2 < below for r in seen.records])
    return _percent((low[:, :, 1:] & low[:, :, :-1]).any(axis=(0, 2)))


def ready(seen: Seen, minute: float) -> float:
    """Per cent of sessions fit for discharge: awake, not dissociated, no large rise left."""
    column = RATED_MINUTES.index(float(minute))
    reading = seen.cast.place.readings.index(float(minute))
    cutoff = acute_model()["cadss_cutoff"]

    def fit(record: Record) -> Mask:
        calm: Mask = (record.cadss[:, column] <= cutoff) & (record.moaas[:, column] == 5.0)
        for sign, _, rise in rules()["large_rise"]:
            calm &= record.change[sign][:, reading] < rise
        return calm

    return _percent([fit(record) for record in seen.records])


def not_ready(seen: Seen, minute: float) -> float:
    """Per cent of sessions not fit for discharge."""
    return 100.0 - ready(seen, minute)


def event(seen: Seen, event: str) -> float:
    """Per cent of people who report an event in any session."""
    return _percent(seen.events[event])


def _plasma(seen: Seen) -> Array:
    return 1000.0 * (seen.cast.first.s_ketamine + seen.cast.first.r_ketamine)


def plasma_at(seen: Seen, minute: float) -> float:
    """Mean plasma ketamine at a minute, ng/mL."""
    column = int(np.searchsorted(seen.cast.place.times_h(), minute / 60.0 - 1e-9))
    return float(_plasma(seen)[:, column].mean())


def plasma_peak(seen: Seen) -> float:
    """Geometric mean of the people's highest plasma ketamine, ng/mL."""
    return float(np.exp(np.log(_plasma(seen).max(axis=1)).mean()))


def plasma_if_dissociated(seen: Seen, minute: float, centile: float) -> float:
    """A centile of plasma ketamine at a minute among people with CADSS above 4, ng/mL."""
    column = int(np.searchsorted(seen.cast.place.times_h(), minute / 60.0 - 1e-9))
    felt = seen.opening.cadss[:, column] > acute_model()["cadss_cutoff"]
    return float(np.percentile(_plasma(seen)[felt, column], centile))


QUANTITIES: dict[str, Callable[..., float]] = {
    f.__name__: f
    for f in (
        age_odds,
        cadss_correlation,
        cadss_mean,
        event,
        ever_crossed,
        ever_desaturated,
        ever_dissociated,
        ever_sedated,
        fixed_change,
        largest_mean_peak,
        minute_of_onset,
        minute_of_peak,
        minute_resolved,
        minutes_to_rest,
        minutes_to_rest_slowest,
        not_ready,
        peak_change,
        plasma_at,
        plasma_if_dissociated,
        plasma_peak,
        ready,
        sessions_crossed,
        sessions_sedated,
    )
}
