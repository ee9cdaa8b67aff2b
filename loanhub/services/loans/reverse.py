"""Reverse a posting 冲正: a further row that undoes it; what came after is replayed without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.money import format_fen, uppercase
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import Posting, PostingKind
from loanhub.models import Loan, Payment
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction
from loanhub.services.loans._shared import Account, business_day, check_version, open_account
from loanhub.services.loans._write import Source, write_posting
from loanhub.services.loans.preview import Balance, ChangedRow, changed_rows, try_posting


class OwnPosting(NotPermitted):
    """Maker ≠ checker: who registered or approved a posting may not reverse it."""

    def __init__(self) -> None:
        super().__init__("这笔入账由你登记或审批，冲正须由另一位同事操作")


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
    """Reverse a posting of any kind; its value date and everything after are replayed as if it had not come.

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
    if payment.by_id == actor.actor_id or (payment.approved_by_id or 0) == actor.user_id:
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
    posting = _posting(account, payment)
    written = write_posting(
        db, actor, account, posting, Source(note=reason, by_id=actor.actor_id, undone=payment), now=now
    )
    before, after = Balance.of(written.tried.before), Balance.of(written.tried.after)
    return Reversed(
        payment_id=written.payment.id or 0, loan_id=loan.id or 0, version=loan.version,
        number=written.payment.receipt_number, amount=format_fen(payment.amount_fen), before=before.outstanding,
        after=after.outstanding, status=loan.status.label,
    )  # fmt: skip
