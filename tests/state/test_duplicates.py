"""The handlers of 查重, rulings and the recycle bin: what a browser may send, and what it then sees."""

from __future__ import annotations

from typing import Any

import pytest

from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import leads
from loanhub.services._actor import Actor
from loanhub.services.duplicates import watch
from loanhub.state._clock import utc_now
from loanhub.state.duplicates import DuplicatesState
from loanhub.state.recycle import RecordKeepingState, RecycleState
from loanhub.state.rulings import RulingsState
from tests.builders import make_phone, make_user
from tests.state.test_daily_work import company, do, visit  # noqa: F401


def doubles(actor: Actor) -> list[int]:
    found = []
    for name in ("汤丽华", "汤丽华"):
        made = leads.create(
            actor, {"name": name, "phone": make_phone(), "wechat": "tanglihua88"}, now=utc_now()
        )
        found.append(made.lead_id or 0)
    watch.run(now=utc_now())
    return found


class TestQueue:
    def test_compares_merges_and_takes_it_back(self, visit: Any) -> None:  # noqa: F811
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = doubles(boss)
        state = visit(DuplicatesState, boss, "/duplicates")
        do(DuplicatesState.load, state)
        assert [row.score for row in state.rows] == [99]

        do(DuplicatesState.compare, state, state.rows[0].id)
        do(DuplicatesState.keep, state, "left")
        do(DuplicatesState.take, state, "phone", "right")
        assert {line["key"]: line["chosen"] for line in state.fields}["phone"] == "right"
        do(DuplicatesState.merge, state, {"reason": "同一个人"})
        assert (state.comparing, state.rows, len(state.merges)) == (False, [], 1)

        do(DuplicatesState.undo, state, state.merges[0]["id"])
        assert len(state.rows) == 1 and state.merges[0]["undone"]
        assert {one, two} == {
            int(side["href"].rsplit("=", 1)[1]) for side in (state.rows[0].left, state.rows[0].right)
        }

    def test_dismisses_with_undo_and_takes_no_harm_from_nonsense(self, visit: Any) -> None:  # noqa: F811
        boss = make_user(RoleCode.TEAM_LEAD)
        doubles(boss)
        state = visit(DuplicatesState, boss, "/duplicates")
        do(DuplicatesState.load, state)
        do(DuplicatesState.dismiss, state, state.rows[0].id)
        assert state.rows == []
        do(DuplicatesState.undo_dismiss, state)
        assert len(state.rows) == 1

        do(DuplicatesState.compare, state, "999; drop")
        do(DuplicatesState.choose_view, state, "../etc")
        do(DuplicatesState.merge, state, {})
        assert (state.comparing, state.view) == (False, "open")
        with pytest.raises(NotFound):
            do(DuplicatesState.dismiss, state, "x")


class TestRulings:
    def test_checks_blindly_claims_and_withdraws(self, visit: Any) -> None:  # noqa: F811
        owner, rep, phone = (
            make_user(RoleCode.SALES),
            make_user(RoleCode.SALES, team="华东二组"),
            make_phone(),
        )
        leads.create(owner, {"name": "孙立", "phone": phone}, now=utc_now())
        state = visit(RulingsState, rep, "/duplicates")
        do(RulingsState.show_check, state, True)
        do(RulingsState.check, state, {"number": phone})
        assert (state.answered, state.answer) == ("known", ["已存在，跟进中（华东一组）"])

        do(RulingsState.check, state, {"number": "张三"})
        assert "number" in state.field_errors and state.answer == []
        do(RulingsState.show_claim, state, True)
        do(RulingsState.claim, state, {"number": phone, "claim": "上周三在门店面谈过"})
        assert (state.claiming, [row["status"] for row in state.rows]) == (False, ["open"])
        do(RulingsState.withdraw, state, state.rows[0]["id"])
        assert [row["status"] for row in state.rows] == ["withdrawn"]

    def test_is_decided_on_the_page(self, visit: Any) -> None:  # noqa: F811
        owner, rep, boss, phone = (
            make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组"), make_user(RoleCode.TEAM_LEAD), make_phone(),
        )  # fmt: skip
        leads.create(owner, {"name": "孙立", "phone": phone}, now=utc_now())
        claiming = visit(RulingsState, rep, "/duplicates")
        do(RulingsState.claim, claiming, {"number": phone, "claim": "上周三在门店面谈过"})
        state = visit(RulingsState, boss, "/duplicates")
        do(RulingsState.enter_page, state)
        do(RulingsState.open_decide, state, state.rows[0]["id"])
        do(RulingsState.decide, state, {"outcome": "stays", "protect_days": "many", "decision": "先接触者"})
        assert state.deciding and "protect_days" in state.field_errors
        do(RulingsState.decide, state, {"outcome": "stays", "protect_days": "10", "decision": "先接触者"})
        assert (state.deciding, state.rows[0]["outcome"]) == (False, "归原负责人")


class TestRecordAndBin:
    def test_shows_the_double_deletes_and_brings_back(self, visit: Any) -> None:  # noqa: F811
        boss = make_user(RoleCode.TEAM_LEAD)
        one, _two = doubles(boss)
        state = visit(RecordKeepingState, boss, "/leads")
        do(RecordKeepingState.read, state, "lead", str(one))
        assert len(state.rows) == 1
        do(RecordKeepingState.ask_delete, state, True)
        do(RecordKeepingState.delete, state, {"reason": ""})
        assert state.deleting and "reason" in state.field_errors
        do(RecordKeepingState.delete, state, {"reason": "录错了"})

        lying = visit(RecycleState, boss, "/recycle")
        do(RecycleState.load, lying)
        assert [(row["label"], row["reason"]) for row in lying.rows] == [("线索", "录错了")]
        do(RecycleState.restore, lying, lying.rows[0]["id"])
        assert lying.rows == []

    @pytest.mark.parametrize(("entity", "record"), [("lead", "0"), ("event", "1"), ("lead", "x")])
    def test_reads_nothing_of_what_is_none(self, visit: Any, entity: str, record: str) -> None:  # noqa: F811
        state = visit(RecordKeepingState, make_user(RoleCode.TEAM_LEAD), "/leads")
        do(RecordKeepingState.read, state, entity, record)
        assert state.rows == []
