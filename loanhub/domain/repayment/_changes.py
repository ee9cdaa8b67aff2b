"""What a posting does to the rest of a schedule: each function changes the ledger, or refuses and leaves it.

Source: docs/algorithms/prepayment.md, rate_change.md, extension.md, restructure.md, acceleration.md, write_off.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from loanhub.domain.calendar import add_months
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import round_half_up
from loanhub.domain.repayment._restructure import restructure
from loanhub.domain.repayment._rows import Row
from loanhub.domain.repayment.delinquency import FiveClass, worse_class
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.periods import interest_ratio
from loanhub.domain.repayment.postings import Posting, PostingKind, TermChange
from loanhub.domain.repayment.prepayment import prepay_partial, prepay_within, slot_of
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import LARGEST_PERIODS, RateChange, Terms

if TYPE_CHECKING:
    from loanhub.domain.repayment._replay import LoanLedger


def change(ledger: LoanLedger, posting: Posting) -> None:
    """Let a posting change the loan's terms or books.

    Raises:
        InvalidInput: naming the field; the ledger is as it was.
    """
    day = posting.value_date
    before = _figures(ledger, day)
    _CHANGES[posting.kind](ledger, posting)
    if posting.kind.changes_terms:
        ledger.changes.append(_difference(posting, before, _figures(ledger, day)))
    ledger.note_cleared(day)


def _figures(ledger: LoanLedger, day: date) -> TermChange:
    """Return rate, last due date, next full payment and count of installments, as both sides of a change."""
    coming = ledger.coming_rows(day)
    full = next((row for row in coming if row.installment.start_date >= day), coming[0] if coming else None)
    shown = full or ledger.rows[-1]
    payment = shown.installment.principal_fen + shown.installment.interest_fen - shown.early_principal
    rate, last = ledger.current_rate(day), ledger.last_due_date
    periods = sum(1 for row in ledger.rows if not row.carried)
    return TermChange(
        sequence=0,
        kind=PostingKind.RATE_CHANGE,
        value_date=day,
        old_annual_rate=rate,
        new_annual_rate=rate,
        old_last_due_date=last,
        new_last_due_date=last,
        old_payment_fen=payment,
        new_payment_fen=payment,
        old_periods=periods,
        new_periods=periods,
    )


def _difference(posting: Posting, before: TermChange, after: TermChange) -> TermChange:
    return replace(
        before,
        sequence=posting.sequence,
        kind=posting.kind,
        new_annual_rate=after.new_annual_rate,
        new_last_due_date=after.new_last_due_date,
        new_payment_fen=after.new_payment_fen,
        new_periods=after.new_periods,
    )


def _with_early(terms: Terms, fresh: Installment, current: Row) -> Installment:
    """Return the current installment with what was repaid early in it: principal, fee, and its interest."""
    if not (current.early_principal or current.early_fee or current.early_interest):
        return fresh
    numerator, denominator = interest_ratio(terms, slot_of(fresh), fresh.opening_fen)
    exact = current.early_interest + Fraction(numerator, denominator)
    return replace(
        fresh,
        opening_fen=fresh.opening_fen + current.early_principal,
        principal_fen=fresh.principal_fen + current.early_principal,
        interest_fen=round_half_up(exact),
        fee_fen=fresh.fee_fen + current.early_fee,
    )


def _replan(ledger: LoanLedger, day: date, terms: Terms) -> None:
    """Build what is not due yet anew by ``terms``; the current row keeps what was repaid early in it."""
    coming = ledger.coming_rows(day)
    current = coming[0]
    fresh = [row for row in build_schedule(terms, ledger.overrides) if row.period >= current.period]
    first = _with_early(terms, fresh[0], current)
    ledger.terms = terms
    current.installment = first
    current.charging = ledger.charging(first.start_date, first.due_date)
    current.last_free_day, current.since = ledger.last_free_day(first.due_date), first.due_date
    kept = [row for row in ledger.rows if row not in coming]
    ledger.set_rows([*kept, current, *(ledger.row(installment) for installment in fresh[1:])])


def _current(ledger: LoanLedger, day: date, sentence: str, field: str = "value_date") -> Row:
    coming = ledger.coming_rows(day)
    if not coming or ledger.settled_date is not None:
        raise InvalidInput(fields={field: sentence})
    return coming[0]


def _continued(ledger: LoanLedger, current: Row, **changes: object) -> Terms:
    """Return the terms from the current period on, with the balance that is left."""
    terms = ledger.terms
    return replace(
        terms,
        principal_fen=current.installment.opening_fen - current.early_principal,
        elapsed_periods=current.period - 1 - terms.numbered_after,
        **changes,  # type: ignore[arg-type]  # fields of Terms
    )


# 部分提前还款 ----------------------------------------------------------------------------------------


def _prepay(ledger: LoanLedger, posting: Posting) -> None:
    """Repay principal early: on a due date with the installment of that day, otherwise with the current one."""
    day, options = posting.value_date, ledger.options
    today = next((row for row in ledger.rows if row.due == day and not row.carried), None)
    current = _current(ledger, day, "已没有未到期的期次，不能提前还款")
    if today is not None:
        plan = prepay_partial(
            ledger.terms,
            after_period=today.period,
            prepay_fen=posting.prepay_fen,
            mode=posting.mode,
            fee_rate=options.prepayment_fee_rate,
            fee_free_after_period=options.prepayment_free_after,
            overrides=ledger.overrides,
        )
    else:
        plan = prepay_within(
            ledger.terms,
            on=day,
            prepay_fen=posting.prepay_fen,
            mode=posting.mode,
            fee_rate=options.prepayment_fee_rate,
            fee_free_after_period=options.prepayment_free_after,
            overrides=ledger.overrides,
        )
    if posting.amount_fen + ledger.suspense < ledger.due_total(day) + posting.prepay_fen + plan.fee_fen:
        raise InvalidInput(fields={"amount_fen": "金额不足以付清当日应还、提前还款本金和违约金"})
    if today is not None:
        agreed = today.installment
        today.installment = replace(
            agreed,
            principal_fen=agreed.principal_fen + posting.prepay_fen,
            fee_fen=agreed.fee_fen + plan.fee_fen,
        )
        today.cleared_date, today.done = None, False
    else:
        current.early_principal += posting.prepay_fen
        current.early_fee += plan.fee_fen
        current.early_interest += plan.early_interest
        ledger.pay_early(current, fee_fen=plan.fee_fen, principal_fen=posting.prepay_fen)
    _replan(ledger, day, plan.terms)


# 提前结清, 提前到期 -----------------------------------------------------------------------------------


def _fall_due(ledger: LoanLedger, day: date, *, fee: bool) -> None:
    """Let one installment due that day take the place of all that were still to come."""
    rest = ledger.rest(day, fee=fee)
    coming = ledger.coming_rows(day)
    for carried in ledger.carried_rows(day):
        carried.carry_to(day)
    if coming:
        current = coming[0]
        current.installment = replace(
            current.installment,
            start_date=min(current.installment.start_date, day),
            due_date=day,
            days=rest.accrued_days,
            principal_fen=rest.principal_fen + current.early_principal,
            interest_fen=rest.accrued_interest_fen,
            fee_fen=rest.fee_fen + current.early_fee,
        )
        current.last_free_day, current.since = ledger.last_free_day(day), day
        current.charging = ledger.charging(current.installment.start_date, day)
    ledger.rows = sorted(
        (row for row in ledger.rows if row not in coming[1:]), key=lambda row: (row.due, row.period)
    )


def _settle(ledger: LoanLedger, posting: Posting) -> None:
    """Settle early, when the money suffices."""
    day = posting.value_date
    owed = ledger.due_total(day, carried=True) + ledger.rest(day).payoff_fen
    if posting.amount_fen + ledger.suspense < owed:
        raise InvalidInput(fields={"amount_fen": "金额不足以提前结清，请按结清试算的金额收款"})
    if ledger.settled_date is None:
        _fall_due(ledger, day, fee=True)


def _accelerate(ledger: LoanLedger, posting: Posting) -> None:
    """Let the whole balance fall due, with interest to the day; from then on it is late."""
    day = posting.value_date
    _current(ledger, day, "全部本息已到期，无需提前到期")
    _fall_due(ledger, day, fee=False)
    ledger.last_due_date = day
    ledger.accelerated = True


# 利率调整 --------------------------------------------------------------------------------------------


def _change_rate(ledger: LoanLedger, posting: Posting) -> None:
    """Take a new contract rate from the next period that starts, or from the very day."""
    day, terms, rate = posting.value_date, ledger.terms, posting.annual_rate
    if rate is None:
        raise InvalidInput(fields={"annual_rate": "请填写调整后的年利率"})
    _current(ledger, day, "已没有未到期的期次，不能调整利率")
    if terms.flat_monthly_rate is not None:
        raise InvalidInput(fields={"annual_rate": "等本等息按月费率收取，不能调整年利率，请办理重组"})
    starts_later = any(row.installment.start_date >= day for row in ledger.coming_rows(day))
    if not posting.split and not starts_later:
        raise InvalidInput(fields={"value_date": "之后没有新的计息期，次期生效的调整不起作用"})
    agreed_interest = terms.custom_rows and all(row.interest_fen is not None for row in terms.custom_rows)
    if agreed_interest:
        raise InvalidInput(fields={"annual_rate": "各期利息已逐期约定，调整利率不起作用"})
    others = [other for other in terms.changes if other.effective_from != day]
    changes = sorted([*others, RateChange(day, rate, posting.split)], key=lambda other: other.effective_from)
    try:
        changed = replace(terms, rate_changes=tuple(changes), split_rate_change=None)
        if terms.method == "equal_installment" and day <= build_schedule(terms)[0].start_date:
            changed = replace(changed, kept_payment_fen=None)  # kept for a rate that never comes to hold
        _replan(ledger, day, changed)
    except InvalidInput as error:
        raise InvalidInput(fields={"split" if posting.split else "annual_rate": error.sentence}) from error


# 展期 ------------------------------------------------------------------------------------------------


def _extend(ledger: LoanLedger, posting: Posting) -> None:
    """Stretch what is not due yet by some months."""
    day, terms, months = posting.value_date, ledger.terms, posting.months
    current = _current(ledger, day, "展期须在到期前办理")
    if not 1 <= months <= LARGEST_PERIODS:
        raise InvalidInput(fields={"months": "展期月数须大于 0"})
    if terms.method == "flat":
        raise InvalidInput(fields={"months": "等本等息不支持展期，请办理重组"})
    try:
        if terms.method == "custom":
            first = current.period - terms.numbered_after - 1
            rows = tuple(
                replace(row, due_date=add_months(row.due_date, months)) if place >= first else row
                for place, row in enumerate(terms.custom_rows)
            )
            extended = replace(terms, custom_rows=rows)
        elif terms.method == "bullet":
            if terms.maturity_date is not None:
                extended = replace(terms, maturity_date=add_months(terms.maturity_date, months))
            else:
                extended = replace(terms, periods=terms.periods + months)
        else:
            longer = terms.amortization_periods
            extended = _continued(
                ledger,
                current,
                periods=terms.periods + months,
                amortization_periods=longer + months if longer else None,
                kept_payment_fen=None,
            )
        _replan(ledger, day, extended)
    except InvalidInput as error:
        raise InvalidInput(fields={"months": error.sentence}) from error
    ledger.extended = True
    ledger.class_floor = worse_class(ledger.class_floor, FiveClass.SPECIAL_MENTION)


# 核销 ------------------------------------------------------------------------------------------------


def _write_off(ledger: LoanLedger, posting: Posting) -> None:
    """Take the principal off the books; the claim, its interest and its penalty go on."""
    outstanding = ledger.outstanding(posting.value_date)
    if ledger.written_off_date is not None:
        raise InvalidInput(fields={"value_date": "借据已经核销"})
    if not outstanding:
        raise InvalidInput(fields={"value_date": "没有未还本金，不能核销"})
    ledger.written_off_date, ledger.written_off = posting.value_date, outstanding
    ledger.class_floor = FiveClass.LOSS


_CHANGES: dict[PostingKind, Callable[[LoanLedger, Posting], None]] = {
    PostingKind.PREPAYMENT: _prepay,
    PostingKind.SETTLEMENT: _settle,
    PostingKind.ACCELERATION: _accelerate,
    PostingKind.RATE_CHANGE: _change_rate,
    PostingKind.EXTENSION: _extend,
    PostingKind.RESTRUCTURE: restructure,
    PostingKind.WRITE_OFF: _write_off,
}
