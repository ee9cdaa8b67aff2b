"""Periods: the dates of a schedule and the interest of one period."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loanhub.domain.calendar import add_months, on_day_of_month, whole_months_and_days
from loanhub.domain.money import divide_half_up
from loanhub.domain.repayment.terms import InterestBasis, Terms

DAYS_PER_YEAR_360 = 360
DAYS_PER_MONTH_30 = 30
MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Slot:
    """The dates of one period; interest counts ``start_date`` and not ``due_date`` 算头不算尾."""

    period: int
    start_date: date
    due_date: date

    @property
    def days(self) -> int:
        """Days for which interest runs."""
        return (self.due_date - self.start_date).days


def due_dates(terms: Terms) -> list[date]:
    """Return the nominal due date of each period, from the first.

    Counted from the original day and clamped to month end, never from the due date before. With a fixed
    repayment day the first is the next such day after disbursement, a month later when that is nearer
    than ``min_first_days``. Source: 民法典 201–203.
    """
    start = terms.disburse_date
    if terms.repayment_day is None:
        return [add_months(start, k) for k in range(1, terms.periods + 1)]
    first = on_day_of_month(start.year, start.month, terms.repayment_day)
    if first <= start:
        first = add_months(first, 1, day=terms.repayment_day)
    if (first - start).days < terms.min_first_days:
        first = add_months(first, 1, day=terms.repayment_day)
    return [add_months(first, k, day=terms.repayment_day) for k in range(terms.periods)]


def slots(terms: Terms) -> list[Slot]:
    """Return the periods still to come: all of them, or those after ``elapsed_periods``."""
    dues = due_dates(terms)
    starts = [terms.disburse_date, *dues]
    every = [Slot(k + 1, starts[k], due) for k, due in enumerate(dues)]
    return every[terms.elapsed_periods :]


def rate_from(terms: Terms, start_date: date) -> Decimal:
    """Return the contract rate of a period that starts on ``start_date`` (changes take effect 次期生效)."""
    rate = terms.annual_rate
    for change in terms.rate_changes:
        if change.effective_from <= start_date:
            rate = change.annual_rate
    return rate


def monthly_interest(opening_fen: int, annual_rate: Decimal) -> int:
    """Return one month's interest: opening × annual / 12, multiplied first and rounded once, halves up."""
    numerator, denominator = annual_rate.as_integer_ratio()
    return divide_half_up(opening_fen * numerator, denominator * MONTHS_PER_YEAR)


def daily_interest(opening_fen: int, annual_rate: Decimal, days: int, day_base: int) -> int:
    """Return the interest of ``days``: opening × annual × days / day_base, rounded once, halves up."""
    numerator, denominator = annual_rate.as_integer_ratio()
    return divide_half_up(opening_fen * numerator * days, denominator * day_base)


def span_interest(opening_fen: int, annual_rate: Decimal, start_date: date, end_date: date) -> int:
    """Return interest by whole months and odd days 对年对月对日: opening × annual × (30·m + d) / 360."""
    months, days = whole_months_and_days(start_date, end_date)
    days_30 = DAYS_PER_MONTH_30 * months + days
    return daily_interest(opening_fen, annual_rate, days_30, DAYS_PER_YEAR_360)


def is_irregular(terms: Terms, slot: Slot) -> bool:
    """Tell whether this is a first period whose length a fixed repayment day has changed."""
    return slot.period == 1 and terms.repayment_day is not None


def period_interest(terms: Terms, slot: Slot, opening_fen: int) -> int:
    """Return the interest of one period in fen, by the basis of the terms, rounded once.

    monthly: opening × annual / 12; the irregular first period by months and days. act: by days; a rate
    that changes inside the period counts the days before and from its date, still one rounding.
    """
    rate = rate_from(terms, slot.start_date)
    if terms.interest_basis is InterestBasis.MONTHLY:
        if is_irregular(terms, slot):
            return span_interest(opening_fen, rate, slot.start_date, slot.due_date)
        return monthly_interest(opening_fen, rate)
    day_base = terms.interest_basis.day_base
    change = terms.split_rate_change
    if change is None or change.effective_from >= slot.due_date:
        return daily_interest(opening_fen, rate, slot.days, day_base)
    if change.effective_from <= slot.start_date:
        return daily_interest(opening_fen, change.annual_rate, slot.days, day_base)
    before = (change.effective_from - slot.start_date).days
    old_numerator, old_denominator = rate.as_integer_ratio()
    new_numerator, new_denominator = change.annual_rate.as_integer_ratio()
    weighted = (
        old_numerator * before * new_denominator + new_numerator * (slot.days - before) * old_denominator
    )
    return divide_half_up(opening_fen * weighted, old_denominator * new_denominator * day_base)
