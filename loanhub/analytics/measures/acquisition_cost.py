"""获客成本."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, per_head, summed
from loanhub.analytics.tables import leads_with_outcome


def compute(book: Book, window: Window) -> Reading:
    """Return channel cost over funded leads of the same cohort 获客成本 (CAC); undefined without a funded lead."""
    rows = leads_with_outcome(book).filter(window.holds("created"))
    won = rows.filter(pl.col("won"))
    return per_head(summed(rows, "cost_fen"), counted(won))


MEASURE = Measure(
    code="acquisition_cost",
    label="获客成本",
    unit=Unit.FEN,
    definition="期内新增线索的渠道成本 ÷ 其中已放款的线索数（按线索进入日）",
    higher_is_better=False,
    entity="lead",
    flow=True,
    compute=compute,
    how=How.PER,
    day="created",
)
