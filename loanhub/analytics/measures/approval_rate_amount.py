"""审批通过率（金额）."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, share, summed


def compute(book: Book, window: Window) -> Reading:
    """Return approved over decided applications 审批通过率, by amount applied for."""
    decided = book.applications.lazy().filter(
        window.holds("decided") & (pl.col("approved") | pl.col("rejected"))
    )
    return share(summed(decided.filter(pl.col("approved")), "amount_fen"), summed(decided, "amount_fen"))


MEASURE = Measure(
    code="approval_rate_amount",
    label="审批通过率（金额）",
    unit=Unit.RATE,
    definition="期内通过申请的申请金额 ÷ 期内出结果申请的申请金额",
    higher_is_better=True,
    entity="application",
    flow=True,
    compute=compute,
    how=How.SHARE,
    day="decided",
)
