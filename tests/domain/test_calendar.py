"""Business days, corresponding days, and the clock of working hours."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.calendar import (
    SHANGHAI,
    add_months,
    add_working_time,
    has_arrangement,
    is_business_day,
    shanghai_date,
    whole_months_and_days,
    working_time_between,
)
from tests.golden_cases import differences, golden

DAYS = st.dates(date(2004, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(("section", "case"), golden("calendar"))
def test_adjusts_every_golden_day(section, case):
    assert differences("calendar", section, case) == []


class TestIsBusinessDay:
    def test_falls_back_when_the_year_has_no_arrangement(self):
        assert not has_arrangement(2035)
        assert has_arrangement(2026)
        assert not is_business_day(date(2035, 10, 1))
        assert is_business_day(date(2035, 10, 8))
        assert not is_business_day(date(2035, 10, 6))

    def test_believes_the_companys_own_table_first(self):
        make_up_day = date(2035, 10, 6)

        assert is_business_day(make_up_day, {make_up_day: True})
        assert not is_business_day(date(2026, 3, 2), {date(2026, 3, 2): False})


class TestAddMonths:
    def test_counts_from_the_original_day(self):
        anchor = date(2026, 1, 31)

        assert [add_months(anchor, k) for k in (1, 2, 3)] == [
            date(2026, 2, 28),
            date(2026, 3, 31),
            date(2026, 4, 30),
        ]
        assert add_months(date(2026, 2, 28), 1) == date(2026, 3, 28)
        assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)

    @given(DAYS, DAYS)
    def test_gives_whole_months_and_less_than_a_month_of_days(self, one, other):
        start, end = sorted((one, other))

        months, days = whole_months_and_days(start, end)

        assert add_months(start, months) + timedelta(days=days) == end
        assert 0 <= days <= 30
        assert add_months(start, months + 1) > end


class TestAddWorkingTime:
    @pytest.mark.parametrize(
        ("start", "hours", "end"),
        [
            ("2026-05-20 10:00", 2, "2026-05-20 12:00"),
            ("2026-05-20 16:00", 2, "2026-05-20 18:00"),
            ("2026-05-20 17:00", 2, "2026-05-21 10:00"),
            ("2026-05-22 17:30", 2, "2026-05-25 10:30"),
            ("2026-05-23 12:00", 2, "2026-05-25 11:00"),
            ("2026-04-30 17:00", 2, "2026-05-06 10:00"),
            ("2026-05-08 17:00", 2, "2026-05-09 10:00"),
            ("2026-05-20 07:00", 0, "2026-05-20 09:00"),
            ("2026-05-20 10:00", Decimal("0.5"), "2026-05-20 10:30"),
            ("2026-05-20 10:00", 18, "2026-05-22 10:00"),
        ],
    )
    def test_counts_only_working_hours(self, start, hours, end):
        moment = datetime.fromisoformat(start).replace(tzinfo=SHANGHAI)

        assert add_working_time(moment, hours) == datetime.fromisoformat(end).replace(tzinfo=SHANGHAI)

    def test_keeps_the_zone_it_was_given(self):
        start = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)

        ends = add_working_time(start, 2)

        assert ends.tzinfo is UTC
        assert ends == datetime(2026, 5, 20, 4, 0, tzinfo=UTC)

    def test_refuses_a_naive_start(self):
        with pytest.raises(ValueError, match="aware"):
            add_working_time(datetime(2026, 5, 20), 1)

    @given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)), st.integers(0, 60))
    def test_agrees_with_the_time_between(self, start, hours):
        moment = start.replace(tzinfo=SHANGHAI)

        assert working_time_between(moment, add_working_time(moment, hours)) == timedelta(hours=hours)


def test_the_day_in_shanghai_begins_eight_hours_early():
    assert shanghai_date(datetime(2026, 5, 20, 16, 0, tzinfo=UTC)) == date(2026, 5, 21)
