"""What the ledger owes, and by when: counts, the inventory, notices of losses.

Times follow from rows and rules alone; nothing here is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.ledger.models import Count, LedgerEntry, Loss, LossStep
from reprieve.clinic.ledger.rules import Rule, Rules, rules_of

Step = LossStep.Kind


@dataclass(frozen=True, slots=True)
class Clock:
    """One thing owed. `status`: done, open, overdue, off (judged not to be owed), or watch."""

    key: str
    title: str
    due: datetime | None
    status: str
    done_at: datetime | None
    rule: Rule


def end_of_business(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The end of the n-th weekday after a time. Holidays are not known, so never too late."""
    day = start.astimezone(zone).date()
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return datetime.combine(day + timedelta(days=1), time(), zone)


def end_of_day(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The end of the n-th calendar day after a time."""
    day = start.astimezone(zone).date() + timedelta(days=days + 1)
    return datetime.combine(day, time(), zone)


def years_after(start: datetime, years: int, zone: ZoneInfo) -> datetime:
    """The end of the same date some years later; 29 February becomes the 28th."""
    day = start.astimezone(zone).date()
    try:
        later = day.replace(year=day.year + years)
    except ValueError:
        later = day.replace(year=day.year + years, day=28)
    return datetime.combine(later + timedelta(days=1), time(), zone)


def loss_clocks(loss: Loss, now: datetime, rules: Rules) -> tuple[Clock, ...]:
    """The written notice and the form that a loss calls for."""
    zone = ZoneInfo(loss.clinic.time_zone)
    steps = list(loss.steps.all())
    judged = [s for s in steps if s.kind in (Step.SIGNIFICANT, Step.NOT_SIGNIFICANT)]
    off = bool(judged) and judged[-1].kind == Step.NOT_SIGNIFICANT
    notice = end_of_business(loss.discovered_at, rules.loss_notice.value, zone)
    form = end_of_day(loss.discovered_at, rules.loss_form_due.value, zone)
    return (
        _clock("notice", f"Written notice to the {rules.authority}", notice,
               _done(steps, Step.NOTICE), off, now, rules.loss_notice),
        _clock("form", f"{rules.loss_form}, electronically", form,
               _done(steps, Step.FORM), off, now, rules.loss_form_due),
    )  # fmt: skip


def _done(steps: Iterable[LossStep], kind: LossStep.Kind) -> datetime | None:
    return next((s.at for s in steps if s.kind == kind), None)


def _clock(
    key: str,
    title: str,
    due: datetime,
    done: datetime | None,
    off: bool,
    now: datetime,
    rule: Rule,
) -> Clock:
    late = "overdue" if now >= due else "open"
    status = "done" if done else "off" if off else late
    return Clock(key, title, due, status, done, rule)


def inventory_clock(clinic: Clinic, now: datetime) -> Clock | None:
    """The next full inventory: from the last one, or at once where there was none."""
    rule = rules_of(clinic).inventory
    last = Count.objects.filter(clinic=clinic, kind=Count.Kind.INVENTORY).first()
    if last is None:
        first = LedgerEntry.objects.filter(clinic=clinic).order_by("entered_at").first()
        if first is None:
            return None
        return Clock("inventory", "First inventory", first.at, "overdue", None, rule)
    due = years_after(last.at, rule.value, ZoneInfo(clinic.time_zone))
    status = "overdue" if now >= due else "open"
    return Clock("inventory", "Next inventory", due, status, last.at, rule)


def count_clocks(clinic: Clinic, now: datetime) -> tuple[Clock, ...]:
    """Today's opening and closing counts, in the clinic's day."""
    zone = ZoneInfo(clinic.time_zone)
    rule = rules_of(clinic).counts_a_day
    morning = datetime.combine(now.astimezone(zone).date(), time(), zone)
    evening = end_of_day(now, 0, zone)
    kinds = (Count.Kind.OPENING, Count.Kind.CLOSING)[: rule.value]
    today = {
        c.kind: c
        for c in Count.objects.filter(
            clinic=clinic, at__gte=morning, at__lt=evening, kind__in=kinds
        )
    }
    return tuple(
        Clock(
            kind.value,
            kind.label.capitalize(),
            evening if kind == Count.Kind.CLOSING else None,
            "done" if kind in today else "open",
            today[kind].at if kind in today else None,
            rule,
        )
        for kind in kinds
    )
