"""有效线索率."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, share


def compute(book: Book, window: Window) -> Reading:
    """Return valid leads over leads 有效线索率."""
    rows = book.leads.lazy().filter(window.holds("created"))
    return share(counted(rows.filter(pl.col("valid"))), counted(rows))


MEASURE = Measure(
    code="valid_lead_rate",
    label="有效线索率",
    unit=Unit.RATE,
    definition="期内新增线索中未被判为无效的占比",
    higher_is_better=True,
    entity="lead",
    flow=True,
    compute=compute,
    how=How.SHARE,
    day="created",
)
