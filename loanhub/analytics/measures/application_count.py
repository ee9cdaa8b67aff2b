"""申请件数."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the applications submitted in the window 申请件数."""
    return counted(book.applications.lazy().filter(window.holds("submitted")))


MEASURE = Measure(
    code="application_count",
    label="申请件数",
    unit=Unit.COUNT,
    definition="期内提交审批的申请数，按最近一次提交日",
    higher_is_better=True,
    entity="application",
    flow=True,
    compute=compute,
    day="submitted",
)
