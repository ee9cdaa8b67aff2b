"""The handlers of the statements and ledger pages: what a browser may send, and what it then sees."""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData

from loanhub.services import files, statements
from loanhub.services._actor import Actor
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state.ledger import LedgerState
from loanhub.state.statements import StatementsState
from tests.builders import make_company
from tests.services.loans.builders import Desk, make_desk, make_loan, payments_of
from tests.services.statements.test_statements import CARD, csv_of, first_payment, name_borrower

S, L = StatementsState, LedgerState


@pytest.fixture
def desk(sqlite_database) -> Desk:
    make_company(utc_now())
    return make_desk()


@pytest.fixture
def visit(monkeypatch) -> Callable[..., Any]:
    def as_actor(state_class: type[rx.State], actor: Actor, path: str, **query: str) -> Any:
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
    """Run one handler to its end; what a generator yielded comes back as a list."""

    async def work() -> Any:
        found = handler.fn(state, *arguments)
        if inspect.isasyncgen(found):
            return [event async for event in found]
        return await found

    return asyncio.run(work())


@pytest.fixture
def loan_id(desk) -> int:
    found = make_loan(desk, disbursed=today() - timedelta(days=40), on=today() - timedelta(days=40))
    name_borrower(found, "刘志强", CARD)
    return found


@pytest.fixture
def read(desk, loan_id) -> int:
    day = today() - timedelta(days=1)
    content = csv_of(
        (day, first_payment(loan_id), "刘志强", CARD, "还款", "T1"), (day, 7_00, "路人", "", "货款", "T2")
    )
    return statements.read_content(desk.maker, content=content, file_name="a.csv", now=utc_now()).statement_id


class TestStatementsPage:
    def test_begins_where_most_is_to_be_done(self, desk, read, visit):
        page = visit(S, desk.maker, "statements")

        do(S.load, page)

        assert page.tab == "suggested" and [row.customer for row in page.rows] == ["刘志强"]
        assert [(one["id"], one["count"]) for one in page.tabs] == [
            ("unclaimed", "1"),
            ("suggested", "1"),
            ("done", "0"),
            ("ignored", "0"),
        ]
        assert page.files[0]["waiting"] == "2"

    def test_opens_a_line_with_its_preview_and_posts_it(self, desk, read, loan_id, visit):
        page = visit(S, desk.maker, "statements")
        do(S.load, page)
        do(S.open, page, page.rows[0].id)

        assert page.is_open and page.loan_id == str(loan_id) and page.choices[0].strong
        assert page.parts and page.tried["uppercase"].endswith(("分", "整")) and not page.third
        do(S.accept, page, {})

        assert not page.is_open and len(payments_of(loan_id)) == 1
        assert page.rows == []

    def test_finds_another_loan_and_says_why_it_cannot(self, desk, read, loan_id, visit):
        page = visit(S, desk.maker, "statements", tab="unclaimed")
        do(S.load, page)
        do(S.open, page, page.rows[0].id)
        do(S.find_loans, page, "刘志强")
        do(S.find_loans, page, "nobody-9")
        assert page.found == []
        do(S.choose, page, str(loan_id))

        assert page.tried["amount"] == "¥7.00"

    def test_a_reason_is_asked_at_its_field(self, desk, read, visit):
        page = visit(S, desk.maker, "statements", tab="unclaimed")
        do(S.load, page)
        do(S.open, page, page.rows[0].id)
        do(S.ask, page, "ignore")

        do(S.give_reason, page, {"reason": ""})
        assert "reason" in page.field_errors and page.is_open
        do(S.give_reason, page, {"reason": "货款，与贷款无关"})
        assert not page.is_open and page.rows == []

    def test_hostile_arguments_do_nothing(self, desk, read, visit):
        page = visit(S, desk.maker, "statements", tab="<x>", page="-1", statement="1 OR 1", line="'")
        do(S.load, page)

        do(S.open, page, "1;DROP")
        do(S.choose_tab, page, {"a": 1})
        do(S.choose_file, page, "x" * 900)
        do(S.choose_way, page, "sideways")
        do(S.ask, page, "everything")
        do(S.go, page, 99)
        do(S.uploaded, page, {"id": "7"})

        assert (page.tab, page.way, page.file_id, page.asking, page.page) == ("unclaimed", "", "", "", 1)
        assert page.error and not page.is_open

    def test_the_address_opens_a_line(self, desk, read, visit):
        line_id = statements.list_lines(desk.maker, tab="unclaimed").rows[0].id
        page = visit(S, desk.checker, "statements", line=str(line_id), tab="unclaimed")

        do(S.load, page)

        assert page.is_open and page.line["payer"] == "路人"

    def test_a_file_of_anothers_is_not_read(self, desk, visit):
        content = csv_of((today(), 1_00, "甲", "", "", "T1"))
        file = files.upload(
            desk.maker,
            source=io.BytesIO(content),
            file_name="a.csv",
            kind=files.STATEMENT_KIND,
            now=utc_now(),
        )

        page = visit(S, desk.checker, "statements")
        do(S.load, page)
        assert do(S.uploaded, page, {"id": file.id}) is not None
        assert page.working


class TestLedgerPage:
    def test_shows_a_day_and_signs_it(self, desk, read, loan_id, visit):
        page = visit(L, desk.checker, "ledger", day=(today() - timedelta(days=1)).isoformat())
        do(L.load, page)

        assert [one["code"] for one in page.figures] == ["cash_in", "cash_out", "principal", "suspense"]
        assert len(page.differences) == 2 and page.can_close and not page.closed
        do(L.close_day, page, {"note": ""})
        assert "note" in page.field_errors
        do(L.close_day, page, {"note": "两笔待认领"})

        assert page.closed and page.closed_note == "两笔待认领" and len(page.days) == 1

    def test_who_imported_is_told_why(self, desk, read, visit):
        page = visit(L, desk.maker, "ledger", day=(today() - timedelta(days=1)).isoformat())

        do(L.load, page)

        assert not page.can_close and "另一位同事" in page.cannot

    def test_turns_days_but_never_past_today(self, desk, loan_id, visit):
        page = visit(L, desk.maker, "ledger", day=today().isoformat())
        do(L.load, page)

        do(L.step_day, page, 1)
        assert page.day == today().isoformat()
        do(L.step_day, page, -1)
        assert page.day == (today() - timedelta(days=1)).isoformat()
        do(L.choose_day, page, "2999-01-01")
        assert "day" in page.field_errors

    def test_shows_the_trial_balance(self, desk, loan_id, visit):
        page = visit(L, desk.maker, "ledger", tab="trial")
        do(L.load, page)

        assert page.balanced and {one["code"] for one in page.accounts} == {"bank", "loan_principal"}
        do(L.choose_period, page, "first", "2999-01-01")
        assert "first" in page.field_errors

    def test_filters_the_journal(self, desk, loan_id, visit):
        page = visit(L, desk.maker, "ledger", tab="journal", account="bank", page="x")
        do(L.load, page)

        assert page.total == 1 and page.rows[0].lines[0][0] == "贷款本金" and page.account_label == "银行存款"
        do(L.search_amount, page, "abc")
        assert "amount" in page.field_errors
        do(L.set_filter, page, "page", "7")
        do(L.clear_filters, page)
        assert page.total == 1 and page.account == ""
