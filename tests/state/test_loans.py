"""The handlers of the loan pages: what a browser may send, and what it then sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine

from loanhub.domain.calendar import add_months
from loanhub.domain.errors import InvalidInput, NotPermitted
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import RoleCode
from loanhub.services._actor import Actor
from loanhub.services.printing import batches
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state.disburse import DisburseState
from loanhub.state.loan_detail import LoanState
from loanhub.state.loans import LoansState
from tests.builders import make_company, make_user
from tests.services.loans.builders import Desk, make_contract, make_desk, make_loan, payments_of, stored


@pytest.fixture
def desk(sqlite_database: Engine) -> Desk:
    make_company(utc_now())
    return make_desk()


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that gives a State of a signed-in person at an address."""

    def as_actor(state_class: type[rx.State], actor: Actor, path: str = "loans", **query: str) -> Any:
        root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        state = root.get_substate(state_class.get_full_name().split(".")[1:])

        async def found(_self: Any) -> Actor:
            return actor

        monkeypatch.setattr(SessionState, "_actor", found)
        monkeypatch.setattr(SessionState, "_watch", lambda _self, *topics: None)
        root.rx_router_url = URLData.from_url(ReflexURL(f"http://localhost/{path}?{urlencode(query)}"))
        return state

    return as_actor


def do(handler: Any, state: Any, *arguments: Any) -> Any:
    """Run one handler to its end."""

    async def work() -> Any:
        return await handler.fn(state, *arguments)

    return asyncio.run(work())


def late_loan(desk: Desk) -> int:
    """Return a loan whose first installment is overdue today."""
    return make_loan(desk, disbursed=add_months(today(), -2))


FORM = {"method": "transfer", "payer": "刘志强", "bank_transaction_id": "B1", "note": ""}


class TestList:
    def test_is_taken_away_as_it_is_shown(self, desk: Desk, visit: Callable[..., Any]) -> None:
        late_loan(desk)
        state = visit(LoansState, make_user(RoleCode.MANAGER))
        do(LoansState.load, state)
        assert do(LoansState.export, state, {"reason": "月末盘点", "format": "xlsx"}) is None

        do(LoansState.ask_export, state, True)
        answer = str(do(LoansState.export, state, {"reason": "月末盘点", "format": "xlsx"}))
        assert "借据" in answer and "已导出" in answer and not state.asking_export
        do(LoansState.search, state, "无此人")
        do(LoansState.ask_export, state, True)
        with pytest.raises(InvalidInput, match="没有可以导出的借据"):
            do(LoansState.export, state, {"reason": "月末盘点", "format": "xlsx"})

    def test_shows_rows_buckets_and_sums(self, desk: Desk, visit: Callable[..., Any]) -> None:
        late_loan(desk)
        state = visit(LoansState, desk.sales)

        do(LoansState.load, state)

        assert [row.customer for row in state.rows] == ["刘志强"]
        assert state.sums["principal_fen"] == "120,000.00"
        assert {one["id"]: one["count"] for one in state.views}["owing"] == "1"

    def test_finds_by_number_and_by_name(self, desk: Desk, visit: Callable[..., Any]) -> None:
        number = stored(late_loan(desk)).number
        state = visit(LoansState, desk.maker)
        do(LoansState.load, state)

        for text, found in ((number[-7:], 1), ("XX-99", 0), ("不认识", 0)):
            do(LoansState.search, state, text)
            assert state.total == found

    def test_an_address_names_a_contract_or_a_customer(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan = stored(late_loan(desk))
        for query, found in (
            ({"contract": str(loan.contract_id)}, 1), ({"customer": str(loan.customer_id)}, 1),
            ({"contract": "99999"}, 0), ({"customer": "99999"}, 0), ({"contract": "x' or 1"}, 1),
        ):  # fmt: skip
            state = visit(LoansState, desk.maker, "loans", **query)
            do(LoansState.load, state)
            assert state.total == found, query

        do(LoansState.load, state := visit(LoansState, desk.maker, "loans", customer="99999"))
        assert [chip["label"] for chip in state.chips] == ["这位客户的借据"] and state.has_conditions
        do(LoansState.drop_condition, state, "0")
        assert state.total == 1

    def test_says_days_bucket_and_what_is_owed(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        state = visit(LoansState, desk.maker)
        page = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, page)
        do(LoanState.fill_due, page)
        form = {**FORM, "amount": "100", "value_date": today().isoformat()}
        do(LoanState.check_payment, page, form)
        do(LoanState.post, page)

        do(LoansState.load, state)

        row = state.rows[0]
        assert (
            row.owed == page.head["due"]
            and row.bucket in ("M1", "M2")
            and row.dpd.startswith(page.head["dpd"])
        )

    def test_conditions_and_views_of_ones_own(self, desk: Desk, visit: Callable[..., Any]) -> None:
        late_loan(desk)
        state = visit(LoansState, desk.maker)
        do(LoansState.load, state)

        do(LoansState.pick_field, state, "dpd")
        do(LoansState.pick_operator, state, "gt")
        do(LoansState.add_condition, state, {"value": "zzz"})
        assert state.draft.error and not state.chips
        do(LoansState.add_condition, state, {"value": "5000"})
        assert state.total == 0 and state.has_conditions
        do(LoansState.save_view, state, {"name": "特别久"})
        assert state.views[-1]["name"] == "特别久" and state.total == 0
        do(LoansState.delete_view, state)
        assert state.view == "all" and state.total == 1


class TestDisburse:
    def test_chooses_asks_and_another_confirms(self, desk: Desk, visit: Callable[..., Any]) -> None:
        contract_id = make_contract(desk, signed=today())
        state = visit(DisburseState, desk.maker)
        do(DisburseState.choose, state)
        do(DisburseState.open, state, state.waiting[0]["id"])

        do(DisburseState.ask, state, {"value_date": today().isoformat(), "bank_reference": ""})
        assert state.field_errors.keys() == {"bank_reference"} and state.opened
        do(DisburseState.ask, state, {"value_date": today().isoformat(), "bank_reference": "FK00001"})

        assert not state.opened and str(contract_id) == str(state.contract_id)
        page = visit(LoanState, desk.checker, "loans/1")
        do(LoanState.load, page)
        assert page.can["can_confirm"] and page.can["waiting"]
        do(LoanState.show_check, page, True)
        do(LoanState.confirm, page)
        assert page.head["status"] == "active" and len(page.rows) == 12


class TestPayment:
    def test_allocates_while_typed_and_writes_nothing(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        state = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, state)

        do(LoanState.type_amount, state, "1,000")

        assert state.tried["uppercase"] == "壹仟元整" and state.parts
        do(LoanState.type_amount, state, "一千")
        assert list(state.field_errors) == ["amount"] and not state.tried
        assert payments_of(loan_id) == []

    def test_confirmed_it_is_posted_once(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        state = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, state)
        do(LoanState.fill_due, state)
        amount = state.start_amount

        do(LoanState.check_payment, state, {**FORM, "amount": amount, "value_date": today().isoformat()})
        assert state.confirming and payments_of(loan_id) == []
        do(LoanState.post, state)
        do(LoanState.post, state)

        assert len(payments_of(loan_id)) == 1 and not state.confirming
        assert (state.head["due_fen"], state.head["dpd"]) == ("0", "0")

    def test_a_posting_by_somebody_else_meanwhile_is_shown_and_refused(
        self, desk: Desk, visit: Callable[..., Any]
    ) -> None:
        loan_id = late_loan(desk)
        state = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, state)
        form = {**FORM, "amount": "100", "value_date": today().isoformat()}
        do(LoanState.check_payment, state, form)
        other = visit(LoanState, desk.checker, f"loans/{loan_id}")
        do(LoanState.load, other)
        do(LoanState.check_payment, other, {**form, "bank_transaction_id": "B2"})
        do(LoanState.post, other)

        visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.post, state)

        assert not state.confirming and len(payments_of(loan_id)) == 1

    def test_empty_amount_is_named_beside_its_field(self, desk: Desk, visit: Callable[..., Any]) -> None:
        state = visit(LoanState, desk.maker, f"loans/{late_loan(desk)}")
        do(LoanState.load, state)

        do(LoanState.check_payment, state, {**FORM, "amount": " ", "value_date": today().isoformat()})

        assert state.field_errors == {"amount": "请填写金额"} and not state.confirming

    @pytest.mark.parametrize("wrong", ["-5", "0", "12.345", "abc", "1000000000000", "10000000000000"])
    def test_a_wrong_amount_is_refused_beside_its_field_until_another_is_typed(
        self, desk: Desk, visit: Callable[..., Any], wrong: str
    ) -> None:
        loan_id = late_loan(desk)
        state = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, state)

        do(LoanState.check_payment, state, {**FORM, "amount": wrong, "value_date": today().isoformat()})
        assert list(state.field_errors) == ["amount"] and not state.confirming
        do(LoanState.type_amount, state, "500")

        assert state.field_errors == {} and state.tried["amount"] == "¥500.00" and payments_of(loan_id) == []

    def test_settles_early_with_the_quoted_amount(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        state = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, state)

        do(LoanState.choose_kind, state, "settlement")
        assert state.start_amount == state.quote["figure"]
        form = {**FORM, "amount": state.start_amount, "value_date": today().isoformat()}
        do(LoanState.check_payment, state, form)
        do(LoanState.post, state)

        assert stored(loan_id).status is LoanStatus.SETTLED_EARLY


class TestReversal:
    def test_shows_before_and_after_and_wants_a_reason(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        state = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, state)
        do(LoanState.check_payment, state, {**FORM, "amount": "5000", "value_date": today().isoformat()})
        do(LoanState.post, state)
        state = visit(LoanState, desk.checker, f"loans/{loan_id}")
        do(LoanState.load, state)

        do(LoanState.ask_reversal, state, state.payments[0]["id"])
        assert "→" in state.reversal["due"] and state.reversal_rows
        do(LoanState.reverse, state, {"reason": ""})
        assert state.field_errors.keys() == {"reason"} and state.reversing
        do(LoanState.reverse, state, {"reason": "金额录错"})

        assert [row.kind for row in payments_of(loan_id)] == ["payment", "reversal"]
        assert not state.reversing


class TestForgedInput:
    @pytest.mark.parametrize("path", ["loans/999999", "loans/abc", "loans/1%20or%201"])
    def test_a_loan_that_is_not_there_is_said_once_and_by_the_page(
        self, desk: Desk, visit: Callable[..., Any], path: str
    ) -> None:
        state = visit(LoanState, desk.maker, path)

        assert do(LoanState.load, state) is None
        assert state.head == {} and not state.loading and not state.broken

    def test_posting_without_a_preview_does_nothing(self, desk: Desk, visit: Callable[..., Any]) -> None:
        loan_id = late_loan(desk)
        state = visit(LoanState, desk.maker, f"loans/{loan_id}")
        do(LoanState.load, state)

        do(LoanState.post, state)
        do(LoanState.reverse, state, {"reason": "没有看过"})

        assert payments_of(loan_id) == []


class TestPrinting:
    def test_from_the_choice_to_a_batch(self, desk: Desk, visit: Callable[..., Any]) -> None:
        made = [str(make_loan(desk, disbursed=today())) for _ in range(2)]
        state = visit(LoansState, desk.maker)
        do(LoansState.load, state)

        do(LoansState.toggle, state, "999")
        assert state.selected == [] and state.selection == ""
        do(LoansState.ask_print, state, "schedule")
        assert not state.printing  # nothing is chosen
        do(LoansState.toggle, state, made[0])
        assert state.selection == "mixed"
        do(LoansState.toggle_all, state)
        assert sorted(state.selected) == made and state.selection == "all"
        do(LoansState.toggle_all, state)
        do(LoansState.choose_all, state)
        assert sorted(state.selected) == made
        do(LoansState.ask_print, state, "contract")
        assert not state.printing  # not made of loans
        with pytest.raises(NotPermitted):
            do(LoansState.ask_print, state, "overdue_notice")
        do(LoansState.ask_print, state, "schedule")
        assert (state.printing, state.print_title) == (True, "还款计划表")
        do(LoansState.print_chosen, state, {"copies": "0"})
        assert "copies" in state.field_errors
        do(LoansState.print_chosen, state, {"copies": "1", "order": "number"})

        assert state.selected == [] and not state.printing
        assert do(LoansState.print_chosen, state, {}) is None  # the second of two clicks
        (batch,) = batches.list_batches(desk.maker, now=utc_now())
        assert batch.title == "还款计划表 2 份"

    def test_another_view_starts_with_nothing_chosen(self, desk: Desk, visit: Callable[..., Any]) -> None:
        made = str(make_loan(desk, disbursed=today()))
        state = visit(LoansState, desk.maker)
        do(LoansState.load, state)
        do(LoansState.toggle, state, made)

        do(LoansState.choose_view, state, "overdue")

        assert state.selected == []
