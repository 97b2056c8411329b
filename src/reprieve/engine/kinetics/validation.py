"""Every published kinetics row beside the model: how far apart, and by which model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from reprieve.engine.kinetics.predictions import predict, with_stratum
from reprieve.engine.kinetics.profiles import fold
from reprieve.engine.kinetics.settings import Assigned, assign

Kind = Literal["observed", "curve", "code", "defect", "unpredicted"]
NEAR, FAR = 1.25, 2.0
NEAR_SHARE, FAR_SHARE = 0.60, 0.90
CODE_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Row:
    """One published number and what the model says.

    `kind`: observed (a table or text of a paper), curve (a digitised curve), code (a model's own
    typical exposure: verifies the code), defect (a typical exposure that its paper's parameters
    do not give), unpredicted. `own` rows were used to build the model that predicts them.
    """

    id: str
    study: str
    what: str
    measure: str
    unit: str
    observed: float | None
    predicted: float | None
    fold: float | None
    kind: Kind
    own: bool
    model: str
    status: str
    why: str
    time_h: float | None
    arm: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows lie near: n, within 1.25-fold, within 2-fold."""

    n: int
    near: int
    far: int

    @property
    def near_share(self) -> float:
        return self.near / self.n if self.n else 0.0

    @property
    def far_share(self) -> float:
        return self.far / self.n if self.n else 0.0

    @property
    def met(self) -> bool:
        """At least 60 % within 1.25-fold and 90 % within 2-fold."""
        return self.near_share >= NEAR_SHARE and self.far_share >= FAR_SHARE


@dataclass(frozen=True, slots=True)
class KineticValidation:
    """All rows and whether the bars are met."""

    rows: tuple[Row, ...]

    def of(self, *kinds: Kind) -> tuple[Row, ...]:
        return tuple(r for r in self.rows if r.kind in kinds)

    @property
    def observed(self) -> Tally:
        """Rows of tables and text."""
        return tally(self.of("observed"))

    @property
    def curves(self) -> Tally:
        """Points of digitised curves."""
        return tally(self.of("curve"))

    @property
    def together(self) -> Tally:
        return tally(self.of("observed", "curve"))

    @property
    def foreign(self) -> Tally:
        """Observed rows of studies that no part of the predicting model was taken from."""
        return tally(r for r in self.of("observed") if not r.own)

    @property
    def seen(self) -> Tally:
        """Observed rows whose number somebody read at its source: not the recalled ones."""
        return tally(r for r in self.of("observed") if r.status != "recalled")

    @property
    def code_worst(self) -> float:
        """Largest relative difference of a code-verification row."""
        return max((_difference(r) for r in self.of("code")), default=0.0)

    @property
    def code_met(self) -> bool:
        return self.code_worst <= CODE_TOLERANCE

    @property
    def passed(self) -> bool:
        return self.observed.met and self.together.met and self.code_met

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("observed", "curves", "together", "foreign", "seen")
        counts = {name: getattr(self, name) for name in names}
        return {
            "pass": self.passed,
            "bars": {"within_1.25": NEAR_SHARE, "within_2": FAR_SHARE, "code": CODE_TOLERANCE},
            "tallies": {
                name: {
                    "n": t.n,
                    "within_1.25": t.near,
                    "within_2": t.far,
                    "share_1.25": round(t.near_share, 4),
                    "share_2": round(t.far_share, 4),
                    "met": t.met,
                }
                for name, t in counts.items()
            },
            "code": {
                "n": len(self.of("code")),
                "largest_difference": round(self.code_worst, 5),
                "met": self.code_met,
            },
            "rows": [{f: getattr(r, f) for f in r.__slots__} for r in self.rows],
        }


def _difference(row: Row) -> float:
    if row.predicted is None or not row.observed:
        return float("inf")
    return abs(row.predicted / row.observed - 1.0)


def tally(rows: Iterable[Row]) -> Tally:
    """Count rows that have a prediction."""
    folds = [r.fold for r in rows if r.fold is not None]
    return Tally(len(folds), sum(f <= NEAR for f in folds), sum(f <= FAR for f in folds))


def validate_kinetics(progress: Callable[[int, int], None] | None = None) -> KineticValidation:
    """Predict every published kinetics row that a model can predict; give the reason for the rest.

    Parameters
    ----------
    progress : called with (rows done, rows in all)
    """
    assigned = assign()
    rows = []
    for k, item in enumerate(assigned, start=1):
        rows.append(_row(item))
        if progress is not None:
            progress(k, len(assigned))
    return KineticValidation(tuple(rows))


def _row(item: Assigned) -> Row:
    setting, outcome = item.setting, item.row.outcome
    if setting is None:
        return _listed(item, item.why)
    if outcome.value is None:
        return _listed(item, "The paper prints no single number.")
    if setting.kind == "curve" and outcome.time_h == 0.0:
        return _listed(item, "Before the infusion began: the value is the offset of the reading.")
    if outcome.value <= 0:
        return _listed(item, "Read as zero from the picture: no fold can be formed.")
    if setting.kind == "code":
        setting = with_stratum(setting, item.row)
    found = predict(item.row, setting)
    kind: Kind = "defect" if item.defect else setting.kind  # type: ignore[assignment]
    return Row(
        id=item.row.id,
        study=item.row.reference,
        what=outcome.what,
        measure=outcome.kind,
        unit=outcome.unit,
        observed=outcome.value,
        predicted=found.value,
        fold=fold(found.value, outcome.value),
        kind=kind,
        own=setting.own,
        model=", ".join(found.models),
        status=outcome.status,
        why=item.why,
        time_h=outcome.time_h,
        arm=outcome.arm,
    )


def _listed(item: Assigned, why: str) -> Row:
    outcome = item.row.outcome
    return Row(
        id=item.row.id,
        study=item.row.reference,
        what=outcome.what,
        measure=outcome.kind,
        unit=outcome.unit,
        observed=outcome.value,
        predicted=None,
        fold=None,
        kind="unpredicted",
        own=False,
        model="",
        status=outcome.status,
        why=why,
        time_h=outcome.time_h,
        arm=outcome.arm,
    )
