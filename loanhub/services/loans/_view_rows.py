"""The tables of a loan's page: the schedule, the postings with where each fen went, the ledger's entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.catalogue import access, present
from loanhub.domain.loans import Account as LedgerAccount
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import InstallmentState, InstallmentStatus, LoanState, PostingKind
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Loan, Payment
from loanhub.repositories import loans as repository
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services.catalogue import PAYMENT_METHODS
from loanhub.services.loans._shared import Account
from loanhub.services.loans.explain import Reason, interest_reason, penalty_reasons
from loanhub.services.loans.ledger import LEDGER_KINDS


@dataclass(frozen=True)
class ScheduleRow:
    """One installment as the table shows it; amounts without ¥, '—' for none."""

    number: str
    due_date: str
    principal: str
    interest: str
    fee: str
    penalty: str
    total: str
    paid: str
    balance: str
    status_label: str
    status_tone: str
    look: str
    reasons: tuple[Reason, ...]
    waived: str = ""


@dataclass(frozen=True)
class PaymentRow:
    """One posting; ``reversible`` says whether this reader may undo it."""

    id: int
    seq: str
    kind: str
    kind_label: str
    value_date: str
    posted_at: str
    amount: str
    amount_full: str
    parts: str
    payer: str
    method: str
    receipt_number: str
    note: str
    by: str
    reversed: bool
    reversible: bool
    tone: str
    why_not: str = ""
    approved_by: str = ""


@dataclass(frozen=True)
class LedgerRow:
    """One entry of the ledger; of debit and credit one is empty."""

    transaction: str
    value_date: str
    kind: str
    account: str
    debit: str
    credit: str
    note: str


def _amount(fen: int) -> str:
    return format_plain(fen) if fen else "—"


def schedule_rows(account: Account, state: LoanState) -> tuple[ScheduleRow, ...]:
    """Return the installments as they stand; the one to pay now is marked."""
    current = next((r.period for r in state.installments if r.status is not InstallmentStatus.CLEARED), 0)
    found = []
    for row in state.installments:
        agreed = row.installment
        penalty = row.penalty_accrued_fen + row.compound_accrued_fen
        label, tone = _row_status(row, state)
        overdue = row.status is InstallmentStatus.OVERDUE
        found.append(
            ScheduleRow(
                number=f"{row.period:02d}", due_date=row.due_date.isoformat(),
                principal=format_plain(agreed.principal_fen), interest=format_plain(agreed.interest_fen),
                fee=_amount(agreed.fee_fen), penalty=_amount(penalty),
                total=format_plain(agreed.payment_fen + penalty), paid=_amount(row.paid.total_fen),
                balance=format_plain(agreed.closing_fen), status_label=label, status_tone=tone,
                look="od" if overdue else "cur" if row.period == current else "",
                reasons=(interest_reason(account, state, agreed), *penalty_reasons(account, state, row)),
                waived=format_plain(row.waived.total_fen) if row.waived.total_fen else "",
            )
        )  # fmt: skip
    return tuple(found)


def _row_status(row: InstallmentState, state: LoanState) -> tuple[str, str]:
    paid = row.paid.total_fen > 0
    if row.status is InstallmentStatus.CLEARED:
        late = (row.cleared_date - row.due_date).days if row.cleared_date else 0
        if row.open.penalty_fen + row.open.compound_fen:
            return f"欠罚息 {format_plain(row.open.penalty_fen + row.open.compound_fen)}", "warn"
        return (f"已还 · 晚 {late} 天", "disbursed") if late > 0 else ("已还", "disbursed")
    if row.status is InstallmentStatus.UPCOMING:
        return "待还", "closed"
    days = (state.as_of - row.due_date).days
    part = "部分还 · " if paid else ""
    if row.status is InstallmentStatus.OVERDUE:
        return f"{part}逾期 {days} 天", "overdue"
    return (f"{part}宽限期 {days} 天", "warn") if days else (f"{part}今日应还", "warn")


def schedule_sums(state: LoanState) -> dict[str, str]:
    """Return the sums under the schedule's columns."""
    agreed = [row.installment for row in state.installments]
    penalty = sum(row.penalty_accrued_fen + row.compound_accrued_fen for row in state.installments)
    return {
        "principal": format_plain(sum(row.principal_fen for row in agreed)),
        "interest": format_plain(sum(row.interest_fen for row in agreed)),
        "fee": _amount(sum(row.fee_fen for row in agreed)),
        "penalty": _amount(penalty),
        "total": format_plain(sum(row.payment_fen for row in agreed) + penalty),
        "paid": _amount(sum(row.paid.total_fen for row in state.installments)),
    }


def planned_rows(terms: Terms) -> tuple[ScheduleRow, ...]:
    """Return the schedule a loan that has not been paid out would get."""
    return tuple(
        ScheduleRow(
            number=f"{row.period:02d}", due_date=row.due_date.isoformat(), principal=format_plain(row.principal_fen),
            interest=format_plain(row.interest_fen), fee=_amount(row.fee_fen), penalty="—",
            total=format_plain(row.payment_fen), paid="—", balance=format_plain(row.closing_fen),
            status_label="待放款", status_tone="closed", look="", reasons=(),
        )
        for row in build_schedule(terms)
    )  # fmt: skip


def planned_sums(terms: Terms) -> dict[str, str]:
    """Return the sums of that schedule."""
    rows = build_schedule(terms)
    return {
        "principal": format_plain(sum(row.principal_fen for row in rows)),
        "interest": format_plain(sum(row.interest_fen for row in rows)),
        "fee": _amount(sum(row.fee_fen for row in rows)),
        "penalty": "—",
        "total": format_plain(sum(row.payment_fen for row in rows)),
        "paid": "—",
    }


def payment_rows(
    db: Session,
    actor: Actor,
    loan: Loan,
    account: Account,
    state: LoanState,
    names: Mapping[int, str],
    *,
    now: datetime,
) -> tuple[PaymentRow, ...]:
    """Return the postings, newest first; a reversed one stays visible 红字."""
    undone = {payment.reverses_id for payment in account.payments if payment.reverses_id}
    spec = catalogues.current(db).get("payment", "payer_name")
    right = access(spec, catalogues.rights_of(actor))
    methods = dict(PAYMENT_METHODS)
    kinds = {payment.id or 0: PostingKind(payment.kind) for payment in account.payments}

    def row(payment: Payment) -> PaymentRow:
        kind = PostingKind(payment.kind)
        reversal = kind is PostingKind.REVERSAL
        gone = payment.id in undone
        payer = present(spec, payment.payer_name, right, now, {}) if payment.payer_name else ""
        back = kinds.get(payment.reverses_id or 0)
        sign = "−" if kind.sends_money or (back is not None and back.brings_money) else "+"
        sign = sign if payment.amount_fen else ""
        why_not = _irreversible(actor, loan, payment, gone=gone)
        return PaymentRow(
            id=payment.id or 0, seq=str(payment.seq), kind=kind.value, kind_label=kind.label,
            value_date=payment.value_date.isoformat(), posted_at=formats.instant(payment.posted_at),
            amount=f"{sign}{format_plain(payment.amount_fen)}" if payment.amount_fen else "—", amount_full=format_fen(payment.amount_fen),
            parts="已冲正" if gone else _parts(payment, state), payer=payer,
            method=methods.get(payment.method, ""), receipt_number=payment.receipt_number, note=payment.note,
            by=names.get(payment.by_id or 0, "系统"), reversed=gone,
            reversible=not why_not,
            tone="due" if reversal or kind.sends_money else "" if gone or not kind.brings_money else "in",
            why_not=why_not, approved_by=names.get(payment.approved_by_id or 0, ""),
        )  # fmt: skip

    return tuple(row(payment) for payment in reversed(account.payments))


def _irreversible(actor: Actor, loan: Loan, payment: Payment, *, gone: bool) -> str:
    """Return why this reader may not reverse a posting; empty when he may try."""
    kind = PostingKind(payment.kind)
    if kind is PostingKind.REVERSAL:
        return "冲正不能再冲正"
    if gone:
        return "已冲正"
    if not actor.can(Permission.PAYMENTS_REVERSE):
        return f"须有「{Permission.PAYMENTS_REVERSE.label}」权限"
    if actor.actor_id in (payment.by_id, payment.approved_by_id):
        return "由你登记或审批，须由另一位同事冲正"
    off_book = kind in (PostingKind.WRITE_OFF, PostingKind.RECOVERY)
    return "借据已核销，请先冲正核销" if loan.status is LoanStatus.WRITTEN_OFF and not off_book else ""


def _parts(payment: Payment, state: LoanState) -> str:
    """Return where a payment went in a phrase: 第 06–07 期 利息、本金."""
    given = state.allocations_of(payment.seq)
    kind = PostingKind(payment.kind)
    if kind is PostingKind.REVERSAL:
        return "红字冲回"
    if kind is PostingKind.WAIVER:
        given = tuple(part for part in state.waivers if part.sequence == payment.seq)
    elif not kind.brings_money:
        return kind.label
    if not given:
        return "溢缴款"
    periods = sorted({part.period for part in given})
    span = f"第 {periods[0]:02d} 期" if len(periods) == 1 else f"第 {periods[0]:02d}–{periods[-1]:02d} 期"
    labels = "、".join(dict.fromkeys(part.component.label for part in given))
    rest = payment.amount_fen - sum(part.amount_fen for part in given)
    return f"{span} {labels}" + ("、溢缴款" if rest > 0 else "")


def ledger_rows(db: Session, loan: Loan) -> tuple[LedgerRow, ...]:
    """Return the entries of the loan's books."""
    return tuple(
        LedgerRow(
            transaction=f"{transaction.id}", value_date=transaction.value_date.isoformat(),
            kind=LEDGER_KINDS.get(transaction.kind, transaction.kind), account=LedgerAccount(entry.account).label,
            debit=format_plain(entry.debit_fen) if entry.debit_fen else "",
            credit=format_plain(entry.credit_fen) if entry.credit_fen else "", note=transaction.note,
        )
        for transaction, entry in repository.list_ledger(db, loan.id or 0)
    )  # fmt: skip
