"""超期待办."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window, today_of
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the open to-dos whose day is past 超期待办."""
    return counted(book.tasks.lazy().filter(pl.col("due") < today_of(book, window)))


MEASURE = Measure(
    code="tasks_overdue",
    label="超期待办",
    unit=Unit.COUNT,
    definition="未完成、到期日已经过去的待办；今天到期的不算",
    higher_is_better=False,
    entity="task",
    flow=False,
    compute=compute,
)
