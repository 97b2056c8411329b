"""Published numbers as data.

One TOML file a paper in studies/, kinetics/, effects/ and course/; instruments, protocols and
interactions beside them. Every number says where it stands and how it is known. Files are
listed by name and read when asked, so importing this costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reprieve.evidence.library import (
        Observation,
        case,
        case_names,
        keys,
        load,
        observation,
        observations,
    )
    from reprieve.evidence.perturbers import interaction, interaction_names
    from reprieve.evidence.practice import Protocol, protocol, protocol_for, protocol_names
    from reprieve.evidence.questionnaires import (
        Questionnaire,
        questionnaire,
        questionnaire_names,
    )
    from reprieve.evidence.references import Reference, bibliography, cite, reference
    from reprieve.evidence.scales import Instrument, instrument, instrument_names
    from reprieve.evidence.study import Arm, Outcome, Population, Study, read_study

_HOME = {
    "references": ("Reference", "bibliography", "cite", "reference"),
    "library": (
        "Observation",
        "case",
        "case_names",
        "keys",
        "load",
        "observation",
        "observations",
    ),
    "perturbers": ("interaction", "interaction_names"),
    "practice": ("Protocol", "protocol", "protocol_for", "protocol_names"),
    "questionnaires": ("Questionnaire", "questionnaire", "questionnaire_names"),
    "scales": ("Instrument", "instrument", "instrument_names"),
    "study": ("Arm", "Outcome", "Population", "Study", "read_study"),
}
_MODULE = {name: module for module, found in _HOME.items() for name in found}

__all__ = [
    "Arm",
    "Instrument",
    "Observation",
    "Outcome",
    "Population",
    "Protocol",
    "Questionnaire",
    "Reference",
    "Study",
    "bibliography",
    "case",
    "case_names",
    "cite",
    "instrument",
    "instrument_names",
    "interaction",
    "interaction_names",
    "keys",
    "load",
    "observation",
    "observations",
    "protocol",
    "protocol_for",
    "protocol_names",
    "questionnaire",
    "questionnaire_names",
    "read_study",
    "reference",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'reprieve.evidence' has no attribute {name!r}")
    value = getattr(import_module(f"reprieve.evidence.{_MODULE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
