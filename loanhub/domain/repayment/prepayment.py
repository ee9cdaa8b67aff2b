"""Prepayment 提前还款: part of the principal, or all of it.

Source: docs/algorithms/prepayment.md; 民法典 677 (interest only for the time the money was used).
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from loanhub.domain.calendar import Overrides
from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import divide_half_up, round_half_up
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.periods import (
    Slot,
    count_periods,
    interest_ratio,
    monthly_interest,
    period_interest,
    rate_from,
    slots,
    used_interest,
)
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import InterestBasis, MaturityMode, Terms


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
    """A loan after part of its principal was repaid early.

    ``terms`` continue the old ones and build ``rows``; ``new_regular_payment_fen`` is that of the next period.
    ``early_interest`` is the exact interest the repaid part has cost since the current period began; it is due
    with that period's own (zero on a due date).
    """

    terms: Terms
    rows: tuple[Installment, ...]
    balance_before_fen: int
    balance_after_fen: int
    fee_fen: int
    new_regular_payment_fen: int
    remaining_periods: int
    interest_remaining_fen: int
    early_interest: Fraction = Fraction(0)


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
    rows = build_schedule(terms, overrides)
    position = after_period - terms.elapsed_periods - terms.numbered_after
    if not 1 <= position < len(rows):
        raise InvalidInput(fields={"after_period": "提前还款须在首期之后、末期之前办理"})
    return _repay_part(
        terms,
        balance_before=rows[position - 1].closing_fen,
        next_row=rows[position],
        prepay_fen=prepay_fen,
        mode=mode,
        fee_rate=fee_rate,
        fee_free_after_period=fee_free_after_period,
        overrides=overrides,
    )


def prepay_within(
    terms: Terms,
    *,
    on: date,
    prepay_fen: int,
    mode: PrepaymentMode,
    fee_rate: Decimal = Decimal(0),
    fee_free_after_period: int | None = None,
    overrides: Overrides | None = None,
) -> PartialPrepayment:
    """Return the rest of the schedule after ``prepay_fen`` of principal is repaid between two due dates.

    Installments due by ``on`` count as paid. The rest is recomputed on the lower balance from the current
    period on; the repaid part bears interest for the days it was used in it, at most the whole period's, and
    that interest is due with the current installment.

    Raises:
        InvalidInput: as for :func:`prepay_partial`; ``value_date`` when every installment is due.
    """
    rows = build_schedule(terms, overrides)
    current = next((row for row in rows if row.due_date > on), None)
    if current is None or on < terms.disburse_date:
        raise InvalidInput(fields={"value_date": "已没有未到期的期次，不能提前还款"})
    plan = _repay_part(
        terms,
        balance_before=current.opening_fen,
        next_row=current,
        prepay_fen=prepay_fen,
        mode=mode,
        fee_rate=fee_rate,
        fee_free_after_period=fee_free_after_period,
        overrides=overrides,
    )
    days = max(0, (on - current.start_date).days)
    return replace(plan, early_interest=used_interest(terms, slot_of(current), prepay_fen, days))


def _repay_part(
    terms: Terms,
    *,
    balance_before: int,
    next_row: Installment,
    prepay_fen: int,
    mode: PrepaymentMode,
    fee_rate: Decimal,
    fee_free_after_period: int | None,
    overrides: Overrides | None,
) -> PartialPrepayment:
    """Return the loan continued from ``next_row`` on, with less principal."""
    if mode not in prepayment_modes(terms.method):
        raise InvalidInput(fields={"mode": "这种还款方式不支持该提前还款方式，请办理提前结清"})
    if not 0 < prepay_fen < balance_before:
        raise InvalidInput(
            fields={"prepay_fen": "提前还款金额须大于 0 且小于剩余本金；还清全部请办理提前结清"}
        )
    paid_periods = next_row.period - 1
    continued = replace(
        terms,
        principal_fen=balance_before - prepay_fen,
        elapsed_periods=paid_periods - terms.numbered_after,
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
            prepay_fen, fee_rate, paid_periods=paid_periods, fee_free_after_period=fee_free_after_period
        ),
        new_regular_payment_fen=kept or first.principal_fen + first.interest_fen,
        remaining_periods=len(new_rows),
        interest_remaining_fen=sum(row.interest_fen for row in new_rows),
    )


def _shortened(continued: Terms, next_row: Installment) -> Terms:
    """Return the terms with the old payment kept and only as many periods as it needs."""
    level = continued.method == "equal_installment"
    monthly = continued.interest_basis is InterestBasis.MONTHLY

    def regular_interest(slot: Slot, opening_fen: int) -> int:
        """Return the interest that the regular payment holds, also when the period is irregular."""
        if not level:
            return 0
        if monthly:
            return monthly_interest(opening_fen, rate_from(continued, slot.start_date))
        return period_interest(continued, slot, opening_fen)

    kept = next_row.principal_fen + regular_interest(slot_of(next_row), next_row.opening_fen)
    balance, periods = continued.principal_fen, continued.elapsed_periods
    for slot in slots(continued):
        interest = regular_interest(slot, balance)
        periods += 1
        if balance + interest <= kept:
            break
        balance -= max(0, kept - interest)
    if periods == count_periods(continued):
        return replace(continued, kept_payment_fen=kept)
    return replace(continued, periods=periods, kept_payment_fen=kept, maturity_mode=MaturityMode.DUE_DATES)


def payoff_quote(
    terms: Terms,
    *,
    payoff_date: date,
    day_base: int | None = None,
    fee_rate: Decimal = Decimal(0),
    fee_free_after_period: int | None = None,
    early_interest: Fraction = Fraction(0),
    overrides: Overrides | None = None,
) -> PayoffQuote:
    """Return what clears the loan on ``payoff_date``; installments due by then count as paid.

    accrued = balance × annual × days since the last due date / day_base, rounded once, and never more than
    the period's own interest; ``day_base`` None is that of the interest basis. Loans without an annual rate
    (flat, or agreed interest) accrue the share of the period's interest that the days are of it.
    ``early_interest`` is what principal repaid earlier in the current period has cost so far, unrounded.
    The fee is on the principal, and waived once ``fee_free_after_period`` installments are paid.

    Raises:
        InvalidInput: naming ``payoff_date``, before the disbursement.
    """
    if payoff_date < terms.disburse_date:
        raise InvalidInput(fields={"payoff_date": "结清日不能早于放款日"})
    rows = build_schedule(terms, overrides)
    passed = [row for row in rows if row.due_date <= payoff_date]
    paid_periods = terms.numbered_after + terms.elapsed_periods + len(passed)
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
        accrued_interest_fen=accrued_interest(terms, current, days, day_base, early_interest),
        fee_fen=prepayment_fee(
            current.opening_fen,
            fee_rate,
            paid_periods=paid_periods,
            fee_free_after_period=fee_free_after_period,
        ),
    )


def accrued_interest(
    terms: Terms,
    current: Installment,
    days: int,
    day_base: int | None = None,
    early_interest: Fraction = Fraction(0),
) -> int:
    """Return the interest of the first ``days`` of a period in fen (see ``payoff_quote``), rounded once.

    ``early_interest`` is what principal repaid earlier in the period has cost, exact; it is added before
    the rounding.
    """
    slot = slot_of(current)
    if rate_from(terms, current.start_date) == 0 and not terms.changes:
        share = Fraction(current.interest_fen * min(days, current.days), current.days)
        return round_half_up(share + early_interest)
    if terms.method == "custom" and days >= current.days:
        return current.interest_fen  # agreed interest need not follow from the rate
    base = day_base or terms.interest_basis.day_base
    if base == terms.interest_basis.day_base:
        used = used_interest(terms, slot, current.opening_fen, days)
    elif days >= current.days:
        used = Fraction(*interest_ratio(terms, slot, current.opening_fen))
    else:
        rate = Fraction(rate_from(terms, current.start_date))
        used = current.opening_fen * rate * days / base
    accrued = round_half_up(used + early_interest)
    return min(accrued, current.interest_fen) if terms.method == "custom" else accrued


def slot_of(row: Installment) -> Slot:
    """Return the nominal dates of an installment, before a holiday moved its due date."""
    return Slot(row.period, row.start_date, row.start_date + timedelta(days=row.days))
