"""Who was at work 在岗人数."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from loanhub.analytics.book import Book, Window

TRAINEE_DAYS = 30
"""So many days after joining nobody is expected to sell. Source: lending guide §5.8."""


def person_days(book: Book, window: Window) -> int:
    """Return the days of work of all representatives inside the window; each day is one whether a holiday or not."""
    starts = pl.max_horizontal(pl.col("joined") + timedelta(days=TRAINEE_DAYS), pl.lit(window.first))
    ends = pl.min_horizontal(pl.col("left").fill_null(window.end), pl.lit(window.end))
    days = (ends - starts).dt.total_days().clip(lower_bound=0)
    return int(book.staff.select(days.sum()).item() or 0)
