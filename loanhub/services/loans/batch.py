"""Post many payments 批量入账: each in its own transaction, so that one bad row stops no other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import Loan, Payment
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._write import Posted
from loanhub.services.loans.post import post

LARGEST_BATCH = 5_000


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """One payment of a batch: the loan by id, or by its number; the bank's number makes it safe to send again."""

    amount_fen: int
    value_date: date
    bank_transaction_id: str
    loan_id: int = 0
    loan_number: str = ""
    payer: str = ""
    note: str = ""
    method: str = "transfer"
    kind: str = PostingKind.PAYMENT.value


@dataclass(frozen=True)
class BatchResult:
    """What became of a row. ``already``: this bank transaction is posted on this loan, and was left as it is."""

    index: int
    ok: bool
    already: bool = False
    posted: Posted | None = None
    field: str = ""
    problem: str = ""


def post_many(actor: Actor, rows: Iterable[BatchRow], *, now: datetime) -> list[BatchResult]:
    """Post rows one after the other, each in its own transaction, and say what became of each.

    Sent again, a row that was posted is found by its bank number and answered as before. Must not run inside
    another transaction.

    Raises:
        NotPermitted: the actor lacks payments:create.
        InvalidInput: more than 5,000 rows.
    """
    actor.require(Permission.PAYMENTS_CREATE)
    wanted = list(rows)
    if len(wanted) > LARGEST_BATCH:
        raise InvalidInput(f"一次最多入账 {LARGEST_BATCH} 笔")
    return [_one(actor, index, row, now=now) for index, row in enumerate(wanted)]


def _one(actor: Actor, index: int, row: BatchRow, *, now: datetime) -> BatchResult:
    bank_id = "".join(row.bank_transaction_id.split())
    if not bank_id:
        return BatchResult(index, False, field="bank_transaction_id", problem="批量入账必须有银行流水号")
    try:
        loan_id = row.loan_id or _loan_id(actor, row.loan_number)
        known = _known(actor, bank_id, loan_id, row.amount_fen)
        if known is not None:
            return BatchResult(index, True, already=True, posted=known)
        posted = post(
            actor, loan_id=loan_id, amount_fen=row.amount_fen, value_date=row.value_date, method=row.method,
            payer=row.payer, bank_transaction_id=bank_id, note=row.note, kind=row.kind, now=now,
        )  # fmt: skip
    except InvalidInput as error:
        field = next(iter(error.fields), "")
        return BatchResult(index, False, field=field, problem=error.sentence)
    except LoanHubError as error:
        return BatchResult(index, False, problem=error.sentence)
    return BatchResult(index, True, posted=posted)


def _loan_id(actor: Actor, number: str) -> int:
    with reading() as db:
        return repository.find_visible_by_number(db, actor, number.strip()).id or 0


def _known(actor: Actor, bank_id: str, loan_id: int, amount_fen: int) -> Posted | None:
    """Return the posting this bank transaction stands as on this loan, or None when it was not posted."""
    with reading() as db:
        standing = next(
            (payment for payment, undone in repository.list_bank_entries(db, bank_id) if not undone), None
        )
        if standing is None or standing.loan_id != loan_id or standing.amount_fen != amount_fen:
            return None
        return _as_posted(standing, repository.get_visible(db, actor, loan_id))


def _as_posted(payment: Payment, loan: Loan) -> Posted:
    return Posted(
        payment_id=payment.id or 0, loan_id=loan.id or 0, version=loan.version,
        receipt_number=payment.receipt_number, amount=format_fen(payment.amount_fen),
        outstanding=format_fen(loan.outstanding_principal_fen), status=loan.status.label,
    )  # fmt: skip
