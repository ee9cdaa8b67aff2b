"""核销后收回."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the money received on loans written off 核销后收回."""
    return summed(book.payments.lazy().filter(window.holds("value_date") & pl.col("recovery")), "amount_fen")


MEASURE = Measure(
    code="recovered_amount",
    label="核销后收回",
    unit=Unit.FEN,
    definition="期内收到的、贷款核销之后的还款",
    higher_is_better=True,
    entity="payment",
    flow=True,
    compute=compute,
    day="value_date",
)
