"""获客成本."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed
from loanhub.analytics.tables import funded_leads
from loanhub.domain.money import divide_half_up


def compute(book: Book, window: Window) -> Reading:
    """Return channel cost over funded leads of the same cohort 获客成本 (CAC); undefined without a funded lead."""
    rows = book.leads.filter(window.holds("created"))
    won = rows.filter(pl.col("id").is_in(funded_leads(book).implode()))
    cost = summed(rows, "cost_fen")
    if won.is_empty() or not isinstance(cost.value, int):
        return Reading(None, cost.rows, 0, Unit.FEN)
    return Reading(divide_half_up(cost.value, won.height), cost.rows, won.height, Unit.FEN)


MEASURE = Measure(
    code="acquisition_cost",
    label="获客成本",
    unit=Unit.FEN,
    definition="期内新增线索的渠道成本 ÷ 其中已放款的线索数（按线索进入日）",
    higher_is_better=False,
    entity="lead",
    flow=True,
    compute=compute,
)
