"""Whether a posting may be entered now: what the replay would only cap or set aside is refused here."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import LARGEST_FEN, format_fen
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.postings import LoanState, Posting, PostingKind
from loanhub.domain.repayment.terms import LARGEST_PERIODS, LARGEST_RATE

OVERDUE_FIRST = (PostingKind.PREPAYMENT, PostingKind.EXTENSION)
"""Refused while anything due before their day is open 逾期先还."""

_STANDS_OR_FALLS = (
    PostingKind.REFUND,
    PostingKind.RATE_CHANGE,
    PostingKind.EXTENSION,
    PostingKind.RESTRUCTURE,
    PostingKind.ACCELERATION,
    PostingKind.WRITE_OFF,
    PostingKind.RECOVERY,
)
"""What another posting must not make impossible."""

_PAID_EARLY = (PostingKind.PREPAYMENT, PostingKind.SETTLEMENT)
"""What a change of terms must not make impossible; without its money it becomes an ordinary payment."""


def _refuse(field: str, sentence: str) -> InvalidInput:
    return InvalidInput(fields={field: sentence})


def check_entry(posting: Posting, *, as_of: date, disburse_date: date, state: LoanState) -> None:
    """Check a posting that is not a reversal against the day and the state of the loan at ``as_of``.

    Raises:
        InvalidInput: naming the field.
    """
    kind = posting.kind
    if posting.value_date > as_of:
        raise _refuse("value_date", "入账日不能晚于今天")
    if posting.value_date < disburse_date:
        raise _refuse("value_date", "入账日不能早于放款日")
    if posting.amount_fen < 0 or (kind.needs_amount and posting.amount_fen == 0):
        raise _refuse("amount_fen", "金额须大于 0")
    if posting.amount_fen > LARGEST_FEN:
        raise _refuse("amount_fen", "金额过大，不能超过 1 万亿元")
    if not kind.needs_amount and kind is not PostingKind.WRITE_OFF and posting.amount_fen:
        raise _refuse("amount_fen", f"{kind.label}不填写金额")
    if state.written_off_date is not None and kind is not PostingKind.RECOVERY:
        raise _refuse("value_date", "借据已核销，只能登记核销后收回")
    if kind is PostingKind.RECOVERY and state.written_off_date is None:
        raise _refuse("value_date", "借据没有核销，请按还款入账")
    if (
        kind is PostingKind.RECOVERY
        and state.written_off_date
        and posting.value_date < state.written_off_date
    ):
        raise _refuse("value_date", "收回日不能早于核销日")
    if state.settled_date is not None and kind is not PostingKind.REFUND:
        raise _refuse("value_date", "借据已结清，不能再入账")
    _check_content(posting, state)


def _check_content(posting: Posting, state: LoanState) -> None:
    kind, rate = posting.kind, posting.annual_rate
    if kind is PostingKind.RATE_CHANGE:
        if rate is None:
            raise _refuse("annual_rate", "请填写调整后的年利率")
        if not isinstance(rate, Decimal) or not rate.is_finite() or not 0 <= rate < LARGEST_RATE:
            raise _refuse("annual_rate", "调整后的利率不能为负，且须低于 1000%")
    if kind is PostingKind.EXTENSION and not 1 <= posting.months <= LARGEST_PERIODS:
        raise _refuse("months", f"展期月数须在 1 到 {LARGEST_PERIODS} 之间")
    if kind is PostingKind.RESTRUCTURE and posting.new_terms is None:
        raise _refuse("method", "请填写重组后的还款条款")
    if kind is PostingKind.PREPAYMENT and posting.prepay_fen <= 0:
        raise _refuse("prepay_fen", "提前还款本金须大于 0")
    if kind is PostingKind.PREPAYMENT and posting.prepay_fen > state.outstanding_principal_fen:
        raise _refuse("prepay_fen", "提前还款本金超过剩余本金")


def check_lateness(posting: Posting, on: LoanState) -> None:
    """Check what depends on the state at the end of the value date, before the posting.

    Raises:
        InvalidInput: overdue amounts before a prepayment or an extension; a write-off of a loan that is not
            overdue, or of another amount than its principal.
    """
    if posting.kind is PostingKind.WRITE_OFF:
        if on.dpd == 0:
            raise _refuse("value_date", "借据没有逾期，不能核销")
        if posting.amount_fen not in (0, on.outstanding_principal_fen):
            raise _refuse(
                "amount_fen", f"核销金额须等于未还本金（{format_fen(on.outstanding_principal_fen)}）"
            )
        return
    late = sum(row.open.total_fen for row in on.installments if row.due_date < posting.value_date)
    if late:
        field = "amount_fen" if posting.kind is PostingKind.PREPAYMENT else "value_date"
        raise _refuse(field, f"有逾期未还 {format_fen(late)}，请先还清再办理{posting.kind.label}")


def check_nothing_later(postings: Sequence[Posting], posting: Posting) -> None:
    """Check that nothing that counts is valued after a write-off: later money would be a recovery.

    Raises:
        InvalidInput: naming ``value_date``.
    """
    if posting.kind is PostingKind.WRITE_OFF and any(p.value_date > posting.value_date for p in postings):
        raise _refuse("value_date", "核销日之后已有入账，核销日须不早于最后一笔入账")


def check_reversal(postings: Sequence[Posting], posting: Posting, state: LoanState) -> None:
    """Check a reversal: of a posting there is, and after a write-off only of it or of a recovery.

    Raises:
        InvalidInput: naming ``reverses``.
    """
    target = next((other for other in postings if other.sequence == posting.reverses), None)
    if target is None:
        raise _refuse("reverses", "没有找到要冲正的入账")
    if target.kind is PostingKind.REVERSAL:
        raise _refuse("reverses", "冲正不能再冲正")
    if state.written_off_date is None or target.kind is PostingKind.RECOVERY:
        return
    if target.kind is not PostingKind.WRITE_OFF:
        raise _refuse("reverses", "借据已核销，请先冲正核销")
    gone = {other.reverses for other in postings}
    if any(other.kind is PostingKind.RECOVERY and other.sequence not in gone for other in postings):
        raise _refuse("reverses", "核销后已有收回，请先冲正收回")


def check_others(postings: Sequence[Posting], posting: Posting, before: LoanState, after: LoanState) -> None:
    """Check that no other posting becomes impossible.

    Raises:
        InvalidInput: naming ``reverses`` for a reversal, otherwise ``value_date``.
    """
    lost = set(after.unfulfilled) - set(before.unfulfilled)
    kinds = _STANDS_OR_FALLS + (_PAID_EARLY if posting.kind.changes_terms else ())
    other = next((p for p in postings if p.sequence in lost and p.kind in kinds), None)
    if other is None or other.sequence == posting.reverses:
        return
    if posting.kind is PostingKind.REVERSAL:
        sentence = (
            "这笔入账的溢缴款已退款，请先冲正退款"
            if other.kind is PostingKind.REFUND
            else f"之后的{other.kind.label}以这笔入账为前提，请先冲正{other.kind.label}"
        )
        raise _refuse("reverses", sentence)
    raise _refuse("value_date", f"会使 {other.value_date.isoformat()} 的{other.kind.label}无法成立")


def check_waiver(posting: Posting, after: LoanState) -> None:
    """Check that a waiver takes off all it says.

    Raises:
        InvalidInput: naming ``amount_fen``.
    """
    if posting.kind is not PostingKind.WAIVER:
        return
    waived = sum(posted.amount_fen for posted in after.waivers if posted.sequence == posting.sequence)
    if waived < posting.amount_fen:
        label = Component(posting.component).label
        raise _refuse("amount_fen", f"减免金额超过当日未还{label}（{format_fen(waived)}）")
