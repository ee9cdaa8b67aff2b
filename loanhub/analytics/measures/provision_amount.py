"""贷款损失准备."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the provisions called for now 贷款损失准备."""
    return summed(book.loans.lazy().filter(pl.col("open")), "provision_fen")


MEASURE = Measure(
    code="provision_amount",
    label="贷款损失准备",
    unit=Unit.FEN,
    definition="当前按五级分类计提的准备合计",
    higher_is_better=False,
    entity="loan",
    flow=False,
    compute=compute,
)
