"""贷款余额."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the principal outstanding now 贷款余额."""
    return summed(book.loans.lazy().filter(pl.col("open")), "outstanding_fen")


MEASURE = Measure(
    code="outstanding_principal",
    label="贷款余额",
    unit=Unit.FEN,
    definition="当前未结清自营贷款的剩余本金合计",
    higher_is_better=True,
    entity="loan",
    flow=False,
    compute=compute,
)
