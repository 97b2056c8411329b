"""Model files: parameters with their source, and each person's own values."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.patient import People
from reprieve.errors import EvidenceError, UnknownNameError

Array = NDArray[np.float64]
REFERENCE_KG = 70.0
UNITS = ("L", "L/h", "1/h", "h", "1", "mg", "L/h/year")
STRUCTURES = (
    "parent_metabolite",
    "transit_metabolites",
    "hepatoportal",
    "mammillary",
    "enantiomer",
)
STATUSES = ("estimated", "fixed", "derived", "recalled", "assumed")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typical value at 70 kg with the variance of its effect on the log (or logit) scale."""

    name: str
    value: float
    unit: str
    source: str
    status: str
    variance: float = 0.0
    logit: bool = False
    weight_exponent: float = 0.0


@dataclass(frozen=True, slots=True)
class KineticModel:
    """One file of `reprieve.evidence.models`.

    `roots` says for each parameter which file it comes from; people keep their random effects
    across models that share a root.
    """

    key: str
    title: str
    reference: str
    structure: str
    sampling: str
    analytes: tuple[str, ...]
    parameters: dict[str, Parameter]
    covariances: tuple[tuple[str, str, float], ...]
    roots: dict[str, str]
    population: str
    notes: tuple[str, ...]

    def value(self, name: str) -> float:
        """Typical value."""
        return self.parameters[name].value

    def has(self, name: str) -> bool:
        return name in self.parameters


@cache
def model_keys() -> tuple[str, ...]:
    """Names of the shipped kinetic models: the files of evidence/models with a known structure."""
    found = []
    for file in (files("reprieve.evidence") / "models").iterdir():
        if file.name.endswith(".toml"):
            raw = tomllib.loads(file.read_text(encoding="utf-8"))
            if raw.get("structure") in STRUCTURES:
                found.append(file.name[:-5])
    return tuple(sorted(found))


@cache
def kinetic_model(key: str) -> KineticModel:
    """Read a model file, with what it is based on.

    Raises
    ------
    UnknownNameError
        No such file.
    EvidenceError
        The file breaks its schema.
    """
    if key not in model_keys():
        raise UnknownNameError("kinetic model", key, model_keys())
    text = (files("reprieve.evidence") / "models" / f"{key}.toml").read_text(encoding="utf-8")
    return parse_model(key, text)


def parse_model(key: str, text: str) -> KineticModel:
    """A model from the text of its file; `based_on` and `borrow` are looked up.

    Raises
    ------
    EvidenceError
        Not TOML, or a parameter without value, unit, source or status.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EvidenceError(f"models/{key}.toml is not TOML: {error}.") from error
    parameters: dict[str, Parameter] = {}
    covariances: list[tuple[str, str, float]] = []
    roots: dict[str, str] = {}
    if "based_on" in raw:
        base = kinetic_model(raw["based_on"])
        parameters.update(base.parameters)
        covariances.extend(base.covariances)
        roots.update(base.roots)
    own = {k: v for k, v in raw.items() if isinstance(v, dict) and "value" in v}
    for name, table in own.items():
        parameters[name] = _parameter(key, name, table)
        roots[name] = key
    for table in raw.get("covariance", []):
        a, b = table["between"]
        covariances.append((a, b, float(table["value"])))
    missing = [k for k in ("reference", "title", "structure", "sampling") if k not in raw]
    if missing:
        raise EvidenceError(f"models/{key}.toml lacks {', '.join(missing)}; add them.")
    if raw["structure"] not in STRUCTURES:
        raise EvidenceError(
            f"models/{key}.toml: structure was '{raw['structure']}'; "
            f"expected one of {', '.join(STRUCTURES)}."
        )
    return KineticModel(
        key=key,
        title=raw["title"],
        reference=raw["reference"],
        structure=raw["structure"],
        sampling=raw["sampling"],
        analytes=tuple(raw.get("analytes", ())),
        parameters=parameters,
        covariances=tuple(covariances),
        roots=roots,
        population=raw.get("population", ""),
        notes=tuple(raw.get("notes", ())),
    )


def _parameter(key: str, name: str, table: dict[str, object]) -> Parameter:
    where = f"models/{key}.toml [{name}]"
    for needed in ("value", "unit", "source", "status"):
        if needed not in table:
            raise EvidenceError(f"{where} lacks '{needed}'; every number carries one.")
    value, unit, status = table["value"], str(table["unit"]), str(table["status"])
    if not isinstance(value, int | float) or not np.isfinite(value):
        raise EvidenceError(f"{where}: value was {value!r}; expected a number.")
    if unit not in UNITS:
        raise EvidenceError(f"{where}: unit was '{unit}'; expected one of {', '.join(UNITS)}.")
    if status not in STATUSES:
        raise EvidenceError(f"{where}: status was '{status}'; expected {', '.join(STATUSES)}.")
    if value < 0 and unit != "L/h/year":
        raise EvidenceError(f"{where}: value was {value}; it cannot be negative.")
    spread = {k: _number(where, table, k) for k in ("omega2", "nu2", "cv", "logit_sd")}
    variance = spread["omega2"] + spread["nu2"] + np.log1p(spread["cv"] ** 2)
    return Parameter(
        name=name,
        value=float(value),
        unit=unit,
        source=str(table["source"]),
        status=status,
        variance=float(spread["logit_sd"] ** 2 or variance),
        logit=spread["logit_sd"] > 0,
        weight_exponent=_number(where, table, "weight_exponent"),
    )


def _number(where: str, table: dict[str, object], name: str) -> float:
    value = table.get(name, 0.0)
    if not isinstance(value, int | float) or not np.isfinite(value) or value < 0:
        raise EvidenceError(f"{where}: {name} was {value!r}; expected a number of at least 0.")
    return float(value)


@dataclass(slots=True)
class Individuals:
    """Random effects of people, drawn once a model file and kept.

    With `rng` None everybody is typical for their weight.
    """

    people: People
    rng: np.random.Generator | None
    _drawn: dict[str, dict[str, Array]]

    @classmethod
    def of(cls, people: People, rng: np.random.Generator | None) -> "Individuals":
        return cls(people, rng, {})

    def values(self, model: KineticModel) -> dict[str, Array]:
        """Each person's own value of every parameter, arrays (n,)."""
        etas = self._etas(model)
        weight = self.people.weight_kg / REFERENCE_KG
        values: dict[str, Array] = {}
        for name, p in model.parameters.items():
            typical = p.value * weight**p.weight_exponent
            if name not in etas:
                values[name] = np.broadcast_to(typical, len(self.people)).astype(float)
            elif p.logit:
                odds = np.log(p.value / (1.0 - p.value)) + etas[name]
                values[name] = 1.0 / (1.0 + np.exp(-odds))
            else:
                values[name] = typical * np.exp(etas[name])
        return values

    def _etas(self, model: KineticModel) -> dict[str, Array]:
        if self.rng is None:
            return {}
        etas: dict[str, Array] = {}
        for root in dict.fromkeys(model.roots.values()):
            if root not in self._drawn:
                self._drawn[root] = self._draw(kinetic_model(root))
            drawn = self._drawn[root]
            etas.update({n: e for n, e in drawn.items() if model.roots.get(n) == root})
        return etas

    def _draw(self, model: KineticModel) -> dict[str, Array]:
        """Correlated normal effects of the parameters that vary, in the order of the file."""
        assert self.rng is not None
        names = [
            n for n, p in model.parameters.items() if p.variance and model.roots[n] == model.key
        ]
        if not names:
            return {}
        covariance = np.diag([model.parameters[n].variance for n in names])
        for a, b, value in model.covariances:
            if a in names and b in names:
                i, j = names.index(a), names.index(b)
                covariance[i, j] = covariance[j, i] = value
        z = self.rng.standard_normal((len(self.people), len(names)))
        etas = z @ np.linalg.cholesky(covariance).T
        return {n: np.ascontiguousarray(etas[:, k]) for k, n in enumerate(names)}
