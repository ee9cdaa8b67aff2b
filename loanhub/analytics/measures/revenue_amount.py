"""利息与费用收入."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return fees, interest and penalties received in the window 利息与费用收入."""
    rows = book.payments.lazy().filter(window.holds("value_date") & (pl.col("revenue_fen") != 0))
    return summed(rows, "revenue_fen")


MEASURE = Measure(
    code="revenue_amount",
    label="利息与费用收入",
    unit=Unit.FEN,
    definition="期内回款中的利息、费用、罚息、复利，按到账日，已扣除冲正",
    higher_is_better=True,
    entity="payment",
    flow=True,
    compute=compute,
    day="value_date",
)
