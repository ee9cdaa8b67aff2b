"""回款金额."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return the repayments received in the window 回款金额, reversals taken out."""
    return summed(book.payments.lazy().filter(window.holds("value_date")), "amount_fen")


MEASURE = Measure(
    code="collected_amount",
    label="回款金额",
    unit=Unit.FEN,
    definition="期内收到的还款，按到账日，已扣除冲正",
    higher_is_better=True,
    entity="payment",
    flow=True,
    compute=compute,
    day="value_date",
)
