"""Claims from the pool, locks, and what an owner sees of the time that is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event
from loanhub.services import interactions, leads, parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.leads.keeping import keeping, list_soon
from tests.builders import NOON, make_user
from tests.services.leads.clock_cases import at, get, make_lead, run


def at_once(act: Callable[[Any], None], on: Sequence[Any]) -> None:
    """Do the act on all of them side by side, and wait for all."""
    threads = [threading.Thread(target=act, args=(one,)) for one in on]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class TestClaims:
    def test_of_fifty_at_once_one_gets_it(self, owner):
        lead = make_lead(owner, NOON, owner_id=None, pooled_at=NOON, status=LeadStatus.NEW)
        people = [make_user(RoleCode.SALES) for _ in range(50)]
        won: list[int] = []

        def claim(actor: Actor) -> None:
            try:
                leads.claim(actor, lead_id=lead, now=NOON)
                won.append(actor.user_id)
            except leads.AlreadyClaimed:
                pass

        at_once(claim, people)

        assert len(won) == 1
        assert get(lead).owner_id == won[0]
        with reading() as db:
            assert len(db.execute(sa.select(Event).where(col(Event.type) == "lead.claimed")).all()) == 1

    def test_many_claims_of_one_person_at_once_stay_below_the_cap(self, owner):
        with transaction() as db:
            parameters.put(db, "public_pool", {"daily_cap": 3})
        ids = [
            make_lead(owner, NOON, owner_id=None, pooled_at=NOON, status=LeadStatus.NEW) for _ in range(10)
        ]
        eager = make_user(RoleCode.SALES)
        won: list[int] = []

        def claim(lead_id: int) -> None:
            try:
                leads.claim(eager, lead_id=lead_id, now=NOON)
                won.append(lead_id)
            except leads.ClaimRefused:
                pass

        at_once(claim, ids)

        assert len(won) == 3


class TestLock:
    def test_keeps_a_lead_for_fifteen_days_once(self, owner, head):
        lead = make_lead(owner, at("2026-05-20T10:00"))

        until = leads.lock(owner, lead_id=lead, reason="客户出差，月底再谈", now=at("2026-05-20T11:00"))

        assert until == at("2026-06-04T11:00")
        run("2026-06-04T10:59")
        assert get(lead).owner_id == owner.user_id
        with pytest.raises(Conflict, match="每次接手只能锁定一次"):
            leads.lock(owner, lead_id=lead, reason="再锁一次", now=at("2026-05-21T11:00"))
        run("2026-06-04T11:00")
        assert get(lead).owner_id is None

    def test_is_limited_in_number_and_needs_a_reason(self, owner):
        with transaction() as db:
            parameters.put(db, "public_pool", {"lock_limit": 1})
        first, second = (make_lead(owner, NOON) for _ in range(2))

        leads.lock(owner, lead_id=first, reason="等社保证明", now=NOON)

        with pytest.raises(Conflict, match="同时最多锁定 1 条"):
            leads.lock(owner, lead_id=second, reason="等社保证明", now=NOON)
        with pytest.raises(InvalidInput):
            leads.lock(owner, lead_id=second, reason=" ", now=NOON)
        leads.unlock(owner, lead_id=first, now=NOON + timedelta(hours=1))
        leads.lock(owner, lead_id=second, reason="等社保证明", now=NOON + timedelta(hours=1))


class TestKeeping:
    def test_says_why_and_until_when_and_who_may_lock(self, owner, head):
        lead = make_lead(owner, at("2026-05-20T10:00"), assigned_reason="规则 1「上海」：轮到林若溪")

        found = keeping(owner, lead_id=lead, now=at("2026-05-20T11:00"))

        assert (found.reason, found.clock) == (
            "规则 1「上海」：轮到林若溪",
            "不跟进的话，明天 10:00 收回公海",
        )
        assert (found.can_lock, found.can_unlock, found.locked) == (True, False, "")
        leads.lock(owner, lead_id=lead, reason="客户出差", now=at("2026-05-20T11:00"))
        held = keeping(owner, lead_id=lead, now=at("2026-05-20T11:01"))
        assert (held.locked, held.can_lock, held.can_unlock) == ("已锁定到 06-04 11:00", False, True)

    def test_signed_ones_have_no_clock(self, owner):
        lead = make_lead(owner, at("2026-05-20T10:00"), status=LeadStatus.SIGNED)

        assert keeping(owner, lead_id=lead, now=at("2026-05-20T11:00")).clock == ""

    def test_lists_what_goes_back_within_a_day_to_those_who_see_it(self, owner, head):
        first = make_lead(owner, at("2026-05-20T10:00"))
        followed = make_lead(owner, at("2026-05-20T10:00"))
        run("2026-05-21T08:30")
        interactions.record(
            owner, kind="call", outcome="answered", text="聊了二十分钟，很有意向", lead_id=followed,
            now=at("2026-05-21T08:40"),
        )  # fmt: skip

        found, number = list_soon(owner, now=at("2026-05-21T09:00"))

        assert ([one.lead_id for one in found], number) == ([first], 1)
        assert list_soon(make_user(RoleCode.SALES), now=at("2026-05-21T09:00")) == ([], 0)
