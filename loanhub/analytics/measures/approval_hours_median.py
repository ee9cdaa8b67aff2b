"""审批时长中位数."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, amounts, averaged


def compute(book: Book, window: Window) -> Reading:
    """Return the median natural hours from submission to result 审批时长中位数; parts are minutes."""
    decided = book.applications.lazy().filter(
        window.holds("decided") & (pl.col("approved") | pl.col("rejected")) & pl.col("minutes").is_not_null()
    )
    minutes = amounts(decided, "minutes")
    return averaged(minutes, Unit.HOURS, How.MEDIAN)


MEASURE = Measure(
    code="approval_hours_median",
    label="审批时长中位数",
    unit=Unit.HOURS,
    definition="期内出结果的申请，从最近一次提交到结果的自然小时数中位数",
    higher_is_better=False,
    entity="application",
    flow=True,
    compute=compute,
    how=How.MEDIAN,
    day="decided",
)
