"""Follow-up sequences: who enters and leaves, and each step once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead, Notification
from loanhub.services import interactions, leads, sops, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_user
from tests.services.sops.sequences import (
    AGAIN,
    CALL,
    DAY,
    HOUR,
    WARN,
    at,
    make_lead,
    make_sop,
    open_task,
    runs,
    tick,
    todos,
)
from tests.services.test_tasks import killed


class TestEnter:
    def test_by_an_event_once_and_the_first_step_begins(self, admin: Actor, rep: Actor) -> None:
        make_sop(admin)
        lead_id = make_lead(rep)

        for _ in range(3):
            tick(NOON + timedelta(minutes=1))

        assert todos() == ["首次联系"] and len(runs()) == 1
        view = tasks.list_open(rep, lead_id=lead_id, now=NOON)[0]
        assert (view.sop, view.due_title) == ("首周 · 第 1 步/共 2 步", "2026-11-20 14:01")

    def test_not_by_what_happened_before_it_was_published(self, admin: Actor, rep: Actor) -> None:
        make_lead(rep, now=NOON - 2 * HOUR)
        make_sop(admin)

        tick(NOON)

        assert runs() == []

    def test_only_those_that_meet_the_condition_and_have_an_owner(self, admin: Actor, rep: Actor) -> None:
        make_sop(admin, criteria={"field": "amount_fen", "op": "gte", "value": 50_000_000})
        make_lead(rep, "小额")
        big = make_lead(rep, "大额", amount_fen="60万")
        away = make_lead(rep, "公海", amount_fen="80万")
        leads.release(rep, lead_ids=[away], reason="半年内不需要", now=NOON)

        tick(NOON)

        assert [run.lead_id for run in runs()] == [big]

    def test_again_only_after_a_rest(self, admin: Actor, rep: Actor) -> None:
        one = make_sop(admin, [CALL], trigger="talked", rest_days=30)
        lead_id = make_lead(rep)

        def talk(now: datetime) -> None:
            interactions.record(rep, kind="note", text="聊了几句", lead_id=lead_id, now=now)
            tick(now)

        talk(NOON)
        sops.stop(rep, run_id=runs()[0].id or 0, reason="不合适", now=NOON + HOUR)
        talk(NOON + 29 * DAY)
        talk(NOON + 31 * DAY)

        assert [run.entered_at for run in runs()] == [NOON, NOON + 31 * DAY] and one

    def test_daily_from_nine_on_so_many_a_person(self, admin: Actor, rep: Actor) -> None:
        make_sop(admin, [CALL], trigger="daily", per_day=2,
                 criteria={"field": "status", "op": "in", "value": ["new", "waiting"]})  # fmt: skip
        for number in range(3):
            make_lead(rep, "客户" + "甲乙丙丁"[number])

        tick(at("2026-11-23T08:59"))
        assert runs() == []
        for _ in range(2):
            tick(at("2026-11-23T09:00"))
        assert len(runs()) == 2
        tick(at("2026-11-24T09:30"))
        assert [run.signal for run in runs()][2:] == ["day:2026-11-24"]

    def test_by_hand_whatever_the_condition(self, admin: Actor, rep: Actor) -> None:
        one = make_sop(admin, trigger="hand")
        lead_id = make_lead(rep)

        assert sops.offered(rep, lead_id=lead_id) == [(one, "首周")]
        sops.put_in(rep, sop_id=one, lead_id=lead_id, now=NOON)

        assert todos() == ["首次联系"] and sops.offered(rep, lead_id=lead_id) == []
        with pytest.raises(Conflict, match="已经在"):
            sops.put_in(rep, sop_id=one, lead_id=lead_id, now=NOON)
        with pytest.raises(NotFound):
            sops.put_in(make_user(RoleCode.SALES), sop_id=one, lead_id=lead_id, now=NOON)


class TestSteps:
    def test_wait_from_when_the_one_before_was_done_across_nights_and_restarts(
        self, admin: Actor, rep: Actor
    ) -> None:
        make_sop(admin, [CALL, AGAIN | {"wait": "2", "clock": "working"}, WARN])
        make_lead(rep)
        tick(NOON)
        tasks.complete(rep, task_id=open_task(), note="没接", now=at("2026-11-20T17:00"))  # a Friday

        tick(at("2026-11-24T16:59"))
        assert todos() == ["首次联系"]
        with killed():
            sops.run_due(now=at("2026-11-24T17:00"))
        for _ in range(2):
            tick(at("2026-11-24T17:00"))
        assert todos() == ["首次联系", "三天后再联系"]

        tasks.complete(rep, task_id=open_task(), now=at("2026-11-24T17:30"))
        tick(at("2026-11-24T18:31"))
        with reading() as db:
            told = list(db.execute(sa.select(col(Notification.title))).scalars())
        assert "首周：提醒看一眼" in told
        assert (runs()[0].state, runs()[0].reason) == ("finished", "全部步骤已完成")

    def test_go_on_when_the_to_do_is_cancelled_and_back_when_it_is_reopened(
        self, admin: Actor, rep: Actor
    ) -> None:
        make_sop(admin)
        make_lead(rep)
        tick(NOON)
        first = open_task()

        tasks.cancel(rep, task_id=first, reason="打过了", now=NOON)
        assert runs()[0].next_at == NOON + 3 * DAY
        tasks.reopen(rep, task_id=first, now=NOON)
        assert (runs()[0].next_at, runs()[0].task_id) == (None, first)

    def test_go_to_who_looks_after_the_lead_now(self, admin: Actor, rep: Actor) -> None:
        lead_user, other = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
        make_sop(admin)
        lead_id = make_lead(rep)
        tick(NOON)
        tasks.complete(rep, task_id=open_task(), now=NOON)
        leads.assign(lead_user, lead_ids=[lead_id], owner_id=other.user_id, now=NOON + HOUR)

        tick(NOON + 3 * DAY)

        assert [one.title for one in tasks.list_open(other, now=NOON + 4 * DAY)] == ["三天后再联系"]


class TestLeave:
    def test_by_condition_and_the_open_to_do_goes(self, admin: Actor, rep: Actor) -> None:
        make_sop(admin, leave={"field": "temperature", "op": "eq", "value": "invalid"})
        lead_id = make_lead(rep)
        tick(NOON)

        interactions.record(
            rep, kind="note", text="不需要", lead_id=lead_id, temperature="invalid", now=NOON + HOUR
        )
        tick(NOON + HOUR)

        assert (runs()[0].state, runs()[0].reason) == ("left", "符合退出条件")
        assert tasks.list_open(rep, now=NOON + DAY) == []

    @pytest.mark.parametrize(("kind", "outcome", "state"), [
        ("call", "answered", "left"), ("call", "missed", "active"), ("note", "", "active"), ("wechat", "", "left"),
    ])  # fmt: skip
    def test_by_an_answer(self, admin: Actor, rep: Actor, kind: str, outcome: str, state: str) -> None:
        make_sop(admin, on_reply=True)
        lead_id = make_lead(rep)
        tick(NOON)

        interactions.record(rep, kind=kind, text="一句话", outcome=outcome, lead_id=lead_id, now=NOON + HOUR)
        tick(NOON + HOUR)

        assert runs()[0].state == state

    def test_by_the_stage_and_when_nobody_looks_after_it(self, admin: Actor, rep: Actor) -> None:
        make_sop(admin, on_stage=True)
        moved, pooled = make_lead(rep, "阶段"), make_lead(rep, "公海")
        tick(NOON)

        with transaction() as db:
            lead = db.get(Lead, moved)
            assert lead is not None
            lead.stage_code = "intent"
        leads.release(rep, lead_ids=[pooled], reason="半年内不需要", now=NOON)
        tick(NOON + HOUR)

        assert [run.reason for run in runs()] == ["阶段已变化", "记录已关闭或没有负责人"]
