"""M3+ 占比."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, share, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the share of principal overdue for more than 90 days."""
    alive = book.loans.lazy().filter(pl.col("open"))
    return share(
        summed(alive.filter(pl.col("dpd") > 90), "outstanding_fen"), summed(alive, "outstanding_fen")
    )


MEASURE = Measure(
    code="overdue_90_rate",
    label="M3+ 占比",
    unit=Unit.RATE,
    definition="逾期超过 90 天贷款的剩余本金 ÷ 贷款余额",
    higher_is_better=False,
    entity="loan",
    flow=False,
    compute=compute,
    how=How.SHARE,
)
