"""The forecast of a month: the documented example, its band, and when it keeps silent."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from loanhub.analytics.forecast import forecast_month

TODAY = date(2026, 11, 15)


def rows(days: dict[date, int]) -> pl.DataFrame:
    return pl.DataFrame(
        {"day": list(days), "value": list(days.values())}, schema={"day": pl.Date, "value": pl.Int64}
    )


def month(number: int, early: int, late: int) -> dict[date, int]:
    return {date(2026, number, 3): early, date(2026, number, 25): late}


def test_the_documented_example() -> None:
    found = forecast_month(rows(month(8, 30, 10) | month(9, 24, 16) | month(10, 20, 20) | {TODAY: 15}), TODAY)

    assert found is not None
    assert (found.low, found.middle, found.high, found.months) == (20, 25, 30, 3)


def test_a_month_that_is_over_is_its_own_forecast() -> None:
    last = date(2026, 11, 30)
    found = forecast_month(rows(month(8, 30, 10) | month(9, 24, 16) | month(10, 20, 20) | {TODAY: 15}), last)

    assert found is not None and (found.low, found.middle, found.high) == (15, 15, 15)


@pytest.mark.parametrize(
    "days",
    [
        {},
        month(10, 20, 20) | month(9, 24, 16) | {TODAY: 15},
        month(8, 0, 40) | month(9, 24, 16) | month(10, 20, 20) | month(7, 5, 5) | {TODAY: 15},
        month(8, 30, 10) | month(9, 24, 16) | month(10, 20, 20),
        month(8, 1, 99) | month(9, 1, 99) | month(10, 1, 99) | {TODAY: 15},
    ],
    ids=["nothing", "two months", "a month with nothing in by now", "nothing this month", "too early"],
)
def test_keeps_silent_when_the_past_tells_too_little(days: dict[date, int]) -> None:
    assert forecast_month(rows(days), TODAY) is None


def test_an_even_flow_goes_on_evenly() -> None:
    first = date(2026, 5, 1)
    days = {first + timedelta(days=n): 100 for n in range((TODAY - first).days + 1)}

    found = forecast_month(rows(days), TODAY)

    assert found is not None and 2900 <= found.low <= found.middle <= found.high <= 3100
