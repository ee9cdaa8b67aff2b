"""Several boards of leads: made, entered by condition, changed to from the card, taken out of use; stages added and removed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.pipelines import MoveRefused
from loanhub.models import Event, Lead, Pipeline, StageMove
from loanhub.services import boards, catalogue, leads, pipeline_boards, pipelines
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.pipelines import StageForm
from tests.builders import NOON, make_company, make_phone, make_user

CAR: list[dict[str, object]] = [{"field": "purpose", "op": "contains", "value": "购车"}]


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def admin() -> Actor:
    return make_user(RoleCode.ADMIN)


def make_card(actor: Actor, name: str = "孙立", **fields: str) -> int:
    return leads.create(actor, {"name": name, "phone": make_phone(), **fields}, now=NOON).lead_id or 0


def first_board() -> int:
    with reading() as db:
        return int(
            db.execute(sa.select(col(Pipeline.id)).where(col(Pipeline.code) == "default")).scalar_one() or 0
        )


def stored(lead_id: int) -> Lead:
    with reading() as db:
        lead = db.get(Lead, lead_id)
        assert lead is not None
        return lead


def code_of(pipeline_id: int) -> str:
    with reading() as db:
        board = db.get(Pipeline, pipeline_id)
        assert board is not None
        return board.code


def make_board(label: str = "车贷看板", conditions: list[dict[str, object]] | None = None) -> int:
    boss = admin()
    board = pipeline_boards.create_board(boss, label=label, copy_of=first_board(), now=NOON)
    if conditions:
        pipeline_boards.set_entry(boss, pipeline_id=board, version=1, conditions=conditions, now=NOON)
    return board


def forms(pipeline_id: int) -> list[StageForm]:
    view = pipelines.view(admin(), pipeline_id=pipeline_id, now=NOON)
    return [
        StageForm(one.code, one.label, one.dwell_target_hours, one.wip_limit, one.probability_percent, one.required,
                  one.next_codes, one.wip_hard)
        for one in view.stages
    ]  # fmt: skip


def save(pipeline_id: int, stages: list[StageForm]) -> None:
    boss = admin()
    view = pipelines.view(boss, pipeline_id=pipeline_id, now=NOON)
    pipelines.save(
        boss, pipeline_id=pipeline_id, version=view.version, label=view.label, stages=stages, now=NOON
    )


class TestMaking:
    def test_takes_over_stages_gates_and_limits_and_is_offered_to_readers(self) -> None:
        rep = make_user(RoleCode.SALES)
        board = make_board()

        assert [form.label for form in forms(board)] == [form.label for form in forms(first_board())]
        assert "车贷看板" in [one.label for one in boards.choices(rep)]
        with reading() as db:
            codes = [code for code, _ in catalogue.sources(db)["stage"]]
        assert len(codes) == len(set(codes)) == 7

    @pytest.mark.parametrize(("label", "said"), [("", "1–12"), ("一" * 13, "1–12"), ("进件看板", "同名")])
    def test_asks_for_a_name_of_its_own(self, label: str, said: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            make_board(label)
        assert said in refusal.value.fields["label"]

    def test_is_for_leads_and_for_who_may(self) -> None:
        with reading() as db:
            tasks = db.execute(sa.select(col(Pipeline.id)).where(col(Pipeline.code) == "tasks")).scalar_one()
        with pytest.raises(InvalidInput) as refusal:
            pipeline_boards.create_board(admin(), label="另一个", copy_of=int(tasks or 0), now=NOON)
        assert "只有线索" in refusal.value.fields["copy_of"]
        with pytest.raises(NotPermitted):
            pipeline_boards.create_board(
                make_user(RoleCode.SALES), label="我的", copy_of=first_board(), now=NOON
            )
        with pytest.raises(NotFound):
            pipeline_boards.create_board(admin(), label="另一个", copy_of=999_999, now=NOON)


class TestEntry:
    def test_leads_that_meet_the_condition_enter_there_and_the_others_where_they_always_did(self) -> None:
        rep, board = make_user(RoleCode.SALES), make_board(conditions=CAR)

        car, other = make_card(rep, purpose="购车周转"), make_card(rep, "周立", purpose="装修")

        assert (stored(car).pipeline_id, stored(car).stage_code) == (board, "lead")
        assert stored(other).pipeline_id == first_board()
        shown = boards.look(rep, boards.Question(pipeline=code_of(board)), now=NOON)
        assert shown.order["lead"] == [str(car)]
        assert str(car) not in boards.look(rep, boards.Question(), now=NOON).order["lead"]

    def test_says_what_it_means_and_how_many_came_lately(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_card(rep, purpose="购车周转")
        board = make_board(conditions=CAR)

        view = pipeline_boards.entry_view(admin(), pipeline_id=board, now=NOON)

        assert (view.can_change, view.lately) == (True, 1)
        assert "购车" in view.sentence and view.conditions == tuple(CAR)
        assert not pipeline_boards.entry_view(admin(), pipeline_id=first_board(), now=NOON).can_change

    def test_refuses_what_no_new_lead_has_and_a_stale_form(self) -> None:
        board, boss = make_board(), admin()
        with pytest.raises(InvalidInput) as refusal:
            pipeline_boards.set_entry(
                boss, pipeline_id=board, version=1, now=NOON,
                conditions=[{"field": "owner_id", "op": "is_not_empty"}],
            )  # fmt: skip
        assert "新线索" in refusal.value.fields["field"]
        with pytest.raises(pipelines.StaleBoard):
            pipeline_boards.set_entry(boss, pipeline_id=board, version=7, conditions=CAR, now=NOON)
        with pytest.raises(InvalidInput):
            pipeline_boards.set_entry(boss, pipeline_id=first_board(), version=1, conditions=CAR, now=NOON)


class TestChangingBoards:
    def test_brings_the_card_to_the_top_of_the_stage_and_back(self) -> None:
        rep, board = make_user(RoleCode.SALES), make_board()
        card = make_card(rep)

        moved = boards.transfer(
            rep, lead_id=card, board=code_of(board), to="intent", expected_version=1, key="t1", now=NOON
        )

        lead = stored(card)
        assert (lead.pipeline_id, lead.stage_code, lead.version) == (board, "intent", 2)
        assert (moved.to_label, moved.from_stage) == ("车贷看板 · 初步沟通", "lead")
        with reading() as db:
            assert db.execute(sa.select(StageMove.reason)).scalar_one() == "由「进件看板」换来"
            event = db.execute(sa.select(Event).where(col(Event.type) == "lead.moved")).scalar_one()
            assert event.summary == "进件看板 线索接入 → 车贷看板 初步沟通"
        again = boards.transfer(
            rep, lead_id=card, board=code_of(board), to="intent", expected_version=1, key="t1", now=NOON
        )
        assert again == moved
        boards.transfer(rep, lead_id=card, board="default", to="lead", expected_version=2, now=NOON)
        assert stored(card).pipeline_id == first_board()

    def test_asks_for_what_the_stage_asks_for(self) -> None:
        rep, board = make_user(RoleCode.SALES), make_board()
        card = make_card(rep)

        with pytest.raises(MoveRefused, match="意向金额"):
            boards.transfer(
                rep, lead_id=card, board=code_of(board), to="review", expected_version=1, now=NOON
            )
        with pytest.raises(MoveRefused, match="放款"):
            boards.transfer(
                rep, lead_id=card, board=code_of(board), to="disbursed", expected_version=1, now=NOON
            )
        assert stored(card).pipeline_id == first_board()

    def test_refuses_a_stale_card_the_same_board_and_foreign_cards(self) -> None:
        rep, board = make_user(RoleCode.SALES), make_board()
        card = make_card(rep)

        with pytest.raises(boards.MovedBySomebody):
            boards.transfer(rep, lead_id=card, board=code_of(board), to="lead", expected_version=9, now=NOON)
        with pytest.raises(InvalidInput, match="已经在"):
            boards.transfer(rep, lead_id=card, board="default", to="intent", expected_version=1, now=NOON)
        with pytest.raises(InvalidInput, match="阶段"):
            boards.transfer(rep, lead_id=card, board="tasks", to="todo", expected_version=1, now=NOON)
        with pytest.raises(NotFound):
            boards.transfer(
                make_user(RoleCode.SALES, team="华东二组"), lead_id=card, board=code_of(board), to="lead",
                expected_version=1, now=NOON,
            )  # fmt: skip

    def test_offers_the_other_boards_of_leads_only(self) -> None:
        rep = make_user(RoleCode.SALES)
        assert boards.other_boards(rep, board="default") == []
        make_board()

        assert [one["label"] for one in boards.other_boards(rep, board="default")] == ["车贷看板"]
        assert boards.other_boards(rep, board="tasks") == []


class TestStages:
    def test_one_is_added_and_may_be_gone_to(self) -> None:
        rep, board = make_user(RoleCode.SALES), make_board(conditions=CAR)
        card = make_card(rep, purpose="购车")
        stages = forms(board)
        stages[0] = replace(stages[0], next_codes=("new1",))
        stages.insert(1, StageForm("new1", "试驾", 24, 3, 10, (), wip_hard=True))

        save(board, stages)

        added = next(form for form in forms(board) if form.label == "试驾")
        assert added.code.startswith("x") and forms(board)[0].next_codes == (added.code,)
        boards.move(rep, lead_id=card, to=added.code, expected_version=1, now=NOON)
        assert stored(card).stage_code == added.code
        with pytest.raises(InvalidInput) as refusal:
            save(board, [form for form in forms(board) if form.code != added.code])
        assert "还有 1 张" in refusal.value.fields["stages"]

    def test_one_is_removed_and_what_is_on_no_board_goes_to_the_first(self) -> None:
        rep, board = make_user(RoleCode.SALES), make_board(conditions=CAR)
        card = make_card(rep, purpose="购车")
        with transaction() as db:
            lead = db.get(Lead, card)
            assert lead is not None
            lead.owner_id, lead.stage_code = None, "match"
        left = [form for form in forms(board) if form.code != "match"]

        said = pipelines.preview(admin(), pipeline_id=board, stages=left, now=NOON)
        save(board, left)

        assert [one.sentence for one in said] == [
            "阶段会被删除，停在这里的 1 条公海或已失效线索回到「线索接入」"
        ]
        assert stored(card).stage_code == "lead"
        assert "match" not in [form.code for form in forms(board)]

    def test_the_shipped_stages_of_the_first_board_and_gated_ones_stay(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            save(first_board(), [form for form in forms(first_board()) if form.code != "match"])
        assert "出厂阶段" in refusal.value.fields["stages"]
        board = make_board()
        with pytest.raises(InvalidInput) as refusal:
            save(board, [form for form in forms(board) if form.code != "visit"])
        assert "硬条件" in refusal.value.fields["stages"]


class TestRetiring:
    def test_an_empty_board_goes_and_its_leads_in_the_pool_stand_on_the_first(self) -> None:
        rep, board, boss = make_user(RoleCode.SALES), make_board(conditions=CAR), admin()
        card = make_card(rep, purpose="购车")
        with pytest.raises(Conflict, match="还有 1 张"):
            pipeline_boards.retire_board(boss, pipeline_id=board, version=2, now=NOON)
        with transaction() as db:
            lead = db.get(Lead, card)
            assert lead is not None
            lead.owner_id = None

        pipeline_boards.retire_board(boss, pipeline_id=board, version=2, now=NOON)

        assert (stored(card).pipeline_id, stored(card).stage_code) == (first_board(), "lead")
        assert "车贷看板" not in [one.label for one in boards.choices(rep)]
        assert stored(make_card(rep, "周立", purpose="购车")).pipeline_id == first_board()
        with pytest.raises(InvalidInput):
            pipeline_boards.retire_board(boss, pipeline_id=first_board(), version=1, now=NOON)
