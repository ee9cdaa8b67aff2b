"""线索转化率."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, share
from loanhub.analytics.tables import leads_with_outcome


def compute(book: Book, window: Window) -> Reading:
    """Return funded over all leads of the cohort 线索转化率."""
    rows = leads_with_outcome(book).filter(window.holds("created"))
    won = rows.filter(pl.col("won"))
    return share(counted(won), counted(rows))


MEASURE = Measure(
    code="lead_conversion",
    label="线索转化率",
    unit=Unit.RATE,
    definition="期内新增线索中至今已放款的占比（按线索进入日的同期群）",
    higher_is_better=True,
    entity="lead",
    flow=True,
    compute=compute,
    how=How.SHARE,
    day="created",
)
