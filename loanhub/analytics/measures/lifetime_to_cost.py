"""LTV / CAC."""

from __future__ import annotations

from dataclasses import replace

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, value_of
from loanhub.analytics.revenue import borrowers, gains
from loanhub.analytics.tables import funded_leads
from loanhub.domain.money import divide_half_up


def compute(book: Book, window: Window) -> Reading:
    """Return LTV over CAC, both of all time; the base is what these customers cost at that CAC, in whole fen."""
    customers, won = borrowers(book), funded_leads(book)
    spent = int(book.leads["cost_fen"].sum() or 0)
    base = divide_half_up(spent * customers, won) if won else 0
    gained = gains(book)
    return replace(gained, value=value_of(How.SHARE, gained.rows["part"], base, Unit.FEN), base=base)


MEASURE = Measure(
    code="lifetime_to_cost",
    label="LTV / CAC",
    unit=Unit.TIMES,
    definition="客户生命周期价值 ÷ 全部线索的获客成本；通常认为不低于 3",
    higher_is_better=True,
    entity="loan",
    flow=False,
    compute=compute,
    how=How.SHARE,
    whole=True,
)
