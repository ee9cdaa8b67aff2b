"""线索成本."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, per_head, summed


def compute(book: Book, window: Window) -> Reading:
    """Return channel cost over leads 线索成本 (CPL)."""
    rows = book.leads.lazy().filter(window.holds("created"))
    return per_head(summed(rows, "cost_fen"), counted(rows))


MEASURE = Measure(
    code="cost_per_lead",
    label="线索成本",
    unit=Unit.FEN,
    definition="期内新增线索的渠道成本 ÷ 线索数；含账单分摊、退量抵减",
    higher_is_better=False,
    entity="lead",
    flow=True,
    compute=compute,
    how=How.PER,
    day="created",
)
