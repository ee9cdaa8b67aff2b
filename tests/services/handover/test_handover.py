"""A leaver's work: nothing is lost, nothing is reset, everybody is told once, and it can be taken back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import SQLModel, col

from loanhub.domain.assignment import Document as Rules
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import (
    AssignmentVersion,
    Customer,
    Event,
    Handover,
    Lead,
    Notification,
    SavedView,
    SkillGroup,
    Task,
    User,
)
from loanhub.services import boards, handover, leads, saved_views, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.handover.kinds import HISTORY, KINDS, SEATS
from tests.builders import NOON, make_company, make_phone, make_user


@pytest.fixture
def admin(database: Engine) -> Actor:
    make_company()
    return make_user(RoleCode.ADMIN, name="管理员甲")


@pytest.fixture
def leaver(admin: Actor) -> Actor:
    """Somebody with two customers, one of them with a lead and a to-do, three leads of their own, and a view."""
    rep = make_user(RoleCode.SALES, name="张三")
    for place in range(5):
        raw = {
            "name": f"客户{'甲乙丙丁戊'[place]}",
            "phone": make_phone(),
            "amount_fen": f"{place + 1}0万",
            "city": "苏州",
        }
        lead_id = leads.create(rep, raw, now=NOON).lead_id or 0
        if place < 2:
            customer = leads.convert(rep, lead_id=lead_id, now=NOON)
            tasks.create(
                rep, title=f"回访{place}", customer_id=customer, due_at=NOON + timedelta(days=1), now=NOON
            )
    saved_views.save_view(rep, "leads", "lead", name="本周重点", raw_criteria={}, settings={}, now=NOON)
    return rep


def owned(user_id: int) -> dict[str, int]:
    """Count what somebody has, by kind."""
    with reading() as db:
        return {
            kind.code: int(
                db.execute(
                    sa.select(sa.func.count())
                    .select_from(kind.model)
                    .where(getattr(kind.model, kind.column) == user_id, *kind.open())
                ).scalar_one()
            )
            for kind in KINDS
        }


def run(admin: Actor, leaver: Actor, *people: Actor, ways: dict[str, str] | None = None, **more: Any) -> int:
    chosen = [one.user_id for one in people]
    found = handover.preview(admin, user_id=leaver.user_id, chosen=chosen, ways=ways or {})
    return handover.hand_over(
        admin,
        user_id=leaver.user_id,
        chosen=chosen,
        ways=ways or {},
        **{"seen": found.seen, "now": NOON, **more},
    )


def rows(model: Any, *where: Any) -> list[Any]:
    with reading() as db:
        return list(db.execute(sa.select(model).where(*where).order_by(model.id)).scalars())


def test_every_column_that_names_a_person_is_handed_over_or_history() -> None:
    known = {kind.place for kind in KINDS} | SEATS | HISTORY
    pattern = re.compile(r"(owner|assignee|user|manager|claimant|collector|holder|responsible)_id$")
    forgotten = []
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            named = any(key.target_fullname.startswith("app_user.") for key in column.foreign_keys)
            did = column.name == "by_id" or column.name.endswith("_by_id")
            if (
                (named or pattern.search(column.name))
                and not did
                and f"{table.name}.{column.name}" not in known
            ):
                forgotten.append(f"{table.name}.{column.name}")

    assert not forgotten, f"add a line to services/handover/kinds.py for {forgotten}"


class TestPreview:
    def test_counts_divides_and_writes_nothing(self, admin: Actor, leaver: Actor) -> None:
        one, two = make_user(RoleCode.SALES, name="李四"), make_user(RoleCode.SALES, name="王五")
        before = owned(leaver.user_id)
        found = handover.preview(
            admin, user_id=leaver.user_id, chosen=[one.user_id, two.user_id], ways={"lead": "amount"}
        )

        lines = {line.code: line for line in found.lines}
        assert {code: line.count for code, line in lines.items()} == {k: v for k, v in before.items() if v}
        assert [(share.name, share.count) for share in lines["customer"].shares] == [("李四", 1), ("王五", 1)]
        assert sum(share.count for share in lines["lead"].shares) == 5
        assert lines["lead"].amount_text.startswith("150")
        assert len(lines["lead"].samples) == 3
        assert owned(leaver.user_id) == before

    def test_says_who_could_not_see_what_they_would_get(self, admin: Actor, leaver: Actor) -> None:
        clerk = make_user(RoleCode.FINANCE, name="钱会计")
        found = handover.preview(admin, user_id=leaver.user_id, chosen=[clerk.user_id], ways={})

        lead = next(line for line in found.lines if line.code == "lead")
        assert "钱会计没有" in lead.fault
        with pytest.raises(InvalidInput) as refusal:
            run(admin, leaver, clerk)
        assert "lead" in refusal.value.fields and owned(leaver.user_id)["lead"] == 5

    def test_is_for_those_who_may_deal_with_the_person(self, admin: Actor, leaver: Actor) -> None:
        with pytest.raises(NotPermitted):
            handover.preview(make_user(RoleCode.TEAM_LEAD), user_id=leaver.user_id, chosen=[], ways={})
        with pytest.raises(NotPermitted):
            handover.preview(admin, user_id=make_user(RoleCode.AUDITOR).user_id, chosen=[], ways={})
        with pytest.raises(NotFound):
            handover.preview(admin, user_id=987_654, chosen=[], ways={})

    def test_warns_when_nobody_would_be_left_to_decide(self, admin: Actor) -> None:
        only = make_user(RoleCode.CREDIT, name="唯一风控")

        found = handover.preview(admin, user_id=only.user_id, chosen=[], ways={})
        assert any("审批" in one for one in found.warnings)


class TestHandOver:
    def test_loses_nothing_and_resets_nothing(self, admin: Actor, leaver: Actor) -> None:
        one, two = make_user(RoleCode.SALES, name="李四"), make_user(RoleCode.SALES, name="王五")
        before = owned(leaver.user_id)
        kept = {
            row.id: (
                row.stage_code,
                row.status,
                row.next_step,
                row.amount_fen,
                row.locked_until,
                row.first_contact_at,
            )
            for row in rows(Lead, col(Lead.owner_id) == leaver.user_id)
        }

        total = run(admin, leaver, one, two)

        mine, theirs = owned(one.user_id), owned(two.user_id)
        assert {k: mine[k] + theirs[k] for k in before} == before and total == sum(before.values())
        assert not any(owned(leaver.user_id).values())
        after = rows(Lead, col(Lead.id).in_(kept))
        assert {
            row.id: (
                row.stage_code,
                row.status,
                row.next_step,
                row.amount_fen,
                row.locked_until,
                row.first_contact_at,
            )
            for row in after
        } == kept
        assert {row.previous_owner_id for row in after} == {leaver.user_id}

    def test_what_belongs_to_a_customer_goes_with_it(self, admin: Actor, leaver: Actor) -> None:
        run(admin, leaver, make_user(RoleCode.SALES), make_user(RoleCode.SALES))

        owners = {row.id: row.owner_id for row in rows(Customer)}
        for model in (Lead, Task):
            linked = rows(model, col(model.customer_id).is_not(None))
            assert linked and all(row.owner_id == owners[row.customer_id] for row in linked)

    def test_tells_each_receiver_once_with_a_list_and_the_history_of_each_record(
        self, admin: Actor, leaver: Actor
    ) -> None:
        one, two = make_user(RoleCode.SALES, name="李四"), make_user(RoleCode.SALES, name="王五")
        run(admin, leaver, one, two, ways={"task": f"one:{two.user_id}"}, reason="离职")

        for person, tasks_ in ((one, None), (two, "待办 2 条")):
            told = rows(
                Notification,
                col(Notification.user_id) == person.user_id,
                col(Notification.kind) == "handover",
            )
            assert [row.title for row in told] == ["张三的工作交接给你"]
            assert "客户 1 位" in told[0].text and (tasks_ is None or tasks_ in told[0].text)
        moved = rows(Event, col(Event.type) == "record.handed_over", col(Event.entity) == "customer")
        assert [(e.before["负责人"], e.after["负责人"], e.reason) for e in moved] == [
            ("张三", "李四", "离职"), ("张三", "王五", "离职"),
        ]  # fmt: skip
        whole = rows(Event, col(Event.type) == "user.handed_over")
        assert len(whole) == 1 and "客户 2 位、线索 5 条" in whole[0].summary

    def test_is_refused_when_the_work_changed_since_the_preview(self, admin: Actor, leaver: Actor) -> None:
        rep = make_user(RoleCode.SALES)
        found = handover.preview(admin, user_id=leaver.user_id, chosen=[rep.user_id], ways={})
        leads.create(leaver, {"name": "新来的", "phone": make_phone()}, now=NOON)

        with pytest.raises(handover.WorkMoved):
            run(admin, leaver, rep, seen=found.seen)
        assert not any(owned(rep.user_id).values())

    def test_nothing_half_done_stays(
        self, admin: Actor, leaver: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rep, before = make_user(RoleCode.SALES), owned(leaver.user_id)

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("loanhub.services.handover.run._tell", fail)
        with pytest.raises(RuntimeError):
            run(admin, leaver, rep)

        assert owned(leaver.user_id) == before and not any(owned(rep.user_id).values()) and not rows(Handover)

    def test_pressed_twice_it_happens_once(self, admin: Actor, leaver: Actor) -> None:
        rep = make_user(RoleCode.SALES)
        found = handover.preview(admin, user_id=leaver.user_id, chosen=[rep.user_id], ways={})
        asked = {
            "user_id": leaver.user_id,
            "chosen": [rep.user_id],
            "ways": {},
            "seen": found.seen,
            "key": "k1",
        }

        totals = [handover.hand_over(admin, now=NOON, **asked) for _ in range(2)]  # type: ignore[arg-type]

        assert totals[0] == totals[1] and len(rows(Handover)) == 1

    def test_what_is_kept_stays_and_the_account_may_be_closed_at_once(
        self, admin: Actor, leaver: Actor
    ) -> None:
        rep = make_user(RoleCode.SALES)
        run(admin, leaver, rep, ways={"view": "keep"}, disable=True)

        assert (
            owned(leaver.user_id)["view"] == 1
            and len(rows(SavedView, col(SavedView.user_id) == rep.user_id)) == 0
        )
        assert not rows(User, col(User.id) == leaver.user_id)[0].active

    @pytest.mark.parametrize("ways", [{"lead": "one:987"}, {"lead": "magic"}, {"task": "amount"}])
    def test_a_way_that_is_none_is_named(self, admin: Actor, leaver: Actor, ways: dict[str, str]) -> None:
        with pytest.raises(InvalidInput) as refusal:
            run(admin, leaver, make_user(RoleCode.SALES), ways=ways)
        assert set(refusal.value.fields) == set(ways)

    def test_needs_somebody_at_work(self, admin: Actor, leaver: Actor) -> None:
        with pytest.raises(InvalidInput) as refusal:
            run(admin, leaver)
        assert "receivers" in refusal.value.fields
        with pytest.raises(NotFound):
            run(admin, leaver, leaver)


class TestSeats:
    def test_receivers_take_the_leavers_place_in_rules_groups_and_channels(
        self, admin: Actor, leaver: Actor
    ) -> None:
        one, two = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        rule = {
            "key": "r1", "name": "大额", "criteria": {}, "strategy": "round_robin", "hours": "any",
            "fallback": "next_rule", "active": True,
            "candidates": [{"kind": "user", "id": leaver.user_id, "weight": 3}, {"kind": "user", "id": one.user_id, "weight": 1}],
        }  # fmt: skip
        with transaction() as db:
            db.add(AssignmentVersion(
                number=1, state="published", document={"rules": [rule]}, created_at=NOON, updated_at=NOON
            ))  # fmt: skip
            db.add(SkillGroup(name="车贷", member_ids=[leaver.user_id]))
        found = handover.preview(admin, user_id=leaver.user_id, chosen=[one.user_id, two.user_id], ways={})
        assert found.seats == ("分配规则「大额」", "技能组「车贷」")

        run(admin, leaver, one, two)

        now = next(row for row in rows(AssignmentVersion) if row.state == "published")
        people = [(c.id, c.weight) for c in Rules.of_json(now.document).rules[0].candidates]
        assert (now.number, people) == (2, [(one.user_id, 1), (two.user_id, 3)])
        assert rows(SkillGroup)[0].member_ids == [one.user_id, two.user_id]
        assert handover.preview(admin, user_id=leaver.user_id, chosen=[], ways={}).seats == ()


class TestUndo:
    def test_brings_back_what_is_still_where_it_went(self, admin: Actor, leaver: Actor) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        before = owned(leaver.user_id)
        run(admin, leaver, rep)
        passed_on = rows(Lead, col(Lead.owner_id) == rep.user_id)[-1].id
        leads.assign(other, lead_ids=[passed_on], owner_id=other.user_id, now=NOON)

        number = rows(Handover)[0].id
        total = handover.undo(admin, handover_id=number, now=NOON + timedelta(hours=3))

        assert total == sum(before.values()) - 1
        assert owned(leaver.user_id) == {**before, "lead": before["lead"] - 1}
        with pytest.raises(Conflict, match="已经撤销"):
            handover.undo(admin, handover_id=number, now=NOON)

    def test_is_for_a_day_and_for_somebody_at_work(self, admin: Actor, leaver: Actor) -> None:
        run(admin, leaver, make_user(RoleCode.SALES), disable=True)
        number = rows(Handover)[0].id

        with pytest.raises(Conflict, match="已停用"):
            handover.undo(admin, handover_id=number, now=NOON)
        with pytest.raises(Conflict, match="24 小时"):
            handover.undo(admin, handover_id=number, now=NOON + timedelta(hours=25))
        assert [one.can_undo for one in handover.list_handovers(admin, now=NOON)] == [True]


class TestOpenWork:
    def test_names_what_waits_and_nothing_for_somebody_idle(self, admin: Actor, leaver: Actor) -> None:
        told = handover.open_work(admin, user_id=leaver.user_id)

        assert [text for text, _ in told] == ["2 位客户", "5 条线索", "2 条待办"]
        assert handover.open_work(admin, user_id=make_user(RoleCode.SALES).user_id) == ()


def test_a_board_shows_the_receiver_the_same_stages(admin: Actor, leaver: Actor) -> None:
    before = {k: len(v) for k, v in boards.look(leaver, boards.Question(), now=NOON).order.items()}
    rep = make_user(RoleCode.SALES)
    run(admin, leaver, rep)

    assert {k: len(v) for k, v in boards.look(rep, boards.Question(), now=NOON).order.items()} == before
