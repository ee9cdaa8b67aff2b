"""Editing in place: only what one may enter, the sentence at the field, and two people at one record."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, LoanHubError, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead
from loanhub.services import boards, edits, leads, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from tests.builders import NOON, make_company, make_phone, make_user

LATER = NOON + timedelta(minutes=2)


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company(NOON)


def make_lead(actor: Actor, **fields: str) -> int:
    return leads.create(actor, {"name": "孙立", "phone": make_phone(), **fields}, now=NOON).lead_id or 0


def fields_of(actor: Actor, entity: str, record_id: int) -> dict[str, Any]:
    return {one.key: one for one in edits.form_of(actor, entity, record_id, now=NOON).fields}


class TestForm:
    def test_holds_what_one_may_enter_and_no_protected_value(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead = make_lead(rep, city="上海")

        found = fields_of(rep, "lead", lead)

        assert found["city"].value == "上海" and "stage_code" not in found and "status" not in found
        assert found["phone"].value == "" and found["phone"].masked

    def test_is_for_those_who_see_and_may_edit(self) -> None:
        rep, other, manager = (make_user(one) for one in (RoleCode.SALES, RoleCode.SALES, RoleCode.MANAGER))
        lead = make_lead(rep)

        with pytest.raises(NotFound):
            edits.form_of(other, "lead", lead, now=NOON)
        with pytest.raises(NotPermitted):
            edits.form_of(manager, "lead", lead, now=NOON)
        with pytest.raises(NotFound):
            edits.form_of(rep, "loan", 1, now=NOON)


class TestSave:
    def test_says_what_is_wrong_and_writes_nothing(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead = make_lead(rep, city="上海")
        shown = edits.form_of(rep, "lead", lead, now=NOON).shown

        with pytest.raises(InvalidInput) as refused:
            edits.save(rep, "lead", lead, raw={"amount_fen": "很多", "city": "苏州"}, shown=shown, now=NOON)

        assert "amount_fen" in refused.value.fields
        assert fields_of(rep, "lead", lead)["city"].value == "上海"

    def test_keeps_both_when_two_change_different_fields(self) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        lead = make_lead(rep, city="上海")
        shown = edits.form_of(rep, "lead", lead, now=NOON).shown
        edits.save(chief, "lead", lead, raw={"industry": "餐饮"}, shown=shown, now=NOON)

        saved = edits.save(rep, "lead", lead, raw={"city": "苏州"}, shown=shown, now=LATER)

        assert not saved.clashes
        assert {key: fields_of(rep, "lead", lead)[key].value for key in ("city", "industry")} == {
            "city": "苏州", "industry": "餐饮"
        }  # fmt: skip

    def test_names_who_changed_the_same_field_and_when_and_writes_nothing(self) -> None:
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, name="顾明轩")
        lead = make_lead(rep, city="上海")
        shown = edits.form_of(rep, "lead", lead, now=NOON).shown
        edits.save(chief, "lead", lead, raw={"city": "南京", "temperature": "high"}, shown=shown, now=NOON)

        saved = edits.save(
            rep, "lead", lead, raw={"city": "苏州", "temperature": "watch", "industry": "餐饮"}, shown=shown, now=LATER
        )  # fmt: skip

        assert saved.sentence == "顾明轩 2 分前改过这里"
        assert {(one.label, one.mine, one.latest) for one in saved.clashes} >= {("城市", "苏州", "南京")}
        level = next(one for one in saved.clashes if one.key == "temperature")
        assert level.mine not in ("watch", "") and level.mine != level.latest
        assert fields_of(rep, "lead", lead)["industry"].value == ""

    def test_edits_a_to_do_and_hands_it_over(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        task = tasks.create(rep, title="收流水", due_at=NOON + timedelta(days=1), now=NOON)
        shown = edits.form_of(rep, "task", task, now=NOON).shown

        edits.save(
            rep, "task", task, raw={"title": "收半年流水", "owner_id": str(other.user_id)}, shown=shown, now=NOON
        )  # fmt: skip

        assert tasks.list_open(other, now=NOON)[0].title == "收半年流水"

    def test_of_two_at_once_one_is_told(self) -> None:
        """Whoever comes second learns of the first; whatever was typed is either stored or handed back."""
        rep, chief = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        lead = make_lead(rep, city="上海")
        for turn in range(20):
            shown = edits.form_of(rep, "lead", lead, now=NOON).shown
            typed = {rep: f"甲{turn}", chief: f"乙{turn}"}
            results: dict[Actor, Any] = {}
            start = threading.Barrier(2)

            def save(
                actor: Actor,
                shown: Any = shown,
                typed: Any = typed,
                results: Any = results,
                start: Any = start,
            ) -> None:
                start.wait()
                results[actor] = edits.save(
                    actor, "lead", lead, raw={"city": typed[actor]}, shown=shown, now=LATER
                )

            threads = [threading.Thread(target=save, args=(one,)) for one in (rep, chief)]
            for one in threads:
                one.start()
            for one in threads:
                one.join()

            told = [one for one in results if results[one].clashes]
            assert len(told) == 1
            winner = next(one for one in results if one is not told[0])
            clash = results[told[0]].clashes[0]
            assert (clash.mine, clash.latest) == (typed[told[0]], typed[winner])
            assert fields_of(rep, "lead", lead)["city"].value == typed[winner]


class TestTwoHundredRounds:
    def test_of_two_moving_one_card_one_wins_and_the_other_is_told(self) -> None:
        """Issue 4: 200 rounds, real threads, both engines; nothing lost, nothing doubled, ranks in order."""
        rep, chief = make_user(RoleCode.SALES, name="林若曦"), make_user(RoleCode.TEAM_LEAD, name="顾明轩")
        card = make_lead(rep, amount_fen="40万", city="上海")
        names = {rep: "林若曦", chief: "顾明轩"}
        version, stages = 1, ["lead", "intent", "review"]
        here = "lead"
        for turn in range(200):
            goals = dict(zip((rep, chief), [one for one in stages if one != here], strict=True))
            if turn % 2:
                goals = dict(zip((rep, chief), reversed(list(goals.values())), strict=True))
            won: list[Actor] = []
            told: dict[Actor, str] = {}
            start = threading.Barrier(2)

            def move(
                actor: Actor,
                goals: Any = goals,
                won: Any = won,
                told: Any = told,
                start: Any = start,
                version: int = version,
            ) -> None:
                start.wait()
                try:
                    boards.move(actor, lead_id=card, to=goals[actor], expected_version=version, now=NOON)
                    won.append(actor)
                except LoanHubError as refusal:
                    told[actor] = refusal.sentence

            threads = [threading.Thread(target=move, args=(one,)) for one in (rep, chief)]
            for one in threads:
                one.start()
            for one in threads:
                one.join()

            assert len(won) == 1 and len(told) == 1, (turn, won, told)
            (loser,) = told
            assert f"已被{names[won[0]]}移动" in told[loser]
            with reading() as db:
                row = db.get_one(Lead, card)
            assert (row.stage_code, row.version) == (goals[won[0]], version + 1)
            version, here = row.version, row.stage_code
