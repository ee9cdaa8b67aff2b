"""首逾率 FPD30."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, share
from loanhub.analytics.risk import first_judged


def compute(book: Book, window: Window) -> Reading:
    """Return the loans whose first installment was not cleared 30 days after it fell due, of those judged in the window 首逾率."""
    judged = first_judged(book, window, 30)
    return share(counted(judged.filter(pl.col("bad"))), counted(judged))


MEASURE = Measure(
    code="first_payment_default_30",
    label="首逾率 FPD30",
    unit=Unit.RATE,
    definition="首个应还日 + 30 天落在期内的借据中，到那天首期仍未结清的占比（件数）",
    higher_is_better=False,
    entity="loan",
    flow=True,
    compute=compute,
    how=How.SHARE,
)
