"""件均放款."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, per_head, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the mean principal of the loans disbursed in the window 件均放款."""
    rows = book.loans.lazy().filter(window.holds("disbursed"))
    return per_head(summed(rows, "principal_fen"), counted(rows))


MEASURE = Measure(
    code="average_ticket",
    label="件均放款",
    unit=Unit.FEN,
    definition="期内放款的本金合计 ÷ 笔数",
    higher_is_better=True,
    entity="loan",
    flow=True,
    compute=compute,
    how=How.PER,
    day="disbursed",
)
