"""转化周期."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, amounts, averaged
from loanhub.analytics.tables import first_loans


def compute(book: Book, window: Window) -> Reading:
    """Return the median days from lead to first payout 转化周期, by the day of the payout."""
    first = first_loans(book).lazy().filter(window.holds("disbursed"))
    won = book.leads.lazy().join(first, left_on="id", right_on="lead")
    days = (pl.col("disbursed") - pl.col("created")).dt.total_days()
    return averaged(amounts(won, days), Unit.DAYS, How.MEDIAN)


MEASURE = Measure(
    code="conversion_days",
    label="转化周期",
    unit=Unit.DAYS,
    definition="期内放款的线索，从线索进入到放款的天数中位数；未放款的不计",
    higher_is_better=False,
    entity="lead",
    flow=True,
    compute=compute,
    how=How.MEDIAN,
)
