"""人均放款."""

from __future__ import annotations

from dataclasses import replace

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, summed
from loanhub.analytics.staffing import person_days
from loanhub.domain.money import divide_half_up


def compute(book: Book, window: Window) -> Reading:
    """Return the amount disbursed over the daily mean of representatives at work 人均放款."""
    lent = summed(book.loans.lazy().filter(window.holds("disbursed")), "principal_fen")
    days = person_days(book, window)
    value = divide_half_up(lent.total * window.days, days) if days else None
    return replace(lent, value=value, base=divide_half_up(days, window.days) if days else 0)


MEASURE = Measure(
    code="output_per_head",
    label="人均放款",
    unit=Unit.FEN,
    definition="期内放款本金 ÷ 期内日均在岗客户经理数；入职未满 30 天与已离职的日子不计",
    higher_is_better=True,
    entity="loan",
    flow=True,
    compute=compute,
    how=How.PER,
    day="disbursed",
    whole=True,
)
