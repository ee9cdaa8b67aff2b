"""逾期率 M1+."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, share, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the outstanding principal of overdue loans over all outstanding principal 逾期率（余额口径）."""
    alive = book.loans.lazy().filter(pl.col("open"))
    return share(summed(alive.filter(pl.col("dpd") > 0), "outstanding_fen"), summed(alive, "outstanding_fen"))


MEASURE = Measure(
    code="overdue_rate",
    label="逾期率 M1+",
    unit=Unit.RATE,
    definition="逾期贷款的剩余本金 ÷ 贷款余额（余额口径），宽限期内不算逾期",
    higher_is_better=False,
    entity="loan",
    flow=False,
    compute=compute,
    how=How.SHARE,
)
