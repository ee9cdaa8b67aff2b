"""Recurrence, countdown and escalation of to-dos, across month ends, nights, holidays and 调休."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.calendar import SHANGHAI, is_business_day, shanghai_date
from loanhub.domain.errors import InvalidInput
from loanhub.domain.public_pool import Clock
from loanhub.domain.tasks import Every, Recurrence, Shift, TaskRules, countdown, recurrence


def at(text: str) -> datetime:
    """Return an instant of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def days(rule: Recurrence, count: int) -> list[str]:
    found = (rule.at(number) for number in range(count))
    return [f"{one.astimezone(SHANGHAI):%m-%d %H:%M}" for one in found if one is not None]


class TestRecurrence:
    def test_clamps_to_the_month_end_and_comes_back(self) -> None:
        rule = Recurrence(Every.MONTH, 1, at("2026-12-31T09:30"))

        assert days(rule, 4) == ["12-31 09:30", "01-31 09:30", "02-28 09:30", "03-31 09:30"]

    def test_ends_on_a_day(self) -> None:
        rule = Recurrence(Every.WEEK, 1, at("2026-11-02T10:00"), until=date(2026, 11, 16))

        assert days(rule, 9) == ["11-02 10:00", "11-09 10:00", "11-16 10:00"]

    def test_moves_to_a_working_day_when_chosen(self) -> None:
        # 2026-10-01 to 10-07 is the holiday; Saturday 10-10 is worked (调休).
        rule = Recurrence(Every.MONTH, 1, at("2026-09-01T10:00"), shift=Shift.FOLLOWING)
        before = Recurrence(Every.MONTH, 1, at("2026-09-01T10:00"), shift=Shift.PRECEDING)
        weekly = Recurrence(Every.WEEK, 1, at("2026-10-03T10:00"), shift=Shift.FOLLOWING)

        assert days(rule, 2)[1] == "10-08 10:00"
        assert days(before, 2)[1] == "09-30 10:00"
        assert days(weekly, 2) == ["10-03 10:00", "10-10 10:00"]

    def test_two_shifted_to_one_day_are_one(self) -> None:
        rule = Recurrence(Every.DAY, 1, at("2026-10-09T10:00"), shift=Shift.FOLLOWING)

        # Sunday the 11th goes to Monday the 12th, which has its own.
        found, number, seen = rule.anchor, 0, []
        for _ in range(3):
            following = rule.following(number, after=found)
            assert following is not None
            number, found = following
            seen.append(f"{found.astimezone(SHANGHAI):%m-%d}")
        assert seen == ["10-10", "10-12", "10-13"]

    def test_passes_over_what_was_missed(self) -> None:
        rule = Recurrence(Every.DAY, 1, at("2026-11-02T10:00"))

        assert rule.following(0, after=at("2026-11-05T12:00")) == (4, at("2026-11-06T10:00"))

    @given(
        st.sampled_from(list(Every)), st.integers(1, 30), st.sampled_from(list(Shift)),
        st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31)), st.integers(0, 30),
    )  # fmt: skip
    def test_goes_forward_and_is_worked_when_shifted(
        self, every: Every, interval: int, shift: Shift, anchor: datetime, number: int
    ) -> None:
        rule = Recurrence(every, interval, anchor.replace(tzinfo=UTC), shift=shift)
        here, following = rule.at(number), rule.following(number, after=rule.at(number) or rule.anchor)

        assert here is not None and following is not None
        assert following[0] > number and following[1] > here
        if shift is not Shift.NONE:
            assert is_business_day(shanghai_date(following[1]))
        assert Recurrence.of_json(rule.as_json()) == rule

    def test_says_what_is_wrong_beside_the_field(self) -> None:
        with pytest.raises(InvalidInput) as fault:
            recurrence(every="hour", interval=0, until="soon", shift="x", due_at=None)

        assert set(fault.value.fields) == {"every", "interval", "until", "shift", "due_at"}
        with pytest.raises(InvalidInput) as early:
            recurrence(every="day", interval=1, until="2026-11-01", shift="", due_at=at("2026-11-02T10:00"))
        assert early.value.fields == {"until": "结束日不能早于第一次的期限"}

    def test_reads(self) -> None:
        rule = Recurrence(Every.WEEK, 2, at("2026-11-02T10:00"), date(2026, 12, 31), Shift.FOLLOWING)

        assert rule.words == "每 2 周，到 2026-12-31，遇休息日顺延到下一工作日"


class TestCountdown:
    def test_stands_still_at_night_and_on_weekends(self) -> None:
        due = at("2026-11-23T11:00")  # a Monday

        friday, sunday = at("2026-11-20T17:00"), at("2026-11-22T23:00")
        assert countdown(due, friday, Clock.WORKING).left == timedelta(hours=3)
        assert countdown(due, sunday, Clock.WORKING).text == "剩 2 时"
        assert countdown(due, sunday, Clock.WORKING).state == "w"
        assert countdown(due, sunday, Clock.NATURAL).text == "剩 12 时"

    def test_counts_a_worked_saturday_and_no_holiday(self) -> None:
        assert countdown(at("2026-10-10T12:00"), at("2026-10-09T17:00"), Clock.WORKING).text == "剩 4 时"
        assert (
            countdown(at("2026-10-08T10:00"), at("2026-09-30T17:30"), Clock.WORKING).text == "剩 1 时 30 分"
        )

    def test_says_what_is_over(self) -> None:
        found = countdown(at("2026-11-20T17:30"), at("2026-11-23T09:30"), Clock.WORKING)

        assert (found.text, found.state) == ("超时 1 时", "o")

    def test_of_many_hours_reads_in_working_days(self) -> None:
        assert (
            countdown(at("2026-11-25T12:00"), at("2026-11-20T12:00"), Clock.WORKING).text == "剩 3 个工作日"
        )


class TestEscalation:
    def test_follows_the_clock_of_the_to_do(self) -> None:
        rules, friday = TaskRules(escalate_minutes=60), at("2026-11-20T17:30")

        assert rules.escalate_at(friday, Clock.WORKING) == at("2026-11-23T09:30")
        assert rules.escalate_at(friday, Clock.NATURAL) == at("2026-11-20T18:30")
        assert TaskRules(escalate=False).escalate_at(friday, Clock.WORKING) is None
        assert rules.escalate_at(None, Clock.WORKING) is None
