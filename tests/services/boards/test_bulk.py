"""Many cards at once: each decided alone, reasons told, one undo; the export holds what the reader may see."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy.engine import Engine
from sqlmodel import col, select

from loanhub.domain.errors import InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, Lead, Stage
from loanhub.services import actions, boards, exports, leads, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.boards import bulk
from tests.builders import NOON, make_company, make_phone, make_user
from tests.services.exports.taking import board, taken

KEYS = ("name", "phone", "amount_fen", "purpose", "owner_id")


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company(NOON)


def make_card(actor: Actor, name: str = "孙立", **fields: str) -> int:
    return leads.create(actor, {"name": name, "phone": make_phone(), **fields}, now=NOON).lead_id or 0


def stored(lead_id: int) -> Lead:
    with reading() as db:
        return db.get_one(Lead, lead_id)


def move(actor: Actor, ids: list[int], to: str, **more: str) -> actions.Outcome:
    return actions.run(actor, "move", entity="lead", record_ids=ids, raw={"to": to}, now=NOON, **more)


class TestMove:
    def test_moves_those_that_may_and_says_why_the_others_stay(self) -> None:
        rep = make_user(RoleCode.SALES)
        ready, bare = make_card(rep, "成材", amount_fen="40万", city="上海"), make_card(rep, "缺料")

        outcome = move(rep, [ready, bare], "review")

        assert (stored(ready).stage_code, stored(bare).stage_code) == ("review", "lead")
        assert outcome.done == 1
        (refused,) = bulk.explain(rep, "lead", outcome.failures)
        assert (
            (refused.id, refused.name) == (bare, "缺料")
            and "还缺" in refused.reason
            and "城市" in refused.reason
        )

    def test_stops_at_a_hard_limit(self) -> None:
        rep = make_user(RoleCode.SALES)
        cards = [make_card(rep, f"客{n}") for n in "甲乙丙"]
        with transaction() as db:
            stage = db.exec(select(Stage).where(Stage.code == "intent")).first()
            assert stage is not None
            stage.wip_limit, stage.wip_hard = 2, True
            db.add(stage)

        outcome = move(rep, cards, "intent")

        assert outcome.done == 2 and len(outcome.failures) == 1
        assert sum(stored(card).stage_code == "intent" for card in cards) == 2

    def test_hides_what_lies_outside_the_scope(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        foreign = make_card(other)

        outcome = move(rep, [foreign], "intent")

        assert outcome.done == 0 and "无权查看" in outcome.failures[0][1]
        assert bulk.explain(rep, "lead", outcome.failures)[0].name == "看不到的记录"

    def test_says_so_when_a_card_is_there_already(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)

        assert "已经在「线索接入」" in move(rep, [card], "lead").failures[0][1]
        assert stored(card).version == 1

    def test_moves_nothing_twice_for_one_key(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)

        first, again = move(rep, [card], "intent", key="k"), move(rep, [card], "intent", key="k")

        assert first.done == again.done == 1 and stored(card).version == 2

    def test_is_refused_without_the_permission(self) -> None:
        card = make_card(make_user(RoleCode.SALES))

        with pytest.raises(NotPermitted):
            move(make_user(RoleCode.MANAGER), [card], "intent")


class TestUndo:
    def test_brings_all_back_to_their_places(self) -> None:
        rep = make_user(RoleCode.SALES)
        cards = [make_card(rep, f"客{n}") for n in "丁丙乙甲"]  # the last one stands on top
        before = boards.look(rep, boards.Question(), now=NOON).order["lead"]
        outcome = move(rep, cards[:3], "intent")

        back = bulk.undo(rep, "lead", "move", outcome.results, now=NOON)

        assert back.done == 3 and not back.failures
        assert boards.look(rep, boards.Question(), now=NOON).order["lead"] == before

    def test_leaves_what_somebody_moved_on_and_names_who(self) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, name="顾明轩")
        kept, taken = (
            make_card(rep, amount_fen="40万", city="上海"),
            make_card(rep, amount_fen="9万", city="苏州"),
        )
        outcome = move(rep, [kept, taken], "intent")
        boards.move(chief, lead_id=taken, to="review", expected_version=2, now=NOON)

        back = bulk.undo(rep, "lead", "move", outcome.results, now=NOON)

        assert (back.done, stored(kept).stage_code, stored(taken).stage_code) == (1, "lead", "review")
        assert back.failures == ((taken, "无法撤销，已被顾明轩移动（现在在「资质审核」）"),)

    def test_gives_leads_back_to_those_who_had_them(self) -> None:
        chief, rep, other = (
            make_user(RoleCode.TEAM_LEAD),
            make_user(RoleCode.SALES),
            make_user(RoleCode.SALES),
        )
        card = make_card(rep)
        outcome = actions.run(
            chief, "assign", entity="lead", record_ids=[card], raw={"owner_id": str(other.user_id)}, now=NOON
        )
        assert stored(card).owner_id == other.user_id

        bulk.undo(chief, "lead", "assign", outcome.results, now=NOON)

        assert stored(card).owner_id == rep.user_id

    def test_takes_off_only_the_tags_that_were_put_on(self) -> None:
        rep = make_user(RoleCode.SALES)
        had, bare = make_card(rep), make_card(rep)
        leads.retag(rep, lead_id=had, add=["急用"], remove=[], now=NOON)
        outcome = actions.run(
            rep, "tag", entity="lead", record_ids=[had, bare], raw={"add": "急用"}, now=NOON
        )
        assert [leads.tags_of(stored(one)) for one in (had, bare)] == [["急用"], ["急用"]]

        bulk.undo(rep, "lead", "tag", outcome.results, now=NOON)

        assert [leads.tags_of(stored(one)) for one in (had, bare)] == [["急用"], []]

    def test_hands_a_to_do_back(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        task = tasks.create(rep, title="收流水", due_at=NOON + timedelta(days=1), now=NOON)
        outcome = actions.run(
            rep, "hand_over", entity="task", record_ids=[task], raw={"owner_id": str(other.user_id)}, now=NOON
        )

        assert outcome.results == ((task, {"owner_id": rep.user_id}),)
        assert tasks.list_open(other, now=NOON)[0].title == "收流水"


class TestTag:
    def test_goes_along_when_a_lead_becomes_a_customer(self) -> None:
        from loanhub.models import Customer

        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        leads.retag(rep, lead_id=card, add=["急用", "有房"], remove=[], now=NOON)

        customer_id = leads.convert(rep, lead_id=card, now=NOON)

        with reading() as db:
            assert db.get_one(Customer, customer_id).tags == ["急用", "有房"]

    def test_says_what_is_wrong_with_it(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)

        outcome = actions.run(rep, "tag", entity="lead", record_ids=[card], raw={}, now=NOON)
        assert outcome.failures == ((card, "写一个标签"),)
        with pytest.raises(InvalidInput, match="20 个字"):
            actions.run(rep, "tag", entity="lead", record_ids=[card], raw={"add": "长" * 21}, now=NOON)


class TestExport:
    def rows(self, content: bytes) -> list[tuple[object, ...]]:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        return [tuple(row) for row in sheet.iter_rows(values_only=True)]

    def test_holds_the_chosen_with_the_columns_asked_for_masked_and_is_recorded(self) -> None:
        chief = make_user(RoleCode.TEAM_LEAD)
        first, second, _third = (
            make_card(chief, "孙立", amount_fen="40万", purpose="=1+1"), make_card(chief, "王芳"), make_card(chief, "赵云"),
        )  # fmt: skip

        title, head, *rows = taken(chief, "board", board(keys=KEYS, ids=[first, second]))
        assert "选中的 2 条" in str(title[0])
        assert head == ("姓名", "手机号", "意向金额（元）", "贷款用途", "负责人")
        by_name = {row[0]: row for row in rows}
        assert set(by_name) == {"孙立", "王芳"} and by_name["孙立"][2:4] == (400_000, "=1+1")
        assert "****" in str(by_name["孙立"][1])
        with reading() as db:
            event = db.exec(select(Event).where(Event.type == "leads.exported")).one()
        assert event.summary.startswith("2 条") and event.actor_id == chief.user_id

    def test_holds_all_the_filter_shows_and_nothing_of_others(self) -> None:
        chief, stranger = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES, team="华东二组")
        rich, _poor = make_card(chief, "孙立", amount_fen="40万"), make_card(chief, "王芳", amount_fen="5万")
        foreign = make_card(stranger, "外人", amount_fen="90万")
        asked = {"criteria": {"field": "amount_fen", "op": "gt", "value": 10_000_000}}

        everything = taken(chief, "board", board(asked, keys=KEYS))[2:]
        chosen = taken(chief, "board", board(asked, keys=KEYS, ids=[rich, foreign]))[2:]

        assert [row[0] for row in everything] == ["孙立"] and [row[0] for row in chosen] == ["孙立"]

    def test_needs_the_permission_and_something_to_export(self) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        make_card(rep)

        with pytest.raises(NotPermitted):
            exports.ask(rep, "board", board(keys=KEYS), now=NOON)
        with pytest.raises(InvalidInput, match="没有可以导出"):
            exports.ask(chief, "board", board({"text": "没有这个人"}, keys=KEYS), now=NOON)
        with reading() as db:
            assert db.exec(select(Event).where(col(Event.type) == "leads.exported")).all() == []
