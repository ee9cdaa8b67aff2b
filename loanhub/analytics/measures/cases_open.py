"""在催案件."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the collection cases open now 在催案件."""
    return counted(book.cases.lazy().filter(pl.col("closed").is_null()))


MEASURE = Measure(
    code="cases_open",
    label="在催案件",
    unit=Unit.COUNT,
    definition="当前未结案的催收案件数",
    higher_is_better=False,
    entity="case",
    flow=False,
    compute=compute,
)
