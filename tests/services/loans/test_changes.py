"""Changes under dual control: asked for, tried again, approved by another, written once; books that balance."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col, select

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, LoanRequest, Notification, Payment
from loanhub.services import loans, shell
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.state._nav import menu_of
from tests.builders import make_company, make_user
from tests.services.loans.builders import Desk, count_rows, make_desk, make_loan, noon, payments_of, stored
from tests.services.loans.test_repay import FIRST_DUE, PAYMENT, check_books, pay

LATE = date(2026, 3, 10)
MUCH_LATER = date(2027, 4, 20)


@pytest.fixture
def desk(database: Engine) -> Desk:
    make_company()
    return make_desk()


@pytest.fixture
def collector(desk: Desk) -> Actor:
    return make_user(RoleCode.COLLECTIONS, name="方舟")


@pytest.fixture
def manager(desk: Desk) -> Actor:
    return make_user(RoleCode.MANAGER, name="沈放")


def ask(actor: Actor, loan_id: int, kind: str, day: date, **values: object) -> int:
    change = loans.Change(kind=kind, value_date=day, **{"reason": "客户申请", **values})  # type: ignore[arg-type]
    return loans.request_change(actor, loan_id=loan_id, change=change, now=noon(day)).request_id


def approve(actor: Actor, request_id: int, day: date) -> loans.Posted:
    return loans.approve_change(actor, request_id=request_id, now=noon(day))


def late_loan(desk: Desk, day: date = LATE) -> int:
    """A loan whose first installment is overdue and whose books stand at ``day``."""
    loan_id = make_loan(desk)
    pay(desk, loan_id, 100, day)
    return loan_id


CASES: dict[str, tuple[date, dict[str, object]]] = {
    "waiver": (LATE, {"component": "penalty"}),
    "refund": (FIRST_DUE, {"bank_transaction_id": "TK 1"}),
    "rate_change": (FIRST_DUE, {"annual_rate": "10.8"}),
    "extension": (FIRST_DUE, {"months": 6, "guarantor_consent": True, "evidence": "展期协议 ZQ-01"}),
    "restructure": (
        LATE,
        {"method": "equal_principal", "periods": 24, "annual_rate": "9", "evidence": "重组协议 CZ-01"},
    ),
    "acceleration": (LATE, {"evidence": "通知书 TZ-01 已送达"}),
    "write_off": (MUCH_LATER, {"evidence": "决议 HX-01"}),
}


def loan_for(desk: Desk, kind: str) -> int:
    """A loan on which a change of this kind is possible on its day."""
    day = CASES[kind][0]
    if day == FIRST_DUE:
        loan_id = make_loan(desk)
        pay(desk, loan_id, PAYMENT + 50_000, FIRST_DUE)
        return loan_id
    return late_loan(desk, day)


class TestEveryKind:
    @pytest.mark.parametrize("kind", list(CASES))
    def test_is_asked_tried_approved_and_undone(
        self, desk: Desk, manager: Actor, collector: Actor, kind: str
    ) -> None:
        loan_id, (day, values) = loan_for(desk, kind), CASES[kind]
        before, rows = stored(loan_id), len(payments_of(loan_id))

        request_id = ask(collector, loan_id, kind, day, **values)
        assert stored(loan_id).version == before.version and len(payments_of(loan_id)) == rows
        seen = loans.change_request(manager, request_id=request_id, now=noon(day))
        assert seen.can_decide and seen.preview is not None and not seen.problem and not seen.moved
        posted = approve(manager, request_id, day)

        made = payments_of(loan_id)[-1]
        assert (made.id, made.kind, made.request_id) == (posted.payment_id, kind, request_id)
        assert (made.by_id, made.approved_by_id) == (collector.user_id, manager.user_id)
        check_books(loan_id)
        shown = loans.loan_view(manager, loan_id=loan_id, now=noon(day))
        assert shown.payments[0].kind == kind

        with pytest.raises(loans.OwnPosting):
            loans.reverse(replace(manager, permissions=desk.maker.permissions), payment_id=posted.payment_id,
                          reason="误操作", now=noon(day))  # fmt: skip
        loans.reverse(desk.checker, payment_id=posted.payment_id, reason="误操作", now=noon(day))
        after = stored(loan_id)
        assert (after.status, after.outstanding_principal_fen, after.suspense_fen, after.maturity_date) == (
            before.status, before.outstanding_principal_fen, before.suspense_fen, before.maturity_date,
        )  # fmt: skip
        check_books(loan_id)
        with pytest.raises(loans.ReversingReversal):
            loans.reverse(
                desk.maker, payment_id=payments_of(loan_id)[-1].id or 0, reason="再冲", now=noon(day)
            )

    @pytest.mark.parametrize("kind", list(CASES))
    def test_who_asked_may_not_approve(self, desk: Desk, kind: str) -> None:
        everybody = make_user(RoleCode.FINANCE, RoleCode.MANAGER)
        loan_id, (day, values) = loan_for(desk, kind), CASES[kind]
        request_id = ask(everybody, loan_id, kind, day, **values)

        with pytest.raises(loans.OwnChange):
            approve(everybody, request_id, day)
        with pytest.raises(loans.OwnChange):
            loans.refuse_change(everybody, request_id=request_id, reason="不妥", now=noon(day))
        assert loans.change_request(everybody, request_id=request_id, now=noon(day)).can_withdraw

    @pytest.mark.parametrize("kind", list(CASES))
    def test_permission_and_scope(self, desk: Desk, collector: Actor, kind: str) -> None:
        loan_id, (day, values) = loan_for(desk, kind), CASES[kind]
        stranger = make_user(RoleCode.TEAM_LEAD, team="华东二组")
        with pytest.raises(NotPermitted):
            ask(desk.sales, loan_id, kind, day, **values)
        with pytest.raises(NotFound):
            ask(stranger, loan_id, kind, day, **values)
        request_id = ask(collector, loan_id, kind, day, **values)
        with pytest.raises(NotPermitted):
            approve(make_user(RoleCode.COLLECTIONS), request_id, day)
        with pytest.raises(NotFound):
            approve(stranger, request_id, day)
        assert [p.kind for p in payments_of(loan_id)][-1] == "payment"


class TestRights:
    def test_write_offs_principal_and_large_waivers_need_the_higher_right(
        self, desk: Desk, collector: Actor, manager: Actor
    ) -> None:
        credit = make_user(RoleCode.CREDIT)
        loan_id = late_loan(desk, MUCH_LATER)
        small = ask(collector, loan_id, "waiver", MUCH_LATER, amount="10")
        assert approve(credit, small, MUCH_LATER).amount == "¥10.00"
        for kind, values in (
            ("waiver", {"amount": "2000"}),
            ("waiver", {"component": "principal", "amount": "1"}),
            ("write_off", {"evidence": "决议 HX-01"}),
        ):
            request_id = ask(collector, loan_id, kind, MUCH_LATER, **values)
            seen = loans.change_request(credit, request_id=request_id, now=noon(MUCH_LATER))
            assert not seen.can_decide and "核销" in seen.why_not
            with pytest.raises(NotPermitted):
                approve(credit, request_id, MUCH_LATER)
            approve(manager, request_id, MUCH_LATER)
            check_books(loan_id)

    def test_a_written_off_loan_takes_recoveries_only(
        self, desk: Desk, collector: Actor, manager: Actor
    ) -> None:
        loan_id = late_loan(desk, MUCH_LATER)
        with pytest.raises(loans.NotWrittenOff):
            pay(desk, loan_id, 100, MUCH_LATER, kind="recovery")
        approve(manager, ask(collector, loan_id, "write_off", MUCH_LATER, evidence="决议 HX-01"), MUCH_LATER)
        assert stored(loan_id).status is LoanStatus.WRITTEN_OFF

        with pytest.raises(loans.LoanClosed):
            pay(desk, loan_id, 100, MUCH_LATER)
        pay(desk, loan_id, 123_45, MUCH_LATER, kind="recovery")

        loan = stored(loan_id)
        assert (loan.recovered_fen, loan.status) == (123_45, LoanStatus.WRITTEN_OFF)
        assert loan.written_off_fen == 12_000_000 and loan.written_off_date == MUCH_LATER
        check_books(loan_id)

    def test_an_overpayment_left_after_settling_is_refunded(
        self, desk: Desk, collector: Actor, manager: Actor
    ) -> None:
        loan_id = make_loan(desk)
        day = date(2026, 2, 25)
        pay(desk, loan_id, PAYMENT, FIRST_DUE)
        total = loans.quote(desk.sales, loan_id=loan_id, on=day, now=noon(day)).total_fen
        pay(desk, loan_id, total + 7_00, day, kind="settlement")
        assert stored(loan_id).suspense_fen == 7_00

        approve(manager, ask(collector, loan_id, "refund", day), day)

        assert (stored(loan_id).suspense_fen, stored(loan_id).status) == (0, LoanStatus.SETTLED_EARLY)
        check_books(loan_id)


class TestPrepayment:
    @pytest.mark.parametrize("mode", ["reduce_payment", "shorten_term"])
    @pytest.mark.parametrize("day", [FIRST_DUE, date(2026, 2, 25)])
    def test_needs_exactly_what_the_preview_says(self, desk: Desk, mode: str, day: date) -> None:
        loan_id = make_loan(desk)
        if day != FIRST_DUE:
            pay(desk, loan_id, PAYMENT + 1_000, FIRST_DUE)
        seen = loans.preview_payment(
            desk.maker, loan_id=loan_id, amount="", value_date=day, kind="prepayment", prepay="20,000", mode=mode,
            now=noon(day),
        )  # fmt: skip
        assert seen.prepay_fen == 2_000_000 and seen.terms
        with pytest.raises(InvalidInput) as short:
            pay(desk, loan_id, seen.amount_fen - 1, day, kind="prepayment", prepay_fen=2_000_000, mode=mode)
        assert "amount" in short.value.fields

        pay(desk, loan_id, seen.amount_fen, day, kind="prepayment", prepay_fen=2_000_000, mode=mode)

        loan = stored(loan_id)
        assert loan.suspense_fen == 0
        assert loan.outstanding_principal_fen == 12_000_000 - 946_185 - 2_000_000
        assert (loan.maturity_date == date(2027, 1, 15)) == (mode == "reduce_payment")
        check_books(loan_id)


class TestLife:
    def test_one_pending_request_a_kind_and_stale_ones_are_tried_again(
        self, desk: Desk, collector: Actor, manager: Actor
    ) -> None:
        loan_id = make_loan(desk)
        pay(desk, loan_id, PAYMENT + 50_000, FIRST_DUE)
        request_id = ask(collector, loan_id, "refund", FIRST_DUE, amount="500")
        with pytest.raises(loans.AlreadyPending):
            ask(desk.maker, loan_id, "refund", FIRST_DUE, amount="1")
        version = stored(loan_id).version

        pay(desk, loan_id, 1_000, FIRST_DUE)
        with pytest.raises(loans.StaleLoan):
            loans.approve_change(
                manager, request_id=request_id, expected_version=version, now=noon(FIRST_DUE)
            )
        seen = loans.change_request(manager, request_id=request_id, now=noon(FIRST_DUE))
        assert [line.label for line in seen.moved] == ["溢缴款"] and seen.loan_version == version + 1

        loans.reverse(
            desk.checker, payment_id=payments_of(loan_id)[0].id or 0, reason="退票", now=noon(FIRST_DUE)
        )
        seen = loans.change_request(manager, request_id=request_id, now=noon(FIRST_DUE))
        assert seen.preview is None and "溢缴款" in seen.problem
        rows = count_rows()
        with pytest.raises(loans.RequestOutdated):
            approve(manager, request_id, FIRST_DUE)
        assert count_rows() == rows

        loans.refuse_change(manager, request_id=request_id, reason="已无溢缴款", now=noon(FIRST_DUE))
        with pytest.raises(loans.RequestDecided):
            approve(manager, request_id, FIRST_DUE)
        with pytest.raises(loans.RequestDecided):
            loans.withdraw_change(collector, request_id=request_id, now=noon(FIRST_DUE))

    def test_withdrawn_by_its_maker_only(self, desk: Desk, collector: Actor) -> None:
        loan_id = loan_for(desk, "refund")
        request_id = ask(collector, loan_id, "refund", FIRST_DUE)
        with pytest.raises(NotPermitted):
            loans.withdraw_change(desk.maker, request_id=request_id, now=noon(FIRST_DUE))
        loans.withdraw_change(collector, request_id=request_id, reason="填错", now=noon(FIRST_DUE))
        assert [row.status for row in loans.list_requests(collector, status="", now=noon(FIRST_DUE))] == [
            "withdrawn"
        ]

    def test_listed_counted_and_told_to_those_who_may_decide(
        self, desk: Desk, collector: Actor, manager: Actor
    ) -> None:
        loan_id = loan_for(desk, "refund")
        request_id = ask(collector, loan_id, "refund", FIRST_DUE)
        stranger = make_user(RoleCode.TEAM_LEAD, team="华东二组")

        assert loans.count_requests(manager) == 1 and loans.count_requests(collector) == 0
        assert shell.waiting_counts(manager) == {"/loans/requests": 1}
        (entry,) = [
            item
            for group in menu_of(manager, waiting=shell.waiting_counts(manager))
            for item in group.items
            if item.href == "/loans/requests"
        ]
        assert (entry.count, entry.urgent) == ("1", False)
        assert [r.id for r in loans.list_requests(desk.sales, now=noon(FIRST_DUE))] == [request_id]
        assert loans.list_requests(stranger, now=noon(FIRST_DUE)) == []
        with reading() as db:
            told = db.exec(select(Notification).where(Notification.entity == "loan_request")).all()
        assert {row.user_id for row in told} == {manager.user_id, desk.maker.user_id, desk.checker.user_id}

        approve(manager, request_id, FIRST_DUE)
        with reading() as db:
            told = db.exec(select(Notification).where(Notification.entity == "loan_request")).all()
            assert all(row.done_at is not None for row in told)
            mine = db.exec(select(Notification).where(Notification.user_id == collector.user_id)).all()
            assert [row.title for row in mine] == ["已通过：退溢缴款 ¥500.00"]
            types = set(db.execute(sa.select(col(Event.type))).scalars())
        assert {"loan.change_requested", "payment.refunded"} <= types

    def test_the_same_form_and_the_same_approval_count_once(
        self, desk: Desk, collector: Actor, manager: Actor
    ) -> None:
        loan_id = loan_for(desk, "refund")
        change = loans.Change(kind="refund", value_date=FIRST_DUE, reason="客户申请")
        made = [
            loans.request_change(collector, loan_id=loan_id, change=change, key="k", now=noon(FIRST_DUE))
            for _ in range(2)
        ]
        assert made[0] == made[1]
        posted = [
            loans.approve_change(manager, request_id=made[0].request_id, key="a", now=noon(FIRST_DUE))
            for _ in range(2)
        ]
        assert posted[0] == posted[1]
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(LoanRequest)).scalar_one() == 1
            assert db.execute(sa.select(sa.func.count()).select_from(Payment)).scalar_one() == 2


BAD: tuple[tuple[str, date, dict[str, object], str], ...] = (
    ("waiver", LATE, {"amount": "0"}, "amount"),
    ("waiver", LATE, {"amount": "-5"}, "amount"),
    ("waiver", LATE, {"amount": "1000000000001"}, "amount"),
    ("waiver", LATE, {"amount": "99999"}, "amount"),
    ("waiver", LATE, {"component": "tax"}, "component"),
    ("waiver", LATE, {"period": 9}, "period"),
    ("waiver", date(2026, 3, 11), {}, "value_date"),
    ("waiver", date(2026, 1, 14), {}, "value_date"),
    ("refund", LATE, {}, "amount"),
    ("rate_change", LATE, {"annual_rate": ""}, "annual_rate"),
    ("rate_change", LATE, {"annual_rate": "1000"}, "annual_rate"),
    ("rate_change", LATE, {"annual_rate": "-1"}, "annual_rate"),
    ("rate_change", LATE, {"annual_rate": "10", "split": True}, "split"),
    ("extension", LATE, {"months": 6, "guarantor_consent": True, "evidence": "协议 ZQ"}, "value_date"),
    ("extension", LATE, {"months": 0, "guarantor_consent": True, "evidence": "协议 ZQ"}, "months"),
    ("extension", LATE, {"months": 601, "guarantor_consent": True, "evidence": "协议 ZQ"}, "months"),
    ("extension", LATE, {"months": 6, "evidence": "协议 ZQ"}, "guarantor_consent"),
    ("extension", LATE, {"months": 6, "guarantor_consent": True}, "evidence"),
    ("restructure", LATE, {"method": "flat", "periods": 12, "annual_rate": "9", "evidence": "协议 1"}, "method"),
    ("restructure", LATE, {"method": "bullet", "periods": 601, "annual_rate": "9", "evidence": "协议 1"}, "periods"),
    ("restructure", LATE, {"method": "bullet", "periods": 6, "annual_rate": "x", "evidence": "协议 1"}, "annual_rate"),
    ("acceleration", LATE, {}, "evidence"),
    ("write_off", LATE, {}, "evidence"),
    ("write_off", LATE, {"evidence": "决议 HX", "reason": ""}, "reason"),
)  # fmt: skip


class TestBadInput:
    @pytest.mark.parametrize(("kind", "day", "values", "field"), BAD)
    def test_names_the_field_and_writes_nothing(
        self, desk: Desk, collector: Actor, kind: str, day: date, values: dict[str, object], field: str
    ) -> None:
        loan_id = late_loan(desk)
        rows = count_rows()
        change = loans.Change(kind=kind, value_date=day, **{"reason": "客户申请", **values})  # type: ignore[arg-type]

        with pytest.raises(InvalidInput) as refused:
            loans.request_change(collector, loan_id=loan_id, change=change, now=noon(LATE))

        assert refused.value.fields.get(field)
        assert count_rows() == rows

    def test_a_change_that_is_none(self, desk: Desk, collector: Actor) -> None:
        with pytest.raises(loans.NotAChange):
            ask(collector, late_loan(desk), "payment", LATE)
