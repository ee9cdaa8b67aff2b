"""A grade set by a person and a dedicated manager: who may, what is kept, what the scorecard does afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, Event, Notification, ScoreRecord
from loanhub.services import customers, search
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers import grade, graph, manager
from tests.builders import NOON, make_user
from tests.services.customers.making import make_customer, stored

LATER = NOON + timedelta(hours=1)


def scorecard(customer_id: int, level: int, when: timedelta = timedelta()) -> None:
    """What a run of the scorecard leaves behind."""
    with transaction() as db:
        row = db.get(Customer, customer_id)
        assert row is not None
        grade.computed(row, level)
        db.add(ScoreRecord(customer_id=customer_id, at=NOON + when, score=600, risk_grade=level))


class TestGrade:
    def test_is_set_with_a_reason_and_kept_beside_the_computed_one(self) -> None:
        rep, credit = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT)
        made = make_customer(rep)
        scorecard(made, 2)

        grade.set_grade(credit, customer_id=made, grade=4, reason="流水与收入不符", now=LATER)

        assert (stored(made).risk_grade, stored(made).computed_risk_grade) == (4, 2)
        view = grade.grade_of(rep, customer_id=made, now=LATER)
        assert view.manual and view.sentence == "人工定为极高风险，系统按评分算得中风险"
        assert [(one.label, one.source, one.reason) for one in view.lines] == [
            ("极高风险", "人工调整", "流水与收入不符"),
            ("中风险", "评分卡", ""),
        ]
        with reading() as db:
            event = db.exec(select(Event).where(Event.type == "customer.scored")).one()
            told = db.exec(select(Notification).where(Notification.user_id == rep.user_id)).all()
        assert (event.before, event.after, event.reason) == (
            {"风险等级": "中风险"}, {"风险等级": "极高风险（人工）"}, "流水与收入不符",
        )  # fmt: skip
        assert any("风险等级改为极高风险" in one.title for one in told)

    def test_stands_through_the_next_run_of_the_scorecard_until_given_back(self) -> None:
        credit = make_user(RoleCode.CREDIT)
        made = make_customer(make_user(RoleCode.SALES))
        scorecard(made, 2)
        grade.set_grade(credit, customer_id=made, grade=4, reason="流水与收入不符", now=LATER)
        scorecard(made, 1, timedelta(hours=2))
        assert (stored(made).risk_grade, stored(made).computed_risk_grade) == (4, 1)

        grade.set_grade(
            credit, customer_id=made, grade=None, reason="材料已补齐", now=NOON + timedelta(hours=3)
        )

        assert (stored(made).risk_grade, stored(made).grade_is_manual) == (1, False)
        with reading() as db:
            words = [
                grade.grade_at(db, made, NOON + timedelta(hours=hours)).label for hours in (0, 1, 2, 3, 4)
            ]
        assert words == ["未评级", "中风险", "极高风险（人工）", "极高风险（人工）", "低风险"]

    def test_needs_the_right_a_reason_and_a_change(self) -> None:
        rep, credit = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT)
        made = make_customer(rep)
        with pytest.raises(NotPermitted):
            grade.set_grade(rep, customer_id=made, grade=1, reason="想放款给他", now=LATER)
        with pytest.raises(NotFound):
            grade.set_grade(make_user(RoleCode.SALES), customer_id=made, grade=1, reason="想放款", now=LATER)
        for wrong, key in (
            ((1, "短"), "reason"),
            ((9, "没有这个等级"), "grade"),
            ((None, "恢复系统"), "grade"),
        ):
            with pytest.raises(InvalidInput) as refusal:
                grade.set_grade(credit, customer_id=made, grade=wrong[0], reason=wrong[1], now=LATER)
            assert list(refusal.value.fields) == [key]
        with pytest.raises(Conflict):
            grade.set_grade(
                credit, customer_id=made, grade=3, reason="多头借贷", expected_version=99, now=LATER
            )
        assert stored(made).risk_grade is None


class TestManager:
    def test_sees_the_customer_of_another_team_and_is_told(self) -> None:
        rep, boss, other = (
            make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES, team="华东二组"),
        )  # fmt: skip
        made = make_customer(rep)
        with pytest.raises(NotFound):
            customers.overview(other, customer_id=made, now=LATER)

        manager.assign_manager(
            boss, customer_id=made, manager_id=other.user_id, reason="高价值客户", now=LATER
        )

        seen = customers.overview(other, customer_id=made, now=LATER)
        assert (seen.manager, stored(made).owner_id) == (other.name, rep.user_id)
        with reading() as db:
            event = db.exec(select(Event).where(Event.type == "customer.entrusted")).one()
            told = db.exec(select(Notification).where(Notification.user_id == other.user_id)).one()
        assert event.after == {"专属经理": other.name}
        assert "专属经理" in told.title
        drawn = graph.graph(other, customer_id=made)
        assert [(node.name, node.shape) for node in drawn.nodes] == [("张建国", "person")]
        assert search.find(other, "张建国")[0].link == f"/customers/{made}"
        manager.assign_manager(boss, customer_id=made, manager_id=None, now=LATER)
        with pytest.raises(NotFound):
            customers.overview(other, customer_id=made, now=LATER)

    def test_is_somebody_who_works_on_customers(self) -> None:
        rep, boss = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        made = make_customer(rep)
        auditor = make_user(RoleCode.AUDITOR)
        with pytest.raises(NotPermitted):
            manager.assign_manager(rep, customer_id=made, manager_id=rep.user_id, now=LATER)
        for wrong in (auditor.user_id, 999_999):
            with pytest.raises(InvalidInput):
                manager.assign_manager(boss, customer_id=made, manager_id=wrong, now=LATER)
        assert str(rep.user_id) in dict(manager.candidates(boss))
        assert str(auditor.user_id) not in dict(manager.candidates(boss))
