"""Whatever people do in whatever order, every 0.001 is somewhere: a model beside the ledger."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from clinic import cast
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import faults
from reprieve.clinic.errors import RefusedError
from reprieve.clinic.ledger import actions, postings
from reprieve.clinic.ledger.counting import Explanation, explain, take_count
from reprieve.clinic.ledger.models import LedgerEntry, Vial
from reprieve.clinic.ledger.overview import held_in_sessions
from reprieve.clinic.ledger.register import Period, totals
from reprieve.clinic.treatments.models import TreatmentSession

D = Decimal
NOW = cast.NOW
AMOUNTS = st.integers(1, 12_000).map(lambda n: D(n).scaleb(-3))
VIALS = st.integers(0, 2)
SESSIONS = st.integers(0, 1)
REASON = {"reason": "as the machine says"}


class Ledger(RuleBasedStateMachine):
    """Three vials of 10 mL, two sessions, and a plain model of what each of them has."""

    rows = Bundle("rows")

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize(target=rows)
    def stock(self) -> Any:
        clinic = cast.make_clinic()
        people = cast.make_people(clinic)
        self.nurse = Actor.as_user(people["nurse"], NOW)
        self.custodian = Actor.as_user(people["custodian"], NOW)
        self.two = people["nurse2"]
        patient = cast.make_patient(clinic, people["nurse"])
        course = cast.make_course(patient, cast.make_protocol(clinic), people["prescriber"])
        self.sessions = [cast.make_session(course, n) for n in (1, 2)]
        lot = cast.make_lot(clinic)
        self.vials = [cast.make_vial(lot, people["custodian"], f"K-{n}") for n in range(3)]
        self.has = {v.pk: D(10) for v in self.vials}
        self.hand: dict[tuple[Any, Any], Decimal] = {}
        self.undone: set[Any] = set()
        return multiple(*LedgerEntry.objects.all())

    def clock(self) -> None:
        """Every act a second later, so that rows have an order beyond their streams."""
        self.nurse = self.nurse.at(self.nurse.now + timedelta(seconds=1))
        self.custodian = self.custodian.at(self.nurse.now)

    def done(self, possible: bool, act: Any) -> tuple[LedgerEntry, ...]:
        """Do it; the ledger must agree with the model about whether it can be done."""
        self.clock()
        made, refused = None, ""
        try:
            with transaction.atomic():
                made = act()
        except RefusedError as error:
            refused = str(error)
        assert possible == (not refused), refused or "done, though the model says it cannot be"
        if made is None:
            return ()
        return (made,) if isinstance(made, LedgerEntry) else tuple(made)

    def in_hand(self, session: TreatmentSession) -> Decimal:
        return sum((h for (s, _), h in self.hand.items() if s == session.pk), D(0))

    def took(self, rows: tuple[LedgerEntry, ...]) -> None:
        for row in rows:
            key = (row.session_id, row.vial_id)
            self.hand[key] = self.hand.get(key, D(0)) + row.held

    @rule(target=rows, v=VIALS, s=SESSIONS, amount=AMOUNTS)
    def draw(self, v: int, s: int, amount: Decimal) -> Any:
        vial, session = self.vials[v], self.sessions[s]
        rows = self.done(
            amount <= self.has[vial.pk],
            lambda: postings.draw(
                self.nurse, vial.pk, amount, session=session, event=None, at=self.nurse.now
            ),
        )
        for row in rows:
            assert (row.amount, row.held) == (-amount, amount)
            self.has[vial.pk] -= amount
        self.took(rows)
        return multiple(*rows)

    @rule(target=rows, s=SESSIONS, amount=AMOUNTS, first=AMOUNTS)
    def draw_across(self, s: int, amount: Decimal, first: Decimal) -> Any:
        draws = [(self.vials[2].pk, first), (self.vials[0].pk, amount)]
        rows = self.done(
            all(x <= self.has[v] for v, x in draws),
            lambda: postings.draw_all(
                self.nurse, draws, session=self.sessions[s], event=None, at=self.nurse.now
            ),
        )
        for row in rows:
            self.has[row.vial_id] += row.amount
        self.took(rows)
        return multiple(*rows)

    @rule(target=rows, s=SESSIONS, amount=AMOUNTS, wasted=st.booleans())
    def use(self, s: int, amount: Decimal, wasted: bool) -> Any:
        session = self.sessions[s]
        said = {"event": None, "at": self.nurse.now}

        def act() -> tuple[LedgerEntry, ...]:
            if wasted:
                return postings.waste(
                    self.nurse, session, amount, witness=self.two, **REASON, **said
                )
            return postings.give(self.nurse, session, amount, **said)

        rows = self.done(amount <= self.in_hand(session), act)
        assert sum((-r.held for r in rows), D(0)) in (amount, D(0))
        assert all(r.amount == 0 for r in rows)
        self.took(rows)
        return multiple(*rows)

    @rule(s=SESSIONS)
    def waste_all_that_is_left(self, s: int) -> None:
        left = postings.held(self.sessions[s])
        if left:
            rows = postings.waste(
                self.nurse, self.sessions[s], left, event=None, at=self.nurse.now,
                witness=self.two, **REASON,
            )  # fmt: skip
            self.took(rows)
        assert postings.held(self.sessions[s]) == 0

    @rule(target=rows, v=VIALS, amount=AMOUNTS)
    def spill(self, v: int, amount: Decimal) -> Any:
        vial = self.vials[v]
        rows = self.done(
            amount <= self.has[vial.pk],
            lambda: actions.record_breakage(
                self.nurse, vial.pk, amount, at=self.nurse.now, witness=self.two, **REASON
            ),
        )
        for row in rows:
            self.has[vial.pk] += row.amount
        return multiple(*rows)

    @rule(target=rows, v=VIALS, found=AMOUNTS)
    def count(self, v: int, found: Decimal) -> Any:
        vial = self.vials[v]
        count = take_count(self.nurse, "spot", {vial.pk: found}, second=self.two)
        line = count.lines.get()
        assert line.expected == self.has[vial.pk]
        if not line.differs:
            return multiple()
        said = Explanation(found, "fill", "as the machine says")
        answer = explain(self.nurse, line.pk, said, witness=self.two)
        self.has[vial.pk] = found
        assert answer.entry is not None
        return answer.entry

    @rule(target=rows, row=rows)
    def reverse(self, row: LedgerEntry) -> Any:
        has = self.hand.get((row.session_id, row.vial_id), D(0))
        possible = (
            row.pk not in self.undone
            and row.reverses_id is None
            and self.has[row.vial_id] - row.amount >= 0
            and (row.session_id is None or has - row.held >= 0)
        )
        rows = self.done(
            possible,
            lambda: actions.reverse(self.custodian, row.pk, witness=self.two, **REASON),
        )
        for made in rows:
            assert (made.amount, made.held) == (-row.amount, -row.held)
            self.undone.add(row.pk)
            self.has[row.vial_id] += made.amount
            if row.session_id:
                self.took((made,))
        return multiple(*rows)

    @invariant()
    def every_vial_has_what_the_model_says(self) -> None:
        if not hasattr(self, "has"):
            return
        for vial in Vial.objects.all():
            rows = list(vial.entries.order_by("seq"))
            assert vial.balance == self.has[vial.pk] >= 0
            assert sum((r.amount for r in rows), D(0)) == vial.balance
            before = D(0)
            for row in rows:
                assert row.balance_before == before
                assert row.balance_after == before + row.amount >= 0
                before = row.balance_after

    @invariant()
    def every_session_holds_what_the_model_says(self) -> None:
        if not hasattr(self, "has"):
            return
        for session in self.sessions:
            assert postings.held(session) == self.in_hand(session)
            assert all(h >= 0 for h in postings.held_by_vial(session).values())
        held = {h.session.pk: h.amount for h in held_in_sessions(self.nurse.clinic)}
        assert held == {s.pk: self.in_hand(s) for s in self.sessions if self.in_hand(s)}

    @invariant()
    def the_register_adds_up_and_the_chain_holds(self) -> None:
        if not hasattr(self, "has"):
            return
        day = NOW.date()
        (total,) = totals(self.nurse.clinic, Period(day - timedelta(days=2), day))
        assert total.closing == sum(self.has.values())
        assert total.of_drawn[-1] == sum(self.hand.values())
        assert list(faults(LedgerEntry.objects.all())) == []


@pytest.mark.django_db
def test_every_unit_is_somewhere_whatever_is_done() -> None:
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
