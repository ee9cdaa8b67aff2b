"""渠道 ROI."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, amounts, share, summed
from loanhub.analytics.revenue import revenue_of_leads


def compute(book: Book, window: Window) -> Reading:
    """Return (revenue − cost) / cost of the cohort 渠道 ROI; undefined without cost."""
    rows = book.leads.lazy().filter(window.holds("created"))
    earned = rows.join(revenue_of_leads(book).lazy(), left_on="id", right_on="lead", how="left")
    net = amounts(earned, pl.col("revenue_fen").fill_null(0) - pl.col("cost_fen"))
    gain = Reading(int(net["part"].sum() or 0), net, part_unit=Unit.FEN)
    return share(gain, summed(rows, "cost_fen"))


MEASURE = Measure(
    code="channel_roi",
    label="渠道 ROI",
    unit=Unit.RATE,
    definition="（期内线索带来的已收利息与费用 − 渠道成本）÷ 渠道成本；按线索首次渠道归集，收入按回款确认",
    higher_is_better=True,
    entity="lead",
    flow=True,
    compute=compute,
    how=How.SHARE,
    day="created",
)
