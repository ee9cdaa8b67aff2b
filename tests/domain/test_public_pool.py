"""The public pool against the golden file."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from loanhub.domain import public_pool as pool

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "public_pool.json").read_text("utf-8"))
START = datetime(2026, 5, 20, 10, 30)


def at(text):
    return datetime.fromisoformat(text) if text else None


@pytest.mark.parametrize("case", GOLDEN["recycle"], ids=lambda c: c["input"]["id"])
def test_recycling_is_the_golden_one(case):
    given = case["input"]

    found = pool.recycling(
        assigned_at=at(given["assigned_at"]),
        now=at(given["now"]),
        follow_ups=[at(f) for f in given.get("follow_ups", [])],
        stage=given.get("stage"),
        locked_until=at(given.get("locked_until")),
        rules=pool.PoolRules(
            first_contact_hours=given["first_contact_hours"],
            no_follow_days=given["no_follow_days"],
            protected_stages=frozenset(given["protected_stages"]),
        ),
    )

    expected = case["expect"]
    assert found.recycle_at == at(expected["recycle_at"])
    assert (found.recycled, found.reason) == (expected["recycled"], expected["reason"])


@pytest.mark.parametrize("case", GOLDEN["claim"], ids=lambda c: c["input"]["id"])
def test_claims_are_the_golden_ones(case):
    given = case["input"]

    found = pool.check_claim(
        status=given["status"],
        claimer=given["claimer"],
        previous_owner=given["prev_owner"],
        entered_pool_at=at(given["entered_pool_at"]),
        now=at(given["now"]),
        owned=given["owned"],
        claimed_today=given["claimed_today"],
        rules=pool.PoolRules(
            cooldown_days=given["cooldown_days"], owned_cap=given["owned_cap"], daily_cap=given["daily_cap"]
        ),
    )

    assert (found.allowed, found.reason) == (case["expect"]["allowed"], case["expect"]["reason"])
    assert found.allowed == (found.sentence == "")


class TestRecycling:
    def test_warns_a_day_and_two_hours_before(self):
        found = pool.recycling(assigned_at=START, now=START, follow_ups=[START])

        due = START + timedelta(days=7)
        assert found.warn_at == (due - timedelta(hours=24), due - timedelta(hours=2))
        assert found.remind_at == START + timedelta(days=3)

    def test_gives_no_warning_before_the_clock_started(self):
        found = pool.recycling(assigned_at=START, now=START)

        assert found.warn_at == (START + timedelta(hours=22),)

    def test_follow_ups_of_the_former_owner_do_not_count(self):
        found = pool.recycling(assigned_at=START, now=START, follow_ups=[START - timedelta(days=1)])

        assert found.recycle_at == START + timedelta(hours=24)

    def test_a_follow_up_exactly_at_the_deadline_counts(self):
        deadline = START + timedelta(hours=24)
        found = pool.recycling(assigned_at=START, now=deadline, follow_ups=[deadline])

        assert found.recycle_at == deadline + timedelta(days=7)

    def test_a_follow_up_under_lock_counts(self):
        lock = START + timedelta(days=5)
        found = pool.recycling(
            assigned_at=START,
            now=START + timedelta(days=6),
            follow_ups=[START + timedelta(days=4)],
            locked_until=lock,
        )

        assert found.recycle_at == START + timedelta(days=11)

    def test_default_rules_protect_signed_leads(self):
        assert pool.recycling(assigned_at=START, now=START, stage="signed").recycle_at is None


class TestIsRealFollowUp:
    def test_a_click_or_a_word_does_not_count(self):
        assert not pool.is_real_follow_up()
        assert not pool.is_real_follow_up(text=" 已 联 系   ")
        assert not pool.is_real_follow_up(call_seconds=3)

    def test_a_call_or_a_real_note_counts(self):
        assert pool.is_real_follow_up(call_seconds=10)
        assert pool.is_real_follow_up(text="客户周五带房产证来面谈")
