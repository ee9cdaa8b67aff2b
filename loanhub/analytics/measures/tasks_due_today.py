"""今日到期待办."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window, today_of
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the open to-dos due today 今日到期待办."""
    return counted(book.tasks.lazy().filter(pl.col("due") == today_of(book, window)))


MEASURE = Measure(
    code="tasks_due_today",
    label="今日到期待办",
    unit=Unit.COUNT,
    definition="未完成、今天到期的待办",
    higher_is_better=False,
    entity="task",
    flow=False,
    compute=compute,
)
