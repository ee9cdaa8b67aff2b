"""The handlers of customer 360, the workbench and the inbox: what a browser may send, and what it then sees."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import customers, inbox, leads, tasks
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state.after_call import AfterCallState
from loanhub.state.customer import CustomerState
from loanhub.state.customer_tabs import CustomerTabsState
from loanhub.state.customers import CustomersState
from loanhub.state.inbox import InboxState
from loanhub.state.task_drawer import TaskDrawerState
from loanhub.state.workbench import WorkbenchState
from tests.builders import make_company, make_phone, make_user


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company(utc_now())


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that gives a State of a signed-in person at an address."""

    def as_actor(state_class: type[rx.State], actor: Actor, path: str = "/", **query: str) -> Any:
        root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        state = root.get_substate(state_class.get_full_name().split(".")[1:])

        async def found(_self: Any) -> Actor:
            return actor

        async def sibling(_self: Any, other: Any) -> Any:
            return root.get_substate(other.get_full_name().split(".")[1:])

        monkeypatch.setattr(SessionState, "_actor", found)
        monkeypatch.setattr(rx.State, "get_state", sibling)
        monkeypatch.setattr(SessionState, "_watch", lambda _self, *topics: None)
        root.rx_router_url = URLData.from_url(ReflexURL(f"http://localhost{path}?{urlencode(query)}"))
        return state

    return as_actor


def do(handler: Any, state: Any, *arguments: Any) -> Any:
    """Run one handler to its end."""
    made = handler.fn(state, *arguments)
    if not inspect.isasyncgen(made):
        return asyncio.run(made)

    async def drain() -> object:
        answers = [one async for one in made if one is not None]
        return answers[-1] if answers else None

    return asyncio.run(drain())


def make_customer(actor: Actor, **raw: object) -> int:
    return customers.create(actor, {"name": "张建国", "phone": make_phone(), **raw}, now=utc_now())


class TestCustomer:
    def test_opens_the_tab_of_the_address(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        state = visit(CustomerState, rep, f"/customers/{made}/", tab="audit")

        do(CustomerState.load, state)

        assert (state.head.name, state.tab, state.missing) == ("张建国", "audit", False)

    @pytest.mark.parametrize(
        "path", ["/customers/999/", "/customers/x/", "/customers/", "/customers/9999999999999/"]
    )
    def test_says_when_there_is_none_such(self, visit: Any, path: str) -> None:
        state = visit(CustomerState, make_user(RoleCode.SALES), path)

        do(CustomerState.load, state)

        assert (state.missing, state.head.name) == (True, "")

    def test_hides_what_another_rep_owns(self, visit: Any) -> None:
        made = make_customer(make_user(RoleCode.SALES))
        state = visit(CustomerState, make_user(RoleCode.SALES), f"/customers/{made}/")

        do(CustomerState.load, state)

        assert state.missing

    def test_keeps_the_follow_up_until_it_says_what_is_next(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        state = visit(CustomerState, rep, f"/customers/{make_customer(rep)}/")
        do(CustomerState.load, state)
        key = state.composer_key

        do(CustomerState.write, state, {"kind": "note", "text": "同意方案", "next": "", "next_at": ""})
        refused = (state.composer_error != "", state.composer_key == key)
        do(
            CustomerState.write,
            state,
            {"kind": "note", "text": "同意方案", "next": "tomorrow", "next_at": ""},
        )

        assert refused == (True, True)
        assert (state.composer_error, state.head.has_next, state.composer_key != key) == ("", True, True)
        assert state.items[0].text == "同意方案"

    def test_clear_text_is_gone_when_masked_again(self, visit: Any) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        state = visit(CustomerState, rep, f"/customers/{make_customer(rep, phone=phone)}/")
        do(CustomerState.load, state)
        do(CustomerState.ask, state, "phone", "手机号")

        do(CustomerState.reveal, state, {"reason": "visit", "words": ""})
        seen = state.shown["phone"].replace(" ", "")
        do(CustomerState.hide, state)

        assert (seen, state.shown, state.asking) == (phone, {}, "")

    def test_a_short_reason_of_ones_own_is_refused_beside_its_field(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        state = visit(CustomerState, rep, f"/customers/{make_customer(rep)}/")
        do(CustomerState.load, state)
        do(CustomerState.ask, state, "phone", "手机号")

        do(CustomerState.reveal, state, {"reason": "visit", "words": "看看"})

        assert (list(state.field_errors), state.shown) == (["reason"], {})

    def test_a_call_opens_the_sheet_and_one_tap_logs_it_once(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        number = make_customer(rep)
        state = visit(CustomerState, rep, f"/customers/{number}/")
        sheet = state._get_root_state().get_substate(AfterCallState.get_full_name().split(".")[1:])
        do(CustomerState.load, state)

        do(CustomerState.dial, state)
        opened = (
            sheet.finishing,
            sheet.finishing_title == state.head.name,
            sheet.call_number != "",
            sheet.outcome,
        )
        do(AfterCallState.log_call, sheet, "missed")
        do(AfterCallState.log_call, sheet, "missed")  # the second of two quick taps

        assert opened == (f"customer:{number}", True, True, "answered")
        assert (sheet.finishing, sheet.call_number, state.head.next_title) == ("", "", "再次拨打")
        assert sum("未接" in one.text + one.note + one.what for one in state.items) == 1

    def test_ignores_an_answer_that_is_no_upload(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        state = visit(CustomerState, rep, f"/customers/{make_customer(rep)}/")
        do(CustomerState.load, state)

        for answer in ({"error": "文件超过 10 MB"}, {"id": "1; drop"}, None, []):
            do(CustomerState.attached, state, answer)

        assert (state.attachments, state.sending) == ([], False)


class TestProfile:
    def test_saves_a_group_and_keeps_a_masked_value_left_empty(self, visit: Any) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        made = make_customer(rep, phone=phone, city="苏州")
        state = visit(CustomerTabsState, rep, f"/customers/{made}/")
        do(CustomerTabsState.load, state)
        do(CustomerTabsState.edit, state, "联系方式")

        do(CustomerTabsState.save, state, {"phone": "", "city": "无锡"})

        assert state.editing == ""
        assert customers.overview(rep, customer_id=made, now=utc_now()).city == "无锡"
        assert customers.dial(rep, customer_id=made, now=utc_now()).digits.endswith(phone)

    def test_a_clash_is_shown_and_the_choice_is_kept(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        lead = make_user(RoleCode.TEAM_LEAD, name="周子昂", team="上海分公司")
        made = make_customer(rep, city="苏州")
        state = visit(CustomerTabsState, rep, f"/customers/{made}/")
        do(CustomerTabsState.load, state)
        do(CustomerTabsState.edit, state, "联系方式")
        customers.edit(lead, customer_id=made, raw={"city": "常州"}, expected_version=None, now=utc_now())

        do(CustomerTabsState.save, state, {"city": "无锡"})
        clash = (state.clash_sentence, [(c["mine"], c["latest"]) for c in state.clashes])
        do(CustomerTabsState.resolve, state, {"city": "mine"})

        assert clash == ("周子昂 刚刚改过这里", [("无锡", "常州")])
        assert customers.overview(rep, customer_id=made, now=utc_now()).city == "无锡"
        assert state.clashes == []

    def test_relates_and_takes_off_only_what_is_there(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        state = visit(CustomerTabsState, rep, f"/customers/{make_customer(rep)}/")
        do(CustomerTabsState.load, state)

        do(CustomerTabsState.relate, state, {"kind": "spouse", "name": "李娟"})
        related = [p.kind_label for p in state.parties]
        with pytest.raises(NotFound):
            do(CustomerTabsState.unrelate, state, "1; drop")
        do(CustomerTabsState.unrelate, state, state.parties[0].relation_id)

        assert (related, state.parties) == (["配偶"], [])


class TestCustomers:
    def test_lists_searches_and_survives_a_broken_address(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        make_customer(rep)
        state = visit(
            CustomersState, rep, "/customers/", f='[{"field":"nonsense","op":"eq","value":1}]', page="-3"
        )

        do(CustomersState.load, state)
        do(CustomersState.search, state, "zjg")

        assert [row.name for row in state.rows] == ["张建国"]

    def test_a_fault_in_a_new_customer_stands_beside_its_field(self, visit: Any) -> None:
        state = visit(CustomersState, make_user(RoleCode.SALES), "/customers/")
        do(CustomersState.load, state)
        do(CustomersState.show_new, state, True)

        do(CustomersState.create, state, {"name": "张建国", "phone": "12"})

        assert ("phone" in state.field_errors, state.creating) == (True, True)


class TestWorkbench:
    def test_finishes_a_task_and_takes_it_back(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        tasks.create(rep, title="收资料", due_at=utc_now() + timedelta(minutes=5), now=utc_now())
        state = visit(WorkbenchState, rep, span="week")
        do(WorkbenchState.load, state)
        key = state.lines[0].key

        do(WorkbenchState.finish, state, key)
        after = (state.lines, [one["title"] for one in state.finished])
        do(WorkbenchState.take_back, state, key)

        assert after == ([], ["收资料"])
        assert [line.key for line in state.lines] == [key]

    def test_an_administrator_begins_with_what_is_not_set_up(self, visit: Any) -> None:
        state = visit(WorkbenchState, make_user(RoleCode.ADMIN))
        do(WorkbenchState.load, state)
        ticks = {one["href"]: one["done"] for one in state.steps}
        other = visit(WorkbenchState, make_user(RoleCode.TEAM_LEAD))
        do(WorkbenchState.load, other)

        assert ticks["/settings/company"] == "" and ticks["/settings/users?tab=departments"] == "yes"
        assert other.steps == []

    def test_the_plus_opens_the_sheet_of_a_new_task(self, visit: Any) -> None:
        sheet = visit(TaskDrawerState, make_user(RoleCode.FINANCE), new="task")
        do(TaskDrawerState.enter_sheet, sheet)

        assert sheet.adding
        do(
            TaskDrawerState.enter_sheet,
            nobody := visit(TaskDrawerState, make_user(RoleCode.AUDITOR), new="task"),
        )
        assert not nobody.adding

    def test_asks_after_a_call_and_writes_everything_in_one(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = leads.create(
            rep, {"name": "孙立", "phone": make_phone(), "amount_fen": "10万"}, now=utc_now()
        ).lead_id
        state = visit(WorkbenchState, rep, span="week")
        do(WorkbenchState.load, state)
        key = state.lines[0].key

        do(WorkbenchState.dial, state, key)
        asked = (state.finishing, state.outcome, len(state.call_number) > 10)
        do(WorkbenchState.record, state, {"outcome": "answered", "text": "要 30 万", "next": ""})
        refused = (set(state.field_errors), state.finishing)
        do(
            WorkbenchState.record,
            state,
            {"outcome": "answered", "text": "要 30 万", "next": "three_days", "temperature": "high"},
        )

        assert asked == (f"lead:{lead_id}", "answered", True) and refused == ({"next_at"}, key)
        assert [(line.title, line.kind) for line in state.lines] == [
            ("回访 孙立", "follow")
        ] and state.call_number == ""

    def test_puts_off_to_a_chosen_time_and_moves_the_stage(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        leads.create(rep, {"name": "孙立", "phone": make_phone(), "amount_fen": "10万"}, now=utc_now())
        state = visit(WorkbenchState, rep, span="week")
        do(WorkbenchState.load, state)

        do(WorkbenchState.show_move, state, state.lines[0].lead_id)
        do(WorkbenchState.move, state, "intent")
        do(WorkbenchState.ask_later, state, state.lines[0].key)
        do(WorkbenchState.put_off, state, {"until": "bald"})
        refused = set(state.field_errors)
        do(WorkbenchState.put_off, state, {"until": (utc_now() + timedelta(days=20)).isoformat()})

        assert refused == {"until"} and state.lines == [] and state.putting == ""

    @pytest.mark.parametrize("key", ["", "task:", "loan:1", "lead:1 or 1=1", "task:٣"])
    def test_refuses_keys_no_page_sends(self, visit: Any, key: str) -> None:
        state = visit(WorkbenchState, make_user(RoleCode.SALES))

        with pytest.raises((NotFound, InvalidInput)):
            do(WorkbenchState.snooze, state, key, "hour")


class TestInbox:
    def test_opens_finishes_and_brings_back(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        with transaction() as db:
            notify(db, rep.user_id, title="新待办", kind="task", actionable=True, now=utc_now())
        state = visit(InboxState, rep, "/inbox/")
        do(InboxState.load, state)
        message = state.messages[0]

        do(InboxState.open, state, message.id)
        opened = state.opened.title
        do(InboxState.finish, state, message.ids)
        left = len(state.messages)
        do(InboxState.bring_back, state, message.ids)

        assert (opened, left, len(state.messages)) == ("新待办", 0, 1)

    def test_refuses_what_is_not_ones_own(self, visit: Any) -> None:
        owner = make_user(RoleCode.SALES)
        with transaction() as db:
            notify(db, owner.user_id, title="别人的", now=utc_now())
        theirs = inbox.list_messages(owner, now=utc_now()).messages[0]
        state = visit(InboxState, make_user(RoleCode.SALES), "/inbox/")

        with pytest.raises(NotFound):
            do(InboxState.finish, state, theirs.ids)
        with pytest.raises(InvalidInput):
            do(InboxState.finish, state, "x,;,")


class TestFrame:
    def test_a_menu_that_is_the_same_is_not_sent_again(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        state = visit(SessionState, rep)

        async def sent() -> set[str]:
            state._clean()
            await state._count_inbox(rep)
            return {name.removesuffix("_rx_state_") for part in state.get_delta().values() for name in part}

        first, second = asyncio.run(sent()), asyncio.run(sent())
        with transaction() as db:
            notify(db, rep.user_id, title="新待办", kind="task", actionable=True, now=utc_now())
        third = asyncio.run(sent())

        assert {"nav", "mobile_nav"} <= first and not {"nav", "mobile_nav"} & second
        assert {"nav", "mobile_nav"} <= third
