"""Reprieve: ketamine treatment of depression, simulated, measured and forecast.

The names below are the public surface. They load on first use, so that
`import reprieve` stays instant.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reprieve.version import __version__

if TYPE_CHECKING:
    from reprieve.engine.cases.case import Case
    from reprieve.engine.dosing.doses import Dose, Regimen
    from reprieve.engine.forecast.forecast import forecast
    from reprieve.engine.forecast.many import forecast_many
    from reprieve.engine.forecast.outlook import Outlook
    from reprieve.engine.forecast.setting import update_setting
    from reprieve.engine.patient import Patient
    from reprieve.engine.planning.plan import plan
    from reprieve.engine.population.simulate import Simulation, simulate
    from reprieve.errors import InputError, ModelError, RegimenError, ReprieveError
    from reprieve.evidence import cite

_HOME = {
    "Dose": "reprieve.engine.dosing.doses",
    "Regimen": "reprieve.engine.dosing.doses",
    "Case": "reprieve.engine.cases.case",
    "Outlook": "reprieve.engine.forecast.outlook",
    "forecast": "reprieve.engine.forecast.forecast",
    "forecast_many": "reprieve.engine.forecast.many",
    "plan": "reprieve.engine.planning.plan",
    "update_setting": "reprieve.engine.forecast.setting",
    "Patient": "reprieve.engine.patient",
    "Simulation": "reprieve.engine.population.simulate",
    "simulate": "reprieve.engine.population.simulate",
    "cite": "reprieve.evidence",
    "InputError": "reprieve.errors",
    "ModelError": "reprieve.errors",
    "RegimenError": "reprieve.errors",
    "ReprieveError": "reprieve.errors",
}

__all__ = [
    "Case",
    "Dose",
    "InputError",
    "ModelError",
    "Outlook",
    "Patient",
    "Regimen",
    "RegimenError",
    "ReprieveError",
    "Simulation",
    "__version__",
    "cite",
    "forecast",
    "forecast_many",
    "plan",
    "simulate",
    "update_setting",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'reprieve' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
