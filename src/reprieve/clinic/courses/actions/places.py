"""Chairs, and who is on shift."""

from datetime import date, time

from reprieve.clinic.accounts.models import User
from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.courses.models import Chair, Shift
from reprieve.clinic.errors import RefusedError


def add_chair(by: Actor, name: str, order: int = 0) -> Chair:
    """A new place for sessions."""
    with act(by, "clinic.manage", "add a chair") as log:
        _free_name(by, name)
        log.on = Chair.objects.create(clinic=by.clinic, name=name.strip(), order=order)
        return log.on


def change_chair(by: Actor, chair: Chair, *, name: str, order: int, active: bool) -> None:
    """Rename, reorder, or take out of use; sessions planned there stay and must be moved."""
    with act(by, "clinic.manage", "change a chair", chair) as log:
        _own(by, chair.clinic_id)
        _free_name(by, name, chair)
        chair.name, chair.order, chair.active = name.strip(), order, active
        chair.save(update_fields=["name", "order", "active"])
        log.detail = {"name": name, "order": order, "active": active}


def add_shift(by: Actor, person: User, day: date, starts: time, ends: time) -> Shift:
    """A nurse is on the floor from a time to a time of one day."""
    with act(by, "schedule.write", "add a shift") as log:
        _own(by, person.clinic_id)
        if "nurse" not in person.roles or not person.is_active:
            raise RefusedError(f"{person} is not an active nurse of this clinic.")
        if ends <= starts:
            raise RefusedError(
                f"The shift ends at {ends:%H:%M}, not after {starts:%H:%M}. A night is two "
                "shifts, one on each day."
            )
        same = Shift.objects.filter(person=person, day=day, starts__lt=ends, ends__gt=starts)
        if same.exists():
            raise RefusedError(f"{person} is on shift at that time already: {same[0]}.")
        log.on = Shift.objects.create(
            clinic=by.clinic, person=person, day=day, starts=starts, ends=ends
        )
        return log.on


def remove_shift(by: Actor, shift: Shift) -> None:
    """Take a shift off the plan; sessions planned on it stay, and the calendar shows them."""
    with act(by, "schedule.write", "remove a shift", shift) as log:
        _own(by, shift.clinic_id)
        log.detail = {"shift": str(shift), "day": shift.day}
        shift.delete()


def _own(by: Actor, clinic: object) -> None:
    if clinic != by.clinic.pk:
        raise RefusedError("That is not of this clinic.")


def _free_name(by: Actor, name: str, but: Chair | None = None) -> None:
    if not name.strip():
        raise RefusedError("A chair needs a name.")
    same = Chair.objects.filter(clinic=by.clinic, name=name.strip())
    if any(chair.pk != (but and but.pk) for chair in same):
        raise RefusedError(f"There is a chair called {name.strip()} already.")
