"""The invented clinic itself: people with logins, chairs, shifts, protocols, a stocked cupboard."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from reprieve.clinic.access import Role
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.actor import Actor
from reprieve.clinic.courses.actions.places import add_chair
from reprieve.clinic.courses.models import Chair, Shift
from reprieve.clinic.protocols.actions import adopt
from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.clinic.simulator import PASSWORD

PEOPLE = (
    # username, role, printed name, credential
    ("owner", Role.OWNER, "Demo Owner", ""),
    ("prescriber", Role.PRESCRIBER, "Demo Prescriber", "MD"),
    ("nurse", Role.NURSE, "Demo Nurse One", "RN"),
    ("nurse2", Role.NURSE, "Demo Nurse Two", "RN"),
    ("therapist", Role.THERAPIST, "Demo Therapist", "LCSW"),
    ("front_desk", Role.FRONT_DESK, "Demo Front Desk", ""),
    ("custodian", Role.CUSTODIAN, "Demo Custodian", "PharmD"),
    ("researcher", Role.RESEARCHER, "Demo Researcher", ""),
)
CHAIRS = ("Room 1", "Room 2", "Room 3", "Room 4")
PROTOCOLS = ("iv_racemic", "spravato", "im", "sc", "sublingual")
ZONES = (
    "Pacific/Auckland", "Australia/Sydney", "Asia/Tokyo", "Asia/Singapore", "Asia/Dhaka",
    "Asia/Karachi", "Asia/Dubai", "Africa/Nairobi", "Africa/Johannesburg", "Europe/London",
    "Atlantic/Azores", "America/Sao_Paulo", "America/Halifax", "America/New_York",
    "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage",
    "Pacific/Honolulu", "Pacific/Pago_Pago",
)  # fmt: skip
MORNING_H = 12.0  # the demo's day is in full swing, whenever it is started
WEEKS_BACK, WEEKS_AHEAD = 40, 10


@dataclass(frozen=True)
class Cast:
    """Everybody and everything of the invented clinic."""

    clinic: Clinic
    users: dict[str, User]
    chairs: tuple[Chair, ...]
    protocols: dict[str, ProtocolVersion]

    def by(self, who: str, at: datetime) -> Actor:
        """A person acting at a time."""
        return Actor.as_user(self.users[who], at)

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's zone."""
        return ZoneInfo(self.clinic.time_zone)


def morning_zone(now: datetime) -> str:
    """A zone in which it is the middle of the morning now."""

    def away(name: str) -> float:
        local = now.astimezone(ZoneInfo(name))
        return abs(local.hour + local.minute / 60 - MORNING_H)

    return min(ZONES, key=away)


def set_up(now: datetime, password: str = PASSWORD) -> Cast:
    """Make the clinic as of long ago, so that its patients can have histories."""
    clinic = Clinic.objects.create(
        name="Demo clinic",
        time_zone=morning_zone(now),
        address="1 Invented Street",
        phone="555 0100",
        crisis_line="Demo crisis line 555 0199 (invented)",
        patients_per_nurse=2,
    )
    users = {name: _user(clinic, name, role, said, credential, password)
             for name, role, said, credential in PEOPLE}  # fmt: skip
    long_ago = now - timedelta(weeks=WEEKS_BACK)
    owner = Actor.as_user(users["owner"], long_ago)
    chairs = tuple(add_chair(owner, name, k) for k, name in enumerate(CHAIRS))
    prescriber = Actor.as_user(users["prescriber"], long_ago)
    protocols = {name: adopt(prescriber, name) for name in PROTOCOLS}
    cast = Cast(clinic, users, chairs, protocols)
    _shifts(cast, now)
    return cast


def _user(clinic: Clinic, name: str, role: Role, said: str, credential: str, password: str) -> User:
    return User.objects.create_user(
        username=name, password=password, clinic=clinic, roles=[role.value], printed_name=said,
        credential=credential,
    )  # fmt: skip


def _shifts(cast: Cast, now: datetime) -> None:
    """Both nurses, every day: the demo is never in the middle of a weekend."""
    today = now.astimezone(cast.zone).date()
    days = [today + timedelta(days=k) for k in range(-7 * WEEKS_BACK, 7 * WEEKS_AHEAD)]
    Shift.objects.bulk_create(
        Shift(clinic=cast.clinic, person=cast.users[who], day=day, starts=time(5), ends=time(23))
        for day in days
        for who in ("nurse", "nurse2")
    )
