"""The board over cases: every move is the command the case has for it; strategies and lists work on the same fields."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.collections import CollectionStage
from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.pipelines import COLLECTION_BOARD, COLLECTION_STAGES, MoveRefused
from loanhub.models import Event
from loanhub.services import actions, boards, exports, leads, lists
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading
from loanhub.services.boards.entities import entity_of
from loanhub.services.collections import strategies
from tests.builders import bare_actor, make_company, make_phone, make_user
from tests.services.collections.builders import LATE, Office, at, end_day, make_late_office

DAY = LATE + timedelta(days=1)
QUESTION = boards.Question(pipeline=COLLECTION_BOARD)


@pytest.fixture(autouse=True)
def company(database: Engine, request: pytest.FixtureRequest) -> None:
    if "office" not in request.fixturenames:
        make_company()


@pytest.fixture
def office(company: None) -> Office:
    return make_late_office()


def go(office: Office, to: str, **supply: str) -> boards.Moved:
    return boards.move_card(
        office.collector, entity="collection_case", card_id=office.case_id, to=to, expected_version=office.case.version,
        supply=supply, now=at(DAY, 10),
    )  # fmt: skip


def test_columns_are_the_stages_of_a_case() -> None:
    assert [stage.code for stage in COLLECTION_STAGES] == [stage.value for stage in CollectionStage]


class TestMoves:
    def test_a_case_stands_in_the_queue_with_its_debt(self, office: Office) -> None:
        found = boards.look(office.collector, QUESTION, now=at(DAY, 10))
        card = found.cards[str(office.case_id)]

        assert found.order["todo"] == [str(office.case_id)]
        assert found.sums["todo"][:2] == (1, office.case.overdue_principal_fen)
        assert card["name"] == "刘志强" and "万" in card["amount_text"]

    def test_a_promise_asks_for_day_and_amount(self, office: Office) -> None:
        with pytest.raises(MoveRefused) as refusal:
            go(office, "promised")
        assert refusal.value.missing == ("due_date", "amount")

        go(office, "promised", due_date=(DAY + timedelta(days=3)).isoformat(), amount="3000")

        assert office.case.promise_fen == 300_000

    def test_a_step_without_a_way_back_says_so(self, office: Office) -> None:
        assert go(office, "contacting").final
        with pytest.raises(MoveRefused, match="联系过的案件"):
            go(office, "todo")
        assert not go(office, "legal", reason="多次承诺未履约").final

    def test_the_lawyers_ask_for_a_reason(self, office: Office) -> None:
        with pytest.raises(MoveRefused) as refusal:
            go(office, "legal")
        assert refusal.value.missing == ("reason",)

        moved = go(office, "legal", reason="多次承诺未履约")

        assert (moved.to_label, office.case.stage) == ("法务", "legal")

    @pytest.mark.parametrize(("to", "words"), [("closed", "自动结案")])
    def test_nobody_drags_a_case_to_its_end(self, office: Office, to: str, words: str) -> None:
        with pytest.raises(MoveRefused, match=words):
            go(office, to)

    def test_every_gate_names_fields_the_sheet_can_draw(self, office: Office) -> None:
        for stage in CollectionStage:
            form = boards.gate_form(office.collector, card_id=office.case_id, to=stage.value, board=COLLECTION_BOARD, now=at(DAY, 10))  # fmt: skip
            assert all(field.label for field in form.missing)

    def test_a_reader_without_the_right_has_no_such_board(self) -> None:
        with pytest.raises(NotPermitted):
            boards.look(bare_actor(RoleCode.SALES), QUESTION, now=at(DAY, 10))

    def test_who_moves_cases_moves_no_leads(self, office: Office) -> None:
        rep = make_user(RoleCode.SALES)
        lead = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=at(DAY, 9)).lead_id or 0
        for act in (
            lambda: boards.move_card(office.collector, entity="lead", card_id=lead, to="intent", expected_version=1, now=at(DAY, 10)),
            lambda: boards.gates(office.collector, card_id=lead, now=at(DAY, 10)),
            lambda: boards.link_of(office.collector, card_id=lead),
        ):  # fmt: skip
            with pytest.raises(NotPermitted, match="查看线索"):
                act()

    def test_every_order_and_lane_is_a_query(self, office: Office) -> None:
        kind = entity_of("collection_case")
        for order in kind.orders():
            assert order.clauses
        for lane in kind.lanes:
            page = lists.page(office.collector, "collection_case", keys=(lane.key,), now=at(DAY, 10))
            assert page.total == 1


class TestLists:
    def test_derived_fields_filter_sort_and_sum(self, office: Office) -> None:
        late = {
            "all": [{"field": "dpd", "op": "gte", "value": 4}, {"field": "bucket", "op": "eq", "value": "M1"}]
        }
        found = lists.page(
            office.collector,
            "collection_case",
            raw_criteria=late,
            sort="overdue_principal_fen",
            now=at(DAY, 10),
        )

        assert found.total == 1
        assert found.rows[0].cells["dpd"] == "4 天"
        assert found.sums["overdue_principal_fen"].startswith("¥")
        assert lists.count(office.collector, "collection_case", raw_criteria={"field": "dpd", "op": "gt", "value": 90}, now=at(DAY, 10)) == 0  # fmt: skip

    def test_conditions_reach_the_loan_and_the_customer(self, office: Office) -> None:
        tree = {
            "aggregate": "exists",
            "of": "customer",
            "where": {"field": "risk_grade", "op": "eq", "value": 1},
        }

        assert lists.count(office.collector, "collection_case", raw_criteria=tree, now=at(DAY, 10)) == 1


class TestStrategies:
    def test_a_changed_condition_reorders_the_queue(self, office: Office) -> None:
        rows = strategies.list_all(office.collector, now=at(DAY, 10))
        mine = next(row for row in rows if row.cases)
        assert mine.approach == "gentle"

        strategies.save(
            office.collector, strategy_id=mine.id, form={"approach": "standard", "priority": "99"}, expected_version=mine.version,
            now=at(DAY, 10),
        )  # fmt: skip
        end_day(DAY)

        assert (office.case.approach, office.case.priority) == ("standard", 99)

    @pytest.mark.parametrize(
        ("form", "field"),
        [({"priority": "101"}, "priority"), ({"script": "再不还就曝光你，等着吧"}, "script"), ({"name": ""}, "name"), ({"approach": "x"}, "approach")],
    )  # fmt: skip
    def test_names_the_fault(self, office: Office, form: dict[str, object], field: str) -> None:
        row = strategies.list_all(office.collector, now=at(DAY, 10))[0]
        with pytest.raises(InvalidInput) as fault:
            strategies.save(
                office.collector, strategy_id=row.id, form=form, expected_version=row.version, now=at(DAY, 10)
            )
        assert field in fault.value.fields

    def test_refuses_a_stranger_and_an_old_version(self, office: Office) -> None:
        row = strategies.list_all(office.collector, now=at(DAY, 10))[0]
        with pytest.raises(NotPermitted):
            strategies.list_all(bare_actor(RoleCode.FINANCE), now=at(DAY, 10))
        with pytest.raises(Conflict):
            strategies.save(
                office.collector, strategy_id=row.id, form={}, expected_version=7, now=at(DAY, 10)
            )

    def test_the_shipped_scripts_use_no_forbidden_word_and_every_case_meets_one(self) -> None:
        from loanhub.domain.contact_rules import forbidden_in

        assert all(not forbidden_in(script) for *_, script in strategies.DEFAULTS)
        assert strategies.DEFAULTS[-1][1] == {}


class TestMany:
    def test_are_moved_and_given_each_by_its_own_command(self, office: Office) -> None:
        moved = actions.run(
            office.collector, "move", entity="collection_case", record_ids=[office.case_id], raw={"to": "contacting"},
            now=at(DAY, 10),
        )  # fmt: skip
        given = actions.run(
            SYSTEM, "assign_case", entity="collection_case", record_ids=[office.case_id],
            raw={"owner_id": str(office.colleague.user_id)}, now=at(DAY, 10),
        )  # fmt: skip

        assert (moved.done, moved.failures, given.done) == (1, (), 1)
        assert (office.case.stage, office.case.owner_id) == ("contacting", office.colleague.user_id)

    def test_are_carried_away_and_the_record_knows(self, office: Office) -> None:
        keys = ["number", "stage", "dpd", "overdue_principal_fen", "owner_id"]
        asked = {"pipeline": QUESTION.pipeline, "keys": keys}
        with pytest.raises(NotPermitted):
            exports.ask(office.desk.sales, "board", asked, now=at(DAY, 10))

        made = exports.ask(SYSTEM, "board", asked, now=at(DAY, 10))

        assert made.file_name.endswith(".xlsx") and made.status == "done"
        with reading() as db:
            assert db.execute(sa.select(Event).where(col(Event.type) == "cases.exported")).scalars().all()
