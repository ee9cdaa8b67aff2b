"""Register money received 登记还款: replayed, allocated, written to the ledger, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.loans import entries_for_posting
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import Loan, Payment
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._numbering import next_number
from loanhub.services._transaction import transaction
from loanhub.services.catalogue import PAYMENT_METHODS
from loanhub.services.loans import ledger
from loanhub.services.loans._shared import (
    business_day,
    check_version,
    open_account,
    record,
    roll,
    sync,
    tell_owner,
)
from loanhub.services.loans.preview import Balance, draft, try_posting


@dataclass(frozen=True)
class Posted:
    """A payment as it was written; the texts are formatted."""

    payment_id: int
    loan_id: int
    version: int
    receipt_number: str
    amount: str
    outstanding: str
    status: str


def post(
    actor: Actor,
    *,
    loan_id: int,
    amount_fen: int,
    value_date: date,
    method: str = "transfer",
    payer: str = "",
    bank_transaction_id: str = "",
    note: str = "",
    kind: str = PostingKind.PAYMENT.value,
    key: str = "",
    expected_version: int | None = None,
    now: datetime,
) -> Posted:
    """Post a payment, or an early settlement (``kind`` settlement), and return what was written.

    The loan row is locked; everything is replayed in (value date, sequence) order; the ledger, the schedule
    and the loan's caches follow in the same transaction.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks payments:create.
        NotDisbursed, LoanClosed, StaleLoan, KeyReused: see the classes.
        InvalidInput: naming ``amount``, ``value_date``, ``method``, ``payer`` or ``bank_transaction_id``.
    """
    bank_id = "".join(bank_transaction_id.split())
    payer = " ".join(payer.split())
    with transaction() as db:
        loan = repository.get_visible(db, actor, loan_id, for_update=True)
        actor.require(Permission.PAYMENTS_CREATE)

        def work() -> dict[str, object]:
            check_version(loan, expected_version)
            return vars(
                _post(
                    db, actor, loan, PostingKind.find(kind), amount_fen=amount_fen, value_date=value_date,
                    method=method, payer=payer, bank_id=bank_id, note=note, now=now,
                )
            )  # fmt: skip

        content = [loan_id, amount_fen, value_date, method, payer, bank_id, note, kind]
        return Posted(**once(db, actor, "payments.post", key, content, now=now, work=work))  # type: ignore[arg-type]


def _post(
    db: Session,
    actor: Actor,
    loan: Loan,
    kind: PostingKind | None,
    *,
    amount_fen: int,
    value_date: date,
    method: str,
    payer: str,
    bank_id: str,
    note: str,
    now: datetime,
) -> Posted:
    account = open_account(db, loan)
    today = local(now).date()
    posting = draft(
        account, kind=kind or PostingKind.REFUND, amount_fen=amount_fen, value_date=value_date, today=today
    )
    _check_source(method, payer, bank_id, note)
    bank_entry = _bank_entry(db, bank_id)
    as_of = business_day(loan, now)
    roll(db, actor, account, to=as_of, now=now)
    tried = try_posting(account, posting, as_of=as_of)
    payment = Payment(
        loan_id=loan.id or 0, seq=posting.sequence, kind=posting.kind.value, amount_fen=amount_fen,
        value_date=value_date, posted_at=now, payer_name=payer, method=method,
        bank_transaction_id=bank_id or None, bank_entry=bank_entry,
        receipt_number=f"SJ{today:%Y%m%d}{next_number(db, f'receipt:{today:%Y%m%d}'):04d}", note=note.strip(),
        by_id=actor.actor_id,
    )  # fmt: skip
    db.add(payment)
    try:
        db.flush()
    except sa.exc.IntegrityError:
        raise Conflict("这笔款刚刚被别人登记过，请刷新后查看") from None
    ledger.write(
        db, actor, loan, posting.kind.value, entries_for_posting(posting, tried), value_date=value_date,
        payment_id=payment.id, note=payment.receipt_number, now=now,
    )  # fmt: skip
    ids = {**account.payment_ids, posting.sequence: payment.id or 0}
    ledger.write_changes(
        db, actor, loan, tried.changes, payment_ids=ids, note=f"补记 {payment.receipt_number}", now=now
    )
    loan.version += 1
    loan.updated_at = now
    before = Balance.of(tried.before)
    sync(db, actor, loan, tried.after, [*account.payments, payment], now=now)
    after = Balance.of(tried.after)
    record(
        db, actor, "payment.posted", loan, now=now,
        before={"剩余本金": before.outstanding, "当期应还": before.due},
        after={"剩余本金": after.outstanding, "当期应还": after.due},
        summary=f"{loan.number} {format_fen(amount_fen)} 到账 {value_date.isoformat()}", reason=note.strip(),
    )  # fmt: skip
    if tried.to_suspense_fen > 0:
        tell_owner(db, actor, loan, title=f"有溢缴款 {format_fen(tried.after.suspense_fen)}", now=now)
    return Posted(
        payment_id=payment.id or 0, loan_id=loan.id or 0, version=loan.version,
        receipt_number=payment.receipt_number, amount=format_fen(amount_fen), outstanding=after.outstanding,
        status=loan.status.label,
    )  # fmt: skip


def _check_source(method: str, payer: str, bank_id: str, note: str) -> None:
    refused: dict[str, str] = {}
    if method not in dict(PAYMENT_METHODS):
        refused["method"] = "请选择入账方式"
    if method == "third_party" and not payer:
        refused["payer"] = "他人代还要写付款人姓名"
    if len(payer) > 60:
        refused["payer"] = "付款人最多 60 个字"
    if len(bank_id) > 80:
        refused["bank_transaction_id"] = "银行流水号最多 80 个字符"
    if len(note) > 300:
        refused["note"] = "备注最多 300 个字"
    if refused:
        raise InvalidInput(fields=refused)


def _bank_entry(db: Session, bank_id: str) -> int:
    """Return which entry of a bank transaction this is; one that stands may not be entered again."""
    if not bank_id:
        return 1
    entries = repository.list_bank_entries(db, bank_id)
    standing = next((payment for payment, undone in entries if not undone), None)
    if standing is not None:
        raise InvalidInput(
            fields={
                "bank_transaction_id": f"这个银行流水号已入过账（收据 {standing.receipt_number}），不能重复登记"
            }
        )
    return len(entries) + 1
