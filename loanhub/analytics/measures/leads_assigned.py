"""分到线索."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the leads given to somebody in the window 分到线索."""
    return counted(book.leads.lazy().filter(window.holds("assigned_on") & pl.col("owner").is_not_null()))


MEASURE = Measure(
    code="leads_assigned",
    label="分到线索",
    unit=Unit.COUNT,
    definition="期内分到负责人名下的线索，按最近一次分配；今日即工作台上的新线索",
    higher_is_better=True,
    entity="lead",
    flow=True,
    compute=compute,
    day="assigned_on",
)
