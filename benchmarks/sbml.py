"""The kinetic equations as text, and as a model in the Systems Biology Markup Language."""

import ast

from benchmarks.workload import DAYS, INFUSION_H

EQUATIONS = {  # amounts in mg; `rate` is the running infusion
    "a1": "rate - (cl + q1 + q2) / vc * a1 + q1 / vp1 * a2 + q2 / vp2 * a3",
    "a2": "q1 / vc * a1 - q1 / vp1 * a2",
    "a3": "q2 / vc * a1 - q2 / vp2 * a3",
    "n1": "cl / vc * a1 - (cl_m + q_m) / vc_m * n1 + q_m / vp_m * n2",
    "n2": "q_m / vc_m * n1 - q_m / vp_m * n2",
}
NAMES = ("cl", "vc", "q1", "vp1", "q2", "vp2", "cl_m", "vc_m", "q_m", "vp_m")


def sbml() -> str:
    """The model with its infusions as events, in SBML level 3."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">'
        '<model id="infusions"><listOfParameters>'
    )
    names = {**dict.fromkeys(NAMES, 1.0), **dict.fromkeys(EQUATIONS, 0.0), "rate": 0, "full": 1}
    head += "".join(f'<parameter id="{n}" value="{v}" constant="false"/>' for n, v in names.items())
    rules = "".join(
        f'<rateRule variable="{n}">{mathml(e)}</rateRule>' for n, e in EQUATIONS.items()
    )
    times = [(24.0 * d, "full") for d in DAYS[1:]] + [(24.0 * d + INFUSION_H, "0") for d in DAYS]
    events = "".join(
        '<event useValuesFromTriggerTime="true"><trigger initialValue="false" persistent="true">'
        f"{mathml(f'time >= {t!r}')}</trigger><listOfEventAssignments>"
        f'<eventAssignment variable="rate">{mathml(v)}</eventAssignment>'
        "</listOfEventAssignments></event>"
        for t, v in times
    )
    return (
        f"{head}</listOfParameters><listOfRules>{rules}</listOfRules>"
        f"<listOfEvents>{events}</listOfEvents></model></sbml>"
    )


def mathml(formula: str) -> str:
    """MathML of a formula in Python's own syntax."""

    def walk(node: ast.AST) -> str:
        if isinstance(node, ast.Name) and node.id == "time":
            url = "http://www.sbml.org/sbml/symbols/time"
            return f'<csymbol encoding="text" definitionURL="{url}">time</csymbol>'
        if isinstance(node, ast.Name):
            return f"<ci>{node.id}</ci>"
        if isinstance(node, ast.Constant):
            return f"<cn>{node.value}</cn>"
        if isinstance(node, ast.Compare):
            return f"<apply><geq/>{walk(node.left)}{walk(node.comparators[0])}</apply>"
        assert isinstance(node, ast.BinOp)
        sign = {ast.Add: "plus", ast.Sub: "minus", ast.Mult: "times", ast.Div: "divide"}
        return f"<apply><{sign[type(node.op)]}/>{walk(node.left)}{walk(node.right)}</apply>"

    body = walk(ast.parse(formula, mode="eval").body)
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{body}</math>'
