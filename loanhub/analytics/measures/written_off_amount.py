"""核销本金."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the principal written off in the window 核销本金 (坏账)."""
    return summed(book.loans.lazy().filter(window.holds("written_off")), "written_off_fen")


MEASURE = Measure(
    code="written_off_amount",
    label="核销本金",
    unit=Unit.FEN,
    definition="期内核销的本金合计，按核销日",
    higher_is_better=False,
    entity="loan",
    flow=True,
    compute=compute,
    day="written_off",
)
