"""Boards over applications and to-dos, and the rules an administrator sets: legal moves only, limits, gates."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode, Scope
from loanhub.domain.pipelines import APPLICATION_BOARD, TASK_BOARD, MoveRefused, TaskStage
from loanhub.models import Application, Approval, Event, Lead, Pipeline, Stage, StageMove, Task
from loanhub.services import applications, boards, leads, pipelines, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.pipelines import StageForm
from loanhub.services.products.offered import install_products
from tests.builders import NOON, bare_actor, make_company, make_phone, make_user
from tests.services.applications.test_applications import make_draft

ADMIN = bare_actor(RoleCode.ADMIN)


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def make_card(actor: Actor, name: str = "孙立", **fields: str) -> int:
    return leads.create(actor, {"name": name, "phone": make_phone(), **fields}, now=NOON).lead_id or 0


def change(code: str, **values: object) -> None:
    """Change a stage of the default board as its editor does, with the board's version."""
    with transaction() as db:
        pipeline = db.execute(sa.select(Pipeline).where(col(Pipeline.code) == "default")).scalar_one()
        stage = db.execute(
            sa.select(Stage).where(col(Stage.pipeline_id) == pipeline.id, col(Stage.code) == code)
        ).scalar_one()
        for name, value in values.items():
            setattr(stage, name, value)
        pipeline.version += 1


class TestChoices:
    def test_offers_what_the_reader_may_read(self) -> None:
        everything = [one.entity for one in boards.choices(make_user(RoleCode.SALES))]

        assert everything == ["lead", "application", "task"]
        reviewer = [one.entity for one in boards.choices(make_user(RoleCode.CREDIT))]
        assert reviewer == ["application", "task", "collection_case"]
        assert boards.choices(bare_actor(RoleCode.MANAGER))
        with pytest.raises(NotPermitted):
            boards.choices(bare_actor(RoleCode.FINANCE))


class TestTasks:
    def make(self, actor: Actor) -> int:
        return tasks.create(actor, title="收流水", due_at=NOON + timedelta(days=1), now=NOON)

    def go(self, actor: Actor, task_id: int, to: str, version: int) -> boards.Moved:
        return boards.move_card(
            actor, entity="task", card_id=task_id, to=to, expected_version=version, now=NOON
        )

    def test_travels_its_four_columns_and_back(self) -> None:
        rep = make_user(RoleCode.SALES)
        task = self.make(rep)
        question = boards.Question(pipeline=TASK_BOARD)
        version = 1
        for to in (TaskStage.DOING, TaskStage.WAITING, TaskStage.DONE, TaskStage.DOING):
            version = self.go(rep, task, to.value, version).version
            assert boards.look(rep, question, now=NOON).order[to.value] == [str(task)]
        with reading() as db:
            stored = db.get(Task, task)
            assert stored is not None and stored.done_at is None and stored.state == "doing"
            told = db.execute(sa.select(col(Event.type)).where(col(Event.entity) == "task")).scalars().all()
        assert told == ["task.created", "task.edited", "task.edited", "task.completed", "task.edited"]

    def test_refuses_an_old_version_and_a_stranger(self) -> None:
        rep = make_user(RoleCode.SALES)
        task = self.make(rep)
        self.go(rep, task, "doing", 1)

        with pytest.raises(boards.MovedBySomebody, match="进行中"):
            self.go(rep, task, "done", 1)
        with pytest.raises(NotFound):
            self.go(make_user(RoleCode.SALES), task, "done", 2)


class TestApplications:
    def test_a_draft_that_is_incomplete_is_refused_with_what_is_missing(self, application: int) -> None:
        chief = make_user(RoleCode.TEAM_LEAD)
        with pytest.raises(MoveRefused) as refusal:
            boards.move_card(
                chief,
                entity="application",
                card_id=application,
                to="first_review",
                expected_version=1,
                now=NOON,
            )
        assert "还不能提交" in refusal.value.sentence

    def test_a_status_no_move_reaches_says_where_it_is_reached(self, application: int) -> None:
        chief = make_user(RoleCode.TEAM_LEAD)
        found = boards.gates(chief, card_id=application, board=APPLICATION_BOARD, now=NOON)

        assert found["funded"]["blocked"] == "请在贷款页由财务双人放款"
        with pytest.raises(MoveRefused, match="双人放款"):
            boards.move_card(
                chief, entity="application", card_id=application, to="funded", expected_version=1, now=NOON
            )

    def test_columns_know_beforehand_what_no_move_reaches(self, application: int) -> None:
        found = boards.look(
            make_user(RoleCode.TEAM_LEAD), boards.Question(pipeline=APPLICATION_BOARD), now=NOON
        )
        shut = {one["code"]: one["forbidden_from"] for one in found.columns}

        assert "draft" not in shut["first_review"] and "returned" not in shut["first_review"]
        assert (
            shut["returned"]["draft"] == "「草稿」不能移至「退回补充」"
            and "first_review" not in shut["returned"]
        )
        assert not {"first_review", "second_review", "final_review"} & set(shut["approved"])
        assert shut["funded"]["approved"] == "请在贷款页由财务双人放款"

    def drop(self, actor: Actor, card: int, to: str, **more: object) -> boards.Moved:
        return boards.move_card(
            actor, entity="application", card_id=card, to=to, expected_version=None, now=NOON, **more
        )  # type: ignore[arg-type]

    def test_is_submitted_and_approved_by_moving_it(self, complete: tuple[Actor, int]) -> None:
        rep, card = complete
        officer = make_user(RoleCode.TEAM_LEAD)

        assert self.drop(rep, card, "first_review").to_label == "初审"
        asked = boards.gate_form(officer, card_id=card, to="approved", board=APPLICATION_BOARD, now=NOON)
        assert [one.key for one in asked.missing] == ["opinion"]
        with pytest.raises(MoveRefused, match="审批意见"):
            self.drop(officer, card, "approved")
        moved = self.drop(officer, card, "approved", supply={"opinion": "经营稳定，同意"})

        assert (moved.from_stage, moved.to_stage) == ("first_review", "approved")
        with reading() as db:
            row = db.get(Application, card)
            said = db.execute(sa.select(Approval).where(col(Approval.application_id) == card)).scalars().all()
            assert row is not None and row.status.value == "approved"
            assert [(one.by_id, one.opinion) for one in said] == [(officer.user_id, "经营稳定，同意")]

    def test_a_reviewer_works_on_the_board_as_far_as_the_scope_goes(
        self, complete: tuple[Actor, int]
    ) -> None:
        rep, card = complete
        self.drop(rep, card, "first_review")
        near, far = (
            replace(one, scope=Scope.DEPARTMENT, department_ids=frozenset({one.department_id or 0}))
            for one in (make_user(RoleCode.CREDIT), make_user(RoleCode.CREDIT, team="华东二组"))
        )
        question = boards.Question(pipeline=APPLICATION_BOARD)

        def seen(actor: Actor) -> list[str]:
            return boards.look(actor, question, now=NOON).order["first_review"]

        assert (seen(near), seen(far)) == ([str(card)], [])
        with pytest.raises(NotFound):
            self.drop(far, card, "approved", supply={"opinion": "经营稳定，同意"})
        assert self.drop(near, card, "approved", supply={"opinion": "经营稳定，同意"}).to_stage == "approved"

    def test_nobody_approves_what_is_their_own(self, complete: tuple[Actor, int]) -> None:
        rep, card = complete
        self.drop(rep, card, "first_review")

        with pytest.raises(NotPermitted):
            self.drop(rep, card, "approved", supply={"opinion": "同意"})

    @pytest.fixture
    def complete(self) -> tuple[Actor, int]:
        """A draft with everything a submission asks for, and who made it."""
        with transaction() as db:
            install_products(db, lender="澄江普惠", now=NOON)
        rep = make_user(RoleCode.SALES)
        card = make_draft(rep)
        applications.tick_documents(rep, application_id=card, now=NOON)
        return rep, card

    @pytest.fixture
    def application(self) -> int:
        from loanhub.domain.applications import ApplicationStatus
        from loanhub.models import Customer

        rep = make_user(RoleCode.SALES)
        with transaction() as db:
            customer = Customer(
                number="C1", name="孙立", owner_id=rep.user_id, department_id=rep.department_id, created_at=NOON,
                updated_at=NOON,
            )  # fmt: skip
            db.add(customer)
            db.flush()
            row = Application(
                number="A1", customer_id=customer.id or 0, product_code="", status=ApplicationStatus.DRAFT,
                owner_id=rep.user_id, department_id=rep.department_id, created_at=NOON, updated_at=NOON,
            )  # fmt: skip
            db.add(row)
            db.flush()
            return row.id or 0


class TestRules:
    def test_a_move_that_is_not_allowed_is_refused_and_dimmed(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        change("lead", next_codes=["review"])

        with pytest.raises(MoveRefused, match="不能直接移至「初步沟通」"):
            boards.move(rep, lead_id=card, to="intent", expected_version=1, now=NOON)
        columns = {one["code"]: one for one in boards.look(rep, boards.Question(), now=NOON).columns}
        assert (
            "lead" in columns["intent"]["forbidden_from"]
            and "lead" not in columns["review"]["forbidden_from"]
        )

    def test_a_soft_limit_lets_in_and_a_hard_one_refuses(self) -> None:
        rep = make_user(RoleCode.SALES)
        one, two, three = (make_card(rep) for _ in range(3))
        change("intent", wip_limit=1)
        for card in (one, two):
            boards.move(rep, lead_id=card, to="intent", expected_version=1, now=NOON)
        change("intent", wip_hard=True)

        with pytest.raises(MoveRefused, match="已满 2/1"):
            boards.move(rep, lead_id=three, to="intent", expected_version=1, now=NOON)
        boards.move(rep, lead_id=one, to="lead", expected_version=2, now=NOON)

    def test_of_two_for_the_last_place_one_gets_it(self) -> None:
        rep = make_user(RoleCode.SALES)
        cards = [make_card(rep) for _ in range(2)]
        change("intent", wip_limit=1, wip_hard=True)
        results: list[str] = []

        def attempt(card: int) -> None:
            try:
                boards.move(rep, lead_id=card, to="intent", expected_version=1, now=NOON)
                results.append("won")
            except MoveRefused as told:
                results.append(told.sentence)

        threads = [threading.Thread(target=attempt, args=(card,)) for card in cards]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted("won" if one == "won" else "full" for one in results) == ["full", "won"]

    def test_an_edit_says_beforehand_whom_it_touches(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_card(rep)
        board = pipelines.view(ADMIN, pipeline_id=pipelines.list_boards(ADMIN)[0][0], now=NOON)
        forms = [
            StageForm(
                s.code, s.label, 1 if s.code == "lead" else s.dwell_target_hours, s.wip_limit, s.probability_percent,
                ("id_number",) if s.code == "lead" else s.required,
            )
            for s in board.stages
        ]  # fmt: skip

        later = NOON + timedelta(hours=2)
        effects = [
            one.sentence for one in pipelines.preview(ADMIN, pipeline_id=board.id, stages=forms, now=later)
        ]

        assert effects[0] == "超时由 0 张变为 1 张"
        assert "1 张还没有" in effects[1]


class TestAge:
    def test_shows_one_age_state_alone(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_card(rep)
        later = NOON + timedelta(hours=25)

        assert boards.look(rep, boards.Question(age="over"), now=later).total == 1
        assert boards.look(rep, boards.Question(age="near"), now=later).total == 0
        assert boards.look(rep, boards.Question(age="healthy"), now=NOON).total == 1


class TestTwoUsers:
    ROUNDS = 200

    def test_of_two_hundred_rounds_each_has_one_winner_and_loses_nothing(self) -> None:
        chief, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
        card = make_card(rep)
        version, won, told = 1, 0, 0
        for number in range(self.ROUNDS):
            to = ("intent", "lead")[number % 2]
            gate = threading.Barrier(2)
            results: list[str] = []

            def attempt(
                actor: Actor, to: str, version: int, gate: threading.Barrier, results: list[str]
            ) -> None:
                gate.wait()
                try:
                    boards.move(actor, lead_id=card, to=to, expected_version=version, now=NOON)
                    results.append("won")
                except boards.MovedBySomebody:
                    results.append("told")

            pair = [
                threading.Thread(target=attempt, args=(actor, to, version, gate, results))
                for actor in (chief, rep)
            ]
            for thread in pair:
                thread.start()
            for thread in pair:
                thread.join()
            assert sorted(results) == ["told", "won"], f"round {number}: {results}"
            won, told, version = won + 1, told + 1, version + 1
        with reading() as db:
            lead = db.get(Lead, card)
            moves = db.execute(sa.select(sa.func.count()).select_from(StageMove)).scalar_one()
            events = db.execute(
                sa.select(sa.func.count()).select_from(Event).where(col(Event.type) == "lead.moved")
            ).scalar_one()
        assert lead is not None and lead.version == self.ROUNDS + 1
        assert (won, told, moves, events) == (self.ROUNDS,) * 4
