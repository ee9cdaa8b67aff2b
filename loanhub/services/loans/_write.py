"""Write one posting 入账: voucher, ledger, caches and event, the same way whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.errors import Conflict
from loanhub.domain.formats import local
from loanhub.domain.loans import entries_for_posting
from loanhub.domain.money import format_fen
from loanhub.domain.repayment.postings import Posting, PostingKind, Preview
from loanhub.models import Payment
from loanhub.repositories import bulk
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._numbering import next_number
from loanhub.services.loans import ledger
from loanhub.services.loans._shared import Account, business_day, note, roll, sync, tell_owner
from loanhub.services.loans.preview import Balance, term_lines, try_posting

NUMBERS = {
    PostingKind.REVERSAL: ("CZ", "reversal"),
    PostingKind.REFUND: ("TK", "refund"),
    PostingKind.WAIVER: ("JM", "waiver"),
    PostingKind.WRITE_OFF: ("HX", "write_off"),
    PostingKind.RATE_CHANGE: ("BG", "change"),
    PostingKind.EXTENSION: ("BG", "change"),
    PostingKind.RESTRUCTURE: ("BG", "change"),
    PostingKind.ACCELERATION: ("BG", "change"),
}
"""Prefix and sequence of the voucher's number; money in is a receipt SJ. Never used again, reversed or not."""

EVENTS = {
    PostingKind.REVERSAL: "payment.reversed",
    PostingKind.PREPAYMENT: "payment.prepaid",
    PostingKind.REFUND: "payment.refunded",
    PostingKind.RECOVERY: "payment.recovered",
    PostingKind.WAIVER: "loan.waived",
    PostingKind.RATE_CHANGE: "loan.repriced",
    PostingKind.EXTENSION: "loan.extended",
    PostingKind.RESTRUCTURE: "loan.restructured",
    PostingKind.ACCELERATION: "loan.accelerated",
    PostingKind.WRITE_OFF: "loan.written_off",
}
"""The event of each kind; payments and settlements are ``payment.posted``."""


@dataclass(frozen=True)
class Posted:
    """A posting as it was written; the texts are formatted."""

    payment_id: int
    loan_id: int
    version: int
    receipt_number: str
    amount: str
    outstanding: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """What stands behind a posting: the money's way, the request, who answers for it.

    ``undone`` is the posting that a reversal undoes.
    """

    payer: str = ""
    method: str = ""
    bank_id: str = ""
    bank_entry: int = 1
    note: str = ""
    by_id: int | None = None
    approved_by_id: int | None = None
    request_id: int | None = None
    undone: Payment | None = None


@dataclass(frozen=True)
class Written:
    """The row written, and what it did."""

    payment: Payment
    tried: Preview

    def posted(self, account: Account) -> Posted:
        """Return it for the caller of the use case."""
        payment, loan = self.payment, account.loan
        return Posted(
            payment_id=payment.id or 0, loan_id=loan.id or 0, version=loan.version,
            receipt_number=payment.receipt_number, amount=format_fen(payment.amount_fen),
            outstanding=Balance.of(self.tried.after).outstanding, status=loan.status.label,
        )  # fmt: skip


def write_posting(
    db: Session, actor: Actor, account: Account, posting: Posting, source: Source, *, now: datetime
) -> Written:
    """Write a posting that has been looked at, in the caller's transaction; the loan's row is locked.

    Everything is replayed in (value date, sequence) order; ledger, schedule and the loan's caches follow.

    Raises:
        InvalidInput: the posting does not fit the loan; see :func:`try_posting`.
        Conflict: somebody else wrote the same posting just now.
        LedgerBroken: ledger and replay disagree; the transaction is lost.
    """
    # Nothing in here reads what it has pending, so a query need not write it first: one UPDATE of the loan, not four.
    with db.no_autoflush:
        return _write(db, actor, account, posting, source, now=now)


def _write(
    db: Session, actor: Actor, account: Account, posting: Posting, source: Source, *, now: datetime
) -> Written:
    loan = account.loan
    as_of = business_day(loan, now)
    if loan.suspense_fen:
        roll(db, actor, account, to=as_of, now=now)
    tried = try_posting(account, posting, as_of=as_of)
    failpoint("posting.before_payment")
    payment = _payment(db, account, posting, source, now=now)
    failpoint("posting.after_payment")
    undone = source.undone
    reversed_posting = next((p for p in account.postings if p.sequence == posting.reverses), None)
    ledger.write(
        db, actor, loan, posting.kind.value,
        entries_for_posting(posting, tried, reversed_posting=reversed_posting), value_date=posting.value_date,
        payment_id=payment.id, reverses_id=repository.find_ledger_of(db, undone.id or 0) if undone else None,
        note=f"{payment.receipt_number} {source.note if undone else ''}".strip(), now=now,
    )  # fmt: skip
    ids = {**account.payment_ids, posting.sequence: payment.id or 0}
    about = f"冲正 {undone.receipt_number}" if undone else f"补记 {payment.receipt_number}"
    ledger.write_changes(db, actor, loan, tried.changes, payment_ids=ids, note=about, now=now)
    failpoint("posting.after_changes")
    loan.version += 1
    loan.updated_at = now
    sync(db, actor, loan, tried.after, [*account.payments, payment], now=now)
    failpoint("posting.after_caches")
    _tell(db, actor, account, payment, tried, source, now=now)
    failpoint("posting.after_event")
    return Written(payment, tried)


def _payment(db: Session, account: Account, posting: Posting, source: Source, *, now: datetime) -> Payment:
    today = local(now).date()
    prefix, sequence = NUMBERS.get(posting.kind, ("SJ", "receipt"))
    undone = source.undone
    number = f"{prefix}{today:%Y%m%d}{next_number(db, f'{sequence}:{today:%Y%m%d}'):04d}"
    payment = bulk.new_row(
        Payment,
        {
            "loan_id": account.loan.id or 0, "seq": posting.sequence, "kind": posting.kind.value,
            "amount_fen": undone.amount_fen if undone else posting.amount_fen, "value_date": posting.value_date,
            "posted_at": now, "reverses_id": undone.id if undone else None,
            "payer_name": undone.payer_name if undone else source.payer,
            "method": undone.method if undone else source.method, "bank_transaction_id": source.bank_id or None,
            "bank_entry": source.bank_entry, "receipt_number": number, "note": source.note[:300],
            "detail": posting.detail(), "request_id": source.request_id, "by_id": source.by_id,
            "approved_by_id": source.approved_by_id,
        },
    )  # fmt: skip
    db.add(payment)
    try:
        db.flush()
    except sa.exc.IntegrityError:
        raise Conflict("这笔款刚刚被别人登记过，请刷新后查看") from None
    return payment


def _tell(
    db: Session,
    actor: Actor,
    account: Account,
    payment: Payment,
    tried: Preview,
    source: Source,
    *,
    now: datetime,
) -> None:
    loan, kind = account.loan, PostingKind(payment.kind)
    before, after = Balance.of(tried.before), Balance.of(tried.after)
    old: dict[str, object] = {"剩余本金": before.outstanding, "当期应还": before.due}
    new: dict[str, object] = {"剩余本金": after.outstanding, "当期应还": after.due}
    for change in tried.after.changes:
        if change.sequence == payment.seq:
            for line in term_lines(change):
                old[line.label], new[line.label] = line.before, line.after
    changed = {label for label in new if old[label] != new[label]} or {"剩余本金", "当期应还"}
    note(
        db, actor, EVENTS.get(kind, "payment.posted"), loan, now=now,
        before={label: text for label, text in old.items() if label in changed},
        after={label: text for label, text in new.items() if label in changed},
        summary=_summary(account, payment, source), reason=source.note,
    )  # fmt: skip
    if source.undone is not None:
        tell_owner(db, actor, loan, title=f"{kind.label} {format_fen(payment.amount_fen)}", now=now)
    elif kind not in (PostingKind.PAYMENT, PostingKind.SETTLEMENT, PostingKind.PREPAYMENT):
        tell_owner(db, actor, loan, title=_title(payment), now=now)
    elif tried.to_suspense_fen > 0:
        tell_owner(db, actor, loan, title=f"有溢缴款 {format_fen(tried.after.suspense_fen)}", now=now)


def _title(payment: Payment) -> str:
    label = PostingKind(payment.kind).label
    return f"{label} {format_fen(payment.amount_fen)}" if payment.amount_fen else label


def _summary(account: Account, payment: Payment, source: Source) -> str:
    number, kind = account.loan.number, PostingKind(payment.kind)
    if source.undone is not None:
        return f"{number} 冲正 {format_fen(payment.amount_fen)}（{source.undone.receipt_number}）"
    if kind in (PostingKind.PAYMENT, PostingKind.SETTLEMENT):
        return f"{number} {format_fen(payment.amount_fen)} 到账 {payment.value_date.isoformat()}"
    return f"{number} {_title(payment)}，{payment.value_date.isoformat()} 起息"
