"""拨备覆盖率."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, share, summed
from loanhub.analytics.risk import BAD_CLASSES


def compute(book: Book, window: Window) -> Reading:
    """Return provisions over bad loans 拨备覆盖率; undefined without bad loans."""
    alive = book.loans.lazy().filter(pl.col("open"))
    bad = alive.filter(pl.col("five_class").is_in(BAD_CLASSES))
    return share(summed(alive, "provision_fen"), summed(bad, "outstanding_fen"))


MEASURE = Measure(
    code="provision_coverage",
    label="拨备覆盖率",
    unit=Unit.RATE,
    definition="贷款损失准备 ÷ 不良贷款余额",
    higher_is_better=True,
    entity="loan",
    flow=False,
    compute=compute,
    how=How.SHARE,
)
