"""The ledger at a glance: what is in stock, what is open, what runs out, what sessions hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from reprieve.clinic.accounts.models import Clinic
from reprieve.clinic.ledger.amounts import PLACES
from reprieve.clinic.ledger.clocks import Clock, count_clocks, inventory_clock, loss_clocks
from reprieve.clinic.ledger.models import CountLine, LedgerEntry, Loss, Vial
from reprieve.clinic.ledger.rules import Rules, rules_of
from reprieve.clinic.ledger.stock import expiry, open_until, unexplained, unusable
from reprieve.clinic.ledger.sums import exact_sum
from reprieve.clinic.treatments.models import TreatmentSession


@dataclass(frozen=True, slots=True)
class VialState:
    """A vial with something in it, and how long it may be used."""

    vial: Vial
    mg: Decimal
    open_until: datetime | None
    why_not: str


@dataclass(frozen=True, slots=True)
class LotState:
    """A lot in stock: its vials, what they hold, and whether it runs out soon."""

    vials: tuple[VialState, ...]
    amount: Decimal
    mg: Decimal
    soon: bool
    expired: bool

    @property
    def first(self) -> Vial:
        """Any of its vials: the lot hangs on it."""
        return self.vials[0].vial


@dataclass(frozen=True, slots=True)
class DrugState:
    """A drug in one unit: all lots, with what may be used now apart from what may not."""

    drug: str
    unit: str
    lots: tuple[LotState, ...]
    amount: Decimal
    mg: Decimal
    usable_mg: Decimal
    vials: int


@dataclass(frozen=True, slots=True)
class Held:
    """What a session drew and has not accounted for, in its unit."""

    session: TreatmentSession
    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything of the ledger's first page."""

    drugs: tuple[DrugState, ...]
    open_vials: tuple[VialState, ...]
    held: tuple[Held, ...]
    counts: tuple[Clock, ...]
    inventory: Clock | None
    losses: tuple[tuple[Loss, tuple[Clock, ...]], ...]
    differences: tuple[CountLine, ...]
    rules: Rules


def overview(clinic: Clinic, now: datetime) -> Overview:
    """The ledger of a clinic at a moment."""
    states = vial_states(clinic, now)
    rules = rules_of(clinic)
    losses = Loss.objects.filter(clinic=clinic).select_related("clinic").prefetch_related("steps")
    running = ((loss, loss_clocks(loss, now, rules)) for loss in losses)
    differences = unexplained().filter(count__clinic=clinic).select_related("count", "vial__lot")
    return Overview(
        drugs=tuple(by_drug(states, now, timedelta(days=rules.expiring_soon.value))),
        open_vials=tuple(s for s in states if s.vial.opened_at is not None),
        held=held_in_sessions(clinic),
        counts=count_clocks(clinic, now),
        inventory=inventory_clock(clinic, now),
        losses=tuple(
            (loss, clocks)
            for loss, clocks in running
            if any(c.status in ("open", "overdue") for c in clocks)
        ),
        differences=tuple(differences),
        rules=rules,
    )


def vial_states(clinic: Clinic, now: datetime) -> list[VialState]:
    """Every vial that holds something, by drug, expiry and label."""
    vials = (
        Vial.objects.filter(lot__clinic=clinic, balance__gt=0)
        .select_related("lot__clinic")
        .order_by("lot__drug", "lot__unit", "lot__expires_on", "lot__number", "label")
    )
    return [VialState(v, v.balance * v.lot.mg_per_unit, open_until(v), unusable(v, now))
            for v in vials]  # fmt: skip


def by_drug(states: Iterable[VialState], now: datetime, soon: timedelta) -> list[DrugState]:
    """Vials gathered to lots, and lots to drugs."""
    lots: dict[tuple[str, str], dict[str, list[VialState]]] = {}
    for state in states:
        lot = state.vial.lot
        lots.setdefault((lot.drug, lot.unit), {}).setdefault(str(lot.pk), []).append(state)
    return [_drug(drug, unit, of.values(), now, soon) for (drug, unit), of in lots.items()]


def _drug(
    drug: str, unit: str, groups: Iterable[list[VialState]], now: datetime, soon: timedelta
) -> DrugState:
    lots = tuple(_lot(vials, now, soon) for vials in groups)
    return DrugState(
        drug,
        unit,
        lots,
        sum((lot.amount for lot in lots), Decimal(0)),
        sum((lot.mg for lot in lots), Decimal(0)),
        sum((v.mg for lot in lots for v in lot.vials if not v.why_not), Decimal(0)),
        sum(len(lot.vials) for lot in lots),
    )


def _lot(vials: list[VialState], now: datetime, soon: timedelta) -> LotState:
    lot = vials[0].vial.lot
    end = expiry(lot, lot.clinic)
    return LotState(
        tuple(vials),
        sum((v.vial.balance for v in vials), Decimal(0)),
        sum((v.mg for v in vials), Decimal(0)),
        now < end <= now + soon,
        now >= end,
    )


def held_in_sessions(clinic: Clinic) -> tuple[Held, ...]:
    """Sessions that drew drug and have not yet said where all of it went."""
    rows = (
        LedgerEntry.objects.filter(clinic=clinic, session__isnull=False)
        .order_by()
        .values("session", "vial__lot__unit")
        .annotate(in_hand=exact_sum("held"))
        .filter(in_hand__gt=0)
    )
    found = {r["session"]: r for r in rows}
    sessions = TreatmentSession.objects.filter(pk__in=found).select_related("patient", "chair")
    return tuple(
        Held(s, Decimal(found[s.pk]["in_hand"]).quantize(PLACES),
             found[s.pk]["vial__lot__unit"])
        for s in sessions
    )  # fmt: skip
