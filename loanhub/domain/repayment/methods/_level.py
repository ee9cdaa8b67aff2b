"""The level payment 月供, shared by the equal installment and the balloon loan."""

from decimal import Decimal
from fractions import Fraction

from loanhub.domain.money import divide_half_up
from loanhub.domain.repayment.method import Installment, row
from loanhub.domain.repayment.periods import monthly_interest, period_interest, rate_from, slots
from loanhub.domain.repayment.terms import InterestBasis, Terms


def level_payment(principal_fen: int, annual_rate: Decimal | Fraction, periods: int) -> int:
    """Return the payment that clears ``principal_fen`` in ``periods`` months, rounded once, halves up.

    P·i·(1+i)^n / ((1+i)^n − 1) with i = annual/12, computed in whole numbers; P/n when the rate is 0.
    """
    if annual_rate == 0:
        return divide_half_up(principal_fen, periods)
    numerator, denominator = annual_rate.as_integer_ratio()
    base = denominator * 12
    grown, flat = (base + numerator) ** periods, base**periods
    return divide_half_up(principal_fen * numerator * grown, base * (grown - flat))


def build_level(terms: Terms, amortization_periods: int) -> tuple[Installment, ...]:
    """Return rows of a level payment computed over ``amortization_periods``; the last clears the balance.

    A rate change recomputes the payment on the opening balance over the periods left. On a daily basis
    the payment stays the monthly figure and principal is what interest by days leaves of it.
    """
    balance, rate, payment = terms.principal_fen, None, 0
    plan, rows = slots(terms), []
    for slot in plan:
        current = rate_from(terms, slot.start_date)
        if current != rate:
            left = amortization_periods - (slot.period - terms.numbered_after) + 1
            kept = terms.kept_payment_fen if rate is None else None
            rate, payment = current, kept or level_payment(balance, current, left)
        interest = period_interest(terms, slot, balance)
        monthly = terms.interest_basis is InterestBasis.MONTHLY
        regular_interest = monthly_interest(balance, current) if monthly else interest
        principal = balance if slot is plan[-1] else min(balance, max(0, payment - regular_interest))
        rows.append(row(slot, opening_fen=balance, principal_fen=principal, interest_fen=interest))
        balance -= principal
    return tuple(rows)
