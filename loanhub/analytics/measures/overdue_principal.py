"""逾期本金."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the principal due and unpaid now 逾期本金."""
    return summed(book.loans.lazy().filter(pl.col("open") & (pl.col("overdue_fen") > 0)), "overdue_fen")


MEASURE = Measure(
    code="overdue_principal",
    label="逾期本金",
    unit=Unit.FEN,
    definition="当前已到期未还的本金合计（只计到期部分，与「逾期率」口径不同）",
    higher_is_better=False,
    entity="loan",
    flow=False,
    compute=compute,
)
