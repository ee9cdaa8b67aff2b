"""客户生命周期价值."""

from __future__ import annotations

from dataclasses import replace

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, value_of
from loanhub.analytics.revenue import borrowers, gains


def compute(book: Book, window: Window) -> Reading:
    """Return what the borrowers have brought in so far over their number 客户生命周期价值 (LTV)."""
    gained, customers = gains(book), borrowers(book)
    return replace(gained, value=value_of(How.PER, gained.rows["part"], customers, Unit.FEN), base=customers)


MEASURE = Measure(
    code="lifetime_value",
    label="客户生命周期价值",
    unit=Unit.FEN,
    definition="至今已收的利息与费用，减未收回的核销本金 ÷ 放过款的客户数（LTV）",
    higher_is_better=True,
    entity="loan",
    flow=False,
    compute=compute,
    how=How.PER,
    whole=True,
)
