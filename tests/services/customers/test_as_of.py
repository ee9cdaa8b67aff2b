"""The page of an earlier day tells what was known then, also where no form was filled in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead
from loanhub.services import customers, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.customers import as_of, grade, manager
from loanhub.services.customers.as_of import Past
from tests.builders import NOON, TODAY, make_id_number, make_phone, make_user
from tests.services.customers.making import make_customer

LATER = NOON + timedelta(days=5)
AFTER = NOON + timedelta(days=9)


@pytest.fixture
def rep() -> Actor:
    return make_user(RoleCode.SALES)


def then(actor: Actor, customer_id: int, days: int = 0) -> Past:
    return as_of.as_of(actor, customer_id=customer_id, day=TODAY + timedelta(days=days), now=AFTER)


def field(past: Past, label: str) -> str:
    return next(one.text for group in past.groups for one in group.fields if one.label == label)


def test_birth_date_and_gender_filled_from_the_number_were_not_known_before(rep: Actor) -> None:
    made = make_customer(rep)
    customers.edit(
        rep, customer_id=made, raw={"id_number": make_id_number("19840518")}, expected_version=None, now=LATER
    )
    assert (field(then(rep, made), "出生日期"), field(then(rep, made, 5), "出生日期")) == ("—", "1984-05-18")
    assert field(then(rep, made), "性别") == "—"


def test_the_identity_number_a_lead_brought_was_not_known_before(rep: Actor) -> None:
    phone = make_phone()
    made = make_customer(rep, name="张建国", phone=phone)
    lead_id = leads.create(
        rep, {"name": "张建国", "phone": phone, "city": "苏州", "amount_fen": "300000", "channel_code": "官网"},
        now=LATER,
    ).lead_id  # fmt: skip
    with transaction() as db:
        row = db.get(Lead, lead_id)
        assert row is not None
    joined = leads.convert(rep, lead_id=lead_id, raw={"id_number": make_id_number("19840518")}, now=LATER)
    assert joined == made
    assert field(then(rep, made), "证件号码") == "—"
    assert field(then(rep, made, 5), "证件号码") != "—"
    assert field(then(rep, made), "出生日期") == "—"


def test_a_next_step_set_with_a_follow_up_was_not_planned_before(rep: Actor) -> None:
    made = make_customer(rep)
    customers.follow_up(
        rep, customer_id=made, kind="call", text="约了面签", next_step="陪同面签",
        next_step_at=LATER + timedelta(days=1), now=LATER,
    )  # fmt: skip
    assert then(rep, made).next_step == "—"
    assert then(rep, made, 5).next_step.startswith("陪同面签 2026-11-26")
    assert (field(then(rep, made), "最近跟进"), field(then(rep, made, 5), "最近跟进")) == (
        "—",
        "2026-11-25 12:00",
    )


def test_grade_and_manager_are_those_of_the_day(rep: Actor) -> None:
    made = make_customer(rep)
    credit, boss = make_user(RoleCode.CREDIT), make_user(RoleCode.TEAM_LEAD)
    grade.set_grade(credit, customer_id=made, grade=3, reason="多头借贷", now=LATER)
    manager.assign_manager(boss, customer_id=made, manager_id=rep.user_id, now=LATER)
    before, after = then(rep, made), then(rep, made, 5)
    assert (field(before, "风险等级"), field(after, "风险等级")) == ("未评级", "高风险（人工）")
    assert (field(before, "专属经理"), field(after, "专属经理")) == ("—", rep.name)
    score = next(section for section in after.sections if section.title == "评分")
    assert [(row.title, row.detail) for row in score.rows] == [("高风险", "人工调整")]
    assert after.score == "—"


def test_says_what_is_not_known(rep: Actor) -> None:
    made = make_customer(rep)
    assert any("行为标签" in one for one in then(rep, made).unknown)


def test_the_history_of_a_field_says_why(rep: Actor) -> None:
    made, credit = make_customer(rep), make_user(RoleCode.CREDIT)
    grade.set_grade(credit, customer_id=made, grade=3, reason="多头借贷", now=LATER)
    found = customers.history(rep, customer_id=made, label="风险等级", now=AFTER)
    assert [(one.who, one.before, one.after, one.why) for one in found] == [
        (credit.name, "未评级", "高风险（人工）", "多头借贷")
    ]
    customers.follow_up(
        rep, customer_id=made, kind="call", text="约了", next_step="回访", next_step_at=LATER + timedelta(days=1),
        now=LATER,
    )  # fmt: skip
    assert customers.history(rep, customer_id=made, label="下一步", now=AFTER)[0].why == "跟进"
