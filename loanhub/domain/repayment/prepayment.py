"""Prepayment 提前还款: part of the principal, or all of it.

Source: docs/algorithms/prepayment.md; 民法典 677 (interest only for the time the money was used).
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from loanhub.domain.calendar import Overrides
from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import divide_half_up
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.periods import Slot, daily_interest, period_interest, rate_from, slots
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms


class PrepaymentMode(Choice):
    """What becomes of the schedule after part of the principal is repaid early."""

    REDUCE_PAYMENT = "reduce_payment", "减额（期限不变，月供减少）"
    SHORTEN_TERM = "shorten_term", "缩期（月供不变，期限缩短）"


_MODES: dict[str, tuple[PrepaymentMode, ...]] = {
    "equal_installment": (PrepaymentMode.REDUCE_PAYMENT, PrepaymentMode.SHORTEN_TERM),
    "equal_principal": (PrepaymentMode.REDUCE_PAYMENT, PrepaymentMode.SHORTEN_TERM),
    "interest_only": (PrepaymentMode.REDUCE_PAYMENT,),
    "balloon": (PrepaymentMode.REDUCE_PAYMENT,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialPrepayment:
    """A loan after part of its principal was repaid on the due date of ``after_period``.

    ``terms`` continue the old ones and build ``rows``; ``new_regular_payment_fen`` is that of the next period.
    """

    terms: Terms
    rows: tuple[Installment, ...]
    balance_before_fen: int
    balance_after_fen: int
    fee_fen: int
    new_regular_payment_fen: int
    remaining_periods: int
    interest_remaining_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffQuote:
    """What clears a loan on a day 结清试算, when everything due by then is paid; valid for that day only."""

    payoff_date: date
    paid_periods: int
    principal_fen: int
    accrued_days: int
    accrued_interest_fen: int
    fee_fen: int

    @property
    def payoff_fen(self) -> int:
        """The amount to pay on that day."""
        return self.principal_fen + self.accrued_interest_fen + self.fee_fen


def prepayment_modes(method: str) -> tuple[PrepaymentMode, ...]:
    """Return the ways a method allows part of the principal to be repaid early; empty when it allows none."""
    return _MODES.get(method, ())


def prepayment_fee(
    prepaid_fen: int, fee_rate: Decimal, *, paid_periods: int = 0, fee_free_after_period: int | None = None
) -> int:
    """Return the fee 提前还款违约金: prepaid principal × rate, halves up; none from the free period on.

    Raises:
        InvalidInput: naming ``fee_rate``, below 0 or above 1.
    """
    if not 0 <= fee_rate <= 1:
        raise InvalidInput(fields={"fee_rate": "提前还款违约金比例须在 0 到 100% 之间"})
    if fee_free_after_period is not None and paid_periods >= fee_free_after_period:
        return 0
    numerator, denominator = fee_rate.as_integer_ratio()
    return divide_half_up(prepaid_fen * numerator, denominator)


def prepay_partial(
    terms: Terms,
    *,
    after_period: int,
    prepay_fen: int,
    mode: PrepaymentMode,
    fee_rate: Decimal = Decimal(0),
    fee_free_after_period: int | None = None,
    overrides: Overrides | None = None,
) -> PartialPrepayment:
    """Return the rest of the schedule after ``prepay_fen`` of principal is repaid early.

    It is paid on the due date of ``after_period``, right after that installment. Reduce: same last date,
    the payment recomputed. Shorten: the payment kept, as few periods as clear the balance, the last one not
    above it.

    Raises:
        InvalidInput: a method or mode that does not allow it, a period without a next one, or an amount
            that is not above zero and below the balance (to clear the loan, settle it).
    """
    if mode not in prepayment_modes(terms.method):
        raise InvalidInput(fields={"mode": "这种还款方式不支持该提前还款方式，请办理提前结清"})
    rows = build_schedule(terms, overrides)
    position = after_period - terms.elapsed_periods
    if not 1 <= position < len(rows):
        raise InvalidInput(fields={"after_period": "提前还款须在首期之后、末期之前办理"})
    balance_before, next_row = rows[position - 1].closing_fen, rows[position]
    if not 0 < prepay_fen < balance_before:
        raise InvalidInput(
            fields={"prepay_fen": "提前还款金额须大于 0 且小于剩余本金；还清全部请办理提前结清"}
        )
    continued = replace(
        terms,
        principal_fen=balance_before - prepay_fen,
        elapsed_periods=after_period,
        kept_payment_fen=None,
    )
    if mode is PrepaymentMode.SHORTEN_TERM:
        continued = _shortened(continued, next_row)
    new_rows = build_schedule(continued, overrides)
    first = new_rows[0]
    kept = continued.kept_payment_fen if terms.method == "equal_installment" else None
    return PartialPrepayment(
        terms=continued,
        rows=new_rows,
        balance_before_fen=balance_before,
        balance_after_fen=continued.principal_fen,
        fee_fen=prepayment_fee(
            prepay_fen, fee_rate, paid_periods=after_period, fee_free_after_period=fee_free_after_period
        ),
        new_regular_payment_fen=kept or first.principal_fen + first.interest_fen,
        remaining_periods=len(new_rows),
        interest_remaining_fen=sum(row.interest_fen for row in new_rows),
    )


def _shortened(continued: Terms, next_row: Installment) -> Terms:
    """Return the terms with the old payment kept and only as many periods as it needs."""
    level = continued.method == "equal_installment"
    kept = next_row.principal_fen + next_row.interest_fen if level else next_row.principal_fen
    balance, periods = continued.principal_fen, continued.elapsed_periods
    for slot in slots(continued):
        interest = period_interest(continued, slot, balance) if level else 0
        periods += 1
        if balance + interest <= kept:
            break
        balance -= max(0, kept - interest)
    return replace(continued, periods=periods, kept_payment_fen=kept)


def payoff_quote(
    terms: Terms,
    *,
    payoff_date: date,
    day_base: int | None = None,
    fee_rate: Decimal = Decimal(0),
    fee_free_after_period: int | None = None,
    overrides: Overrides | None = None,
) -> PayoffQuote:
    """Return what clears the loan on ``payoff_date``; installments due by then count as paid.

    accrued = balance × annual × days since the last due date / day_base, rounded once, and never more than
    the period's own interest; ``day_base`` None is that of the interest basis. Loans without an annual rate
    (flat, or agreed interest) accrue the share of the period's interest that the days are of it.
    The fee is on the principal, and waived once ``fee_free_after_period`` installments are paid.

    Raises:
        InvalidInput: naming ``payoff_date``, before the disbursement.
    """
    if payoff_date < terms.disburse_date:
        raise InvalidInput(fields={"payoff_date": "结清日不能早于放款日"})
    rows = build_schedule(terms, overrides)
    passed = [row for row in rows if row.due_date <= payoff_date]
    paid_periods = terms.elapsed_periods + len(passed)
    if len(passed) == len(rows):
        return PayoffQuote(
            payoff_date=payoff_date,
            paid_periods=paid_periods,
            principal_fen=0,
            accrued_days=0,
            accrued_interest_fen=0,
            fee_fen=0,
        )
    current = rows[len(passed)]
    days = max(0, (payoff_date - current.start_date).days)
    return PayoffQuote(
        payoff_date=payoff_date,
        paid_periods=paid_periods,
        principal_fen=current.opening_fen,
        accrued_days=days,
        accrued_interest_fen=accrued_interest(terms, current, days, day_base),
        fee_fen=prepayment_fee(
            current.opening_fen,
            fee_rate,
            paid_periods=paid_periods,
            fee_free_after_period=fee_free_after_period,
        ),
    )


def accrued_interest(terms: Terms, current: Installment, days: int, day_base: int | None = None) -> int:
    """Return the interest of the first ``days`` of a period in fen (see ``payoff_quote``)."""
    if days >= current.days:  # a due date moved by a holiday: interest stops at the nominal one
        return current.interest_fen
    rate = rate_from(terms, current.start_date)
    if rate == 0 and terms.split_rate_change is None:
        return divide_half_up(current.interest_fen * days, current.days)
    base = day_base or terms.interest_basis.day_base
    if terms.split_rate_change is not None and base == terms.interest_basis.day_base:
        so_far = Slot(current.period, current.start_date, current.start_date + timedelta(days=days))
        return period_interest(terms, so_far, current.opening_fen)
    return daily_interest(current.opening_fen, rate, days, base)
