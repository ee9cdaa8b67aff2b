"""When a subscribed report is due: working days, short months, and one moment after a long silence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.errors import InvalidInput
from loanhub.domain.report_schedule import Every, Timetable, latest_until, next_after, read


def at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(hours=hour - 8)


class TestNextAfter:
    @pytest.mark.parametrize(
        ("table", "now", "expected"),
        [
            (Timetable(), at("2026-11-20", 8), at("2026-11-20")),
            (Timetable(), at("2026-11-20", 9), at("2026-11-21")),
            (Timetable(working_days=True), at("2026-11-20", 9), at("2026-11-23")),  # a Friday: Monday is next
            (Timetable(Every.WEEKLY, weekday=3), at("2026-11-20"), at("2026-11-25")),
            (Timetable(Every.MONTHLY, day=31), at("2026-02-10"), at("2026-02-28")),
            (Timetable(Every.MONTHLY, day=31), at("2026-02-28"), at("2026-03-31")),
            # 1 October is a holiday of a week: the report comes on the first day worked.
            (Timetable(Every.MONTHLY, day=1, working_days=True), at("2026-09-30"), at("2026-10-08")),
            (Timetable(Every.DAILY, hour=0), at("2026-12-31", 23), at("2027-01-01", 0)),
        ],
    )
    def test_is_the_first_due_moment(self, table: Timetable, now: datetime, expected: datetime) -> None:
        assert next_after(table, now) == expected

    def test_hears_of_the_firms_own_days(self) -> None:
        off = {date(2026, 11, 23): False, date(2026, 11, 22): True}

        assert next_after(Timetable(working_days=True), at("2026-11-20"), off) == at("2026-11-22")


@given(
    every=st.sampled_from(list(Every)), hour=st.integers(0, 23), weekday=st.integers(1, 7), day=st.integers(1, 31),
    working=st.booleans(), now=st.datetimes(datetime(2024, 6, 1), datetime(2028, 6, 1), timezones=st.just(UTC)),
)  # fmt: skip
def test_no_moment_lies_between_the_latest_and_the_next(
    every: Every, hour: int, weekday: int, day: int, working: bool, now: datetime
) -> None:
    table = Timetable(every, hour, weekday, day, working)

    before, after = latest_until(table, now), next_after(table, now)

    assert before <= now < after
    assert next_after(table, before) == after
    assert latest_until(table, after) == after


class TestRead:
    def test_says_what_is_wrong_at_its_field(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            read({"every": "monthly", "hour": "25", "day": "0"})

        assert set(refusal.value.fields) == {"hour", "day"}

    def test_asks_only_for_what_the_rhythm_needs(self) -> None:
        assert read({"every": "daily", "hour": "7", "day": "99", "weekday": "x"}) == Timetable(Every.DAILY, 7)

    @pytest.mark.parametrize("raw", [{}, {"every": "yearly", "hour": "9"}, {"every": "daily", "hour": "９"}])
    def test_refuses_nonsense(self, raw: dict[str, object]) -> None:
        with pytest.raises(InvalidInput):
            read(raw)

    def test_reads_back_in_words(self) -> None:
        assert Timetable(Every.WEEKLY, 9, 1, working_days=True).sentence() == "每周一 09:00，遇非工作日顺延"
        assert Timetable(working_days=True).sentence() == "每个工作日 09:00"
        assert Timetable(Every.MONTHLY, 18, day=5).sentence() == "每月 5 日 18:00"
