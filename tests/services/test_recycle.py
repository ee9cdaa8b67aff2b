"""The recycle bin: in, out, cleared; what hangs on a record may forbid it; nobody sees another's."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import (
    Customer,
    Event,
    Lead,
    LegalHold,
    RecycleItem,
    SavedView,
    SearchToken,
    Segment,
    Task,
)
from loanhub.services import customers, leads, lists, recycle, rulings, saved_views, segments, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_company, make_phone, make_product, make_user
from tests.services.customers.making import make_application, make_loan


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


LATER = NOON + timedelta(days=31)
WHY = "重复录入"


def lead_of(actor: Actor) -> int:
    made = leads.create(actor, {"name": "孙立", "phone": make_phone(), "note": "说过家里的事"}, now=NOON)
    assert made.lead_id
    return made.lead_id


def bin_of(actor: Actor) -> list[recycle.ItemView]:
    return list(recycle.list_items(actor, now=NOON).rows)


def row(model: type, row_id: int) -> object:
    with reading() as db:
        return db.get(model, row_id)


class TestDelete:
    def test_a_lead_is_gone_from_the_lists_and_comes_back_with_its_to_dos(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        lead_id = lead_of(boss)
        task_id = tasks.create(boss, title="回电", due_at=None, lead_id=lead_id, now=NOON)

        item_id = recycle.delete(boss, entity="lead", record_id=lead_id, reason=WHY, now=NOON)

        assert lists.count(boss, "lead", now=NOON) == 0
        assert not tasks.list_open(boss, mine=True, now=NOON)
        (shown,) = bin_of(boss)
        assert (shown.reason, shown.left, shown.who) == (WHY, "30 天后清除", boss.name)
        assert "孙立" in recycle.restore(boss, item_id=item_id, now=NOON)
        assert lists.count(boss, "lead", now=NOON) == 1
        assert [one.id for one in tasks.list_open(boss, mine=True, now=NOON)] == [task_id]
        assert not bin_of(boss)

    def test_a_customer_without_papers_can_go(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        customer_id = customers.create(boss, {"name": "孙立", "phone": make_phone()}, now=NOON)

        recycle.delete(boss, entity="customer", record_id=customer_id, reason=WHY, now=NOON)

        with pytest.raises(NotFound):
            customers.overview(boss, customer_id=customer_id, now=NOON)

    def test_what_has_money_or_papers_stays_and_says_why(self) -> None:
        boss, product = make_user(RoleCode.TEAM_LEAD), make_product()
        owing, asking, held = (
            customers.create(boss, {"name": name, "phone": make_phone()}, now=NOON)
            for name in ("孙立", "周游", "吴越")
        )
        make_loan(owing, product)
        make_application(asking, product)
        with transaction() as db:
            db.add(LegalHold(customer_id=held, reason="诉讼", set_at=NOON))

        for customer_id, word in ((owing, "1 笔贷款"), (asking, "已提交的申请"), (held, "法律保留")):
            with pytest.raises(recycle.Refused, match=word):
                recycle.delete(boss, entity="customer", record_id=customer_id, reason=WHY, now=NOON)

    def test_a_lead_that_is_contested_or_a_customer_already_stays(self) -> None:
        boss, rival, phone = (
            make_user(RoleCode.TEAM_LEAD),
            make_user(RoleCode.SALES, team="华东二组"),
            make_phone(),
        )
        contested = leads.create(boss, {"name": "孙立", "phone": phone}, now=NOON).lead_id or 0
        rulings.open_ruling(rival, number=phone, claim="上周三面谈过", now=NOON)
        converted = lead_of(boss)
        leads.convert(boss, lead_id=converted, now=NOON)

        for lead_id, word in ((contested, "裁定"), (converted, "已转为客户")):
            with pytest.raises(recycle.Refused, match=word):
                recycle.delete(boss, entity="lead", record_id=lead_id, reason=WHY, now=NOON)

    def test_needs_the_permission_the_scope_and_a_reason(self) -> None:
        boss, rep, other = (
            make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, team="华东二组"),
        )  # fmt: skip
        lead_id = lead_of(rep)

        with pytest.raises(NotPermitted):
            recycle.delete(rep, entity="lead", record_id=lead_id, reason=WHY, now=NOON)
        with pytest.raises(NotFound):
            recycle.delete(other, entity="lead", record_id=lead_id, reason=WHY, now=NOON)
        with pytest.raises(InvalidInput):
            recycle.delete(boss, entity="lead", record_id=lead_id, reason=" ", now=NOON)
        with pytest.raises(NotFound):
            recycle.delete(boss, entity="event", record_id=1, reason=WHY, now=NOON)

    def test_a_to_do_can_go_and_come_back(self) -> None:
        rep = make_user(RoleCode.SALES)
        task_id = tasks.create(rep, title="回电", due_at=NOON, now=NOON)

        item_id = recycle.delete(rep, entity="task", record_id=task_id, reason=WHY, now=NOON)
        assert not tasks.list_open(rep, mine=True, now=NOON)
        recycle.restore(rep, item_id=item_id, now=NOON)

        assert len(tasks.list_open(rep, mine=True, now=NOON)) == 1

    def test_an_open_step_of_a_sequence_stays_since_the_sequence_waits_for_it(self) -> None:
        rep = make_user(RoleCode.SALES)
        task_id = tasks.create(rep, title="回电", due_at=NOON, now=NOON)
        with transaction() as db:
            db.execute(sa.update(Task).where(col(Task.id) == task_id).values(sop_run_id=1))

        with pytest.raises(recycle.Refused, match="跟进节奏"):
            recycle.delete(rep, entity="task", record_id=task_id, reason=WHY, now=NOON)

        with transaction() as db:
            db.execute(sa.update(Task).where(col(Task.id) == task_id).values(done_at=NOON))
        recycle.delete(rep, entity="task", record_id=task_id, reason=WHY, now=NOON)
        assert len(bin_of(rep)) == 1

    def test_a_view_and_a_segment_land_here_too(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        view_id = saved_views.save_view(
            boss, "leads", "lead", name="上海的", raw_criteria={}, settings={}, now=NOON
        )
        condition = {"all": [{"field": "city", "op": "eq", "value": "上海"}]}
        segment_id = segments.create(
            boss, name="上海客户", note="", raw_criteria=condition, shared="own", now=NOON
        )
        segment_id = getattr(segment_id, "id", segment_id)
        saved_views.delete_view(boss, view_id, now=NOON)
        segments.delete(boss, segment_id=segment_id, now=NOON)

        found = {one.entity: one for one in bin_of(boss)}
        assert {code: one.title for code, one in found.items()} == {"view": "上海的", "segment": "上海客户"}
        for one in found.values():
            recycle.restore(boss, item_id=one.id, now=NOON)
        assert "上海的" in [one.name for one in saved_views.views(boss, "leads", "lead", now=NOON)]
        assert "上海客户" in [one.name for one in segments.list_segments(boss, now=NOON)]

    def test_the_toast_s_undo_takes_a_segment_out_of_the_bin(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        condition = {"all": [{"field": "city", "op": "eq", "value": "上海"}]}
        segment_id = segments.create(
            boss, name="上海客户", note="", raw_criteria=condition, shared="own", now=NOON
        )
        segment_id = getattr(segment_id, "id", segment_id)
        segments.delete(boss, segment_id=segment_id, now=NOON)
        segments.restore(boss, segment_id=segment_id, now=NOON)

        assert not bin_of(boss)


class TestRestore:
    def test_shows_and_gives_only_what_is_one_s_own_or_in_scope(self) -> None:
        boss, other = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.TEAM_LEAD, team="华东二组")
        item_id = recycle.delete(boss, entity="lead", record_id=lead_of(boss), reason=WHY, now=NOON)

        assert not bin_of(other)
        with pytest.raises(NotFound):
            recycle.restore(other, item_id=item_id, now=NOON)
        assert len(bin_of(make_user(RoleCode.MANAGER))) == 1

    def test_a_private_view_is_nobody_else_s(self) -> None:
        rep = make_user(RoleCode.SALES)
        view_id = saved_views.save_view(
            rep, "leads", "lead", name="我的", raw_criteria={}, settings={}, now=NOON
        )
        saved_views.delete_view(rep, view_id, now=NOON)

        assert len(bin_of(rep)) == 1 and not bin_of(make_user(RoleCode.MANAGER))

    def test_happens_once(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        item_id = recycle.delete(boss, entity="lead", record_id=lead_of(boss), reason=WHY, now=NOON)
        recycle.restore(boss, item_id=item_id, now=NOON)

        with pytest.raises(Conflict):
            recycle.restore(boss, item_id=item_id, now=NOON)


class TestPurge:
    def test_takes_every_personal_value_away_and_keeps_the_shell(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        lead_id = lead_of(boss)
        item_id = recycle.delete(boss, entity="lead", record_id=lead_id, reason=WHY, now=NOON)

        assert recycle.purge_due(now=NOON + timedelta(days=29)) == 0
        assert (recycle.purge_due(now=LATER), recycle.purge_due(now=LATER)) == (1, 0)

        lead = row(Lead, lead_id)
        assert isinstance(lead, Lead)
        assert (lead.phone, lead.phone_index, lead.note, "孙立" in lead.name) == (None, None, "", False)
        with reading() as db:
            assert not db.execute(sa.select(SearchToken).where(col(SearchToken.entity) == "lead")).all()
            item = db.get(RecycleItem, item_id)
            assert item is not None and "孙立" not in item.title
            assert (
                db.execute(sa.select(sa.func.count()).where(col(Event.type) == "record.purged")).scalar_one()
                == 1
            )
        with pytest.raises(Conflict, match="到期清除"):
            recycle.restore(boss, item_id=item_id, now=LATER)

    def test_views_and_segments_go_entirely(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        view_id = saved_views.save_view(
            boss, "leads", "lead", name="上海的", raw_criteria={}, settings={}, now=NOON
        )
        condition = {"all": [{"field": "city", "op": "eq", "value": "上海"}]}
        made = segments.create(boss, name="上海客户", note="", raw_criteria=condition, shared="own", now=NOON)
        segment_id = getattr(made, "id", made)
        segments.count_day(now=NOON)
        saved_views.delete_view(boss, view_id, now=NOON)
        segments.delete(boss, segment_id=segment_id, now=NOON)

        assert recycle.purge_due(now=LATER) == 2
        assert row(SavedView, view_id) is None and row(Segment, segment_id) is None

    def test_what_a_hold_keeps_stays_and_says_why(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        customer_id = customers.create(boss, {"name": "孙立", "phone": make_phone()}, now=NOON)
        recycle.delete(boss, entity="customer", record_id=customer_id, reason=WHY, now=NOON)
        with transaction() as db:
            db.add(LegalHold(customer_id=customer_id, reason="诉讼", set_at=NOON))

        assert recycle.purge_due(now=LATER) == 0

        (shown,) = bin_of(boss)
        assert "法律保留" in shown.held
        customer = row(Customer, customer_id)
        assert isinstance(customer, Customer) and customer.phone is not None


def test_a_deleted_to_do_is_not_escalated() -> None:
    rep = make_user(RoleCode.SALES)
    task_id = tasks.create(rep, title="回电", due_at=NOON, now=NOON)
    recycle.delete(rep, entity="task", record_id=task_id, reason=WHY, now=NOON)
    with transaction() as db:
        db.execute(sa.update(Task).where(col(Task.id) == task_id).values(escalate_at=NOON))
    from loanhub.services.tasks import clock

    assert clock._pick is not None
    with transaction() as db:
        assert clock._pick(db, col(Task.escalate_at), now=LATER) == []
