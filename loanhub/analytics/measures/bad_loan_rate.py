"""不良率."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, share, summed
from loanhub.analytics.risk import BAD_CLASSES


def compute(book: Book, window: Window) -> Reading:
    """Return the principal in the three lower classes over all outstanding principal 不良率."""
    alive = book.loans.lazy().filter(pl.col("open"))
    bad = alive.filter(pl.col("five_class").is_in(BAD_CLASSES))
    return share(summed(bad, "outstanding_fen"), summed(alive, "outstanding_fen"))


MEASURE = Measure(
    code="bad_loan_rate",
    label="不良率",
    unit=Unit.RATE,
    definition="次级、可疑、损失类贷款的剩余本金 ÷ 贷款余额",
    higher_is_better=False,
    entity="loan",
    flow=False,
    compute=compute,
    how=How.SHARE,
)
