"""Reverse a posting 冲正: a further row that undoes it; what came after is replayed without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus, entries_for_posting
from loanhub.domain.money import format_fen, uppercase
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import Posting, PostingKind
from loanhub.models import Loan, Payment
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._numbering import next_number
from loanhub.services._transaction import reading, transaction
from loanhub.services.loans import ledger
from loanhub.services.loans._shared import (
    Account,
    business_day,
    check_version,
    open_account,
    record,
    roll,
    sync,
    tell_owner,
)
from loanhub.services.loans.preview import Balance, ChangedRow, changed_rows, try_posting


class OwnPosting(NotPermitted):
    """Maker ≠ checker: who registered a payment may not reverse it."""

    def __init__(self) -> None:
        super().__init__("这笔入账是你登记的，冲正须由另一位同事操作")


class ReversingReversal(Conflict):
    """A reversal is final; the payment is entered anew instead."""

    def __init__(self) -> None:
        super().__init__("冲正记录不能再冲正；款项确实到账的，请重新登记入账")


class AlreadyReversed(Conflict):
    """The posting was reversed before."""

    def __init__(self) -> None:
        super().__init__("这笔入账已经冲正过")


@dataclass(frozen=True)
class ReversalPreview:
    """What undoing a payment would change."""

    payment_id: int
    loan_id: int
    version: int
    amount: str
    uppercase: str
    value_date: str
    receipt_number: str
    before: Balance
    after: Balance
    changed: tuple[ChangedRow, ...]


@dataclass(frozen=True)
class Reversed:
    """A reversal as it was written."""

    payment_id: int
    loan_id: int
    version: int
    number: str
    amount: str
    before: str
    after: str
    status: str


def preview_reversal(actor: Actor, *, payment_id: int, now: datetime) -> ReversalPreview:
    """Return what reversing a payment would do; writes nothing.

    Raises:
        NotFound, NotPermitted, ReversingReversal, AlreadyReversed, InvalidInput: see :func:`reverse`.
    """
    with reading() as db:
        payment = repository.get_visible_payment(db, actor, payment_id)
        actor.require(Permission.PAYMENTS_REVERSE)
        loan = repository.get_visible(db, actor, payment.loan_id)
        account = open_account(db, loan)
        _check(actor, account, payment)
        tried = try_posting(account, _posting(account, payment), as_of=business_day(loan, now))
        return ReversalPreview(
            payment_id=payment_id, loan_id=payment.loan_id, version=loan.version,
            amount=format_fen(payment.amount_fen), uppercase=uppercase(payment.amount_fen),
            value_date=payment.value_date.isoformat(), receipt_number=payment.receipt_number,
            before=Balance.of(tried.before), after=Balance.of(tried.after),
            changed=changed_rows(tried.before, tried.after),
        )  # fmt: skip


def reverse(
    actor: Actor,
    *,
    payment_id: int,
    reason: str,
    key: str = "",
    expected_version: int | None = None,
    now: datetime,
) -> Reversed:
    """Reverse a payment; its value date and everything after are replayed as if it had not come.

    Raises:
        NotFound: no such payment in the actor's scope.
        NotPermitted: the actor lacks payments:reverse, or registered the payment (OwnPosting).
        ReversingReversal, AlreadyReversed, StaleLoan: see the classes.
        InvalidInput: no reason, or a refund of its overpayment would lose its cover.
    """
    with transaction() as db:
        payment = repository.get_visible_payment(db, actor, payment_id)
        loan = repository.get_visible(db, actor, payment.loan_id, for_update=True)
        actor.require(Permission.PAYMENTS_REVERSE)

        def work() -> dict[str, object]:
            check_version(loan, expected_version)
            return vars(_reverse(db, actor, loan, payment, reason.strip(), now=now))

        content = [payment_id, reason]
        return Reversed(**once(db, actor, "payments.reverse", key, content, now=now, work=work))  # type: ignore[arg-type]


def _check(actor: Actor, account: Account, payment: Payment) -> None:
    if payment.kind == PostingKind.REVERSAL:
        raise ReversingReversal
    if any(other.reverses_id == payment.id for other in account.payments):
        raise AlreadyReversed
    if account.loan.status is LoanStatus.WRITTEN_OFF:
        raise Conflict("已核销的借据不能冲正")
    if payment.by_id == actor.actor_id:
        raise OwnPosting


def _posting(account: Account, payment: Payment) -> Posting:
    return Posting(
        sequence=account.next_sequence, kind=PostingKind.REVERSAL, value_date=payment.value_date,
        reverses=payment.seq,
    )  # fmt: skip


def _reverse(
    db: Session, actor: Actor, loan: Loan, payment: Payment, reason: str, *, now: datetime
) -> Reversed:
    account = open_account(db, loan)
    _check(actor, account, payment)
    if not 2 <= len(reason) <= 300:
        raise InvalidInput(fields={"reason": "写一下冲正的原因（2 到 300 个字）"})
    as_of = business_day(loan, now)
    roll(db, actor, account, to=as_of, now=now)
    posting = _posting(account, payment)
    tried = try_posting(account, posting, as_of=as_of)
    today = local(now).date()
    row = Payment(
        loan_id=loan.id or 0, seq=posting.sequence, kind=posting.kind.value, amount_fen=payment.amount_fen,
        value_date=payment.value_date, posted_at=now, reverses_id=payment.id, payer_name=payment.payer_name,
        method=payment.method, note=reason, by_id=actor.actor_id,
        receipt_number=f"CZ{today:%Y%m%d}{next_number(db, f'reversal:{today:%Y%m%d}'):04d}",
    )  # fmt: skip
    db.add(row)
    try:
        db.flush()
    except sa.exc.IntegrityError:
        raise AlreadyReversed from None
    undone = next(one for one in account.postings if one.sequence == payment.seq)
    ledger.write(
        db, actor, loan, "reversal", entries_for_posting(posting, tried, reversed_posting=undone),
        value_date=payment.value_date, payment_id=row.id,
        reverses_id=repository.find_ledger_of(db, payment.id or 0), note=f"{row.receipt_number} {reason}", now=now,
    )  # fmt: skip
    ids = {**account.payment_ids, posting.sequence: row.id or 0}
    ledger.write_changes(
        db, actor, loan, tried.changes, payment_ids=ids, note=f"冲正 {payment.receipt_number}", now=now
    )
    loan.version += 1
    loan.updated_at = now
    before, after = Balance.of(tried.before), Balance.of(tried.after)
    sync(db, actor, loan, tried.after, [*account.payments, row], now=now)
    record(
        db, actor, "payment.reversed", loan, now=now,
        before={"剩余本金": before.outstanding, "当期应还": before.due},
        after={"剩余本金": after.outstanding, "当期应还": after.due},
        summary=f"{loan.number} 冲正 {format_fen(payment.amount_fen)}（{payment.receipt_number}）", reason=reason,
    )  # fmt: skip
    tell_owner(db, actor, loan, title=f"还款冲正 {format_fen(payment.amount_fen)}", now=now)
    return Reversed(
        payment_id=row.id or 0, loan_id=loan.id or 0, version=loan.version, number=row.receipt_number,
        amount=format_fen(payment.amount_fen), before=before.outstanding, after=after.outstanding,
        status=loan.status.label,
    )  # fmt: skip
