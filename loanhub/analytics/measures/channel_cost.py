"""渠道投放."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, summed


def compute(book: Book, window: Window) -> Reading:
    """Return what the channels charged for the leads of the window 渠道投放."""
    return summed(book.leads.lazy().filter(window.holds("created")), "cost_fen")


MEASURE = Measure(
    code="channel_cost",
    label="渠道投放",
    unit=Unit.FEN,
    definition="期内新增线索的渠道成本合计：进线单价、账单分摊、按放款付费，减退量",
    higher_is_better=False,
    entity="lead",
    flow=True,
    compute=compute,
    day="created",
)
