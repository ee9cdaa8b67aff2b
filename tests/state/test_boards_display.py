"""The handlers behind 泳道, 排序, 卡片字段, 管理视图 and 换看板."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead, Pipeline
from loanhub.services import boards, leads, pipeline_boards, segments, tasks
from loanhub.services._transaction import reading
from loanhub.state._board_view import BoardColumns
from loanhub.state._clock import utc_now
from tests.builders import make_company, make_user
from tests.state.test_boards import make_card, visit

__all__ = ["visit"]


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company(utc_now())


def lanes(board: Any) -> list[dict[str, Any]]:
    return [dict(one) for one in board.sub(BoardColumns).lanes]


class TestLanes:
    def test_stand_in_the_address_and_go_with_a_second_click(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES, name="林若溪")
        card = make_card(rep)
        board = visit(rep)

        board.do("set_lane", "owner")

        assert [(one["label"], one["count"]) for one in lanes(board)] == [("林若溪", 1)]
        assert board.card(card)["lane"] == str(rep.user_id) and "lane=owner" in board.said
        board.do("toggle_fold", f"lane:{rep.user_id}")
        board.do("reload")
        assert lanes(board)[0]["folded"]
        board.do("set_lane", "owner")
        assert lanes(board) == [] and "lane" not in board.said

    def test_are_read_from_the_address_and_nonsense_is_none(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        make_card(rep)

        assert len(lanes(visit(rep, lane="owner"))) == 1
        assert lanes(visit(rep, lane="password_hash", sort="drop table")) == []

    def test_the_counts_of_a_lane_follow_ones_own_move(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        board, mine = visit(rep, lane="owner"), str(rep.user_id)

        board.drop(card, "intent")

        assert (board.column("lead")["cells"], board.column("intent")["cells"]) == ({mine: 0}, {mine: 1})

    def test_more_of_one_lane_leaves_the_others_as_they_are(
        self, visit: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(boards.lanes, "CARDS_PER_COLUMN", 4)
        chief, lin, zhou = (make_user(role) for role in (RoleCode.TEAM_LEAD, RoleCode.SALES, RoleCode.SALES))
        for person in (lin, zhou):
            for _ in range(5):
                make_card(person)
        board = visit(chief, lane="owner")

        def counts() -> list[int]:
            found = [board.card(int(one))["lane"] for one in board.order["lead"]]
            return [found.count(str(person.user_id)) for person in (lin, zhou)]

        assert counts() == [2, 2]
        board.do("load_more", f"lead|{zhou.user_id}")
        assert counts() == [2, 5]
        for strange in ("lead|nobody", "none|1", "lead|"):
            board.do("load_more", strange)
        assert counts() == [2, 5]


class TestSegmentChip:
    def test_shows_the_leads_of_the_customers_in_a_segment(self, visit: Any) -> None:
        chief = make_user(RoleCode.TEAM_LEAD)
        cards = [make_card(chief, city=city) for city in ("苏州", "上海")]
        for card in cards:
            leads.convert(chief, lead_id=card, now=utc_now())
        made = segments.create(
            chief, name="苏州客户", raw_criteria={"field": "city", "op": "eq", "value": "苏州"}, now=utc_now()
        )
        board = visit(chief)
        assert board.state.segments == [{"value": str(made), "label": "苏州客户"}]

        board.do("set_quick", "customer_segment_id", str(made))
        assert board.order["lead"] == [str(cards[0])] and board.state.chips == []
        assert board.state.quick == {"customer_segment_id": str(made)}
        board.do("set_quick", "customer_segment_id", "drop")
        assert len(board.order["lead"]) == 2

    def test_stands_over_the_board_of_to_dos_and_is_kept_in_a_view(self, visit: Any) -> None:
        chief, now = make_user(RoleCode.TEAM_LEAD), utc_now()
        card = make_card(chief, city="苏州")
        customer = leads.convert(chief, lead_id=card, now=now)
        ids = [
            tasks.create(chief, title="回电", due_at=now + timedelta(hours=1), now=now, **about)
            for about in ({"lead_id": card}, {"customer_id": customer}, {})
        ]
        made = segments.create(
            chief, name="苏州客户", raw_criteria={"field": "city", "op": "eq", "value": "苏州"}, now=now
        )
        board = visit(chief, board="tasks")
        assert len(board.order["todo"]) == 3 and board.state.segments == [
            {"value": str(made), "label": "苏州客户"}
        ]

        board.do("set_quick", "customer_segment_id", str(made))
        assert set(board.order["todo"]) == {str(one) for one in ids[:2]}
        board.do("save_view", {"name": "苏州客户的事"})
        assert board.state.view.startswith("s") and len(board.order["todo"]) == 2
        board.do("choose_view", "all")
        assert len(board.order["todo"]) == 3


class TestSort:
    def test_only_the_stage_changes_while_cards_are_sorted(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        small, large = make_card(rep, "甲先", amount_fen="5万"), make_card(rep, "乙先", amount_fen="90万")
        moving = make_card(rep, "丙先", amount_fen="1万")
        for card in (small, large):
            boards.move(rep, lead_id=card, to="intent", expected_version=1, now=utc_now())
        board = visit(rep, sort="amount")
        assert board.state.sort_text == "按金额"

        board.drop(moving, "intent", before=str(large))

        assert board.order["intent"] == [str(large), str(small), str(moving)]
        board.do("set_sort", "rank")
        assert board.order["intent"][0] == str(moving) and board.state.sort_text == ""


class TestFacts:
    def test_are_chosen_kept_and_reset(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep, city="苏州")
        board = visit(rep)
        board.do("show_facts", True)
        assert {one["value"] for one in board.state.fact_rows if one["on"]} >= {"amount_fen", "stay"}

        board.do("save_facts", {"fact.city": "on", "fact.amount_fen": "on"})

        assert [dict(one) for one in board.card(card)["facts"]] == [{"label": "城市", "text": "苏州"}]
        assert [dict(one) for one in visit(rep).card(card)["facts"]] == [{"label": "城市", "text": "苏州"}]
        board.do("reset_facts")
        assert "facts" not in board.card(card)

    def test_too_many_stay_in_the_dialog_with_a_sentence(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        make_card(rep)
        board = visit(rep)
        board.do("show_facts", True)

        keys = [str(one["value"]) for one in board.state.fact_rows]
        board.do("save_facts", {f"fact.{key}": "on" for key in keys[:7]})

        assert "最多选 5" in board.state.field_errors["facts"] and board.state.choosing
        assert boards.display_of(rep, board="default").facts is None


class TestViews:
    def test_one_keeps_lanes_and_order_and_opens_first(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        make_card(rep)
        board = visit(rep, lane="product", sort="stay")
        board.do("save_view", {"name": "我的排法"})
        view = board.state.view

        board.do("open_with", view)

        again = visit(rep)
        assert (again.state.view, again.state.lane, again.state.sort) == (view, "product", "stay")
        again.do("choose_view", "all")
        again.do("show_views", True)
        assert [one["name"] for one in again.state.view_rows if one["first"]] == ["我的排法"]
        again.do("copy_link", view)
        assert f"view={view}" in again.said
        again.do("drop_view", view)
        assert visit(rep).state.view == "all"

    def test_sharing_is_offered_to_who_may(self, visit: Any) -> None:
        rep, boss = visit(make_user(RoleCode.SALES)), visit(make_user(RoleCode.MANAGER))
        for board in (rep, boss):
            board.do("ask_name", True)

        assert [one["value"] for one in rep.state.sharing] == ["me"]
        assert {"all", "role:sales"} <= {one["value"] for one in boss.state.sharing}


class TestTransfer:
    def test_brings_a_card_to_another_board_and_back(self, visit: Any) -> None:
        rep = make_user(RoleCode.SALES)
        with reading() as db:
            first = int(
                db.execute(sa.select(col(Pipeline.id)).where(col(Pipeline.code) == "default")).scalar_one()
                or 0
            )
        pipeline_boards.create_board(
            make_user(RoleCode.ADMIN), label="车贷看板", copy_of=first, now=utc_now()
        )
        card = make_card(rep)
        board = visit(rep)
        place = board.state.others[0]["stages"][1]["place"]

        board.do("transfer", str(card), place, 1)

        assert board.order["lead"] == [] and "车贷看板 · 初步沟通" in board.said and "撤销" in board.said
        board.do("transfer", str(card), "default|lead", 2)
        assert board.order["lead"] == [str(card)]
        with reading() as db:
            assert db.execute(sa.select(col(Lead.pipeline_id))).scalar_one() == first
        with pytest.raises(Conflict):
            board.do("transfer", str(card), place, 1)
        with pytest.raises(NotFound):
            board.do("transfer", str(card), "nowhere|lead", 3)
        board.do("transfer", "1 or 1=1", place, 3)
        assert board.order["lead"] == [str(card)]
