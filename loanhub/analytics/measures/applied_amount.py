"""申请金额."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the amount applied for in the window 申请金额, by day of submission."""
    return summed(book.applications.lazy().filter(window.holds("submitted")), "amount_fen")


MEASURE = Measure(
    code="applied_amount",
    label="申请金额",
    unit=Unit.FEN,
    definition="期内提交审批的申请金额合计，按最近一次提交日",
    higher_is_better=True,
    entity="application",
    flow=True,
    compute=compute,
    day="submitted",
)
