"""The four structures of the kinetic models: compartments, and where each dose enters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reprieve.engine.kinetics.interactions import Exposure, carried_liver
from reprieve.engine.kinetics.linear import Input, Output, System
from reprieve.engine.kinetics.models import KineticModel, kinetic_model
from reprieve.errors import ModelError

Array = NDArray[np.float64]
Values = dict[str, Array]
MASS_NK = 223.70 / 237.73  # norketamine over ketamine, g/mol
MASS_HNK = 239.70 / 237.73  # hydroxynorketamine over ketamine
FM_HNK = 0.80 * 0.70  # simons_2022: share of a ketamine dose that becomes hydroxynorketamine

PARENT, NORKETAMINE, HNK = 0, 1, 2  # how deep the chain is solved; nothing flows back up


@dataclass(frozen=True, slots=True)
class Given:
    """One dose of one enantiomer: `amount` mg (n,), `time` and `duration` h."""

    route: str
    form: str | None
    amount: Array
    time: float
    duration: float


@dataclass(frozen=True, slots=True)
class Subject:
    """What the people bring to a structure, arrays (n,)."""

    values: Values
    hnk: Values
    age_y: Array
    japanese: Array
    asian: Array
    exposure: Exposure
    clearance: float  # 1 for S, 0.85 for R


@dataclass(frozen=True, slots=True)
class Plan:
    """A system ready to solve; outputs in the order ketamine, norketamine, hydroxynorketamine."""

    system: System
    inputs: list[Input]
    outputs: list[Output]


def build(model: KineticModel, who: Subject, doses: Sequence[Given], depth: int) -> Plan:
    """Compartments and inputs of `doses` by `model`.

    Raises
    ------
    ModelError
        The model has no such route or no such metabolite.
    """
    return _STRUCTURES[model.structure](model, who, doses, depth)


def deepest(model: KineticModel) -> int:
    """How far down the chain the model can be solved."""
    return PARENT if model.structure == "mammillary" else HNK


def _start(names: list[str], who: Subject) -> System:
    return System(tuple(names), len(who.age_y))


def _fill(value: float, who: Subject) -> Array:
    return np.full(len(who.age_y), value)


def _liver(who: Subject) -> tuple[Array, Array]:
    return carried_liver(who.exposure.hepatic, who.age_y, who.asian)


def _slower_norketamine(who: Subject) -> Array:
    """Factor on the clearance of norketamine: ancestry as in perez_ruixo_2021, other medicines."""
    asian = kinetic_model("perez_ruixo_2021_esketamine").value("cl_nk_asian")
    return np.asarray(np.where(who.asian > 0, asian, 1.0) * who.exposure.norketamine)


def _no_route(model: KineticModel, route: str) -> ModelError:
    return ModelError(f"Model {model.key} does not describe the route '{route}'.")


# --- venous parent and metabolite, and what is derived from it -----------------------------------


def _parent_metabolite(
    model: KineticModel, who: Subject, doses: Sequence[Given], depth: int
) -> Plan:
    v = who.values
    routes = {d.route for d in doses}
    depot, gut = model.has("ka"), model.has("ka_oral")
    swallowed = model.has("d_mucosa") and depth >= NORKETAMINE
    names = ["central", "peripheral1", "peripheral2"]
    names += ["depot"] * depot + ["gut"] * gut + ["swallowed"] * swallowed
    names += ["nk", "nk_peripheral"] * (depth >= NORKETAMINE) + ["hnk", "hnk_peripheral"] * (
        depth >= HNK
    )
    s = _start(names, who)
    cl = v["cl"] * who.clearance * _liver(who)[0]
    s.exchange("central", "peripheral1", v["q1"], v["vc"], v["vp1"])
    s.exchange("central", "peripheral2", v["q2"], v["vc"], v["vp2"])
    outputs = [Output("central", v["vc"])]
    if depth >= NORKETAMINE:
        s.flow("central", "nk", cl / v["vc"])
        outputs += _norketamine(s, who, depth)
    else:
        s.lose("central", cl / v["vc"])
    if depot:
        s.flow("depot", "central", v["ka"])
    f, f_nk = _first_pass(model, who)
    if gut:
        s.flow("gut", "central", v["ka_oral"] * f)
        if depth >= NORKETAMINE:
            s.flow("gut", "nk", v["ka_oral"] * f_nk)
            s.lose("gut", v["ka_oral"] * np.maximum(0.0, 1.0 - f - f_nk))
        else:
            s.lose("gut", v["ka_oral"] * (1.0 - f))
    if swallowed:
        s.flow("swallowed", "nk", v["ka_swallowed"])
    known = {"iv"}  # whatever the absorption, the disposition is that of an infusion
    known |= ({"im", "sc"} if depot else set()) | ({"oral"} if gut else set())
    known |= {"sublingual"} if model.has("d_mucosa") else set()
    for route in sorted(routes - known):
        raise _no_route(model, route)
    inputs: list[Input] = []
    for d in doses:
        time, duration = _fill(d.time, who), _fill(d.duration, who)
        if d.route == "iv":
            inputs.append(Input("central", d.amount, time, duration))
        elif d.route in ("im", "sc"):
            inputs.append(Input("depot", f * d.amount, time, duration))
        elif d.route == "oral":
            inputs.append(Input("gut", d.amount, time, v["d_oral"]))
        else:
            inputs.append(Input("central", f * d.amount, time, v["d_mucosa"]))
            if swallowed:
                inputs.append(Input("swallowed", f_nk * d.amount, time, v["d_swallowed"]))
    return Plan(s, inputs, outputs)


def _first_pass(model: KineticModel, who: Subject) -> tuple[Array, Array]:
    """Fractions of an extravascular dose reaching the plasma as ketamine and as norketamine."""
    v, n = who.values, len(who.age_y)
    f = v["f"] if model.has("f") else np.ones(n)
    f_nk = v["f_presystemic_nk"] if model.has("f_presystemic_nk") else np.zeros(n)
    if not model.has("ka_oral"):
        return np.minimum(f, 1.0), f_nk
    change = who.exposure.gut * _liver(who)[1]
    changed = np.minimum(f * change, 1.0)
    return changed, np.clip(f_nk + np.minimum(f, 1.0) - changed, 0.0, 1.0 - changed)


def _norketamine(s: System, who: Subject, depth: int) -> list[Output]:
    """Two compartments of norketamine in ketamine mass units, and what forms from it."""
    v = who.values
    k = v["cl_nk"] * _slower_norketamine(who) / v["vc_nk"]
    s.exchange("nk", "nk_peripheral", v["q_nk"], v["vc_nk"], v["vp_nk"])
    outputs = [Output("nk", v["vc_nk"])]
    if depth < HNK:
        s.lose("nk", k)
        return outputs
    s.flow("nk", "hnk", k * FM_HNK)
    s.lose("nk", k * (1.0 - FM_HNK))
    return [*outputs, _hydroxynorketamine(s, who.hnk)]


def _hydroxynorketamine(s: System, h: Values) -> Output:
    s.exchange("hnk", "hnk_peripheral", h["q_hnk"], h["vc_hnk"], h["vp_hnk"])
    s.lose("hnk", h["cl_hnk"] / h["vc_hnk"])
    return Output("hnk", h["vc_hnk"] / MASS_HNK)


# --- arterial, oral film, two metabolites behind transit chains ----------------------------------


def _transit_metabolites(
    model: KineticModel, who: Subject, doses: Sequence[Given], depth: int
) -> Plan:
    v = who.values
    film = any(d.route == "sublingual" for d in doses)
    nasal = any(d.route == "nasal" for d in doses) and model.has("f_nasal")
    swallowed = (film or nasal) and depth >= NORKETAMINE
    names = ["central", "peripheral1", "peripheral2"] + ["mucosa"] * film + ["nose"] * nasal
    names += ["gut", "portal"] * swallowed
    names += ["transit1", "transit2", "nk", "nk_peripheral"] * (depth >= NORKETAMINE)
    names += ["transit3", "transit4", "hnk", "hnk_peripheral"] * (depth >= HNK)
    s = _start(names, who)
    cl = v["cl"] * who.clearance * _liver(who)[0]
    s.exchange("central", "peripheral1", v["q1"], v["vc"], v["vp1"])
    s.exchange("central", "peripheral2", v["q2"], v["vc"], v["vp2"])
    outputs = [Output("central", v["vc"])]
    if film:
        s.flow("mucosa", "central", v["ka_film"])
    if nasal:
        s.flow("nose", "central", v["ka_nasal"])
    if depth < NORKETAMINE:
        s.lose("central", cl / v["vc"])
    else:
        outputs.append(Output("nk", v["vc"] / MASS_NK))
        s.flow("central", "transit1", cl / v["vc"])
        s.flow("transit1", "transit2", 2.0 / v["mtt_nk"])
        s.flow("transit2", "nk", v["fm_nk"] * 2.0 / v["mtt_nk"])
        s.lose("transit2", (1.0 - v["fm_nk"]) * 2.0 / v["mtt_nk"])
        s.exchange("nk", "nk_peripheral", v["q_nk"], v["vc"], v["vp_nk"])
        k = v["cl_nk"] * _slower_norketamine(who) / v["vc"]
        if depth < HNK:
            s.lose("nk", k)
        else:
            s.flow("nk", "transit3", k)
            s.flow("transit3", "transit4", 2.0 / v["mtt_hnk"])
            s.flow("transit4", "hnk", v["fm_hnk"] * 2.0 / v["mtt_hnk"])
            s.lose("transit4", (1.0 - v["fm_hnk"]) * 2.0 / v["mtt_hnk"])
            outputs.append(_hydroxynorketamine(s, v))
    if swallowed:
        s.flow("gut", "portal", v["ka_swallowed"])
        s.flow("portal", "transit1", 1.0 / v["mtt_gut"])
    inputs: list[Input] = []
    for d in doses:
        time = _fill(d.time, who)
        if d.route == "iv":
            inputs.append(Input("central", d.amount, time, _fill(d.duration, who)))
        elif d.route == "sublingual":
            inputs.append(Input("mucosa", v["f_film"] * d.amount, time, v["d_film"]))
            if swallowed:
                inputs.append(Input("gut", v["f_swallowed"] * d.amount, time, v["d_swallowed"]))
        elif nasal and d.route == "nasal":
            f = np.minimum(v["f_nasal"], 1.0)
            inputs.append(Input("nose", f * d.amount, time, _fill(0.0, who)))
            if swallowed:
                f_nk = np.minimum(v["f_presystemic_nk"], 1.0 - f)
                inputs.append(Input("gut", f_nk * d.amount, time, v["d_swallowed"]))
        else:
            raise _no_route(model, d.route)
    return Plan(s, inputs, outputs)


# --- nasal and oral esketamine through gut and liver ---------------------------------------------


def _hepatoportal(model: KineticModel, who: Subject, doses: Sequence[Given], depth: int) -> Plan:
    v, x = who.values, who.exposure
    nasal = any(d.route == "nasal" for d in doses)
    oral = any(d.route == "oral" for d in doses)
    names = ["central", "peripheral1", "peripheral2", "liver"]
    names += ["nose", "gut"] * nasal + ["stomach"] * oral
    names += ["nk", "nk_peripheral"] * (depth >= NORKETAMINE)
    names += ["hnk", "hnk_peripheral"] * (depth >= HNK)
    s = _start(names, who)
    qh = v["qh"] * (
        1.0 + model.value("qh_age") * np.maximum(0.0, who.age_y - 60.0) / model.value("qh")
    )
    kel = v["kel"] * np.where(who.asian > 0, v["kel_asian"], 1.0) * x.hepatic
    kmet = v["kmet"] * x.hepatic
    slow = _slower_liver(who.clearance, qh, v["vh"] * (kel + kmet))
    kel, kmet = kel * slow, kmet * slow
    s.exchange("central", "peripheral1", v["q1"], v["vc"], v["vp1"])
    s.exchange("central", "peripheral2", v["q2"], v["vc"], v["vp2"])
    s.exchange("central", "liver", qh, v["vc"], v["vh"])
    s.lose("liver", kel)
    outputs = [Output("central", v["vc"])]
    f_gut = np.minimum(1.0, v["f_gut"] * x.gut)
    to_nk = v["fm_gut"] * (1.0 - f_gut)  # formed in the gut wall, past the liver
    if depth < NORKETAMINE:
        s.lose("liver", kmet)
    else:
        s.flow("liver", "nk", kmet)
        outputs += _noresketamine(s, who, depth)
    for depot, ka in (("gut", "ka_swallowed"), ("stomach", "ka_oral")):
        if depot in names:
            s.flow(depot, "liver", v[ka] * f_gut)
            if depth >= NORKETAMINE:
                s.flow(depot, "nk", v[ka] * to_nk)
                s.lose(depot, v[ka] * (1.0 - f_gut - to_nk))
            else:
                s.lose(depot, v[ka] * (1.0 - f_gut))
    if nasal:
        s.flow("nose", "central", v["ka_nasal"])
    inputs: list[Input] = []
    for d in doses:
        time = _fill(d.time, who)
        if d.route == "iv":
            inputs.append(Input("central", d.amount, time, _fill(d.duration, who)))
        elif d.route == "oral":
            inputs.append(Input("stomach", d.amount, time, v["d_oral"]))
        elif d.route == "nasal":
            inputs += _sprays(model, who, d)
        else:
            raise _no_route(model, d.route)
    return Plan(s, inputs, outputs)


def _slower_liver(ratio: float, qh: Array, intrinsic: Array) -> Array:
    """Factor on intrinsic clearance that makes systemic clearance `ratio` times as large."""
    extraction = ratio * intrinsic / (qh + intrinsic)
    return np.asarray(qh * extraction / (1.0 - extraction) / intrinsic)


def _noresketamine(s: System, who: Subject, depth: int) -> list[Output]:
    v = who.values
    cl = v["cl_nk"] * _slower_norketamine(who)
    s.exchange("nk", "nk_peripheral", v["q_nk"], v["vc_nk"], v["vp_nk"])
    outputs = [Output("nk", v["vc_nk"])]
    if depth < HNK:
        s.lose("nk", cl / v["vc_nk"])
        return outputs
    s.flow("nk", "hnk", cl / v["vc_nk"] * 0.70)
    s.lose("nk", cl / v["vc_nk"] * 0.30)
    return [*outputs, _hydroxynorketamine(s, who.hnk)]


def _sprays(model: KineticModel, who: Subject, d: Given) -> list[Input]:
    """One input through the nose and one swallowed for each device."""
    v = who.values
    size, interval = model.value("device_mg"), model.value("device_interval")
    nasal = np.minimum(1.0, v["fr_nasal"] * np.where(who.japanese > 0, v["fr_japanese"], 1.0))
    inputs: list[Input] = []
    devices = max(1, int(np.ceil(np.max(d.amount, initial=0.0) / size - 1e-9)))
    for k in range(devices if interval > 0 else 1):
        amount = np.clip(d.amount - k * size, 0.0, size) if interval > 0 else d.amount
        share = nasal if k == 0 else nasal * v["fr_later_device"]
        time = _fill(d.time + k * interval, who)
        inputs.append(Input("nose", amount * share, time, _fill(0.0, who)))
        inputs.append(Input("gut", amount * (1.0 - share), time, v["d_swallowed"]))
    return inputs


# --- parent alone --------------------------------------------------------------------------------


def _mammillary(model: KineticModel, who: Subject, doses: Sequence[Given], depth: int) -> Plan:
    v = who.values
    if depth > PARENT:
        raise ModelError(f"Model {model.key} describes ketamine only.")
    s = _start(["central", "peripheral1", "peripheral2"], who)
    cl = v["cl"] * who.clearance * _liver(who)[0]
    s.exchange("central", "peripheral1", v["q1"], v["vc"], v["vp1"])
    s.exchange("central", "peripheral2", v["q2"], v["vc"], v["vp2"])
    s.lose("central", cl / v["vc"])
    for d in doses:
        if d.route != "iv":
            raise _no_route(model, d.route)
    inputs = [Input("central", d.amount, _fill(d.time, who), _fill(d.duration, who)) for d in doses]
    return Plan(s, inputs, [Output("central", v["vc"])])


_STRUCTURES: dict[str, Callable[[KineticModel, Subject, Sequence[Given], int], Plan]] = {
    "parent_metabolite": _parent_metabolite,
    "transit_metabolites": _transit_metabolites,
    "hepatoportal": _hepatoportal,
    "mammillary": _mammillary,
}
