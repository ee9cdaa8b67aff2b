"""Periods: the dates of a schedule and the interest of one period."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from loanhub.domain.calendar import add_months, on_day_of_month, whole_months_and_days
from loanhub.domain.money import divide_half_up
from loanhub.domain.repayment.terms import InterestBasis, MaturityMode, Terms

DAYS_PER_YEAR_360 = 360
DAYS_PER_MONTH_30 = 30
MONTHS_PER_YEAR = 12
ANY_LENGTH = ("bullet", "custom")
"""Methods whose periods are not months."""


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
    than ``min_first_days``. By contract date, the repayment days before it and then the contract date
    itself. Source: 民法典 201–203.
    """
    start = terms.disburse_date
    if terms.repayment_day is None:
        return [add_months(start, k) for k in range(1, terms.periods + 1)]
    first = on_day_of_month(start.year, start.month, terms.repayment_day)
    if first <= start:
        first = add_months(first, 1, day=terms.repayment_day)
    if (first - start).days < terms.min_first_days:
        first = add_months(first, 1, day=terms.repayment_day)
    if terms.maturity_mode is MaturityMode.CONTRACT_DATE:
        last = terms.contract_maturity
        regular = (add_months(first, k, day=terms.repayment_day) for k in range(terms.periods + 1))
        return [*(due for due in regular if due < last), last]
    return [add_months(first, k, day=terms.repayment_day) for k in range(terms.periods)]


def count_periods(terms: Terms) -> int:
    """Return how many installments the whole schedule has: ``periods``, or one more by contract date."""
    by_contract = terms.maturity_mode is MaturityMode.CONTRACT_DATE
    return len(due_dates(terms)) if by_contract else terms.periods


def slots(terms: Terms) -> list[Slot]:
    """Return the periods still to come: all of them, or those after ``elapsed_periods``."""
    dues = due_dates(terms)
    starts = [terms.disburse_date, *dues]
    first = terms.numbered_after + 1
    every = [Slot(first + k, starts[k], due) for k, due in enumerate(dues)]
    return every[terms.elapsed_periods :]


def rate_from(terms: Terms, start_date: date) -> Decimal:
    """Return the contract rate with which a period starts that starts on ``start_date``."""
    return rate_on(terms, start_date, start_date)


def rate_on(terms: Terms, start_date: date, day: date) -> Decimal:
    """Return the contract rate of one day of a period: a change inside it counts only when it splits it."""
    rate = terms.annual_rate
    for change in terms.changes:
        if change.effective_from <= start_date or (change.split and change.effective_from <= day):
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
    """Tell whether a period need not be one month long.

    So is any of a bullet or custom loan; with a fixed repayment day, the first, and a last by contract date.
    """
    if terms.method in ANY_LENGTH:
        return True
    if terms.repayment_day is None:
        return False
    if slot.period == terms.numbered_after + 1:
        return True
    by_contract = terms.maturity_mode is MaturityMode.CONTRACT_DATE
    return by_contract and slot.due_date == terms.contract_maturity


def interest_ratio(terms: Terms, slot: Slot, opening_fen: int) -> tuple[int, int]:
    """Return the exact interest of one period as (numerator, denominator), by the basis of the terms.

    monthly: opening × annual / 12; an irregular period by months and days, (30·m + d)/360. act: by days; a
    rate that changes inside the period counts the days before and from its date.
    """
    numerator, denominator = rate_from(terms, slot.start_date).as_integer_ratio()
    if terms.interest_basis is InterestBasis.MONTHLY:
        if not is_irregular(terms, slot):
            return opening_fen * numerator, denominator * MONTHS_PER_YEAR
        return opening_fen * numerator * thirty_day_count(slot), denominator * DAYS_PER_YEAR_360
    day_base = terms.interest_basis.day_base
    cuts = [
        change.effective_from
        for change in terms.changes
        if change.split and slot.start_date < change.effective_from < slot.due_date
    ]
    if not cuts:
        return opening_fen * numerator * slot.days, denominator * day_base
    weighted = sum(
        (
            Fraction(rate_on(terms, slot.start_date, since)) * (until - since).days
            for since, until in pairwise([slot.start_date, *cuts, slot.due_date])
        ),
        Fraction(0),
    )
    return opening_fen * weighted.numerator, weighted.denominator * day_base


def thirty_day_count(slot: Slot) -> int:
    """Return the days of a period by months of thirty days: 30 for each whole month, and the odd days."""
    months, days = whole_months_and_days(slot.start_date, slot.due_date)
    return DAYS_PER_MONTH_30 * months + days


def period_interest(terms: Terms, slot: Slot, opening_fen: int) -> int:
    """Return the interest of one period in fen, rounded once, halves up; see ``interest_ratio``."""
    return divide_half_up(*interest_ratio(terms, slot, opening_fen))


def used_interest(terms: Terms, slot: Slot, amount_fen: int, days: int) -> Fraction:
    """Return the exact interest of the first ``days`` of a period on an amount, unrounded.

    By days on the base of the terms (360 on the monthly basis), and never more than the whole period's.
    """
    whole = Fraction(*interest_ratio(terms, slot, amount_fen))
    if days >= slot.days:
        return whole
    if terms.interest_basis is InterestBasis.MONTHLY:
        rate = Fraction(rate_from(terms, slot.start_date))
        return min(whole, amount_fen * rate * days / DAYS_PER_YEAR_360)
    so_far = Slot(slot.period, slot.start_date, slot.start_date + timedelta(days=days))
    return Fraction(*interest_ratio(terms, so_far, amount_fen))
