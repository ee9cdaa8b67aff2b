"""放款笔数."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the loans disbursed in the window 放款笔数."""
    return counted(book.loans.lazy().filter(window.holds("disbursed")))


MEASURE = Measure(
    code="disbursed_count",
    label="放款笔数",
    unit=Unit.COUNT,
    definition="期内放款的借据数，按放款日，自营",
    higher_is_better=True,
    entity="loan",
    flow=True,
    compute=compute,
    day="disbursed",
)
