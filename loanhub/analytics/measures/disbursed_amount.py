"""放款总额."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the principal disbursed in the window 放款总额."""
    return summed(book.loans.lazy().filter(window.holds("disbursed")), "principal_fen")


MEASURE = Measure(
    code="disbursed_amount",
    label="放款总额",
    unit=Unit.FEN,
    definition="期内放款的本金合计，按放款日，自营",
    higher_is_better=True,
    entity="loan",
    flow=True,
    compute=compute,
    day="disbursed",
)
