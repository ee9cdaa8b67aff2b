"""催回金额."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the repayments received while a case was open 催回金额."""
    paid = (
        book.payments.lazy()
        .filter(window.holds("value_date"))
        .join(book.cases.lazy().select("loan", "opened", "closed"), on="loan")
    )
    during = (pl.col("opened") <= pl.col("value_date")) & (
        pl.col("closed").is_null() | (pl.col("closed") >= pl.col("value_date"))
    )
    return summed(paid.filter(during).unique("id"), "amount_fen")


MEASURE = Measure(
    code="collected_in_cases",
    label="催回金额",
    unit=Unit.FEN,
    definition="期内收到的还款中，到账当天该笔贷款在催的部分",
    higher_is_better=True,
    entity="payment",
    flow=True,
    compute=compute,
    day="value_date",
)
