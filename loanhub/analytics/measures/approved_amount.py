"""批复金额."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the amount approved in the window 批复金额."""
    return summed(
        book.applications.lazy().filter(window.holds("decided") & pl.col("approved")), "approved_fen"
    )


MEASURE = Measure(
    code="approved_amount",
    label="批复金额",
    unit=Unit.FEN,
    definition="期内通过的申请的批复金额合计",
    higher_is_better=True,
    entity="application",
    flow=True,
    compute=compute,
    day="decided",
)
