"""阶段停留."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, amounts, averaged


def compute(book: Book, window: Window) -> Reading:
    """Return the median hours a lead stayed in a stage it left in the window 阶段停留; parts are whole minutes."""
    rows = book.moves.lazy().filter(window.holds("moved"))
    return averaged(amounts(rows, pl.col("stayed_seconds") // 60), Unit.HOURS, How.MEDIAN)


MEASURE = Measure(
    code="stage_hours",
    label="阶段停留",
    unit=Unit.HOURS,
    definition="期内离开一个阶段的线索，在那个阶段停留小时数的中位数",
    higher_is_better=False,
    entity="move",
    flow=True,
    compute=compute,
    how=How.MEDIAN,
    day="moved",
)
