"""接通率."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, share


def compute(book: Book, window: Window) -> Reading:
    """Return contacted over assigned leads 接通率."""
    rows = book.leads.lazy().filter(window.holds("created") & pl.col("assigned"))
    return share(counted(rows.filter(pl.col("contacted"))), counted(rows))


MEASURE = Measure(
    code="contact_rate",
    label="接通率",
    unit=Unit.RATE,
    definition="期内新增且已分配的线索中，已有首次联系的占比",
    higher_is_better=True,
    entity="lead",
    flow=True,
    compute=compute,
    how=How.SHARE,
    day="created",
)
