"""The handlers of the lead pages: what a browser may send, and what it then sees."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.services import _totals, customers, files, leads, lists
from loanhub.services._actor import Actor
from loanhub.services.leads import view
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state.after_call import AfterCallState
from loanhub.state.imports import ImportsState
from loanhub.state.lead_drawer import LeadDrawerState
from loanhub.state.lead_new import NewLeadState
from loanhub.state.leads import LeadsState
from loanhub.state.pool import PoolState
from tests.builders import make_company, make_phone, make_user

SAMPLE = Path(__file__).parents[2] / "samples" / "leads.xlsx"


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company(utc_now())


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that gives a State of a signed-in person, with the query of the address."""

    def as_actor(state_class: type[rx.State], actor: Actor, **query: str) -> Any:
        root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        state = root.get_substate(state_class.get_full_name().split(".")[1:])

        async def found(_self: Any) -> Actor:
            return actor

        monkeypatch.setattr(SessionState, "_actor", found)
        monkeypatch.setattr(SessionState, "_watch", lambda _self, *topics: None)
        root.rx_router_url = URLData.from_url(ReflexURL(f"http://localhost/leads?{urlencode(query)}"))
        return state

    return as_actor


def do(handler: Any, state: Any, *arguments: Any) -> Any:
    """Run one handler to its end."""

    async def work() -> Any:
        result = handler.fn(state, *arguments)
        if hasattr(result, "__aiter__"):
            return [one async for one in result]
        return await result

    return asyncio.run(work())


def make_lead(actor: Actor, **values: object) -> int:
    raw = {"name": "孙立", "phone": make_phone(), "amount_fen": "400000", **values}
    return leads.create(actor, raw, now=utc_now()).lead_id or 0


class TestList:
    def test_shows_masked_rows_with_their_deadline(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        make_lead(rep)
        state = visit(LeadsState, rep)

        do(LeadsState.load, state)

        row = state.rows[0]
        assert (row.name, row.amount, row.sla_status) == ("孙立", "40.0 万", "")
        assert "****" in row.phone
        assert row.sla_text.startswith("剩 ")
        assert [tab["count"] for tab in state.views[:2]] == ["1", "1"]

    def test_a_team_lead_begins_with_everybody(self, visit: Callable[..., Any]) -> None:
        state = visit(LeadsState, make_user(RoleCode.TEAM_LEAD))

        do(LeadsState.load, state)

        assert state.view == "all"

    def test_filters_from_the_editor_and_keeps_phones_out_of_the_address(
        self, visit: Callable[..., Any]
    ) -> None:
        rep = make_user(RoleCode.SALES)
        make_lead(rep, city="杭州")
        make_lead(rep, city="上海")
        state = visit(LeadsState, rep)
        do(LeadsState.load, state)
        do(LeadsState.pick_field, state, "city")

        do(LeadsState.add_condition, state, {"value": "杭州"})

        assert (state.total, state.chips[0]["label"]) == (1, "城市是「杭州」")
        event = _listing.address("/leads", {}, [{"field": "phone", "op": "last_four", "value": "0011"}])
        assert "0011" not in str(event)

    def test_a_wrong_value_is_said_beside_the_editor(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        state = visit(LeadsState, rep)
        do(LeadsState.load, state)
        do(LeadsState.pick_field, state, "amount_fen")

        do(LeadsState.add_condition, state, {"value": "很多"})

        assert state.draft.error
        assert state.chips == []

    @pytest.mark.parametrize(
        "junk", ["[", '{"a":1}', '[{"field":"password_hash","op":"eq","value":"x"}]', "[1,2]"]
    )
    def test_a_broken_address_still_shows_the_list(self, visit: Callable[..., Any], junk: str) -> None:
        rep = make_user(RoleCode.SALES)
        make_lead(rep)
        state = visit(LeadsState, rep, f=junk, page="9999", sort="phone")

        do(LeadsState.load, state)

        assert state.total == 1

    def test_assigning_can_be_taken_back(self, visit: Callable[..., Any]) -> None:
        rep, other, lead = make_user(RoleCode.SALES), make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        lead_id = make_lead(rep)
        state = visit(LeadsState, lead)
        do(LeadsState.load, state)
        do(LeadsState.toggle, state, str(lead_id))

        do(LeadsState.assign, state, other.user_id)
        assert view.owners_of(lead, [lead_id]) == {other.user_id: [lead_id]}
        do(LeadsState.undo_assign, state)

        assert view.owners_of(lead, [lead_id]) == {rep.user_id: [lead_id]}

    def test_new_ones_are_announced_and_the_list_stays(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        make_lead(rep)
        state = visit(LeadsState, rep)
        do(LeadsState.load, state)
        before = [row.id for row in state.rows]
        make_lead(rep)

        asyncio.run(state._on_live("leads", [{"by": 99, "id": 2, "event": "lead.assigned"}]))

        assert (state.new_count, [row.id for row in state.rows]) == (1, before)


class TestDrawer:
    def test_never_carries_a_clear_number(self, visit: Callable[..., Any]) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        lead_id = make_lead(rep, phone=phone)
        state = visit(LeadDrawerState, rep)

        do(LeadDrawerState.open, state, str(lead_id))

        assert state.is_open
        assert phone not in str(state.dict())
        assert phone[-8:] not in str([state.lead, state.form, state.facts, state.timeline])

    def test_saves_only_what_changed_and_keeps_the_masked(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep)
        state = visit(LeadDrawerState, rep)
        do(LeadDrawerState.open, state, str(lead_id))

        do(
            LeadDrawerState.save,
            state,
            {"name": "孙立", "phone": "", "amount_fen": "400,000.00", "city": "南京"},
        )

        found = view.open_lead(rep, lead_id=lead_id, now=utc_now())
        assert found.timeline[0].changes == (("城市", "—", "南京"),)

    def test_a_follow_up_asks_for_the_next_step(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        state = visit(LeadDrawerState, rep)
        do(LeadDrawerState.open, state, str(make_lead(rep)))

        do(LeadDrawerState.write, state, {"kind": "call", "text": "聊过了", "next": "", "next_at": ""})
        assert "下次跟进" in state.composer_error
        do(
            LeadDrawerState.write,
            state,
            {"kind": "call", "text": "聊过了", "next": "tomorrow", "next_at": ""},
        )

        assert (state.composer_error, state.timeline[0]["what"]) == ("", "跟进")

    def test_a_call_asks_what_came_of_it_and_writes_it_once(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep)
        state = visit(LeadDrawerState, rep)
        do(LeadDrawerState.dial, state, str(lead_id))
        sheet = state._get_root_state().get_substate(AfterCallState.get_full_name().split(".")[1:])
        assert (sheet.finishing, state.is_open) == (f"lead:{lead_id}", True)

        given = {"outcome": "call_back", "text": "周三再谈", "next": "tomorrow", "step": "约定回访"}
        do(AfterCallState.record, sheet, given)
        do(AfterCallState.record, sheet, given)  # the second of two quick clicks

        assert (sheet.finishing, state.lead.next_step) == ("", "约定回访")
        assert sum("周三再谈" in one["text"] for one in state.timeline) == 1

    @pytest.mark.parametrize("junk", ["", "abc", "1 or 1=1", "９", "999999999999999"])
    def test_junk_opens_nothing(self, visit: Callable[..., Any], junk: str) -> None:
        state = visit(LeadDrawerState, make_user(RoleCode.SALES))

        do(LeadDrawerState.open, state, junk)

        assert not state.is_open


class TestNew:
    def test_reads_a_line_checks_blindly_and_saves_once(self, visit: Callable[..., Any]) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        make_lead(make_user(RoleCode.SALES, team="华东二组"), phone=phone)
        state = visit(NewLeadState, rep)
        do(NewLeadState.show, state, True)

        do(NewLeadState.read_line, state, f"李四 {phone} 30万")
        assert (state.notice, state.is_known) == ("已存在，跟进中（华东二组）", True)
        fresh = {"name": "王五", "phone": make_phone(), "unknown": "x"}
        do(NewLeadState.save, state, fresh)
        do(NewLeadState.save, state, fresh)

        shown = visit(LeadsState, rep)
        do(LeadsState.load, shown)
        assert shown.total == 1


class TestPool:
    def test_rows_are_masked_and_one_claim_wins(self, visit: Callable[..., Any]) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        lead_id = make_lead(rep, name="欧阳若华")
        leads.release(rep, lead_ids=[lead_id], reason="半年内不需要", now=utc_now())
        state = visit(PoolState, other)
        do(PoolState.load, state)
        assert (state.rows[0].name, "****" in state.rows[0].phone, state.left) == ("欧**华", True, 20)

        do(PoolState.claim, state, str(lead_id))
        again = do(PoolState.claim, state, str(lead_id))

        assert (state.total, state.left) == (0, 19)
        assert "已被认领" in str(again)


class TestLongList:
    def test_the_rows_come_first_and_the_number_after(
        self, visit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rep = make_user(RoleCode.SALES)
        for _ in range(3):
            leads.create(rep, {"name": "孙立", "phone": make_phone(), "amount_fen": "2万"}, now=utc_now())
        monkeypatch.setattr(_totals, "NEAR", 2)
        monkeypatch.setattr(lists, "PAGE_ROWS", 2)
        read = lists.page
        monkeypatch.setattr(lists, "page", lambda *a, **k: read(*a, **{**k, "limit": 2}))

        state = visit(LeadsState, rep)
        do(LeadsState.load, state)

        assert (len(state.rows), state.range_text, state.totals) == (2, "1–2，共 2+ 条", "2+ 条")
        assert (state.uncounted > 0, state.pages, state.sum_amount) == (True, 2, "…")

        do(LeadsState.count_all, state)

        assert (state.uncounted, state.range_text, state.totals) == (0, "1–2，共 3 条", "3 条 · ¥6.0 万")
        do(LeadsState.count_all, state)


class TestImport:
    def test_goes_from_file_to_result(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        stored = files.upload(
            rep,
            source=io.BytesIO(SAMPLE.read_bytes()),
            file_name="leads.xlsx",
            kind=files.IMPORT_KIND,
            now=utc_now(),
        )
        state = visit(ImportsState, rep)
        do(ImportsState.uploaded, state, {"id": stored.id, "name": "leads.xlsx"})
        assert (state.step, state.missing) == ("map", [])
        do(ImportsState.check, state)
        assert (state.step, state.counts["refused"], state.counts["repeats"]) == ("check", 24, 40)
        do(ImportsState.confirm_origin, state, True)
        do(ImportsState.start, state)
        from loanhub.services.imports import run

        run.run(rep, batch_id=state.batch_id, clock=utc_now)
        asyncio.run(state._on_live(f"import:{state.batch_id}", [{"done": 500}]))

        assert (state.step, state.created, state.refused, state.duplicates) == ("result", 436, 24, 40)
        do(ImportsState.show_group, state, "duplicate")
        assert len(state.issues) == 40
        do(ImportsState.undo, state)
        assert state.status == "undone"

    def test_a_row_is_left_out_and_taken_in_again(self, visit: Callable[..., Any]) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        customers.create(rep, {"name": "孙立", "phone": phone}, now=utc_now())
        content = f"姓名,手机号\n李梅,{phone}\n赵新,{make_phone()}\n".encode()
        stored = files.upload(
            rep, source=io.BytesIO(content), file_name="a.csv", kind=files.IMPORT_KIND, now=utc_now()
        )
        state = visit(ImportsState, rep)
        do(ImportsState.uploaded, state, {"id": stored.id, "name": "a.csv"})
        do(ImportsState.check, state)
        assert (len(state.likely), state.likely[0].row, state.counts["wanted"]) == (1, 2, 2)

        do(ImportsState.leave_out, state, 2, True)
        do(ImportsState.leave_out, state, 2, True)
        do(ImportsState.leave_out, state, 3, True)
        assert (state.likely[0].left_out, state.counts["wanted"]) == (True, 1)

        do(ImportsState.leave_out, state, 2, False)
        assert (state.likely[0].left_out, state.counts["wanted"]) == (False, 2)

    def test_a_faulty_cell_is_corrected_and_the_counts_follow(self, visit: Callable[..., Any]) -> None:
        rep = make_user(RoleCode.SALES)
        content = f"姓名,手机号\n李梅,1380013\n赵新,{make_phone()}\n".encode()
        stored = files.upload(
            rep, source=io.BytesIO(content), file_name="a.csv", kind=files.IMPORT_KIND, now=utc_now()
        )
        state = visit(ImportsState, rep)
        do(ImportsState.uploaded, state, {"id": stored.id, "name": "a.csv"})
        do(ImportsState.check, state)
        (line,) = state.faulty
        assert (line.row, line.value, line.refused, state.counts["wanted"]) == (2, "1380013", True, 1)

        do(ImportsState.mend, state, {"row": "2", "place": "0", "text": "谁也没问这一格"})
        do(ImportsState.mend, state, {"row": "2", "place": "1", "text": "139"})
        assert (state.faulty[0].value, state.faulty[0].done, state.counts["refused"]) == ("139", "", 1)
        do(ImportsState.mend, state, {"row": "2", "place": "1", "text": "1" * 3_000})
        assert "2,000" in state.faulty[0].error

        do(ImportsState.mend, state, {"row": "2", "place": "1", "text": make_phone()})

        assert (state.faulty[0].done, state.faulty[0].error) == ("已改好，将新建", "")
        assert (state.counts["refused"], state.counts["wanted"]) == (0, 2)

    @pytest.mark.parametrize("answer", [None, {}, {"id": "1"}, {"id": True}, {"error": "文件是空的"}, [1]])
    def test_junk_in_place_of_an_upload_is_refused(self, visit: Callable[..., Any], answer: object) -> None:
        state = visit(ImportsState, make_user(RoleCode.SALES))

        do(ImportsState.uploaded, state, answer)

        assert (state.step, bool(state.error)) == ("upload", True)
