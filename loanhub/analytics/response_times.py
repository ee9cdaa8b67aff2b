"""Whether leads were contacted in time 首联是否及时: the clock of ``domain.first_response``, for a frame of leads at once."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from loanhub.domain.calendar import WORK_ENDS, WORK_STARTS, Overrides, is_business_day
from loanhub.domain.first_response import ResponseRules
from loanhub.domain.public_pool import Clock

A_DAY = 86_400
SHANGHAI_SECONDS = 8 * 3600
"""Asia/Shanghai is eight hours ahead all year since 1992."""
OPEN_AT, CLOSED_AT = WORK_STARTS.hour * 3600, WORK_ENDS.hour * 3600
MOST_DAYS_OFF = 30
"""More days in a row than any holiday has, for the day on which a time begun last runs out."""


def response_times(leads: pl.DataFrame, rules: ResponseRules) -> pl.DataFrame:
    """Return leads with ``due_on``, the day in Shanghai their time is up, and ``in_time``, never null.

    leads: ``assigned_at`` and ``contacted_at`` in seconds since 1970, the first never null.
    """
    if leads.is_empty():
        return leads.with_columns(due_on=pl.lit(None, pl.Date), in_time=pl.lit(False))
    moments = leads["assigned_at"] + SHANGHAI_SECONDS
    if rules.clock is Clock.NATURAL:
        due = moments + rules.minutes * 60
    else:
        opens, closes = (OPEN_AT, CLOSED_AT) if rules.clock is Clock.WORKING else (0, A_DAY)
        due = _due(moments, rules.minutes * 60, opens, closes, rules.overrides)
    return leads.with_columns(
        due_on=(due // A_DAY).cast(pl.Int32).cast(pl.Date),
        in_time=(pl.col("contacted_at") + SHANGHAI_SECONDS <= due).fill_null(False),
    )


def _due(moments: pl.Series, seconds: int, opens: int, closes: int, overrides: Overrides | None) -> pl.Series:
    """Return when so many counted seconds have passed, the earliest moment of it.

    Counted are the hours from ``opens`` to ``closes`` of business days. Each moment has a place in counted time, the same all
    night; the place so much later is looked for among the days.
    """
    first, last = int(moments.min()) // A_DAY, int(moments.max()) // A_DAY  # type: ignore[arg-type]  # numbers
    length = closes - opens
    reach = last + MOST_DAYS_OFF + 2 * (seconds // length + 1)
    days = [
        day
        for day in range(first, reach + 1)
        if is_business_day(date(1970, 1, 1) + timedelta(day), overrides)
    ]
    worked = pl.Series("day", days, dtype=pl.Int64)
    before = pl.int_range(len(days), dtype=pl.Int64, eager=True) * length
    at = worked.search_sorted(moments // A_DAY, side="left").cast(pl.Int64)
    is_open = worked.gather(at) == moments // A_DAY
    passed = (moments % A_DAY - opens).clip(0, length)
    wanted = before.gather(at) + pl.select(pl.when(is_open).then(passed).otherwise(0)).to_series() + seconds
    found = (before + length).search_sorted(wanted, side="left").cast(pl.Int64)
    return worked.gather(found) * A_DAY + opens + wanted - before.gather(found)
