"""结案."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the collection cases closed in the window 结案."""
    return counted(book.cases.lazy().filter(window.holds("closed")))


MEASURE = Measure(
    code="cases_closed",
    label="结案",
    unit=Unit.COUNT,
    definition="期内结案的催收案件数",
    higher_is_better=True,
    entity="case",
    flow=True,
    compute=compute,
    day="closed",
)
