"""Register money received 登记还款: replayed, allocated, written to the ledger, once."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import PostingKind
from loanhub.domain.repayment.prepayment import PrepaymentMode
from loanhub.models import Loan
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import transaction
from loanhub.services.catalogue import PAYMENT_METHODS
from loanhub.services.loans._shared import check_version, open_account
from loanhub.services.loans._write import Posted, Source, write_posting
from loanhub.services.loans.preview import draft


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
    prepay_fen: int = 0,
    mode: str = PrepaymentMode.REDUCE_PAYMENT.value,
    key: str = "",
    expected_version: int | None = None,
    now: datetime,
) -> Posted:
    """Post money received and return what was written.

    ``kind`` is payment, settlement, prepayment (``prepay_fen`` of principal repaid early, by ``mode``) or, after a
    write-off, recovery.

    The loan row is locked; everything is replayed in (value date, sequence) order; the ledger, the schedule
    and the loan's caches follow in the same transaction.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks payments:create.
        NotDisbursed, LoanClosed, NotWrittenOff, StaleLoan, KeyReused: see the classes.
        InvalidInput: naming ``amount``, ``prepay``, ``mode``, ``value_date``, ``method``, ``payer`` or ``bank_transaction_id``.
    """
    bank_id = "".join(bank_transaction_id.split())
    payer = " ".join(payer.split())
    with transaction() as db:
        loan = repository.get_visible(db, actor, loan_id, for_update=True)
        actor.require(Permission.PAYMENTS_CREATE)

        def work() -> dict[str, object]:
            check_version(loan, expected_version)
            return vars(
                post_in(
                    db, actor, loan, PostingKind.find(kind), amount_fen=amount_fen, value_date=value_date,
                    method=method, payer=payer, bank_id=bank_id, note=note, prepay_fen=prepay_fen, mode=mode, now=now,
                )
            )  # fmt: skip

        content = [loan_id, amount_fen, value_date, method, payer, bank_id, note, kind, prepay_fen, mode]
        return Posted(**once(db, actor, "payments.post", key, content, now=now, work=work))  # type: ignore[arg-type]


def post_in(
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
    prepay_fen: int = 0,
    mode: str = PrepaymentMode.REDUCE_PAYMENT.value,
    now: datetime,
) -> Posted:
    """Post money on a loan whose row is locked, in the caller's transaction; see :func:`post`."""
    account = open_account(db, loan)
    posting = draft(
        account, kind=kind or PostingKind.REFUND, amount_fen=amount_fen, value_date=value_date,
        today=local(now).date(), prepay_fen=prepay_fen, mode=mode,
    )  # fmt: skip
    _check_source(method, payer, bank_id, note)
    source = Source(
        payer=payer, method=method, bank_id=bank_id, bank_entry=free_bank_entry(db, bank_id), note=note.strip(),
        by_id=actor.actor_id,
    )  # fmt: skip
    return write_posting(db, actor, account, posting, source, now=now).posted(account)


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


def free_bank_entry(db: Session, bank_id: str) -> int:
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
