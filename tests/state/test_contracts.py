"""The handlers of the contract pages: what a browser may send, and what it then sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import RoleCode
from loanhub.services import contracts, parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.contracts import READING_SECONDS
from loanhub.state import contract as contract_module
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state.contract import ContractState
from loanhub.state.contracts import ContractsState
from tests.builders import make_company, make_user
from tests.services.contracts.test_contracts import make_approved


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company(utc_now())
    with transaction() as db:
        parameters.put(db, "company", {
            "name": "示例普惠小额贷款有限公司", "credit_code": "91310199MA1K0000XJ", "legal_representative": "示例",
            "address": "上海市浦东新区示例路 1 号", "phone": "021-00000000"})  # fmt: skip
        parameters.put(db, "repayment_account", {"holder": "示例普惠小额贷款有限公司", "bank": "示例银行上海分行",
                                                 "number": "6222000000000017"})  # fmt: skip


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that gives a State of a signed-in person at an address."""

    def as_actor(state_class: type[rx.State], actor: Actor, path: str = "/contracts", **query: str) -> Any:
        root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        state = root.get_substate(state_class.get_full_name().split(".")[1:])

        async def found(_self: Any) -> Actor:
            return actor

        monkeypatch.setattr(SessionState, "_actor", found)
        monkeypatch.setattr(SessionState, "_watch", lambda _self, *topics, **_: None)
        root.rx_router_url = URLData.from_url(ReflexURL(f"http://localhost{path}?{urlencode(query)}"))
        return state

    return as_actor


def do(handler: Any, state: Any, *arguments: Any) -> Any:
    """Run one handler to its end."""
    return asyncio.run(handler.fn(state, *arguments))


def make_contract(clerk: Actor) -> int:
    return contracts.create(clerk, application_id=make_approved(), now=utc_now())


class TestCenter:
    def test_shows_what_waits_and_opens_the_application_of_the_address(
        self, visit: Callable[..., Any]
    ) -> None:
        application_id = make_approved()
        state = visit(ContractsState, make_user(RoleCode.CONTRACTS), application=str(application_id))

        do(ContractsState.load, state)

        assert (
            state.view == "waiting"
            and state.waiting[0].customer == "张建国"
            and state.totals == "1 笔 · ¥10.0 万"
        )
        assert state.creating and state.draft_ready and state.contract_draft.uppercase == "壹拾万元整"

    def test_makes_one_contract_of_two_clicks(self, visit: Callable[..., Any]) -> None:
        application_id = make_approved()
        state = visit(ContractsState, make_user(RoleCode.CONTRACTS))
        do(ContractsState.load, state)
        do(ContractsState.open_create, state, application_id)

        form = {
            "application_id": str(application_id),
            "start_date": today().isoformat(),
            "signing_place": "上海",
        }
        first = do(ContractsState.create, state, form)
        second = do(ContractsState.create, state, form)
        do(ContractsState.choose_view, state, "all")

        assert "/contracts/" in str(first) and second is None and state.total == 1

    def test_shows_a_refused_date_at_its_field(self, visit: Callable[..., Any]) -> None:
        state = visit(ContractsState, make_user(RoleCode.CONTRACTS))
        do(ContractsState.load, state)
        do(ContractsState.open_create, state, make_approved())

        do(ContractsState.set_start, state, (today() - timedelta(days=1)).isoformat())

        assert set(state.field_errors) == {"start_date"} and state.contract_draft.amount == "¥100,000.00"

    @pytest.mark.parametrize(
        "form", [{"signing_place": "长" * 61}, {"start_date": "x" * 99}, {"start_date": 7}]
    )
    def test_refuses_what_no_form_sends(self, visit: Callable[..., Any], form: dict[str, object]) -> None:
        state = visit(ContractsState, make_user(RoleCode.CONTRACTS))
        do(ContractsState.load, state)
        do(ContractsState.open_create, state, make_approved())

        do(ContractsState.create, state, form)

        assert state.field_errors and state.creating

    def test_survives_any_address(self, visit: Callable[..., Any]) -> None:
        state = visit(
            ContractsState, make_user(RoleCode.CONTRACTS), tab="nonsense", application="-1", q="%" * 80
        )

        do(ContractsState.load, state)

        assert state.view in ("all", "waiting") and not state.creating


class TestList:
    def shown(self, state: Any) -> list[int]:
        return [row.id for row in state.rows]

    def test_has_the_views_filters_and_address_of_every_list(self, visit: Callable[..., Any]) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        one, two = make_contract(clerk), make_contract(clerk)
        contracts.void(clerk, contract_id=two, reason="金额写错", now=utc_now())
        state = visit(ContractsState, clerk, f='[{"field":"status","op":"eq","value":"voided"}]', view="all")
        do(ContractsState.load, state)
        assert self.shown(state) == [two] and [chip["label"] for chip in state.chips] == ["状态是已作废"]

        do(ContractsState.save_view, state, {"name": "废掉的"})
        assert (
            state.view.startswith("s") and state.views[-1]["name"] == "废掉的" and self.shown(state) == [two]
        )
        do(ContractsState.choose_view, state, "to_sign")
        assert self.shown(state) == [one] and {v["id"]: v["count"] for v in state.views}["voided"] == "1"
        do(ContractsState.set_period, state, "this_week")
        assert self.shown(state) == [one] and len(state.chips) == 1
        do(ContractsState.set_period, state, "")
        assert (
            "view=to_sign" in str(do(ContractsState.sort_by, state, "amount_fen"))
            and state.sort == "amount_fen"
        )

    @pytest.mark.parametrize(("text", "found"), [("张建", 1), ("jk-2026", 1), ("李", 0), ("%", 0)])
    def test_finds_by_number_and_by_customer(self, visit: Callable[..., Any], text: str, found: int) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        make_contract(clerk)
        state = visit(ContractsState, clerk, view="all", q=text)
        do(ContractsState.load, state)

        assert len(state.rows) == state.total == found
        do(ContractsState.choose_all, state)
        assert len(state.selected) == found

    def test_lists_the_contracts_of_the_customer_in_the_address(self, visit: Callable[..., Any]) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = make_contract(clerk)
        customer = contracts.center.rows(clerk, [contract_id], now=utc_now())[0].customer_id
        state = visit(ContractsState, clerk, customer=str(customer))
        do(ContractsState.load, state)
        assert self.shown(state) == [contract_id] and state.chips[0]["label"] == "这位客户的合同"

        application_id = make_approved()
        waiting = contracts.center.waiting(clerk, now=utc_now()).rows[0]
        making = visit(ContractsState, clerk, customer=str(waiting.customer_id), make="1")
        do(ContractsState.load, making)
        assert making.creating and making.contract_draft.application_id == application_id

        stranger = visit(ContractsState, clerk, customer="999999")
        do(ContractsState.load, stranger)
        assert self.shown(stranger) == []

    def test_starts_with_what_there_is_to_do(self, visit: Callable[..., Any]) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        make_contract(clerk)
        state = visit(ContractsState, clerk)
        do(ContractsState.load, state)
        assert state.view == "to_sign"

        manager = visit(ContractsState, make_user(RoleCode.MANAGER))
        do(ContractsState.load, manager)
        assert manager.view == "all"


class TestContract:
    def test_leads_from_the_sheet_to_the_signature(
        self, visit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = make_contract(clerk)
        state = visit(ContractState, clerk, f"/contracts/{contract_id}")
        do(ContractState.load, state)
        assert state.view.next_step.code == "sheet"

        do(ContractState.open_dialog, state, "sheet")
        assert state.seconds_left == READING_SECONDS
        with pytest.raises(InvalidInput):
            do(ContractState.confirm_sheet, state)
        later = utc_now() + timedelta(seconds=READING_SECONDS)
        monkeypatch.setattr(contract_module, "utc_now", lambda: later)
        do(ContractState.confirm_sheet, state)
        assert state.view.next_step.code == "sign" and state.dialog == ""

        do(ContractState.sign, state, {"signed_date": today().isoformat(), "note": "当面签"})
        assert state.view.next_step.code == "disburse"

    def test_trusts_its_own_clock_and_not_the_browsers_countdown(self, visit: Callable[..., Any]) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        state = visit(ContractState, clerk, f"/contracts/{make_contract(clerk)}")
        do(ContractState.load, state)
        do(ContractState.open_dialog, state, "sheet")
        for _ in range(READING_SECONDS + 5):
            do(ContractState.tick, state)

        with pytest.raises(InvalidInput, match="阅读"):
            do(ContractState.confirm_sheet, state)

    @pytest.mark.parametrize("copies", ["", "x", "0", "21", "1000"])
    def test_shows_a_refused_number_of_copies_at_its_field(
        self, visit: Callable[..., Any], copies: str
    ) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        state = visit(ContractState, clerk, f"/contracts/{make_contract(clerk)}")
        do(ContractState.load, state)

        do(ContractState.print_copies, state, {"copies": copies})

        assert set(state.field_errors) == {"copies"} and state.view.copy_count == 0

    def test_prints_and_voids(self, visit: Callable[..., Any]) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        state = visit(ContractState, clerk, f"/contracts/{make_contract(clerk)}")
        do(ContractState.load, state)

        printed = do(ContractState.print_copies, state, {"copies": "2"})
        do(ContractState.void, state, {"reason": "金额写错"})

        assert "pdf?print=1" in str(printed) and state.view.copy_count == 2
        assert state.view.status == "voided" and state.view.next_step.link.startswith(
            "/contracts?tab=waiting"
        )

    def test_says_that_a_foreign_contract_is_not_there(self, visit: Callable[..., Any]) -> None:
        contract_id = make_contract(make_user(RoleCode.CONTRACTS))
        for path in (f"/contracts/{contract_id}", "/contracts/999999", "/contracts/none"):
            state = visit(ContractState, make_user(RoleCode.SALES), path)
            do(ContractState.load, state)
            assert state.missing and state.view.id == 0
