"""期间转化率."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, share


def compute(book: Book, window: Window) -> Reading:
    """Return loans of the window over leads of the window 期间转化率: of different people, so only to compare."""
    lent = counted(book.loans.lazy().filter(window.holds("disbursed") & pl.col("lead").is_not_null()))
    return replace(share(lent, counted(book.leads.lazy().filter(window.holds("created")))), base_rows=None)


MEASURE = Measure(
    code="period_conversion",
    label="期间转化率",
    unit=Unit.RATE,
    definition="期内放款的借据数（有线索来源）÷ 期内新增线索数；放款周期长时会失真，仅供对照",
    higher_is_better=True,
    entity="loan",
    flow=True,
    compute=compute,
    how=How.SHARE,
    day="disbursed",
    whole=True,
)
