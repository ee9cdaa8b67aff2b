"""The clocks of untouched leads across nights, weekends, holidays and days worked for them 调休."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.first_response import DEFAULT_RESPONSE, ResponseRules, minutes_left, response
from loanhub.domain.public_pool import Clock, PoolRules, RecycleReason, advance, recycling

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


class TestResponse:
    @pytest.mark.parametrize(
        ("assigned", "due"),
        [
            ("2026-05-20T10:00", "2026-05-20T12:00"),  # a plain Wednesday
            ("2026-05-20T17:00", "2026-05-21T10:00"),  # over a night
            ("2026-05-20T16:00", "2026-05-20T18:00"),  # to the minute at closing
            ("2026-05-20T20:30", "2026-05-21T11:00"),  # in the evening: from nine in the morning
            ("2026-05-20T03:00", "2026-05-20T11:00"),
            ("2026-05-22T17:30", "2026-05-25T10:30"),  # a Friday: over the weekend
            ("2026-05-23T12:00", "2026-05-25T11:00"),  # a Saturday
            ("2026-09-30T17:00", "2026-10-08T10:00"),  # over National Day, 1 to 7 October
            ("2026-10-10T10:00", "2026-10-10T12:00"),  # a Saturday that is worked 调休
            ("2026-10-09T17:30", "2026-10-10T10:30"),  # a Friday before a worked Saturday
            (
                "2026-02-14T17:30",
                "2026-02-24T10:30",
            ),  # Spring Festival, 15 to 23 February; the 14th is worked
        ],
    )
    def test_two_hours_of_working_time(self, assigned, due):
        assert response(at(assigned)).due_at == at(due)

    def test_reminds_half_an_hour_of_working_time_before(self):
        found = response(at("2026-05-20T17:30"))

        assert (found.remind_at, found.due_at) == (at("2026-05-21T10:00"), at("2026-05-21T10:30"))

    def test_the_companys_own_day_off_stops_it(self):
        rules = replace(DEFAULT_RESPONSE, overrides={date(2026, 5, 21): False})

        assert response(at("2026-05-20T17:00"), rules).due_at == at("2026-05-22T10:00")

    def test_natural_time_runs_at_night(self):
        rules = ResponseRules(minutes=90, clock=Clock.NATURAL)

        assert response(at("2026-05-20T23:00"), rules).due_at == at("2026-05-21T00:30")

    @pytest.mark.parametrize(
        ("now", "left"),
        [
            ("2026-05-20T17:00", 120), ("2026-05-20T18:00", 60), ("2026-05-21T03:00", 60), ("2026-05-21T09:48", 12),
            ("2026-05-21T10:00", 0), ("2026-05-21T10:20", -20), ("2026-05-21T20:00", -480),
        ],
    )  # fmt: skip
    def test_what_is_left_stands_still_at_night(self, now, left):
        assert minutes_left(at(now), at("2026-05-21T10:00")) == left

    @given(
        start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 30)).map(
            lambda one: one.replace(tzinfo=UTC)
        ),
        minutes=st.integers(0, 3000),
        clock=st.sampled_from(list(Clock)),
    )
    def test_every_clock_only_goes_forward(self, start, minutes, clock):
        rules = ResponseRules(minutes=minutes, clock=clock)

        found = response(start, rules)

        assert start <= found.remind_at <= found.due_at
        assert response(start, replace(rules, minutes=minutes + 1)).due_at > found.due_at


class TestAdvance:
    @pytest.mark.parametrize(
        ("start", "hours", "clock", "end"),
        [
            ("2026-09-30T12:00", 24, Clock.NATURAL, "2026-10-01T12:00"),
            ("2026-09-30T12:00", 24, Clock.NO_HOLIDAYS, "2026-10-08T12:00"),
            ("2026-10-03T12:00", 24, Clock.NO_HOLIDAYS, "2026-10-09T00:00"),
            ("2026-10-09T12:00", 24, Clock.NO_HOLIDAYS, "2026-10-10T12:00"),  # into a worked Saturday
            ("2026-09-30T12:00", 9, Clock.WORKING, "2026-10-08T12:00"),
        ],
    )
    def test_stops_when_nobody_works(self, start, hours, clock, end):
        assert advance(at(start), hours, clock) == at(end)


class TestRecycling:
    def test_in_natural_time_a_holiday_counts(self):
        found = recycling(assigned_at=at("2026-09-30T12:00"), now=at("2026-10-02T12:00"))

        assert (found.recycled, found.reason) == (True, RecycleReason.NO_FIRST_CONTACT)

    def test_with_the_holiday_freeze_it_does_not(self):
        rules = PoolRules(clock=Clock.NO_HOLIDAYS)

        found = recycling(assigned_at=at("2026-09-30T12:00"), now=at("2026-10-08T11:59"), rules=rules)

        assert (found.recycled, found.recycle_at) == (False, at("2026-10-08T12:00"))

    def test_seven_working_days_are_seven_days_of_nine_hours(self):
        rules = PoolRules(clock=Clock.WORKING)
        start = at("2026-05-20T10:00")

        found = recycling(
            assigned_at=start,
            follow_ups=[start + timedelta(hours=1)],
            now=at("2026-05-22T10:00"),
            rules=rules,
        )

        assert found.recycle_at == at("2026-05-29T11:00")
        assert found.remind_at == at("2026-05-25T11:00")
