"""Windows of days: what a period spans, what it is compared with, and the history behind a sparkline."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from loanhub.analytics.book import Window, empty, period, stretches
from loanhub.analytics.measures import measures

FRIDAY = date(2026, 11, 20)


class TestPeriod:
    @pytest.mark.parametrize(
        ("code", "first", "before", "before_end"),
        [
            ("day", date(2026, 11, 20), date(2026, 11, 19), date(2026, 11, 20)),
            ("week", date(2026, 11, 16), date(2026, 11, 9), date(2026, 11, 14)),
            ("month", date(2026, 11, 1), date(2026, 10, 1), date(2026, 10, 21)),
            ("quarter", date(2026, 10, 1), date(2026, 7, 1), date(2026, 8, 21)),
            ("nonsense", date(2026, 11, 1), date(2026, 10, 1), date(2026, 10, 21)),
        ],
    )
    def test_compares_with_as_many_days_of_the_period_before(
        self, code: str, first: date, before: date, before_end: date
    ) -> None:
        assert period(code, FRIDAY) == (Window(first, date(2026, 11, 21)), Window(before, before_end))

    def test_never_compares_beyond_a_shorter_month(self) -> None:
        assert period("month", date(2026, 3, 31))[1] == Window(date(2026, 2, 1), date(2026, 3, 1))


class TestStretches:
    @pytest.mark.parametrize("code", ["day", "week", "month", "quarter"])
    def test_adjoin_and_end_with_the_running_one(self, code: str) -> None:
        found = stretches(code, FRIDAY, 8)

        assert len(found) == 8
        assert all(one.end == following.first for one, following in itertools.pairwise(found))
        assert found[-1].first <= FRIDAY < found[-1].end


def test_every_measure_reads_an_empty_book() -> None:
    for measure in measures().values():
        reading = measure.compute(empty(), Window(FRIDAY, date(2026, 11, 21)))

        assert reading.value in (0, None) and reading.total == 0
        assert reading.rows.columns == ["id", "part", *measure.own]
