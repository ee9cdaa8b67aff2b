"""Follow-up sequences: who enters and leaves, each step once, versions, what a rep does, and the trial."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, Lead, Notification, SopRun, Task
from loanhub.services import audit, interactions, leads, sops, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services._versions import StaleDraft
from loanhub.services.sops import ready
from tests.builders import NOON, make_company, make_phone, make_user
from tests.services.test_tasks import killed

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CALL = {
    "title": "首次联系",
    "kind": "task",
    "wait": "0",
    "unit": "day",
    "clock": "natural",
    "due_hours": "2",
    "task_kind": "follow_up",
}
AGAIN = CALL | {"title": "三天后再联系", "wait": "3", "script": "上次说的资料准备得怎样了"}
WARN = CALL | {"title": "提醒看一眼", "kind": "reminder", "wait": "1", "unit": "hour"}


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


@pytest.fixture
def admin() -> Actor:
    return make_user(RoleCode.ADMIN)


@pytest.fixture
def rep() -> Actor:
    return make_user(RoleCode.SALES)


def at(text: str) -> datetime:
    """Return an instant of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def make_sop(admin: Actor, steps: Sequence[dict[str, str]] = (CALL, AGAIN), *, name: str = "首周", entity: str = "lead",
             publish: bool = True, **entry: object) -> int:  # fmt: skip
    one = sops.create(admin, name=name, entity=entity, now=NOON - HOUR)
    expected = sops.open_sop(admin, sop_id=one, now=NOON).draft_version
    values: dict[str, object] = {
        "trigger": "created", "criteria": {}, "leave": {}, "on_reply": False, "on_stage": False, "rest_days": 0, "per_day": 0,
    }  # fmt: skip
    expected = sops.save_entry(admin, sop_id=one, expected=expected, now=NOON - HOUR, **{**values, **entry})  # type: ignore[arg-type]
    for texts in steps:
        expected = sops.save_step(admin, sop_id=one, expected=expected, texts=texts, now=NOON - HOUR)
    if publish:
        sops.publish(admin, sop_id=one, expected=expected, now=NOON - HOUR)
        tick(NOON - HOUR)
    return one


def make_lead(rep: Actor, name: str = "孙立", now: datetime = NOON, **raw: object) -> int:
    values = {"name": name, "phone": make_phone(), "amount_fen": "10万", **raw}
    return leads.create(rep, values, now=now).lead_id or 0


def tick(now: datetime) -> None:
    """Seal the events and let the clock of sequences look, as the two jobs do."""
    audit.seal(now=now)
    sops.run_due(now=now)


def todos() -> list[str]:
    with reading() as db:
        return list(db.execute(sa.select(col(Task.title)).order_by(col(Task.id))).scalars())


def runs() -> list[SopRun]:
    with reading() as db:
        return list(db.execute(sa.select(SopRun).order_by(col(SopRun.id))).scalars())


def open_task() -> int:
    with reading() as db:
        return int(db.execute(sa.select(col(Task.id)).where(col(Task.done_at).is_(None))).scalar_one())


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


class TestVersions:
    def test_who_is_on_the_way_finishes_as_begun(self, admin: Actor, rep: Actor) -> None:
        one = make_sop(admin)
        make_lead(rep, "早来的")
        tick(NOON)
        tasks.complete(rep, task_id=open_task(), now=NOON)
        key = sops.open_sop(admin, sop_id=one, now=NOON).steps[1].key
        draft = sops.save_step(
            admin, sop_id=one, expected=0, key=key, texts=AGAIN | {"title": "新做法"}, now=NOON
        )

        assert sops.publish(admin, sop_id=one, expected=draft, note="换个说法", now=NOON + HOUR) == 2
        make_lead(rep, "晚来的", now=NOON + 2 * HOUR)
        tick(NOON + 2 * HOUR)
        tasks.complete(rep, task_id=open_task(), now=NOON + 2 * HOUR)
        tick(NOON + 5 * DAY)

        assert todos() == ["首次联系", "首次联系", "三天后再联系", "新做法"]
        shown = sops.open_sop(admin, sop_id=one, now=NOON)
        assert [(row.number, row.state, row.on_the_way) for row in shown.versions] == [
            (2, "published", 1), (1, "superseded", 1),
        ]  # fmt: skip

    def test_an_earlier_one_is_brought_back(self, admin: Actor) -> None:
        one = make_sop(admin)
        key = sops.open_sop(admin, sop_id=one, now=NOON).steps[1].key
        draft = sops.delete_step(admin, sop_id=one, expected=0, key=key, now=NOON)
        sops.publish(admin, sop_id=one, expected=draft, now=NOON)

        assert sops.roll_back(admin, sop_id=one, number=1, now=NOON) == 3
        assert len(sops.open_sop(admin, sop_id=one, now=NOON).steps) == 2
        with pytest.raises(Conflict):
            sops.roll_back(admin, sop_id=one, number=3, now=NOON)

    def test_a_draft_is_nobody_elses_to_overwrite(self, admin: Actor) -> None:
        one = make_sop(admin)
        sops.save_step(admin, sop_id=one, expected=0, texts=AGAIN, now=NOON)

        with pytest.raises(StaleDraft):
            sops.save_step(admin, sop_id=one, expected=0, texts=AGAIN, now=NOON)

    def test_what_cannot_work_is_not_published(self, admin: Actor) -> None:
        one = sops.create(admin, name="空的", entity="customer", now=NOON)
        expected = sops.open_sop(admin, sop_id=one, now=NOON).draft_version

        with pytest.raises(InvalidInput, match="还没有步骤"):
            sops.publish(admin, sop_id=one, expected=expected, now=NOON)
        with pytest.raises(InvalidInput):
            sops.save_entry(
                admin, sop_id=one, expected=expected, trigger="created", criteria={}, leave={}, on_reply=False,
                on_stage=False, rest_days=-1, per_day=0, now=NOON,
            )  # fmt: skip
        sops.discard(admin, sop_id=one, expected=expected, now=NOON)
        assert sops.list_sops(admin) == []

    def test_switched_off_lets_nobody_in_and_the_rest_go_on(self, admin: Actor, rep: Actor) -> None:
        one = make_sop(admin)
        make_lead(rep)
        tick(NOON)
        sops.switch(admin, sop_id=one, active=False, now=NOON)
        make_lead(rep, "后来的", now=NOON + HOUR)
        tasks.complete(rep, task_id=open_task(), now=NOON)

        tick(NOON + 3 * DAY)

        assert len(runs()) == 1 and todos() == ["首次联系", "三天后再联系"]

    def test_are_the_administrators(self, rep: Actor) -> None:
        with pytest.raises(NotPermitted):
            sops.list_sops(rep)
        with pytest.raises(NotPermitted):
            sops.create(rep, name="首周", entity="lead", now=NOON)


class TestRep:
    def test_skips_pauses_goes_on_and_stops(self, admin: Actor, rep: Actor) -> None:
        make_sop(admin, [CALL, AGAIN, AGAIN | {"title": "最后一次"}])
        lead_id = make_lead(rep)
        tick(NOON)
        run = runs()[0].id or 0

        sops.skip(rep, run_id=run, reason="已经聊过", now=NOON)
        view = sops.runs_of(rep, lead_id=lead_id, now=NOON)[0]
        assert (view.where, view.then) == ("第 1 步/共 3 步：首次联系", "11-23：三天后再联系")
        sops.pause(rep, run_id=run, reason="客户出差", now=NOON + DAY)
        tick(NOON + 10 * DAY)
        assert todos() == ["首次联系"]
        sops.resume(rep, run_id=run, now=NOON + 10 * DAY)
        assert runs()[0].next_at == NOON + 12 * DAY
        tick(NOON + 12 * DAY)
        sops.stop(rep, run_id=run, reason="客户不需要", now=NOON + 12 * DAY)

        assert (runs()[0].state, todos()) == ("stopped", ["首次联系", "三天后再联系"])
        assert tasks.list_open(rep, now=NOON + 13 * DAY) == []
        with pytest.raises(Conflict, match="结束"):
            sops.skip(rep, run_id=run, reason="再来", now=NOON + 13 * DAY)

    def test_must_say_why_and_see_the_record(self, admin: Actor, rep: Actor) -> None:
        make_sop(admin)
        make_lead(rep)
        tick(NOON)
        run = runs()[0].id or 0

        with pytest.raises(InvalidInput):
            sops.stop(rep, run_id=run, reason=" ", now=NOON)
        for act in (sops.skip, sops.pause, sops.stop):
            with pytest.raises(NotFound):
                act(make_user(RoleCode.SALES), run_id=run, reason="好奇", now=NOON)


class TestTrial:
    def test_says_who_would_have_entered(self, admin: Actor, rep: Actor) -> None:
        for number in range(4):
            make_lead(
                rep, "客户" + "甲乙丙丁"[number], now=NOON - 5 * DAY, amount_fen="60万" if number else "10万"
            )
        one = make_sop(
            admin, [CALL, AGAIN, WARN], publish=False, criteria={"field": "amount_fen", "op": "gte", "value": 50_000_000}
        )  # fmt: skip

        found = sops.simulate(admin, sop_id=one, days=30, now=NOON)

        assert (found.records, found.tasks, found.reminders, found.which) == (3, 6, 3, "草稿")
        assert found.people == ((rep.name, 3, 6),) and len(found.samples) == 3
        assert runs() == []


class TestReady:
    def test_are_installed_once_and_fit_the_catalogue(self, admin: Actor) -> None:
        for _ in range(2):
            with transaction() as db:
                sops.install(db, now=NOON)

        assert [row.name for row in sops.list_sops(admin)] == [one.name for one in ready.READY]
        for row in sops.list_sops(admin):
            shown = sops.open_sop(admin, sop_id=row.id, now=NOON)
            assert shown.faults == () and shown.enters and shown.leaves
            sops.simulate(admin, sop_id=row.id, now=NOON)

    def test_are_added_later_as_drafts(self, admin: Actor) -> None:
        assert [one.code for one in sops.missing(admin)] == [
            "first_week",
            "not_applied",
            "after_loan",
            "wake_up",
        ]
        one = sops.add(admin, code="wake_up", now=NOON)

        assert sops.open_sop(admin, sop_id=one, now=NOON).in_force == 0
        assert len(sops.missing(admin)) == 3

    def test_wake_up_runs_on_customers(self, admin: Actor, rep: Actor) -> None:
        with transaction() as db:
            sops.install(db, now=NOON - DAY)
            customer = Customer(number="C1", kind="person", name="老客户", owner_id=rep.user_id, department_id=rep.department_id,
                                lifecycle="dormant", created_at=NOON, updated_at=NOON)  # fmt: skip
            db.add(customer)
            db.flush()
            customer_id = customer.id or 0

        tick(at("2026-11-23T09:00"))

        assert (
            sops.runs_of(rep, customer_id=customer_id, now=NOON)[0].where == "第 1 步/共 3 步：问候，了解近况"
        )
