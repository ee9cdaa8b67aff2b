"""The handlers of changes under dual control, offers and the page of requests: one asks, another decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import NotPermitted
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import RoleCode
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.state._clock import today, utc_now
from loanhub.state.loan_changes import LoanChangeState
from loanhub.state.loan_detail import LoanState
from loanhub.state.loan_offers import LoanOfferState
from loanhub.state.loan_requests import LoanRequestsState
from tests.builders import make_company, make_user
from tests.services.loans.builders import Desk, make_desk, payments_of, stored
from tests.state.test_loans import FORM, do, late_loan, visit

__all__ = ["visit"]


@pytest.fixture
def desk(sqlite_database: Engine) -> Desk:
    make_company(utc_now())
    return make_desk()


@pytest.fixture
def manager(desk: Desk) -> Actor:
    return make_user(RoleCode.MANAGER, name="钟一")


def opened(visit: Callable[..., Any], actor: Actor, loan_id: int) -> Any:
    """Return the change dialog on the page of a loan that has been loaded."""
    changing = visit(LoanChangeState, actor, f"loans/{loan_id}")
    page = changing._get_root_state().get_substate(LoanState.get_full_name().split(".")[1:])
    do(LoanState.load, page)
    return changing


def pay_up(visit: Callable[..., Any], actor: Actor, loan_id: int) -> Any:
    """Pay everything due and return the page."""
    page = visit(LoanState, actor, f"loans/{loan_id}")
    do(LoanState.load, page)
    do(LoanState.fill_due, page)
    form = {**FORM, "amount": page.start_amount, "value_date": today().isoformat()}
    do(LoanState.check_payment, page, form)
    do(LoanState.post, page)
    assert page.head["due_fen"] == "0"
    return page


def queue(visit: Callable[..., Any], actor: Actor, **query: str) -> Any:
    state = visit(LoanRequestsState, actor, "loans/requests", **query)
    do(LoanRequestsState.load, state)
    return state


class TestChange:
    def test_a_waiver_is_tried_asked_for_and_approved_by_another(
        self, desk: Desk, manager: Actor, visit: Callable[..., Any]
    ) -> None:
        loan_id = late_loan(desk)
        changing = opened(visit, desk.maker, loan_id)

        do(LoanChangeState.open, changing, "waiver", "penalty")
        assert changing.tried["summary"].startswith("减免罚息") and changing.waived
        do(LoanChangeState.type_field, changing, "amount", "1")
        assert changing.tried["uppercase"] == "壹元整"
        do(LoanChangeState.check, changing, {"amount": "1", "reason": ""})
        assert changing.field_errors.keys() == {"reason"} and not changing.checking
        do(LoanChangeState.check, changing, {"amount": "1", "reason": "客户住院，诚意还款"})
        assert changing.checking and payments_of(loan_id) == []
        do(LoanChangeState.submit, changing)
        do(LoanChangeState.submit, changing)
        assert not changing.opened and payments_of(loan_id) == []

        mine = queue(visit, desk.maker, view="mine")
        assert len(mine.rows) == 1 and not mine.rows[0]["can_decide"]
        waiting = queue(visit, manager)
        assert [row["summary"] for row in waiting.rows] == ["减免罚息 ¥1.00"]
        do(LoanRequestsState.open, waiting, waiting.rows[0]["id"])
        assert waiting.can_decide and waiting.request["reason"] == "客户住院，诚意还款"
        do(LoanRequestsState.approve, waiting)
        do(LoanRequestsState.approve, waiting)

        assert [payment.kind for payment in payments_of(loan_id)] == ["waiver"] and not waiting.opened

    def test_the_maker_cannot_approve(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        changing = opened(visit, desk.maker, loan_id)
        do(LoanChangeState.open, changing, "waiver", "penalty")
        do(LoanChangeState.check, changing, {"amount": "1", "reason": "试一试"})
        do(LoanChangeState.submit, changing)

        page = queue(visit, desk.maker, view="pending")
        do(LoanRequestsState.open, page, page.rows[0]["id"])
        page.can_decide = True  # as a client of its own might pretend

        with pytest.raises(NotPermitted):
            do(LoanRequestsState.approve, page)
        assert payments_of(loan_id) == []

    def test_an_extension_wants_its_papers_only_to_be_sent(
        self, desk: Desk, manager: Actor, visit: Callable[..., Any]
    ) -> None:
        loan_id = late_loan(desk)
        pay_up(visit, desk.maker, loan_id)
        before = stored(loan_id).maturity_date
        changing = opened(visit, desk.maker, loan_id)

        do(LoanChangeState.open, changing, "extension", "")
        assert changing.terms and not changing.error
        form = {"months": "6", "reason": "疫情停业两个月", "evidence": "", "guarantor_consent": False}
        do(LoanChangeState.check, changing, form)
        assert {"evidence", "guarantor_consent"} <= changing.field_errors.keys()
        do(
            LoanChangeState.check,
            changing,
            {**form, "evidence": "展期协议 ZQ-2026-01", "guarantor_consent": True},
        )
        do(LoanChangeState.submit, changing)
        page = queue(visit, manager)
        do(LoanRequestsState.open, page, page.rows[0]["id"])
        do(LoanRequestsState.approve, page)

        assert stored(loan_id).maturity_date > before
        loan = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, loan)
        assert loan.changes[0]["kind_label"] == "展期" and loan.changes[0]["approved_by"] == "钟一"
        assert loan.requests[0]["status"] == "approved"

    def test_what_is_no_number_is_named_at_its_field(self, desk: Desk, visit: Callable[..., Any]) -> None:
        changing = opened(visit, desk.maker, late_loan(desk))
        do(LoanChangeState.open, changing, "extension", "")

        do(LoanChangeState.check, changing, {"months": "三", "reason": "理由", "evidence": "展期协议"})

        assert changing.field_errors == {"months": "请填写整数"} and not changing.checking

    def test_a_refusal_wants_a_reason_and_writes_nothing(
        self, desk: Desk, manager: Actor, visit: Callable[..., Any]
    ) -> None:
        loan_id = late_loan(desk)
        changing = opened(visit, desk.maker, loan_id)
        do(LoanChangeState.open, changing, "waiver", "penalty")
        do(LoanChangeState.check, changing, {"reason": "再看看"})
        do(LoanChangeState.submit, changing)
        page = queue(visit, manager)
        do(LoanRequestsState.open, page, page.rows[0]["id"])

        do(LoanRequestsState.refuse, page)
        assert page.field_errors.keys() == {"reason"} and page.opened
        do(LoanRequestsState.set_opinion, page, "逾期时间不长，不减")
        do(LoanRequestsState.refuse, page)

        assert payments_of(loan_id) == [] and not page.opened
        done = queue(visit, manager, view="decided")
        assert done.rows[0]["decision_note"] == "逾期时间不长，不减"

    def test_shows_what_moved_since_and_refuses_the_old_look(
        self, desk: Desk, manager: Actor, visit: Callable[..., Any]
    ) -> None:
        loan_id = late_loan(desk)
        changing = opened(visit, desk.maker, loan_id)
        do(LoanChangeState.open, changing, "waiver", "penalty")
        do(LoanChangeState.check, changing, {"amount": "1", "reason": "先减一点"})
        do(LoanChangeState.submit, changing)
        page = queue(visit, manager)
        do(LoanRequestsState.open, page, page.rows[0]["id"])
        paying = visit(LoanState, desk.checker, f"loans/{loan_id}")
        do(LoanState.load, paying)
        do(LoanState.check_payment, paying, {**FORM, "amount": "100", "value_date": today().isoformat()})
        do(LoanState.post, paying)

        visit(LoanRequestsState, manager, "loans/requests")
        do(LoanRequestsState.approve, page)

        assert page.opened and page.moved
        assert [payment.kind for payment in payments_of(loan_id)] == ["payment"]


COMPANY = {
    "name": "澄江普惠小额贷款有限公司", "credit_code": "91310000MA1FL00000", "legal_representative": "王明",
    "address": "上海市示范路1号", "phone": "021-50000000", "complaint_phone": "400-000-0000",
}  # fmt: skip


@pytest.fixture
def account(sqlite_database: Engine) -> None:
    with transaction() as db:
        parameters.put(db, "company", COMPANY)
        parameters.put(
            db, "repayment_account", {"holder": "澄江普惠", "bank": "示范银行", "number": "310000000000000"}
        )


class TestOffer:
    @pytest.mark.usefixtures("account")
    def test_is_tried_saved_once_and_listed(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        offering = visit(LoanOfferState, desk.maker, f"loans/{loan_id}")
        page = offering._get_root_state().get_substate(LoanState.get_full_name().split(".")[1:])
        do(LoanState.load, page)

        do(LoanOfferState.open, offering)
        assert offering.total["figure"] == page.quote["figure"] and len(offering.days) == 4
        do(LoanOfferState.choose_day, offering, "settle_on", "2020-01-01")
        assert offering.error and not offering.lines
        do(LoanOfferState.choose_day, offering, "settle_on", today().isoformat())
        do(LoanOfferState.save, offering)
        assert not offering.field_errors, dict(offering.field_errors)
        do(LoanOfferState.save, offering)

        assert len(page.offers) == 1 and page.offers[0]["settle_on"] == today().isoformat()
        assert do(LoanOfferState.copy, offering, page.offers[0]["id"])


class TestPosting:
    def test_repays_part_early_either_way_side_by_side(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        page = pay_up(visit, desk.maker, loan_id)

        do(LoanState.choose_kind, page, "prepayment")
        do(LoanState.type_prepay, page, "20000")
        assert {"reduce_payment", "shorten_term"} <= page.compared[0].keys()
        do(LoanState.choose_mode, page, "shorten_term")
        form = {
            **FORM,
            "bank_transaction_id": "B9",
            "amount": "",
            "prepay": "20000",
            "value_date": today().isoformat(),
        }
        do(LoanState.check_payment, page, form)
        do(LoanState.post, page)

        assert payments_of(loan_id)[-1].kind == "prepayment" and page.changes

    def test_a_refusal_keeps_everything_typed(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        page = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, page)
        form = {**FORM, "amount": "100", "value_date": today().isoformat(), "method": "nonsense"}
        do(LoanState.check_payment, page, form)

        do(LoanState.post, page)

        assert page.field_errors.keys() == {"method"} and not page.confirming
        assert page._typed["payer"] == form["payer"] and payments_of(loan_id) == []

    def test_settles(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        page = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, page)
        do(LoanState.settle, page, False)
        do(
            LoanState.check_payment,
            page,
            {**FORM, "amount": page.start_amount, "value_date": today().isoformat()},
        )
        do(LoanState.post, page)

        assert stored(loan_id).status is LoanStatus.SETTLED_EARLY

    def test_explains_any_amount(self, desk: Desk, visit: Callable[..., Any]) -> None:
        page = visit(LoanState, desk.maker, f"loans/{late_loan(desk)}")
        do(LoanState.load, page)

        do(LoanState.explain, page, "interest", "01")
        assert page.explaining and page.why["amount"] == page.rows[0]["interest"]
        do(LoanState.explain_line, page, "应计利息")
        assert "结清" in page.why["title"]
        do(LoanState.choose_panel, page, "waive")
        assert {line["component"] for line in page.waivable} >= {"principal", "interest"}
