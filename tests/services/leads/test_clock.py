"""The clock of leads on both databases: told once, across nights and holidays, restarts and two workers at once."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, Lead, LeadNotice
from loanhub.services import assignment, interactions, leads, parameters
from loanhub.services._transaction import reading, transaction
from loanhub.services.leads import clock
from loanhub.services.leads.view import deadline
from tests.builders import NOON, make_user
from tests.services.leads.clock_cases import at, get, make_lead, run, told


class TestFirstResponse:
    def test_reminds_escalates_and_recycles_each_once(self, owner, head):
        lead = make_lead(owner, at("2026-05-20T10:00"))

        run("2026-05-20T11:29", "2026-05-20T11:30", "2026-05-20T11:31")
        assert (told(owner), told(head)) == (["还有 30 分钟，请首次联系"], [])

        run("2026-05-20T12:00", "2026-05-20T12:01")
        assert told(owner)[1:] == ["超过 120 分钟工作时间未首次联系"]
        assert told(head) == ["林若溪的线索超过 120 分钟工作时间未首次联系"]

        run("2026-05-21T08:00", "2026-05-21T09:59")
        assert told(owner)[2:] == ["2 小时后收回公海"]
        run("2026-05-21T10:00", "2026-05-21T10:05")
        found = get(lead)
        assert (found.owner_id, found.previous_owner_id, found.status) == (
            None,
            owner.user_id,
            LeadStatus.NEW,
        )
        assert found.pool_reason == "05-20 10:00 分配后到期未首次联系，自动收回"
        assert told(owner)[3:] == ["线索已收回公海"] == told(head)[1:]

    def test_stands_still_over_night_and_weekend(self, owner, head):
        make_lead(owner, at("2026-05-22T17:30"))  # a Friday
        with transaction() as db:
            parameters.put(db, "public_pool", {"recycle": False})

        run("2026-05-22T20:00", "2026-05-23T12:00", "2026-05-25T09:59")
        assert told(owner) == []
        run("2026-05-25T10:00")
        assert told(owner) == ["还有 30 分钟，请首次联系"]
        run("2026-05-25T10:30")
        assert len(told(head)) == 1

    def test_counts_a_saturday_that_is_worked(self, owner, head):
        make_lead(owner, at("2026-10-09T17:30"))

        run("2026-10-10T10:29")
        assert told(head) == []
        run("2026-10-10T10:30")
        assert len(told(head)) == 1

    def test_stops_when_the_person_was_reached(self, owner, head):
        lead = make_lead(owner, at("2026-05-20T10:00"))
        interactions.record(
            owner, kind="call", outcome="answered", text="有意向，约了明天下午面谈", lead_id=lead, duration_seconds=60,
            now=at("2026-05-20T10:40"),
        )  # fmt: skip

        run("2026-05-20T12:00", "2026-05-21T10:00")

        assert (told(owner), told(head)) == ([], [])
        assert get(lead).owner_id == owner.user_id

    def test_the_list_shows_what_is_left_in_working_time(self, owner):
        lead = get(make_lead(owner, at("2026-05-20T17:00")))

        shown = [deadline(lead, at(moment)) for moment in (
            "2026-05-20T17:00", "2026-05-20T22:00", "2026-05-21T09:48", "2026-05-21T10:20"
        )]  # fmt: skip

        assert shown == [
            ("剩 2 时", 100, ""),
            ("剩 1 时", 50, ""),
            ("剩 12 分", 10, "w"),
            ("超时 20 分", 100, "o"),
        ]


class TestPool:
    def test_reminds_owner_and_head_from_the_third_day_and_recycles_on_the_seventh(self, owner, head):
        lead = make_lead(owner, at("2026-05-20T10:00"))
        interactions.record(
            owner, kind="call", outcome="answered", text="客户要先问家里人意见", lead_id=lead, duration_seconds=90,
            now=at("2026-05-20T11:00"),
        )  # fmt: skip

        for day in range(20, 28):
            run(f"2026-05-{day}T11:00")

        assert told(owner) == [
            "已 3 天没有跟进", "已 4 天没有跟进", "已 5 天没有跟进", "24 小时后收回公海", "已 6 天没有跟进", "线索已收回公海",
        ]  # fmt: skip
        assert Counter(told(head))["线索已收回公海"] == 1
        assert get(lead).pool_reason == "05-20 11:00 跟进后到期未再跟进，自动收回"

    def test_a_follow_up_starts_it_anew_a_click_does_not(self, owner, head):
        lead = make_lead(owner, at("2026-05-20T10:00"))
        for moment, text in (("2026-05-20T11:00", "第一次通话，介绍了两个产品"), ("2026-05-26T10:00", "嗯")):
            interactions.record(
                owner,
                kind="call",
                outcome="answered",
                text=text,
                lead_id=lead,
                duration_seconds=0,
                now=at(moment),
            )

        run("2026-05-27T10:59")
        assert get(lead).owner_id == owner.user_id
        run("2026-05-27T11:00")
        assert get(lead).owner_id is None

    def test_history_stays_through_every_move(self, owner, head):
        lead = make_lead(owner, at("2026-05-20T10:00"))
        interactions.record(
            owner, kind="call", outcome="missed", text="无人接听", lead_id=lead, now=at("2026-05-20T11:00")
        )
        run("2026-05-21T10:00")
        other = make_user(RoleCode.SALES)
        leads.claim(other, lead_id=lead, now=at("2026-05-22T10:00"))

        with reading() as db:
            kinds = list(
                db.execute(
                    sa.select(col(Event.type)).where(col(Event.lead_id) == lead).order_by(col(Event.id))
                ).scalars()
            )
        assert kinds == ["interaction.recorded", "lead.pooled", "lead.claimed"]
        assert get(lead).previous_owner_id == owner.user_id

    @pytest.mark.parametrize(
        "status", [LeadStatus.SIGNED, LeadStatus.SUBMITTED, LeadStatus.AWAITING_DISBURSEMENT]
    )
    def test_signed_ones_are_left_alone(self, owner, head, status):
        lead = make_lead(owner, at("2026-05-20T10:00"), status=status)

        run("2026-06-30T10:00")

        assert (told(owner), get(lead).owner_id) == ([], owner.user_id)

    def test_one_that_is_signed_no_more_is_looked_at_again(self, owner, head):
        lead = make_lead(owner, at("2026-05-20T10:00"), status=LeadStatus.SIGNED)
        run("2026-05-28T10:00")
        with transaction() as db:
            db.get(Lead, lead).status = LeadStatus.MATCHING

        run("2026-05-29T10:00")

        assert get(lead).owner_id is None

    def test_the_holiday_switch_freezes_it(self, owner, head):
        lead = make_lead(owner, at("2026-09-30T12:00"))
        with transaction() as db:
            parameters.put(db, "public_pool", {"clock": "no_holidays"})

        run("2026-10-08T11:59")
        assert get(lead).owner_id == owner.user_id
        run("2026-10-08T12:00")
        assert get(lead).owner_id is None

    def test_what_lay_untouched_before_it_was_switched_on_counts_from_then(self, owner, head):
        lead = make_lead(owner, at("2026-01-05T10:00"), first_contact_at=at("2026-01-05T10:30"))
        with transaction() as db:
            parameters.put(db, "public_pool", {"since": at("2026-05-20T10:00").isoformat()})

        run("2026-05-27T09:59")
        assert get(lead).owner_id == owner.user_id
        run("2026-05-27T10:00")
        assert get(lead).owner_id is None

    def test_a_recycled_lead_may_go_to_the_next_person(self, owner, head):
        admin, other = make_user(RoleCode.ADMIN), make_user(RoleCode.SALES, name="周子昂")
        assignment.save_rule(
            admin, expected=0, name="全部", raw_criteria={}, strategy="round_robin", hours="any", fallback="pool",
            candidates=[("user", owner.user_id, 1), ("user", other.user_id, 1)], now=NOON,
        )  # fmt: skip
        assignment.save_settings(
            admin, expected=1, daily_cap=0, open_cap=0, own_entry=False, recycled=True, now=NOON
        )
        assignment.publish(admin, expected=2, now=NOON)
        lead = make_lead(owner, at("2026-05-20T10:00"))

        run("2026-05-21T10:00")

        found = get(lead)
        assert (found.owner_id, found.first_contact_at) == (other.user_id, None)
        assert "轮到周子昂" in found.assigned_reason


class TestRestarts:
    def test_after_a_standstill_only_the_last_word_is_said(self, owner, head):
        lead = make_lead(owner, at("2026-05-20T10:00"), first_contact_at=at("2026-05-20T10:10"))
        interactions.record(
            owner, kind="call", outcome="answered", text="通话很久，客户在比较几家", lead_id=lead, duration_seconds=200,
            now=at("2026-05-20T11:00"),
        )  # fmt: skip

        run("2026-05-25T12:00", "2026-05-25T12:01")

        assert told(owner) == ["已 5 天没有跟进"]

    def test_a_round_that_is_broken_off_tells_nothing_and_the_next_tells_all(self, owner, head, monkeypatch):
        for _ in range(3):
            make_lead(owner, at("2026-05-20T10:00"))

        def fail(*_args: object, **_more: object) -> None:
            raise RuntimeError("killed")

        with monkeypatch.context() as broken:
            broken.setattr("loanhub.services.leads.clock._passed_over", fail)
            with pytest.raises(RuntimeError):
                run("2026-05-20T11:30")
        assert told(owner) == []
        with reading() as db:
            assert not db.execute(sa.select(LeadNotice)).first()

        run("2026-05-20T11:30", "2026-05-20T11:30")
        assert told(owner) == ["还有 30 分钟，请首次联系"] * 3

    def test_two_workers_at_once_recycle_and_tell_once(self, owner, head):
        ids = [make_lead(owner, at("2026-05-20T10:00")) for _ in range(40)]
        failures: list[BaseException] = []

        def work() -> None:
            try:
                clock.run_due(now=at("2026-05-21T10:00"))
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock.run_due(now=at("2026-05-21T10:00"))

        assert not failures
        assert told(owner) == ["线索已收回公海"] * 40
        with reading() as db:
            pooled = Counter(
                db.execute(sa.select(col(Event.lead_id)).where(col(Event.type) == "lead.pooled")).scalars()
            )
        assert pooled == Counter(ids)
