"""平均审批时长."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, amounts, averaged


def compute(book: Book, window: Window) -> Reading:
    """Return the mean natural hours from submission to result 平均审批时长; parts are minutes."""
    decided = book.applications.lazy().filter(
        window.holds("decided") & (pl.col("approved") | pl.col("rejected")) & pl.col("minutes").is_not_null()
    )
    minutes = amounts(decided, "minutes")
    return averaged(minutes, Unit.HOURS)


MEASURE = Measure(
    code="approval_hours",
    label="平均审批时长",
    unit=Unit.HOURS,
    definition="期内出结果的申请，从最近一次提交到结果的平均自然小时数，补件停留不计",
    higher_is_better=False,
    entity="application",
    flow=True,
    compute=compute,
    how=How.MEAN,
    day="decided",
)
