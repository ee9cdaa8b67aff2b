"""催收联系."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the contacts made about debts in the window 催收联系."""
    return counted(book.contacts.lazy().filter(window.holds("at")))


MEASURE = Measure(
    code="collection_contacts",
    label="催收联系",
    unit=Unit.COUNT,
    definition="期内主动发起的催收联系次数",
    higher_is_better=True,
    entity="contact",
    flow=True,
    compute=compute,
    day="at",
)
