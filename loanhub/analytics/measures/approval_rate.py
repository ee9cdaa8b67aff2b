"""审批通过率."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, share


def compute(book: Book, window: Window) -> Reading:
    """Return approved over decided applications 审批通过率, by number, both decided in the window."""
    decided = book.applications.lazy().filter(
        window.holds("decided") & (pl.col("approved") | pl.col("rejected"))
    )
    return share(counted(decided.filter(pl.col("approved"))), counted(decided))


MEASURE = Measure(
    code="approval_rate",
    label="审批通过率",
    unit=Unit.RATE,
    definition="期内通过件数 ÷ 期内出结果件数；待审与撤回不计",
    higher_is_better=True,
    entity="application",
    flow=True,
    compute=compute,
    how=How.SHARE,
    day="decided",
)
