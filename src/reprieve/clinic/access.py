"""Who may do what: permissions by role, in one table that tests and pages read.

A person can hold several roles. The owner runs accounts, protocols and the audit, and sees no
chart unless a clinical role is held too.
"""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """Roles of a clinic's people."""

    OWNER = "owner"
    PRESCRIBER = "prescriber"
    NURSE = "nurse"
    THERAPIST = "therapist"
    FRONT_DESK = "front_desk"
    CUSTODIAN = "custodian"
    RESEARCHER = "researcher"

    @property
    def title(self) -> str:  # type: ignore[override]
        """The role in words."""
        return self.value.replace("_", " ")


_O, _P, _N, _T, _F, _C, _R = (
    Role.OWNER,
    Role.PRESCRIBER,
    Role.NURSE,
    Role.THERAPIST,
    Role.FRONT_DESK,
    Role.CUSTODIAN,
    Role.RESEARCHER,
)
EVERYONE = frozenset(Role)

DUTIES: dict[Role, str] = {
    Role.OWNER: "people, protocols, settings and the audit; no charts",
    Role.PRESCRIBER: "eligibility, protocols, courses, go or no-go, charting, signatures",
    Role.NURSE: "check-in, drug preparation, charting, discharge, signatures",
    Role.THERAPIST: "charts to read, session notes, psychotherapy notes",
    Role.FRONT_DESK: "names, contacts, calendar and arrivals; no medical content",
    Role.CUSTODIAN: "drug stock, counts, witnessing",
    Role.RESEARCHER: "numbers of the whole clinic, no names",
}

PERMISSIONS: dict[str, frozenset[Role]] = {
    # signed in, whatever the role
    "clinic.use": EVERYONE,
    # the floor
    "board.read": frozenset({_O, _P, _N, _T, _F, _C}),
    "today.read": frozenset({_P, _N, _T, _F}),
    "day.close": frozenset({_P, _N, _C}),
    # patients: names and contacts; then what is medical
    "patients.read": frozenset({_P, _N, _T, _F}),
    "patients.write": frozenset({_P, _N, _F}),
    "chart.read": frozenset({_P, _N, _T}),
    "chart.write": frozenset({_P, _N}),
    "eligibility.decide": frozenset({_P}),
    "consent.record": frozenset({_P, _N}),
    "rems.write": frozenset({_P, _N, _F}),
    # protocols and courses
    "protocols.read": EVERYONE,
    "protocols.write": frozenset({_O, _P}),
    "courses.read": frozenset({_P, _N, _T, _F}),
    "courses.write": frozenset({_P}),
    "schedule.write": frozenset({_P, _N, _F}),
    # the session
    "session.read": frozenset({_P, _N, _T}),
    "session.checkin": frozenset({_P, _N, _F}),
    "session.chart": frozenset({_P, _N}),
    "session.decide": frozenset({_P}),
    "session.check": frozenset({_P, _N, _C}),
    "session.note": frozenset({_P, _N, _T}),
    "session.sign": frozenset({_P, _N}),
    # psychotherapy notes live apart from the chart
    "psychotherapy.read": frozenset({_T}),
    "psychotherapy.write": frozenset({_T}),
    # controlled drugs
    "ledger.read": frozenset({_O, _P, _N, _C}),
    "ledger.draw": frozenset({_P, _N}),
    "ledger.witness": frozenset({_P, _N, _C}),
    "ledger.handle": frozenset({_P, _N, _C}),  # break, count, tell of a loss
    "ledger.manage": frozenset({_C}),
    "ledger.oversee": frozenset({_O, _C}),  # how much each person wastes
    # running the clinic
    "accounts.manage": frozenset({_O}),
    "clinic.manage": frozenset({_O}),
    "audit.read": frozenset({_O}),
    "health.read": frozenset({_O, _C, _P, _N}),
    "summary.read": frozenset({_O, _P, _R}),
}


def allowed(roles: Iterable[str], permission: str) -> bool:
    """Whether any of the roles carries a permission.

    Raises
    ------
    KeyError
        The permission is not in the table: a misspelt name must never pass silently.
    """
    return bool(PERMISSIONS[permission] & {Role(r) for r in roles})
