"""Follow-up sequences: versions, what a rep does, the trial, and those ready to be taken."""

from __future__ import annotations

import pytest

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer
from loanhub.services import sops, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services._versions import StaleDraft
from loanhub.services.sops import ready
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
