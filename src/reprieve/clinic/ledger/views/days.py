"""Days and periods as the clinic's people mean them."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from reprieve.clinic.actor import Actor
from reprieve.clinic.ledger.forms import PeriodForm
from reprieve.clinic.ledger.register import Period
from reprieve.clinic.pages import ClinicRequest


def today(by: Actor) -> date:
    """The clinic's own date."""
    return by.now.astimezone(ZoneInfo(by.clinic.time_zone)).date()


def period_of(request: ClinicRequest, days: int) -> tuple[PeriodForm, Period | None]:
    """The period asked for in the address, or the last `days`; None where it cannot be read."""
    last = today(request.by)
    first = last - timedelta(days=days - 1)
    given = request.GET if "first" in request.GET else None
    start = {"first": first, "last": last, "drug": "", "names": False}
    form = PeriodForm(data=given, initial=start)
    if given is None:
        return form, Period(first, last)
    if not form.is_valid():
        return form, None
    data = form.cleaned_data
    return form, Period(data["first"], data["last"], data["drug"])
