"""Sentences about a session to come: its doses, its thresholds, what the odds rest on."""

from collections.abc import Sequence

from reprieve.engine.dosing.doses import Regimen
from reprieve.engine.effects.parameters import acute_model
from reprieve.engine.effects.thresholds import Crossing, counted_by_label
from reprieve.engine.kinetics.standing import kinetic_standing
from reprieve.engine.population.block import given_h
from reprieve.engine.session.history import Sign
from reprieve.engine.session.people import is_active
from reprieve.engine.trials.design import Form
from reprieve.evidence.practice import Protocol

_OF_PRESSURE = ("sbp", "dbp", "resting_sbp", "resting_dbp", "blood_pressure_increased")
_ROUGH = 0.1  # of the people drawn: odds that rest on fewer are said to be rough
_SIGN = {"sbp": "systolic", "dbp": "diastolic", "hr": "heart rate", "spo2": "oxygen saturation",
         "moaas": "MOAA/S"}  # fmt: skip
_RULE = {"above": "above", "at_least": "at or above", "below": "below", "at_most": "at or below"}


def words(form: Form) -> str:
    return Regimen(form).format().removesuffix(" once") if form else "nothing given"


def line(crossing: Crossing) -> str:
    """A threshold as a phrase, with what the rule asks for beside the number."""
    rule = crossing.threshold
    unit = "" if rule.unit == "score" else f" {rule.unit}"
    sign = _SIGN[crossing.sign] + (" rise" if crossing.rise else "")
    line = f"{sign} {_RULE[rule.rule]} {rule.value:g}{unit}"
    if crossing.name in counted_by_label():
        return f"{line}, as the label counts"
    return f"{line} (one reading; the rule asks: {rule.needs})" if rule.needs else line


def dissociation() -> str:
    return f"CADSS above {acute_model()['cadss_cutoff']:g} points"


def notes(
    form: Form, protocol: Protocol, signs: Sequence[Sign], worth: float, n: int
) -> tuple[str, ...]:
    said = []
    if not is_active(form):
        said.append("No ketamine is given: these are the odds of readings and of reports without.")
    if any(d.drug == "midazolam" for d in form):
        said.append("What midazolam does is not modelled: sedation, oxygen, recovery and reported "
                    "events are left out, and pressure is that of people without it.")  # fmt: skip
    if protocol.level != "usual":
        said.append(f"{protocol.title} is {protocol.level}-level; no rates of reported events "
                    f"apply. {protocol.note}".strip())  # fmt: skip
    said += kinetic_standing(form)
    if any(s.kind in _OF_PRESSURE for s in signs):
        said.append("A large rise of pressure can follow any dose even if earlier ones were mild "
                    "(spravato_label_2020).")  # fmt: skip
    if signs:
        said.append("How much a reaction says of the next one rests on assumed spreads; sessions "
                    "without a report of the same kind count as without it.")  # fmt: skip
    if worth < _ROUGH * n:
        said.append(f"What happened earlier is unusual for the model: the odds rest on "
                    f"{worth:.0f} people's worth of draws and are rough.")  # fmt: skip
    said.append(_stay(form, protocol))
    return tuple(said)


def _stay(form: Form, protocol: Protocol) -> str:
    """How long the protocol asks to stay, which no recovery here shortens."""
    asked = protocol.thresholds("discharge")
    stay = max(asked["after_start"].value, given_h(form) + asked["after_end"].value)
    return (
        f"Protocol {protocol.name} v{protocol.version} asks to stay at least {_long(stay)} "
        f"({asked['after_start'].standing}); recovery shown here does not shorten that."
    )


def _long(hours: float) -> str:
    return f"{hours * 60:.0f} min" if hours <= 4.0 else f"{hours:.3g} h"


def plain(name: str) -> str:
    return name.replace("_", " ")


def percent(p: float) -> str:
    return f"{100 * p:.1f} %" if p < 0.1 else f"{100 * p:.0f} %"
