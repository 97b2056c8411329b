"""The parameters of the acute effects, read from their evidence file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from reprieve.engine.core.effects import Constants
from reprieve.errors import UnknownNameError

NAME = "reprieve_acute"


@dataclass(frozen=True, slots=True)
class Event:
    """One adverse event: hazards per session that add up.

    `background` is what is reported without drug; `drug` is the hazard added at an effect-site
    peak of 100 ng/mL S-ketamine equivalents. Both are those of the first session and fall
    towards a share of themselves (`background_floor`, `floor`) as sessions go by. `spread` is
    the SD of the log of a person's proneness, which is the sensitivity named by `follows`.
    """

    name: str
    background: float
    background_floor: float
    drug: float
    floor: float
    spread: float
    follows: str
    status: str


@dataclass(frozen=True, slots=True)
class AcuteModel:
    """All numbers of the acute effects, by name, and the events."""

    values: Mapping[str, float]
    events: Mapping[str, Event]

    def __getitem__(self, name: str) -> float:
        if name not in self.values:
            raise UnknownNameError("parameter of the acute effects", name, sorted(self.values))
        return self.values[name]

    def adaptation_gain(self, session: int) -> float:
        """Gain of the adaptation that opposes dissociation, in this session (first = 0).

        It grows from session to session. Adaptation lags behind plasma, so a larger gain takes
        the late limb of dissociation first.
        """
        first, last = self["dissociation_gain_first"], self["dissociation_gain_last"]
        return last + (first - last) * float(np.exp(-session / self["session_constant"]))

    def constants(self, session: int) -> Constants:
        """What the kernels need in this session."""
        log2 = float(np.log(2.0))
        return Constants(
            r_weight=self["r_weight"],
            site_rate=log2 / (self["site_half_life"] / 60.0),
            adaptation_rate=log2 / (self["adaptation_half_life"] / 60.0),
            dissociation_gain=self.adaptation_gain(session),
            sedation_gain=self["sedation_gain"],
            pressor_gain=self["pressor_gain"],
            cadss_max=self["cadss_max"],
            cadss_ec50=self["cadss_ec50"],
            sedation_first=self["sedation_first"],
            sedation_3=self["sedation_3"],
            sedation_2=self["sedation_2"],
            sedation_1=self["sedation_1"],
            sedation_0=self["sedation_0"],
            sbp_max=self["sbp_max"],
            dbp_max=self["dbp_max"],
            hr_max=self["hr_max"],
            pressor_ec50=self["pressor_ec50"],
            sbp_settling=self["sbp_settling"],
            dbp_settling=self["dbp_settling"],
            settling_rate=60.0 / self["settling_time"],
            spo2_slope=self["spo2_slope"],
        )


@cache
def read_model_file(name: str) -> Mapping[str, Any]:
    """The tables of one file of `reprieve.evidence.models`, read once."""
    text = files("reprieve.evidence").joinpath("models", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def acute_model(name: str = NAME) -> AcuteModel:
    """The shipped acute-effects model."""
    content = read_model_file(name)
    events = {key: _event(key, table) for key, table in content.get("event", {}).items()}
    values = {
        key: float(table["value"])
        for key, table in content.items()
        if isinstance(table, dict) and "value" in table
    }
    return AcuteModel(values, events)


def _event(name: str, table: Mapping[str, Any]) -> Event:
    return Event(
        name=name,
        background=float(table["background"]["value"]),
        background_floor=float(table["background_floor"]["value"]),
        drug=float(table["drug"]["value"]),
        floor=float(table["floor"]["value"]),
        spread=float(table["spread"]["value"]),
        follows=str(table["follows"]),
        status=str(table["drug"]["status"]),
    )
