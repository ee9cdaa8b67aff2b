"""Rules through their life, leads given out by them, caps that hold against many at once, the trial on history."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import AssignmentTally, Event, Lead, Leave, Notification
from loanhub.services import assignment
from loanhub.services._actor import SYSTEM, Actor, LacksPermission
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_company, make_phone, make_user

SHANGHAI_ONLY = {"field": "city", "op": "eq", "value": "上海"}


@pytest.fixture
def admin(database) -> Actor:
    make_company()
    return make_user(RoleCode.ADMIN)


def new_leads(number: int, *, at: datetime = NOON, **values: object) -> list[int]:
    with transaction() as db:
        rows = [
            Lead(
                number=f"T{make_phone()}",
                name="线索",
                status=LeadStatus.NEW,
                created_at=at,
                updated_at=at,
                stage_entered_at=at,
                pooled_at=at,
                **values,
            )
            for _ in range(number)
        ]
        db.add_all(rows)
        db.flush()
        return [row.id or 0 for row in rows]


def place(ids: list[int], *, at: datetime = NOON, **more: object) -> list[Lead]:
    with transaction() as db:
        rows = list(db.execute(sa.select(Lead).where(col(Lead.id).in_(ids)).order_by(col(Lead.id))).scalars())
        assignment.place_new(db, rows, now=at, **more)
        return rows


def add_rule(
    admin: Actor, *candidates: tuple[str, int, int], expected: int | None = None, **values: object
) -> int:
    chosen = {
        "name": "全部", "raw_criteria": {}, "strategy": "round_robin", "hours": "any", "fallback": "next_rule", **values,
    }  # fmt: skip
    version = assignment.view(admin, now=NOON).draft_version if expected is None else expected
    return assignment.save_rule(admin, expected=version, candidates=candidates, now=NOON, **chosen)


def publish(admin: Actor) -> int:
    return assignment.publish(admin, expected=assignment.view(admin, now=NOON).draft_version, now=NOON)


class TestLife:
    def test_a_draft_changes_nothing_until_it_is_published(self, admin):
        one = make_user(RoleCode.SALES)
        add_rule(admin, ("user", one.user_id, 1))

        (before,) = place(new_leads(1))
        publish(admin)
        (after,) = place(new_leads(1))

        assert before.owner_id is None and "还没有启用分配规则" in before.pool_reason
        assert after.owner_id == one.user_id

    def test_going_back_puts_the_old_rules_in_force_under_a_new_number(self, admin):
        one, two = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        add_rule(admin, ("user", one.user_id, 1))
        publish(admin)
        rule = assignment.view(admin, now=NOON).rules[0]
        add_rule(admin, ("user", two.user_id, 1), key=rule.key)
        publish(admin)
        assert place(new_leads(1))[0].owner_id == two.user_id

        number = assignment.roll_back(admin, number=1, now=NOON)

        assert number == 3
        assert place(new_leads(1))[0].owner_id == one.user_id
        shown = assignment.view(admin, now=NOON)
        assert [(one.number, one.state, one.note) for one in shown.versions] == [
            (3, "published", "回到第 1 版"), (2, "superseded", ""), (1, "superseded", ""),
        ]  # fmt: skip
        with pytest.raises(Conflict, match="正在使用"):
            assignment.roll_back(admin, number=3, now=NOON)

    def test_two_who_edit_the_same_draft_do_not_undo_each_other(self, admin):
        one = make_user(RoleCode.SALES)
        seen = add_rule(admin, ("user", one.user_id, 1))
        add_rule(admin, ("user", one.user_id, 1), name="又一条")

        with pytest.raises(assignment.StaleDraft):
            assignment.save_settings(
                admin, expected=seen, daily_cap=3, open_cap=0, own_entry=False, recycled=False, now=NOON
            )

    def test_is_not_published_while_nobody_can_take_a_rule(self, admin):
        add_rule(admin)

        with pytest.raises(InvalidInput, match="还没有接单的人"):
            publish(admin)

    def test_order_switch_and_deletion(self, admin):
        one, two = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        add_rule(admin, ("user", one.user_id, 1), name="甲")
        add_rule(admin, ("user", two.user_id, 1), name="乙")
        first, second = assignment.view(admin, now=NOON).rules
        version = assignment.view(admin, now=NOON).draft_version

        version = assignment.move_rule(admin, expected=version, key=second.key, to=0, now=NOON)
        publish(admin)
        assert place(new_leads(1))[0].owner_id == two.user_id

        version = assignment.switch_rule(admin, expected=0, key=second.key, active=False, now=NOON)
        publish(admin)
        assert place(new_leads(1))[0].owner_id == one.user_id

        version = assignment.delete_rule(admin, expected=0, key=first.key, now=NOON)
        assert [rule.name for rule in assignment.view(admin, now=NOON).rules] == ["乙"]
        assignment.discard(admin, expected=version, now=NOON)
        assert len(assignment.view(admin, now=NOON).rules) == 2

    def test_a_condition_is_about_the_lead_itself(self, admin):
        one = make_user(RoleCode.SALES)
        outside = {"aggregate": "count", "of": "interactions", "op": "gt", "value": 1}

        with pytest.raises(InvalidInput):
            add_rule(admin, ("user", one.user_id, 1), raw_criteria=outside)

    def test_who_may_not_edit_sees_nothing(self, admin):
        sales = make_user(RoleCode.SALES)

        for ask in (
            lambda: assignment.view(sales, now=NOON),
            lambda: assignment.simulate(sales, now=NOON),
            lambda: add_rule(sales, expected=0),
            lambda: assignment.publish(sales, expected=0, now=NOON),
            lambda: assignment.roll_back(sales, number=1, now=NOON),
            lambda: assignment.list_people(sales, now=NOON),
            lambda: assignment.save_group(sales, name="组", member_ids=[], now=NOON),
        ):
            with pytest.raises(LacksPermission):
                ask()


class TestPlace:
    def test_keeps_reason_event_and_message(self, admin):
        one = make_user(RoleCode.SALES, name="林若溪")
        add_rule(admin, ("user", one.user_id, 1), name="上海", raw_criteria=SHANGHAI_ONLY)
        publish(admin)

        (lead,) = place(new_leads(1, city="上海"))

        assert lead.assigned_reason.startswith("规则 1「上海」（") and "轮到林若溪" in lead.assigned_reason
        assert (lead.status, lead.pooled_at, lead.next_step) == (LeadStatus.WAITING, None, "首次联系")
        with reading() as db:
            event = db.execute(sa.select(Event).where(col(Event.lead_id) == lead.id)).scalar_one()
            assert (event.type, event.after["依据"]) == ("lead.assigned", lead.assigned_reason)
            told = db.execute(
                sa.select(Notification).where(col(Notification.user_id) == one.user_id)
            ).scalar_one()
            assert told.text == lead.number

    def test_what_no_rule_takes_says_why_it_is_in_the_pool(self, admin):
        one = make_user(RoleCode.SALES)
        add_rule(admin, ("user", one.user_id, 1), raw_criteria=SHANGHAI_ONLY)
        publish(admin)

        (lead,) = place(new_leads(1, city="成都"))

        assert (lead.owner_id, lead.status) == (None, LeadStatus.NEW)
        assert lead.pool_reason == "没有规则适用；放入公海"

    def test_turns_go_on_from_transaction_to_transaction_by_weight(self, admin):
        people = [make_user(RoleCode.SALES) for _ in range(3)]
        weights = (5, 3, 2)
        add_rule(
            admin,
            *(("user", one.user_id, weight) for one, weight in zip(people, weights, strict=True)),
            strategy="weighted",
        )
        publish(admin)

        got = Counter(place(new_leads(1))[0].owner_id for _ in range(20))

        assert [got[one.user_id] for one in people] == [10, 6, 4]

    def test_departments_and_skill_groups_are_the_people_in_them_now(self, admin):
        here = make_user(RoleCode.SALES, team="华东一组")
        make_user(RoleCode.TEAM_LEAD, team="华东一组")
        there = make_user(RoleCode.SALES, team="华东二组")
        group = assignment.save_group(admin, name="房抵组", member_ids=[there.user_id], now=NOON)
        add_rule(admin, ("department", here.department_id, 1), name="一组", raw_criteria=SHANGHAI_ONLY)
        add_rule(admin, ("skill", group, 1), name="其他")
        publish(admin)

        assert {lead.owner_id for lead in place(new_leads(3, city="上海"))} == {here.user_id}
        assert {lead.owner_id for lead in place(new_leads(3))} == {there.user_id}
        with pytest.raises(Conflict, match="其他"):
            assignment.delete_group(admin, group_id=group, now=NOON)

    def test_leave_pause_and_caps_are_respected(self, admin):
        away, paused, full, free = (make_user(RoleCode.SALES) for _ in range(4))
        add_rule(admin, *(("user", one.user_id, 1) for one in (away, paused, full, free)))
        publish(admin)
        with transaction() as db:
            db.add(
                Leave(
                    user_id=away.user_id,
                    starts_at=NOON - timedelta(days=1),
                    ends_at=NOON + timedelta(days=2),
                    created_at=NOON,
                )
            )
        assignment.set_caps(
            admin, user_id=paused.user_id, daily_cap=None, open_cap=None, paused=True, version=0, now=NOON
        )
        assignment.set_caps(
            admin, user_id=full.user_id, daily_cap=2, open_cap=None, paused=False, version=0, now=NOON
        )

        got = Counter(lead.owner_id for lead in place(new_leads(10)))

        assert got == {full.user_id: 2, free.user_id: 8}
        tomorrow = NOON + timedelta(days=1)
        assert Counter(lead.owner_id for lead in place(new_leads(4), at=tomorrow))[full.user_id] == 2

    def test_the_cap_of_open_leads_counts_what_is_on_the_desk(self, admin):
        one = make_user(RoleCode.SALES)
        add_rule(admin, ("user", one.user_id, 1))
        version = assignment.view(admin, now=NOON).draft_version
        assignment.save_settings(
            admin, expected=version, daily_cap=0, open_cap=3, own_entry=False, recycled=False, now=NOON
        )
        publish(admin)
        new_leads(2, owner_id=one.user_id)

        found = [lead.owner_id for lead in place(new_leads(3))]

        assert found == [one.user_id, None, None]

    def test_a_lead_head_gets_what_nobody_can_take(self, admin):
        one = make_user(RoleCode.SALES)
        head = make_user(RoleCode.TEAM_LEAD, name="顾明轩")
        add_rule(admin, ("user", one.user_id, 1), fallback="team_lead")
        publish(admin)
        assignment.set_caps(
            admin, user_id=one.user_id, daily_cap=None, open_cap=None, paused=True, version=0, now=NOON
        )

        (lead,) = place(new_leads(1))

        assert lead.owner_id == head.user_id
        assert lead.assigned_reason.endswith("交给主管顾明轩")

    def test_many_at_once_never_overrun_a_cap_nor_take_one_turn_twice(self, admin):
        people = [make_user(RoleCode.SALES) for _ in range(3)]
        add_rule(admin, *(("user", one.user_id, 1) for one in people))
        version = assignment.view(admin, now=NOON).draft_version
        assignment.save_settings(
            admin, expected=version, daily_cap=5, open_cap=0, own_entry=False, recycled=False, now=NOON
        )
        publish(admin)
        ids = new_leads(24)
        failures: list[BaseException] = []

        def work(mine: list[int]) -> None:
            try:
                for one in mine:
                    place([one])
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=work, args=(ids[start::8],)) for start in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert not failures
        with reading() as db:
            owners = Counter(db.execute(sa.select(col(Lead.owner_id)).where(col(Lead.id).in_(ids))).scalars())
            assert owners == {None: 9, **{one.user_id: 5 for one in people}}
            tallies = db.execute(sa.select(col(AssignmentTally.taken))).scalars().all()
            assert list(tallies) == [5, 5, 5]

    def test_a_failed_transaction_takes_no_turn(self, admin):
        people = [make_user(RoleCode.SALES) for _ in range(2)]
        add_rule(admin, *(("user", one.user_id, 1) for one in people))
        publish(admin)
        ids = new_leads(2)

        def fail() -> None:
            with transaction() as db:
                assignment.place_new(db, [db.get(Lead, ids[0])], now=NOON)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()

        assert [place([one])[0].owner_id for one in ids] == [one.user_id for one in people]

    def test_somebody_who_left_gets_nothing(self, admin):
        from loanhub.models import User

        one, two = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        add_rule(admin, ("user", one.user_id, 1), ("user", two.user_id, 1))
        publish(admin)
        with transaction() as db:
            db.get(User, one.user_id).active = False

        assert {lead.owner_id for lead in place(new_leads(4))} == {two.user_id}


class TestSimulate:
    def test_says_how_history_would_have_gone_and_writes_nothing(self, admin):
        one, two = make_user(RoleCode.SALES, name="甲"), make_user(RoleCode.SALES, name="乙")
        add_rule(
            admin,
            ("user", one.user_id, 3),
            ("user", two.user_id, 1),
            strategy="weighted",
            raw_criteria=SHANGHAI_ONLY,
        )
        new_leads(40, at=NOON - timedelta(days=1), city="上海", owner_id=two.user_id, amount_fen=1_000_000)
        new_leads(10, at=NOON - timedelta(days=1), city="成都")
        with reading() as db:
            before = db.execute(sa.select(sa.func.count()).select_from(Event)).scalar_one()

        found = assignment.simulate(admin, count=500, now=NOON)

        assert (found.leads, found.given, found.pooled, found.same, found.which) == (50, 40, 10, 10, "草稿")
        assert [(line.name, line.would, line.did) for line in found.people] == [("甲", 30, 0), ("乙", 10, 40)]
        assert found.words.startswith("很均匀") and "乙比应得多 30.0 条" in found.words_did
        assert {line.name: line.leads for line in found.rules} == {"全部": 40, "没有规则适用": 10}
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Event)).scalar_one() == before
            assert not db.execute(sa.select(AssignmentTally)).first()

    def test_each_lead_meets_the_hours_and_leaves_of_its_own_moment(self, admin):
        day, night = make_user(RoleCode.SALES, name="白班"), make_user(RoleCode.SALES, name="夜班")
        add_rule(admin, ("user", day.user_id, 1), name="白天", hours="working")
        add_rule(admin, ("user", night.user_id, 1), name="夜里")
        new_leads(2, at=datetime(2026, 11, 19, 4, 0, tzinfo=UTC))
        new_leads(3, at=datetime(2026, 11, 19, 14, 0, tzinfo=UTC))

        found = assignment.simulate(admin, now=NOON)

        assert {line.name: line.would for line in found.people} == {"白班": 2, "夜班": 3}

    @pytest.mark.parametrize("values", [{"count": 0}, {"count": 2001}, {"days": 0}])
    def test_refuses_a_span_out_of_range(self, admin, values):
        with pytest.raises(InvalidInput):
            assignment.simulate(admin, now=NOON, **values)

    def test_says_when_there_is_nothing_to_try(self, admin):
        with pytest.raises(NotFound, match="还没有规则可试"):
            assignment.simulate(admin, now=NOON)


def test_the_system_places_as_nobody(admin):
    one = make_user(RoleCode.SALES)
    add_rule(admin, ("user", one.user_id, 1))
    publish(admin)

    (lead,) = place(new_leads(1), actor=SYSTEM)

    with reading() as db:
        assert (
            db.execute(sa.select(col(Event.actor_name)).where(col(Event.lead_id) == lead.id)).scalar_one()
            == "系统"
        )


class TestDoors:
    def test_an_import_is_given_out_by_the_rules(self, admin):
        from tests.services.imports.test_imports import imported, workbook

        people = [make_user(RoleCode.SALES) for _ in range(2)]
        add_rule(admin, *(("user", one.user_id, 1) for one in people), raw_criteria=SHANGHAI_ONLY)
        publish(admin)
        importer = make_user(RoleCode.SALES)
        rows = [(f"客户{place}", make_phone(), "上海" if place < 4 else "成都") for place in range(6)]

        imported(importer, workbook(("姓名", "手机号", "城市"), *rows), owner="rules")

        with reading() as db:
            found = list(db.execute(sa.select(Lead).order_by(col(Lead.id))).scalars())
            assert Counter(lead.owner_id for lead in found) == {
                people[0].user_id: 2,
                people[1].user_id: 2,
                None: 2,
            }
            assert {lead.status for lead in found if lead.owner_id} == {LeadStatus.WAITING}
            assert all(lead.assigned_reason for lead in found if lead.owner_id)
            event = db.execute(sa.select(Event).where(col(Event.lead_id) == found[0].id)).scalars().first()
            assert event.after["依据"] == found[0].assigned_reason

    def test_what_a_salesperson_enters_stays_there_unless_the_rules_say_otherwise(self, admin):
        from loanhub.services import leads

        one, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        add_rule(admin, ("user", other.user_id, 1), raw_criteria=SHANGHAI_ONLY)
        publish(admin)

        def enter(city: str) -> Lead:
            created = leads.create(one, {"name": "王五", "phone": make_phone(), "city": city}, now=NOON)
            with reading() as db:
                return db.get(Lead, created.lead_id)

        assert enter("上海").owner_id == one.user_id
        assignment.save_settings(
            admin, expected=0, daily_cap=0, open_cap=0, own_entry=True, recycled=False, now=NOON
        )
        publish(admin)
        assert enter("上海").owner_id == other.user_id
        kept = enter("成都")
        assert kept.owner_id == one.user_id
        assert kept.assigned_reason == "自己录入（没有规则适用；放入公海）"
