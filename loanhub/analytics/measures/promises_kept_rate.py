"""承诺履约率."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, share


def compute(book: Book, window: Window) -> Reading:
    """Return kept over judged promises 承诺履约率."""
    judged = book.promises.lazy().filter(window.holds("judged"))
    return share(counted(judged.filter(pl.col("kept"))), counted(judged))


MEASURE = Measure(
    code="promises_kept_rate",
    label="承诺履约率",
    unit=Unit.RATE,
    definition="期内到期判定的还款承诺中，已履约的占比",
    higher_is_better=True,
    entity="promise",
    flow=True,
    compute=compute,
    how=How.SHARE,
    day="judged",
)
