"""新入催."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the collection cases opened in the window 新入催."""
    return counted(book.cases.lazy().filter(window.holds("opened")))


MEASURE = Measure(
    code="cases_opened",
    label="新入催",
    unit=Unit.COUNT,
    definition="期内立案的催收案件数",
    higher_is_better=False,
    entity="case",
    flow=True,
    compute=compute,
    day="opened",
)
