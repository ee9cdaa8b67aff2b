"""溢缴款."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the money received and not yet applied 溢缴款."""
    return summed(book.loans.lazy().filter(pl.col("suspense_fen") > 0), "suspense_fen")


MEASURE = Measure(
    code="suspense_amount",
    label="溢缴款",
    unit=Unit.FEN,
    definition="当前已收到、尚未抵扣的款项",
    higher_is_better=False,
    entity="loan",
    flow=False,
    compute=compute,
)
