"""Many at once, editing in place, and who is editing: the handlers of the board page."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import edits, leads
from loanhub.services._actor import Actor
from loanhub.state import _live
from loanhub.state._board_opt import BoardOptimism
from loanhub.state._clock import utc_now
from loanhub.state._editing import TOPIC, Editing
from loanhub.state.board_bulk import STEP, BoardBulkState
from loanhub.state.board_edit import BoardEditState
from tests.builders import make_company, make_user
from tests.state.test_boards import Visitor, make_card
from tests.state.test_boards import visit as visit


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company(utc_now())


class Desk:
    """A person at the board with its sheet, table and bar: runs handlers of these states."""

    def __init__(self, board: Visitor) -> None:
        self.board, self.edit, self.bulk = board, board.sub(BoardEditState), board.sub(BoardBulkState)
        self.said: str = ""

    def do(self, state: Any, name: str, *arguments: Any) -> None:
        """Run one handler to its end."""

        async def run() -> None:
            made = type(state).event_handlers[name].fn(state, *arguments)
            answers: list[Any] = []
            if inspect.isasyncgen(made):
                answers += [one async for one in made]
            else:
                answers.append(await made)
            self.said = str(answers)

        Visitor.asking = self.board.actor
        asyncio.run(run())

    @property
    def chosen(self) -> list[str]:
        return list(self.board.sub(BoardOptimism).chosen)


class _Held:
    """Stands in for the lock of a background task: a test has no event loop of the app."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


@pytest.fixture
def desk(visit: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(BoardBulkState, "__aenter__", _Held.__aenter__, raising=False)
    monkeypatch.setattr(BoardBulkState, "__aexit__", _Held.__aexit__, raising=False)

    def opened(actor: Actor, **query: str) -> Desk:
        found = Desk(visit(actor, **query))
        found.do(found.bulk, "enter_page")
        found.do(found.edit, "enter_page")
        return found

    return opened


class TestBulk:
    def test_offers_what_the_reader_may_do(self, desk: Any) -> None:
        rep, chief = desk(make_user(RoleCode.SALES)), desk(make_user(RoleCode.TEAM_LEAD))

        assert (rep.bulk.can_move, rep.bulk.can_tag, rep.bulk.can_assign, rep.bulk.can_export) == (
            True, True, False, False,
        )  # fmt: skip
        assert (chief.bulk.can_assign, chief.bulk.can_export) == (True, True)
        assert chief.bulk.people and chief.bulk.people[0].load

    def test_tells_what_was_left_keeps_it_chosen_and_takes_the_rest_back(self, desk: Any) -> None:
        rep = make_user(RoleCode.SALES)
        ready, bare = make_card(rep, "成材", amount_fen="40万", city="上海"), make_card(rep, "缺料")
        person = desk(rep)

        person.do(person.bulk, "move", "review", [str(ready), str(bare), "x", "99999999999999"])

        assert person.board.order["review"] == [str(ready)] and person.chosen == [str(bare)]
        assert person.bulk.asking and person.bulk.asking_title == "1 条已移动，1 条没有移动"
        assert [(one.name, "还缺" in one.reason) for one in person.bulk.refusals] == [("缺料", True)]
        assert "撤销" in person.said

        person.do(person.bulk, "undo")
        assert person.board.order["review"] == [] and "已撤销 1 条" in person.said
        person.do(person.bulk, "undo")
        assert "没有可以撤销的" in person.said

    def test_stops_where_it_is_told_to(self, desk: Any) -> None:
        rep = make_user(RoleCode.SALES)
        cards = [str(make_card(rep, "客户")) for _ in range(STEP + 3)]
        person = desk(rep)

        async def run() -> None:
            made = BoardBulkState.event_handlers["move"].fn(person.bulk, "intent", cards)
            real = type(person.bulk)._answer

            async def answer(self: Any, *arguments: Any) -> Any:
                return await real(self, *arguments)

            person.bulk._cancelled = True
            step = _Held.__aenter__

            async def cancel_after_start(self: Any) -> None:
                if person.bulk.running:
                    person.bulk._cancelled = True
                await step(self)

            type(person.bulk).__aenter__ = cancel_after_start
            [one async for one in made]

        Visitor.asking = rep
        asyncio.run(run())

        assert len(person.chosen) == 3 and person.bulk.asking_title.endswith("已取消，3 条未处理")
        assert not person.bulk.running

    def test_gives_leads_to_a_colleague_and_back(self, desk: Any) -> None:
        chief, rep, other = (
            make_user(RoleCode.TEAM_LEAD),
            make_user(RoleCode.SALES),
            make_user(RoleCode.SALES),
        )
        card = make_card(rep)
        person = desk(chief)

        person.do(person.bulk, "assign", str(other.user_id), [str(card)])
        assert person.board.card(card)["owner_name"] == other.name
        person.do(person.bulk, "undo")
        assert person.board.card(card)["owner_name"] == rep.name

    def test_exports_for_those_who_may(self, desk: Any) -> None:
        chief = make_user(RoleCode.TEAM_LEAD)
        card = make_card(chief)
        person = desk(chief)

        person.do(person.bulk, "export", [str(card)])

        assert "_download" in person.said or ".xlsx" in person.said


class TestCell:
    def test_opens_saves_and_opens_the_next(self, desk: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep, amount_fen="40万")
        person = desk(rep, show="table")
        person.do(person.edit, "open_cell", str(card), "amount_fen")
        assert (person.edit.cell.key, person.edit.cell.value) == ("amount_fen", "400000.00")

        person.do(person.edit, "save_cell", "50万", f"{card}:next_step")

        assert person.edit.cell.key == "next_step"
        person.do(person.edit, "save_cell", "约见", "")
        assert person.edit.cell.row == ""
        row = person.board.state.rows[0]
        assert (row["amount_fen"], row["next_step"]) == ("¥500,000.00", "约见")

    def test_says_at_the_cell_what_is_wrong_and_keeps_it_open(self, desk: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep, amount_fen="40万")
        person = desk(rep, show="table")
        person.do(person.edit, "open_cell", str(card), "amount_fen")

        person.do(person.edit, "save_cell", "很多", "")

        assert person.edit.cell.row == str(card) and person.edit.field_errors["amount_fen"]
        person.do(person.edit, "close_cell")
        assert (person.edit.cell.row, person.edit.field_errors) == ("", {})

    def test_opens_nothing_that_may_not_be_entered(self, desk: Any) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        card, foreign = make_card(rep), make_card(other)
        person = desk(rep, show="table")

        person.do(person.edit, "open_cell", str(card), "stage_code")
        person.do(person.edit, "open_cell", "1 or 1", "amount_fen")
        assert person.edit.cell.row == ""
        with pytest.raises(NotFound):
            person.do(person.edit, "open_cell", str(foreign), "amount_fen")

    def test_waits_with_what_others_changed_while_a_cell_is_open(self, desk: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep, "甲先")
        person = desk(rep, show="table")
        person.do(person.edit, "open_cell", str(card), "next_step")
        newer = make_card(rep, "乙先")

        person.board.live("leads", {"event": "lead.created", "id": newer, "by": 0})
        assert len(person.board.state.rows) == 1, "rows shifted under the hands"
        person.do(person.edit, "close_cell")
        assert len(person.board.state.rows) == 2


class TestConflict:
    def test_asks_field_by_field_and_saves_what_was_chosen(self, desk: Any) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, name="顾明轩")
        card = make_card(rep, city="上海")
        person = desk(rep)
        person.do(person.edit, "open", str(card))
        leads.edit(
            chief, lead_id=card, raw={"city": "南京", "industry": "餐饮"}, expected_version=1, now=utc_now()
        )

        person.do(person.edit, "save", {"city": "苏州", "industry": "零售", "occupation": "店主"})

        assert person.edit.opened and person.edit.clash_sentence == "顾明轩 刚刚改过这里"
        assert {(one["label"], one["mine"], one["latest"]) for one in person.edit.clashes} == {
            ("城市", "苏州", "南京"), ("行业", "零售", "餐饮"),
        }  # fmt: skip
        person.do(person.edit, "resolve", {"city": "mine", "industry": "latest"})

        assert not person.edit.opened and person.edit.clashes == []
        found = {one.key: one.value for one in edits.form_of(rep, "lead", card, now=utc_now()).fields}
        assert (found["city"], found["industry"], found["occupation"]) == ("苏州", "餐饮", "店主")

    def test_clashes_again_with_what_changed_while_one_was_choosing(self, desk: Any) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        card = make_card(rep, city="上海")
        person = desk(rep, show="table")
        person.do(person.edit, "open_cell", str(card), "next_step")
        leads.edit(chief, lead_id=card, raw={"next_step": "甲"}, expected_version=None, now=utc_now())
        person.do(person.edit, "save_cell", "乙", "")
        assert [one["latest"] for one in person.edit.clashes] == ["甲"]

        person.do(person.edit, "resolve", {"next_step": "mine"})

        found = {
            one.key: one.value
            for one in edits.form_of(rep, "lead", card, keys=("next_step",), now=utc_now()).fields
        }
        assert found["next_step"] == "乙"


class TestEditing:
    def test_is_shown_on_the_card_of_others_and_ends(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rep, chief = make_user(RoleCode.SALES, name="林若曦"), make_user(RoleCode.TEAM_LEAD)
        card = make_card(rep)
        mine, other = desk(rep), desk(chief)
        hub = _live.Hub(lambda *_: asyncio.sleep(0, True))
        editing = Editing(hub)
        monkeypatch.setattr(_live, "editing", editing)
        monkeypatch.setattr(type(mine.edit.router.session), "client_token", "tab1", raising=False)
        told: list[Any] = []
        monkeypatch.setattr(hub, "publish", told.extend)

        mine.do(mine.edit, "open", str(card))
        topic, op = told[-1]
        assert topic == TOPIC + "lead" and op["ids"] == [card]
        other.board.live(topic, op)
        mine.board.live(topic, op)
        assert other.board.card(card)["editing_by"] == "林若曦"
        assert not mine.board.card(card).get("editing_by"), "one is told of oneself"

        mine.do(mine.edit, "show", False)
        other.board.live(*told[-1])
        assert other.board.card(card)["editing_by"] == ""

    def test_ends_when_the_browser_is_gone_and_when_a_worker_is_silent(self) -> None:
        clock = [100.0]
        hub = _live.Hub(lambda *_: asyncio.sleep(0, True))
        editing = Editing(hub, clock=lambda: clock[0])
        told: list[Any] = []
        hub.publish = told.extend  # type: ignore[method-assign]
        editing.begin("tab1", "sheet", "lead", 7, 1, "林若曦")
        editing.received(TOPIC + "lead", {"worker": "other", "editors": [["lead", 8, 2, "周子昂"]]})
        assert editing.edited("lead") == {7, 8} and editing.editor_of("lead", 8) == "周子昂"

        async def gone(_token: str) -> bool:
            return False

        asyncio.run(editing.check(gone))
        clock[0] += 60
        asyncio.run(editing.check(gone))

        assert editing.edited("lead") == set() and editing.editor_of("lead", 7) == ""
        assert {one for _, op in told for one in op["ids"]} >= {7, 8}

    def test_refuses_a_bad_tag(self, desk: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        person = desk(rep)
        person.do(person.bulk, "tag", "长" * 30, [str(card)])
        assert "20 个字" in person.said
        assert not person.bulk.running and person.chosen == [str(card)]
