"""Why this fen 这一分钱从哪来: the formula, inputs and rounding behind an interest or penalty amount."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from loanhub.domain.money import format_fen
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.penalty import PenaltySegment, PenaltyTerms, segment
from loanhub.domain.repayment.periods import rate_from
from loanhub.domain.repayment.postings import InstallmentState, LoanState, Posting, PostingKind
from loanhub.domain.repayment.servicing import effective_postings
from loanhub.services.loans._shared import Account
from loanhub.services.quotes.reasons import ROUNDING, Reason, interest_formula

__all__ = ["Reason", "interest_reason", "penalty_reasons"]


def interest_reason(account: Account, state: LoanState, row: Installment) -> Reason:
    """Return how the interest of an installment came about."""
    terms = state.terms
    title = f"第 {row.period:02d} 期利息"
    result = format_fen(row.interest_fen)
    early = state.settled_date == row.due_date and row is state.installments[-1].installment
    if early and row.due_date < state.last_due_date:
        days = f"{row.start_date.isoformat()} 至 {row.due_date.isoformat()} 共 {row.days} 天"
        formula = f"提前结清当日，按实际占用计息：{days}"
        return Reason(title, formula, result, "民法典第六百七十七条：提前还款按实际借款期间计算利息")
    return Reason(title, interest_formula(terms, row), result, f"合同约定利率与计息方式，{ROUNDING}")


def penalty_reasons(account: Account, state: LoanState, row: InstallmentState) -> tuple[Reason, ...]:
    """Return the stretches of days whose penalties sum to what an installment was charged.

    Empty when nothing was charged, and when the stretches cannot be told apart any more.
    """
    charged = row.penalty_accrued_fen + row.compound_accrued_fen
    if not charged:
        return ()
    segments = _segments(account, state, row)
    if sum(cut.penalty_fen + cut.compound_fen for cut in segments) != charged:
        return ()
    charging = _charging(account, state, row)
    rate = format_percent(charging.annual_rate)
    return tuple(
        Reason(
            f"第 {row.period:02d} 期罚息 {cut.from_date.isoformat()} 起 {cut.days} 天",
            f"逾期本金 {format_fen(cut.principal_fen)} × 年利率 {rate} × {charging.multiplier} 倍 × {cut.days} 天 ÷ "
            f"{charging.day_base}"
            + (f"，另计复利 {format_fen(cut.compound_fen)}" if cut.compound_fen else ""),
            format_fen(cut.penalty_fen + cut.compound_fen),
            f"超过宽限期 {charging.grace_days} 天后自应还日起按日计收，每段{ROUNDING}",
        )
        for cut in segments
        if cut.penalty_fen or cut.compound_fen
    )


def _charging(account: Account, state: LoanState, row: InstallmentState) -> PenaltyTerms:
    options, terms = account.options, state.terms
    rate = rate_from(terms, row.installment.start_date)
    if terms.flat_monthly_rate is not None:
        rate = terms.flat_monthly_rate * 12
    change = terms.split_rate_change
    if change is not None and change.effective_from <= row.due_date:
        rate = change.annual_rate
    if options.penalty_annual_rate is not None:
        rate = options.penalty_annual_rate
    return PenaltyTerms(
        annual_rate=rate, multiplier=options.penalty_multiplier, day_base=options.day_base,
        grace_days=options.grace_days, compound=options.compound,
    )  # fmt: skip


def _segments(account: Account, state: LoanState, row: InstallmentState) -> list[PenaltySegment]:
    """Cut the days since the due date at every posting, as the replay does, and charge each stretch."""
    charging = _charging(account, state, row)
    days = sorted(set(_cut_days(account.postings, state, row.due_date)) | {state.as_of})
    since, found = row.due_date, []
    for day in days:
        principal, interest = _open_at(state, row, since)
        if day > since and (principal or interest):
            found.append(
                segment(
                    charging, from_date=since, to_date=day, principal_fen=principal, interest_fen=interest
                )
            )
        since = day
    return found


def _cut_days(postings: Iterable[Posting], state: LoanState, due_date: date) -> Iterable[date]:
    for posting in effective_postings(postings):
        if posting.kind is not PostingKind.REVERSAL and due_date < posting.value_date <= state.as_of:
            yield posting.value_date
    for part in state.allocations:
        if part.value_date > due_date:
            yield part.value_date


def _open_at(state: LoanState, row: InstallmentState, day: date) -> tuple[int, int]:
    principal, interest = row.installment.principal_fen, row.installment.interest_fen
    for part in (*state.allocations, *state.waivers):
        if part.period == row.period and part.value_date <= day:
            if part.component.value == "principal":
                principal -= part.amount_fen
            elif part.component.value == "interest":
                interest -= part.amount_fen
    return principal, interest
