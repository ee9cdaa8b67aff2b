"""The handlers of the board page: what a browser may send, and what everybody then sees."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import RoleCode
from loanhub.domain.pipelines import MoveRefused
from loanhub.services import boards, leads
from loanhub.services._actor import Actor
from loanhub.state import _live
from loanhub.state._base import SessionState
from loanhub.state._board_opt import BoardOptimism
from loanhub.state._board_view import BoardCards, BoardColumns
from loanhub.state._clock import utc_now
from loanhub.state._presence import HERE, Presence
from loanhub.state.boards import UNDO_WITHIN, BoardState
from tests.builders import make_company, make_phone, make_user
from tests.services.boards.test_entities import change
from tests.services.boards.test_papers import upload


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company(utc_now())


class Visitor:
    """A person with the board open: runs handlers as the browser asks for them."""

    def __init__(self, actor: Actor, **query: str) -> None:
        self.actor = actor
        self.root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        self.root.rx_router_url = URLData.from_url(ReflexURL(f"http://localhost/boards?{urlencode(query)}"))
        self.state: Any = self.sub(BoardState)
        self.state.user_id, self.state.user_name = actor.user_id, actor.name
        self.said = ""

    def sub(self, state_class: type[rx.State]) -> Any:
        return self.root.get_substate(state_class.get_full_name().split(".")[1:])

    def do(self, name: str, *arguments: Any) -> None:
        """Run one handler to its end; what it answers is kept as text, what it raises is raised."""

        async def run() -> None:
            made = BoardState.event_handlers[name].fn(self.state, *arguments)
            answers = []
            try:
                if inspect.isasyncgen(made):
                    async for answer in made:
                        answers.append(answer)
                else:
                    answers.append(await made)
            finally:
                self.said = str(answers)

        Visitor.asking = self.actor
        asyncio.run(run())

    def live(self, topic: str, *ops: dict[str, object]) -> None:
        Visitor.asking = self.actor
        asyncio.run(self.state._on_live(topic, list(ops)))

    def drop(self, card: int, to: str, *, number: int = 1, version: int = 1, **neighbors: str | None) -> None:
        """Send what the browser sends when a card is dropped."""
        source = next((code for code, ids in self.order.items() if str(card) in ids), "lead")
        self.do("move", {"n": number, "id": str(card), "from": source, "to": to, "after": None, "before": None,
                         "ver": version, "key": f"k{number}-{card}", **neighbors})  # fmt: skip

    @property
    def order(self) -> dict[str, list[str]]:
        return {code: list(ids) for code, ids in self.sub(BoardColumns).order.items()}

    @property
    def acked(self) -> int:
        return self.sub(BoardOptimism).acked  # type: ignore[no-any-return]

    def column(self, code: str) -> dict[str, Any]:
        """Return a column with the count the browser shows."""
        shown = self.sub(BoardColumns)
        found = next(dict(one) for one in shown.columns if one["code"] == code)
        return {**found, "count": found["count"] + shown.shift.get(code, 0)}

    def card(self, card: int) -> dict[str, Any]:
        cards = self.sub(BoardCards)
        return dict(cards.patch.get(str(card)) or cards.cards[str(card)])

    asking: Actor | None = None


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Visitor]:
    """Return a function that opens the board for somebody."""

    async def asking(_self: Any) -> Actor:
        assert Visitor.asking is not None
        return Visitor.asking

    monkeypatch.setattr(SessionState, "_actor", asking)
    monkeypatch.setattr(SessionState, "_watch", lambda _self, *topics, **_: None)

    def opened(actor: Actor, **query: str) -> Visitor:
        visitor = Visitor(actor, **query)
        visitor.do("load")
        return visitor

    return opened


def make_card(actor: Actor, name: str = "孙立", **fields: str) -> int:
    return leads.create(actor, {"name": name, "phone": make_phone(), **fields}, now=utc_now()).lead_id or 0


class TestMove:
    def test_shows_the_card_in_its_new_column_and_answers_with_a_way_back(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)

        board.drop(card, "intent")

        assert (board.order["lead"], board.order["intent"], board.acked) == ([], [str(card)], 1)
        assert (board.column("lead")["count"], board.column("intent")["count"]) == (0, 1)
        told = dict(board.sub(BoardOptimism).told)
        assert (told["n"], told["text"], told["back"]) == (
            1,
            "已将 孙立 移至「初步沟通」",
            [card, "lead", 0, 0, 2],
        )
        assert board.card(card)["ver"] == 2
        board.do("undo", *told["back"])
        assert (board.column("lead")["count"], board.column("intent")["count"]) == (1, 0)

    def test_offers_no_way_back_where_the_rules_know_none(
        self, visit: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)
        module = sys.modules["loanhub.services.boards.move"]  # the package's name of it is the function
        monkeypatch.setattr(module, "_is_final", lambda *_, **__: True)

        board.drop(card, "intent")

        assert dict(board.sub(BoardOptimism).told) == {
            "n": 1,
            "text": "已将 孙立 移至「初步沟通」",
            "back": [],
        }
        board.do("undo_last")
        assert "没有可以撤销的移动" in board.said

    def test_sends_neither_the_columns_nor_what_stayed_as_it_was(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)
        board.root._clean()

        board.drop(card, "intent")

        sent = {state.rpartition(".")[2]: values for state, values in board.root.get_delta().items()}
        names = {name.removesuffix("_rx_state_") for values in sent.values() for name in values}
        assert names == {"order", "shift", "patch", "acked", "told"}
        board.live(
            board.state._topic, {"id": card, "version": 2, "by": rep.user_id, "columns": ["lead", "intent"]}
        )
        board.root._clean()
        board.live(
            board.state._topic, {"id": card, "version": 2, "by": rep.user_id, "columns": ["lead", "intent"]}
        )
        assert board.root.get_delta() == {}

    def test_answers_a_refusal_so_that_the_card_returns(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)

        with pytest.raises(Conflict, match="放款"):
            board.drop(card, "disbursed")

        assert (board.acked, board.order["lead"]) == (1, [str(card)])

    def test_names_who_was_faster_and_shows_where_the_card_is(self, visit: Any) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, name="顾明轩")
        card = make_card(rep, amount_fen="40万", city="上海")
        board = visit(rep)
        boards.move(chief, lead_id=card, to="review", expected_version=1, now=utc_now())

        with pytest.raises(Conflict, match=r"顾明轩.*资质审核"):
            board.drop(card, "intent")

        assert (board.acked, board.order["review"], board.order["lead"]) == (1, [str(card)], [])

    def test_refuses_what_no_board_sends(self, visit: Any) -> None:
        board = visit(make_user(RoleCode.SALES))

        with pytest.raises(InvalidInput):
            board.do("move", {"n": "1; drop", "id": [], "to": None})


class TestGate:
    def test_keeps_the_card_in_place_until_the_sheet_is_closed(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)

        board.drop(card, "review")
        asked = [one.key for one in board.state.gate.fields]
        before = board.acked
        board.do("show_gate", False)

        assert (asked, before, board.acked) == (["amount_fen", "city"], 0, 1)
        assert (board.order["lead"], board.state.gate.key) == ([str(card)], "")

    def test_finishes_the_move_with_what_was_supplied(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)
        board.drop(card, "review")

        board.do("complete", {"amount_fen": "40万", "city": ""})
        assert board.state.field_errors == {"city": "请填写城市"} and board.acked == 0
        board.do("complete", {"amount_fen": "40万", "city": "苏州", "status": "funded"})

        assert (board.order["review"], board.acked, board.state.gate.key) == ([str(card)], 1, "")
        assert board.state.field_errors == {}


class TestUndo:
    def test_brings_the_card_back_between_its_neighbors(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        c, b, a = make_card(rep, "丙先"), make_card(rep, "乙先"), make_card(rep, "甲先")
        board = visit(rep)
        board.drop(b, "intent")

        board.do("undo", b, "lead", a, c, 2)

        assert board.order["lead"] == [str(a), str(b), str(c)]

    def test_is_refused_once_somebody_moved_it_on(self, visit: Any) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, name="顾明轩")
        card = make_card(rep)
        board = visit(rep)
        board.drop(card, "intent")
        boards.move(chief, lead_id=card, to="lead", expected_version=2, now=utc_now())

        with pytest.raises(Conflict, match="无法撤销，已被顾明轩移动"):
            board.do("undo", card, "lead", 0, 0, 2)


class TestUndoLast:
    def test_takes_ones_own_last_move_back_after_its_toast_is_gone(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)
        board.drop(card, "intent")

        args = list(board.state._last["args"])
        board.do("undo_last")
        assert "BoardState.undo at" in board.said
        board.do("undo", *args)

        assert board.order["lead"] == [str(card)]
        board.do("undo_last")
        assert "没有可以撤销的移动" in board.said

    def test_forgets_after_five_minutes(self, visit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)
        board.drop(card, "intent")
        later = utc_now() + UNDO_WITHIN * 2
        monkeypatch.setattr("loanhub.state.boards.utc_now", lambda: later)

        board.do("undo_last")

        assert "没有可以撤销的移动" in board.said


class TestPapers:
    def test_the_sheet_asks_for_documents_and_takes_them(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        change("lead", documents=["id_front"], documents_hard=True)
        board = visit(rep)
        board.drop(card, "intent")
        asked = [dict(one) for one in board.state.gate.papers]
        with pytest.raises(MoveRefused, match="身份证正面"):
            board.do("complete", {})
        assert board.state.gate.key and board.acked == 0

        board.do("pick_paper", "id_front")
        board.do("start_paper")
        sending = board.state.sending
        board.do("paper_sent", {"id": upload(rep), "name": "a.jpg"})
        left = list(board.state.gate.papers)
        board.do("complete", {})

        assert (asked, sending, left) == ([{"kind": "id_front", "label": "身份证正面"}], "身份证正面", [])
        assert (board.order["intent"], board.state.gate.key) == ([str(card)], "")


class TestQuickAdd:
    def test_adds_on_top_and_clears_the_line(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        board = visit(rep)

        board.do("quick_add", "lead", f"孙立 {make_phone()} 40万")

        added = board.sub(BoardOptimism)
        assert (added.added, added.answered, len(board.order["lead"])) == (1, 1, 1)
        assert board.card(int(board.order["lead"][0]))["amount_text"] == "40.0 万"

    def test_keeps_a_line_that_is_refused(self, visit: Any) -> None:
        board = visit(make_user(RoleCode.SALES))

        with pytest.raises(InvalidInput, match="手机号"):
            board.do("quick_add", "lead", "孙立 40万")

        added = board.sub(BoardOptimism)
        assert (added.added, added.answered) == (0, 1)

    def test_tells_blindly_of_a_known_number(self, visit: Any) -> None:
        phone = make_phone()
        leads.create(
            make_user(RoleCode.SALES, team="华东二组"), {"name": "孙立", "phone": phone}, now=utc_now()
        )
        board = visit(make_user(RoleCode.SALES))

        board.do("quick_add", "lead", f"孙立 {phone} 40万")

        assert "已存在" in board.said and board.order["lead"] == []


class TestLive:
    def moved(self, card: int, version: int, by: Actor, owner: Actor, *columns: str) -> dict[str, object]:
        return {"id": card, "version": version, "columns": columns, "by": by.user_id, "who": by.name,
                "owner_id": owner.user_id, "department_id": owner.department_id}  # fmt: skip

    def test_brings_the_figures_after_ones_own_move(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep, amount_fen="40万")
        board = visit(rep)
        board.drop(card, "intent")

        board.live(board.state._topic, self.moved(card, 2, rep, rep, "intent", "lead"))

        assert (board.column("intent")["amount_text"], board.column("lead")["amount_text"]) == (
            "¥40.0 万",
            "¥0",
        )
        assert board.state.weighted_text == "¥6.0 万" and not board.card(card).get("changed_by")

    def test_follows_a_colleague_and_says_who(self, visit: Any) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, name="顾明轩")
        card = make_card(rep)
        board = visit(rep)
        boards.move(chief, lead_id=card, to="intent", expected_version=1, now=utc_now())

        board.live(board.state._topic, self.moved(card, 2, chief, rep, "intent", "lead"))

        assert board.order["intent"] == [str(card)]
        assert (board.card(card)["changed_by"], board.column("intent")["count"]) == ("顾明轩", 1)

    def test_reads_nothing_for_a_card_out_of_reach_or_shown_already(
        self, visit: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rep, stranger = make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")
        card, other = make_card(rep), make_card(stranger)
        board = visit(rep)
        monkeypatch.setattr(boards, "look", lambda *_, **__: pytest.fail("nothing to read"))

        board.live(board.state._topic, self.moved(other, 2, stranger, stranger, "lead", "intent"),
                   self.moved(card, 1, rep, rep, "lead", "intent"))  # fmt: skip

        assert board.order["lead"] == [str(card)]

    def test_lets_a_card_go_that_left_the_reach(self, visit: Any) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        other = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)
        leads.assign(chief, lead_ids=[card], owner_id=other.user_id, now=utc_now())

        board.live("leads", {"event": "lead.assigned", "entity": "lead", "id": card, "by": chief.user_id})

        assert board.order["lead"] == [] and board.column("lead")["count"] == 0

    def test_asks_only_those_whom_a_move_can_concern(self) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        stranger = make_user(RoleCode.TEAM_LEAD, team="华东二组")
        move = self.moved(1, 2, rep, rep, "lead", "intent")

        asked = [BoardState._wants("board:1", move, reader) for reader in (rep, chief, stranger)]

        assert asked == [True, True, False]
        assert not BoardState._wants("leads", {"event": "lead.moved"}, chief)
        assert BoardState._wants("leads", {"event": "lead.assigned"}, chief)


class TestShown:
    def test_reads_view_text_and_conditions_from_the_address(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        big = make_card(rep, amount_fen="40万")
        make_card(rep, "钱雨桐", amount_fen="8万")
        found = json.dumps([{"field": "amount_fen", "op": "gte", "value": 10_000_000}])

        board = visit(rep, f=found, q="孙立")

        assert board.order["lead"] == [str(big)]
        assert (board.state.amount_text, board.state.count_text) == ("¥40.0 万", "1")
        assert len(board.state.chips) == 1 and "意向金额" in board.state.chips[0]["label"]

    def test_opens_although_the_address_is_damaged(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)

        board = visit(rep, f='[{"field":"no_such","op":"eq","value":1}]', view="s999", show="table")

        assert board.order["lead"] == [str(card)] and [row["id"] for row in board.state.rows] == [str(card)]

    def test_offers_the_shared_views_with_the_number_of_cards(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        make_card(make_user(RoleCode.SALES))
        make_card(rep)

        board = visit(make_user(RoleCode.TEAM_LEAD))

        shown = {one["name"]: one["count"] for one in board.state.views}
        assert (shown["全部在途"], shown["我的在途"], shown["本组在途"]) == ("2", "0", "2")

    def test_shows_twenty_cards_and_twenty_more(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        for _ in range(23):
            make_card(rep)
        board = visit(rep)
        first = len(board.order["lead"])

        board.do("load_more", "lead")

        assert (first, len(board.order["lead"]), board.column("lead")["count"]) == (20, 23, 23)
        assert set(board.order["lead"]) <= {*board.sub(BoardCards).cards, *board.sub(BoardCards).patch}

    def test_keeps_what_is_folded(self, visit: Any) -> None:
        board = visit(make_user(RoleCode.SALES))
        board.do("toggle_fold", "intent")
        board.do("toggle_fold", "no_such_column")

        assert json.loads(board.state.folds_kept) == ["disbursed", "funded", "intent"]

    def test_opens_the_lead_and_later_the_customer(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board = visit(rep)

        board.do("open_card", str(card))
        assert f"/leads?lead={card}" in board.said
        customer = leads.convert(rep, lead_id=card, now=utc_now())
        board.do("open_card", str(card))
        assert "/customers/" in board.said and customer


class TestPresence:
    def test_counts_a_person_once_and_forgets_silent_workers(self) -> None:
        clock = [100.0]

        async def nobody(*_: Any) -> bool:
            return True

        hub = _live.Hub(nobody)
        presence = Presence(hub, clock=lambda: clock[0])
        hub.join("board:1", "tab1", BoardState, reader=Actor(1, "林若溪"))
        hub.join("board:1", "tab2", BoardState, reader=Actor(1, "林若溪"))
        hub.receive([(HERE + "board:1", {"worker": "other", "people": [[2, "周子昂"]]})])

        assert presence.people("board:1") == {1: "林若溪", 2: "周子昂"}
        hub.leave("tab1")
        clock[0] += 60
        assert presence.people("board:1") == {1: "林若溪"}

    def test_tells_the_watchers_once_a_browser_is_gone(self) -> None:
        told: list[Any] = []

        async def deliver(*_: Any) -> bool:
            return True

        async def gone(token: str) -> bool:
            return token != "tab2"

        async def run() -> None:
            hub = _live.Hub(deliver)
            hub.publish = told.extend  # type: ignore[method-assign, assignment]
            presence = Presence(hub)
            hub.join("board:1", "tab1", BoardState, reader=Actor(1, "林若溪"))
            hub.join("board:1", "tab2", BoardState, reader=Actor(2, "周子昂"))
            await asyncio.sleep(0.3)
            await presence.check(gone)
            await presence.check(gone)

        asyncio.run(run())

        people = [[name for _, name in op["people"]] for _, op in told]
        assert people == [["林若溪", "周子昂"], ["林若溪"]]
