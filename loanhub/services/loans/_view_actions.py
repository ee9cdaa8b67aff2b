"""Parts of the loan page: what this reader may do now, and what has changed about the terms 变更."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import LoanState, PostingKind
from loanhub.domain.repayment.prepayment import prepayment_modes
from loanhub.models import Loan, LoanRequest
from loanhub.services._actor import Actor
from loanhub.services.loans._shared import CLOSED, Account
from loanhub.services.loans.change import CHANGE_KINDS
from loanhub.services.loans.offer import MAY_OFFER
from loanhub.services.loans.preview import TermLine, term_lines


@dataclass(frozen=True)
class ActionState:
    """Something that can be done with a loan; ``why_not`` says why this reader may not do it now."""

    code: str
    label: str
    allowed: bool
    why_not: str


@dataclass(frozen=True)
class ChangeRow:
    """One change of terms that stands: who asked, who approved, and what it changed."""

    date: str
    kind_label: str
    by: str
    approved_by: str
    lines: tuple[TermLine, ...]
    note: str
    payment_id: int


MONEY_IN = {
    "post": "登记还款",
    PostingKind.PREPAYMENT.value: "部分提前还款",
    PostingKind.SETTLEMENT.value: "提前结清",
    PostingKind.RECOVERY.value: "登记核销后收回",
}


def actions_of(
    actor: Actor, loan: Loan, state: LoanState | None, pending: list[LoanRequest]
) -> tuple[ActionState, ...]:
    """Return every action on a loan with the reason when it is not open to this reader."""
    waiting = {row.kind: row.number for row in pending}
    found = []
    for code, label in {**MONEY_IN, "offer": "出具结清试算单", **CHANGE_KINDS}.items():
        why_not = _why_not(actor, loan, state, code, waiting)
        found.append(ActionState(code, label, not why_not, why_not))
    return tuple(found)


def _why_not(actor: Actor, loan: Loan, state: LoanState | None, code: str, waiting: Mapping[str, str]) -> str:
    needed = Permission.PAYMENTS_CREATE if code in MONEY_IN else Permission.LOANS_ADJUST
    may = actor.can_any(*MAY_OFFER) if code == "offer" else actor.can(needed)
    if not may:
        return f"须有「{needed.label}」权限"
    if state is None:
        return "借据还没有放款"
    refused = _closed(loan, state, code)
    if refused:
        return refused
    if code in waiting:
        return f"已有一项在等待审批（{waiting[code]}）"
    return _not_now(state, code)


def _closed(loan: Loan, state: LoanState, code: str) -> str:
    if code == PostingKind.RECOVERY.value:
        return "" if loan.status is LoanStatus.WRITTEN_OFF else "借据没有核销"
    settled = loan.status in (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY)
    if code == PostingKind.REFUND.value and settled and state.suspense_fen:
        return ""
    return f"借据{loan.status.label}" if loan.status in CLOSED else ""


def _not_now(state: LoanState, code: str) -> str:
    """Return what stands against an action in the state of today; the preview looks closer."""
    due_later = state.as_of < state.last_due_date
    if code == PostingKind.PREPAYMENT.value:
        if not prepayment_modes(state.terms.method):
            return "这种还款方式只能提前结清"
        return "有逾期未还，请先还清逾期" if state.raw_dpd else "" if due_later else "已没有未到期的期次"
    if code == PostingKind.WAIVER.value and not any(
        row.open.total_fen for row in state.installments if row.due_date <= state.as_of
    ):
        return "没有到期未还的款项可减免"
    if code == PostingKind.REFUND.value and not state.suspense_fen:
        return "没有溢缴款可退"
    if code == PostingKind.EXTENSION.value:
        return "有逾期未还，请先还清逾期" if state.raw_dpd else "" if due_later else "已到期，不能展期"
    if code == PostingKind.RATE_CHANGE.value:
        flat = state.terms.flat_monthly_rate is not None
        return "等本等息按月费率收取，请办理重组" if flat else "" if due_later else "已没有未到期的期次"
    if code == PostingKind.ACCELERATION.value and not due_later:
        return "全部本息已到期"
    if code == PostingKind.WRITE_OFF.value and not state.dpd:
        return "借据没有逾期，不能核销"
    return ""


def changes_of_loan(account: Account, state: LoanState, names: Mapping[int, str]) -> tuple[ChangeRow, ...]:
    """Return the changes of terms that stand, newest first."""
    by_sequence = {payment.seq: payment for payment in account.payments}
    rows = []
    for change in state.changes:
        payment = by_sequence[change.sequence]
        rows.append(
            ChangeRow(
                date=change.value_date.isoformat(), kind_label=change.kind.label,
                by=names.get(payment.by_id or 0, "系统"), approved_by=names.get(payment.approved_by_id or 0, ""),
                lines=term_lines(change), note=payment.note, payment_id=payment.id or 0,
            )
        )  # fmt: skip
    return tuple(reversed(rows))
