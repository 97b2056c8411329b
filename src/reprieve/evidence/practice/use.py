"""How what is given stands to its label, in words."""

from collections.abc import Iterable

from reprieve.evidence.practice.model import ACTIVE, Protocol
from reprieve.evidence.practice.shipped import Given, governing

_NAMES = {"ketamine": "Racemic ketamine"}
_BY = {
    "iv": "by vein",
    "im": "into the muscle",
    "sc": "under the skin",
    "nasal": "by nose",
    "oral": "by mouth",
    "sublingual": "under the tongue",
}


def use_of(doses: Iterable[Given]) -> tuple[str, ...]:
    """How what is given stands to its label, a sentence for each drug and route.

    Ketamine is an anaesthetic: every use in depression is off-label but the nasal spray of
    esketamine at its labelled doses. Control infusions are left out.
    """
    groups: dict[tuple[str, str, str | None], list[Given]] = {}
    for d in doses:
        if d.drug in ACTIVE:
            groups.setdefault((d.drug, d.route, d.form), []).append(d)
    said = (_use(found) for found in groups.values())
    return tuple(dict.fromkeys(said))


def _use(doses: list[Given]) -> str:
    first, found = doses[0], governing(doses)
    name = _NAMES.get(first.drug, first.drug.capitalize())
    what = f"{name} {_BY.get(first.route, first.route)} for depression"
    if first.drug == "arketamine":
        said = f"{what} is investigational: no product holds a label"
    elif found.use == "label":
        said = _labelled(name, doses, found)
    elif found.use == "hypothetical":
        said = f"{what} in this way is off-label and hypothetical"
    else:
        said = f"{what} is off-label"
    level = f"; {found.level}-level" if found.level != "usual" else ""
    return f"{said}{level}." + (f" {found.note}" if level and found.note else "")


def _labelled(name: str, doses: list[Given], found: Protocol) -> str:
    sessions: dict[int, float] = {}
    for d in doses:
        sessions[d.session] = sessions.get(d.session, 0.0) + d.amount
    usual = found.dose("mg")
    assert usual is not None
    low, high = usual.usual
    if any(d.unit != "mg" for d in doses):
        return f"{name} by nose is labelled in mg: a dose per kg is off-label"
    outside = [a for a in sessions.values() if usual.judge(a) != "usual"]
    if outside:
        return (
            f"{name} by nose at {outside[0]:g} mg is off-label: the label has "
            f"{low:g} to {high:g} mg a session"
        )
    return (
        f"{name} nasal spray has a label for adults with treatment-resistant depression; "
        "any other use is off-label"
    )
