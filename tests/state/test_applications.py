"""The handlers of the applications pages: the queue, the decision, the draft saved field by field, a new one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
import sqlalchemy as sa
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.products import install_products
from loanhub.state._base import SessionState
from loanhub.state._marks import mark_of
from loanhub.state.application_draft import ApplicationDraftState as Draft
from loanhub.state.application_draft import ApplicationNewState as New
from loanhub.state.applications import ApplicationsState as Queue
from tests.builders import NOON, bare_actor, make_company, make_user
from tests.services.applications.test_applications import approve, make_draft, stored, submitted


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company()
    with transaction() as db:
        install_products(db, lender="澄江普惠", now=NOON)


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that gives a State of a signed-in person at an address."""

    def as_actor(state_class: type[rx.State], actor: Actor, path: str = "applications", **query: str) -> Any:
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


class TestQueue:
    def test_opens_what_waits_for_me_with_the_first_beside_it(self, visit: Callable[..., Any]) -> None:
        officer = make_user(RoleCode.CREDIT)
        application_id = submitted(make_user(RoleCode.SALES), "40万")
        state = visit(Draft, officer)

        do(Draft.load, state)

        assert [row.id for row in state.rows] == [str(application_id)] and state.shown.id == application_id
        assert state.scope == "todo" and not state.picked and state.shown.can_decide
        assert state.verb == "通过并送复审" and state.difference == "与申请一致"

    def test_says_when_the_address_names_nothing_in_scope(self, visit: Callable[..., Any]) -> None:
        state = visit(
            Draft, make_user(RoleCode.SALES), f"applications/{submitted(make_user(RoleCode.SALES))}"
        )

        do(Draft.load, state)

        assert state.missing and state.shown.id == 0 and not state.loading

    @pytest.mark.parametrize("named", ["1000000000", "999999999999999", "abc", "0", "-1"])
    def test_never_shows_another_one_for_an_address_that_names_nothing(
        self, visit: Callable[..., Any], named: str
    ) -> None:
        officer = make_user(RoleCode.CREDIT)
        there = submitted(make_user(RoleCode.SALES))
        state = visit(Draft, officer)
        do(Draft.load, state)
        assert state.shown.id == there

        state = visit(Draft, officer, f"applications/{named}")
        do(Draft.load, state)

        assert state.missing and state.shown.id == 0 and state.picked and not state.loading

    def test_is_read_from_the_address_and_written_into_it(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        draft, sent = make_draft(rep), submitted(rep)
        state = visit(Draft, rep, scope="mine", q=stored(sent).number)

        do(Draft.load, state)
        assert [row.id for row in state.rows] == [str(sent)] and state.text == stored(sent).number

        assert "status=draft" in str(do(Queue.choose_status, state, "draft")) and state.rows == []
        assert f"q={stored(draft).number}" in str(do(Queue.search, state, stored(draft).number))
        assert [row.id for row in state.rows] == [str(draft)]
        cleared = str(do(Queue.clear, state))
        assert "q=" not in cleared and "status=" not in cleared and len(state.rows) == 2

    def test_narrows_by_segment_and_says_when_there_is_none_of_that_number(
        self, visit: Callable[..., Any]
    ) -> None:
        rep = make_user(RoleCode.SALES)
        make_draft(rep)
        state = visit(Draft, rep, scope="all", segment="77")

        do(Draft.load, state)
        assert state.rows == [] and state.segment_name == "没有这个分群" and state.segment_options == []

        assert "segment=" not in str(do(Queue.choose_segment, state, "x")) and len(state.rows) == 1
        assert "segment=77" in str(do(Queue.choose_segment, state, "77")) and state.rows == []

    def test_narrows_by_status_and_words(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        draft, sent = make_draft(rep), submitted(rep)
        state = visit(Draft, rep)
        do(Draft.load, state)

        do(Queue.choose_status, state, "draft")
        assert [row.id for row in state.rows] == [str(draft)]
        do(Queue.choose_status, state, "nonsense")
        do(Queue.search, state, stored(sent).number)
        assert [row.id for row in state.rows] == [str(sent)]


class TestDecide:
    def test_shows_the_difference_and_sends_the_decision(self, visit: Callable[..., Any]) -> None:
        application_id = submitted(make_user(RoleCode.SALES), "40万")
        state = visit(Draft, make_user(RoleCode.CREDIT), f"applications/{application_id}")
        do(Draft.load, state)

        do(Queue.type_amount, state, "150,000.00")
        assert state.lowers and state.verb == "通过 15.0 万"
        do(Queue.toggle_condition, state, "贷后季度回访")
        do(Queue.say, state, state.phrases[0])
        form = {
            "amount_fen": "150,000.00",
            "annual_rate": "11.5",
            "term_months": "24",
            "opinion": state.opinion,
        }
        do(Queue.decide, state, form)

        found = stored(application_id)
        assert (found.status, found.approved_amount_fen) == (ApplicationStatus.APPROVED, 15_000_000)
        assert str(found.approved_rate) == "0.115" and found.approved_term_months == 24
        assert found.conditions == "贷后季度回访" and state.shown.status == "approved"

    def test_keeps_what_was_typed_when_it_is_refused(self, visit: Callable[..., Any]) -> None:
        application_id = submitted(make_user(RoleCode.SALES))
        state = visit(Draft, make_user(RoleCode.CREDIT), f"applications/{application_id}")
        do(Draft.load, state)

        do(
            Queue.decide,
            state,
            {"amount_fen": "200,000", "opinion": "好", "term_months": "12", "annual_rate": "12"},
        )

        assert state.field_errors.keys() == {"amount_fen", "opinion"} and state.opinion == "好"
        assert stored(application_id).status is ApplicationStatus.FIRST_REVIEW

    def test_returns_with_reasons_from_the_sheet(self, visit: Callable[..., Any]) -> None:
        application_id = submitted(make_user(RoleCode.SALES))
        state = visit(Draft, make_user(RoleCode.CREDIT), f"applications/{application_id}")
        do(Draft.load, state)

        do(Queue.open_sheet, state, "return")
        do(Queue.toggle_reason, state, "资料不全")
        do(Queue.toggle_reason, state, "不在名单里")
        do(Queue.decide, state, {"opinion": "补近半年对公流水"})

        assert not state.sheet and state.shown.status == "returned"
        assert state.approvals[0]["reasons"] == "资料不全"

    def test_refuses_a_decision_on_what_somebody_just_changed(self, visit: Callable[..., Any]) -> None:
        application_id = submitted(make_user(RoleCode.SALES), "40万")
        state = visit(Draft, make_user(RoleCode.CREDIT), f"applications/{application_id}")
        do(Draft.load, state)
        approve(make_user(RoleCode.CREDIT), application_id)

        with pytest.raises(Conflict):
            do(
                Queue.decide,
                state,
                {"amount_fen": "400000", "opinion": "经营稳定", "term_months": "12", "annual_rate": "12"},
            )

    def test_follows_others_without_touching_what_is_typed(self, visit: Callable[..., Any]) -> None:
        application_id = submitted(make_user(RoleCode.SALES), "40万")
        state = visit(Draft, make_user(RoleCode.CREDIT), f"applications/{application_id}")
        do(Draft.load, state)
        do(Queue.note_opinion, state, "正在写")
        key = state.form_key
        approve(make_user(RoleCode.CREDIT), application_id)

        asyncio.run(state._on_live("applications", [{"id": application_id}]))

        assert state.shown.status == "second_review" and (state.opinion, state.form_key) == ("正在写", key)


class TestDraft:
    def test_saves_a_field_as_it_is_left_and_submits(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        application_id = make_draft(rep)
        state = visit(Draft, rep, f"applications/{application_id}")
        do(Draft.load, state)

        do(Draft.save_field, state, "purpose", "装修门店")
        do(Draft.save_field, state, "amount_fen", "很多")
        assert stored(application_id).purpose == "装修门店" and set(state.field_errors) == {"amount_fen"}
        assert state.saved_at
        do(Draft.save_field, state, "amount_fen", "120,000.00")
        assert not state.field_errors
        do(Draft.submit, state, {"purpose": "装修门店"})
        assert set(state.field_errors) == {"documents"}
        for row in list(state.documents):
            do(Draft.tick, state, row["kind"])
        do(Draft.submit, state, {"term_months": "24"})

        found = stored(application_id)
        assert (found.status, found.amount_fen, found.term_months) == (
            ApplicationStatus.FIRST_REVIEW,
            12_000_000,
            24,
        )
        assert not state.groups and state.shown.score > 0

    def test_offers_the_terms_of_the_product_just_chosen(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        state = visit(Draft, rep, f"applications/{make_draft(rep)}")
        do(Draft.load, state)

        do(Draft.save_field, state, "product_code", "turnover")

        fields = {one.key: one for group in state.groups for one in group.fields}
        assert [o["value"] for o in fields["term_months"].options] == ["3", "6", "12"]

    def test_ignores_fields_that_are_not_on_the_form(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        application_id = make_draft(rep)
        state = visit(Draft, rep, f"applications/{application_id}")
        do(Draft.load, state)

        do(Draft.save_field, state, "status", "approved")
        do(Draft.save_field, state, "approved_amount_fen", "999999")

        assert stored(application_id).status is ApplicationStatus.DRAFT
        assert stored(application_id).approved_amount_fen is None

    def test_withdraws_with_a_reason(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        application_id = submitted(rep)
        state = visit(Draft, rep, f"applications/{application_id}")
        do(Draft.load, state)

        do(Queue.withdraw, state, {"reason": ""})
        assert set(state.field_errors) == {"reason"}
        do(Queue.withdraw, state, {"reason": "客户暂不需要"})

        assert state.shown.status == "withdrawn" and not state.withdrawing


class TestNew:
    def test_finds_the_customer_and_opens_the_draft_once(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        customer_id = stored(make_draft(rep)).customer_id
        state = visit(New, rep, "applications/new", customer=str(customer_id))
        do(New.load, state)
        assert state.person.name == "张建国" and "****" in state.person.line
        assert [p.mode_label for p in state.products][:3] == ["自营放贷"] * 3
        do(New.find, state, "张建国")
        assert [p.id for p in state.people] == [customer_id]

        do(New.begin, state, "tax")
        do(New.begin, state, "tax")

        with reading() as db:
            made = db.execute(sa.select(col(Application.product_code))).scalars().all()
        assert sorted(made) == ["personal_business", "tax"]

    def test_says_when_the_customer_is_out_of_scope(self, visit: Callable[..., Any]) -> None:
        customer_id = stored(make_draft(make_user(RoleCode.SALES))).customer_id
        state = visit(New, make_user(RoleCode.SALES), "applications/new", customer=str(customer_id))

        do(New.load, state)

        assert state.missing and state.person.id == 0

    def test_refuses_an_unknown_product(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        customer_id = stored(make_draft(rep)).customer_id
        state = visit(New, rep, "applications/new", customer=str(customer_id))
        do(New.load, state)

        with pytest.raises(InvalidInput):
            do(New.begin, state, "no-such-product")


@pytest.mark.parametrize(
    ("handler", "role", "allowed"),
    [
        (Draft.load, RoleCode.CREDIT, True), (Draft.load, RoleCode.COLLECTIONS, False),
        (Queue.decide, RoleCode.CREDIT, True), (Queue.decide, RoleCode.SALES, False),
        (Queue.withdraw, RoleCode.SALES, True), (Queue.withdraw, RoleCode.CREDIT, False),
        (Draft.save_field, RoleCode.SALES, True), (Draft.save_field, RoleCode.CREDIT, False),
        (New.begin, RoleCode.SALES, True), (New.begin, RoleCode.MANAGER, False),
    ],
)  # fmt: skip
def test_admits_each_role_as_the_mark_says(handler: Any, role: RoleCode, allowed: bool) -> None:
    mark = mark_of(handler.fn)

    assert mark is not None and mark.admits(bare_actor(role)) is allowed
