"""The ledger of a loan 分录: balanced transactions are appended, and held against the replayed state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.loans import Account, EntryLine, account_of, assert_balanced, entries_for_change
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.postings import AllocationChange, LoanState, PostingKind
from loanhub.models import LedgerEntry, LedgerProof, LedgerTransaction, Loan
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint


class LedgerBroken(RuntimeError):
    """The ledger and the replay of a loan disagree: a mistake of ours; nothing of the transaction is kept."""


# Entries and proof are never read back in the transaction that writes them: no need to track them as objects.
_ENTRIES = sa.insert(LedgerEntry.__table__)  # type: ignore[attr-defined]
_PROOF = sa.insert(LedgerProof.__table__)  # type: ignore[attr-defined]

LEDGER_KINDS = {
    "disbursement": "放款",
    **{kind.value: kind.label for kind in PostingKind},
    "payment": "还款入账",
    "reallocation": "重新分配",
    "suspense": "溢缴款抵扣",
}
"""What a ledger transaction is for, by code."""


def write(
    db: Session,
    actor: Actor,
    loan: Loan,
    kind: str,
    lines: Iterable[EntryLine],
    *,
    value_date: date,
    payment_id: int | None = None,
    reverses_id: int | None = None,
    note: str = "",
    now: datetime,
) -> int | None:
    """Append one balanced transaction and return its id; None when there are no lines.

    Raises:
        UnbalancedEntries: debits and credits differ.
    """
    lines = tuple(lines)
    if not lines:
        return None
    assert_balanced(lines)
    row = LedgerTransaction(
        kind=kind, loan_id=loan.id, payment_id=payment_id, reverses_id=reverses_id, value_date=value_date,
        posted_at=now, by_id=actor.actor_id, note=note[:300],
    )  # fmt: skip
    db.add(row)
    db.flush()
    assert row.id is not None
    failpoint("ledger.after_transaction")
    entries = [
        {
            "transaction_id": row.id, "account": line.account.value, "loan_id": loan.id,
            "debit_fen": line.debit_fen, "credit_fen": line.credit_fen,
        }
        for line in lines
    ]  # fmt: skip
    db.execute(_ENTRIES, entries)
    failpoint("ledger.after_entries")
    db.execute(_PROOF, {"transaction_id": row.id, "total_fen": sum(line.debit_fen for line in lines)})
    failpoint("ledger.after_proof")
    return row.id


def write_changes(
    db: Session,
    actor: Actor,
    loan: Loan,
    changes: Iterable[AllocationChange],
    *,
    payment_ids: Mapping[int, int],
    note: str = "",
    now: datetime,
) -> None:
    """Append the lines that move money already posted to where the newest replay puts it.

    ``payment_ids`` maps sequences to payments; sequence 0 is overpayment applied on a due date.
    """
    for change in changes:
        write(
            db, actor, loan, "reallocation" if change.sequence else "suspense", entries_for_change(change),
            value_date=change.value_date, payment_id=payment_ids.get(change.sequence), note=note, now=now,
        )  # fmt: skip


def check(db: Session, loan: Loan, state: LoanState) -> None:
    """Hold the loan's ledger against its replay, account by account, those that must be empty too.

    Runs inside every money transaction, in production too.

    Raises:
        LedgerBroken: naming the account that differs.
    """
    found = repository.sum_by_account(db, loan.id or 0)
    expected = expected_balances(loan.principal_fen, state)
    for account in Account:
        if found.get(account.value, 0) != expected.get(account, 0):
            raise LedgerBroken(
                f"loan {loan.id}: {account.value} is {found.get(account.value, 0)}, "
                f"the replay says {expected.get(account, 0)}"
            )


def expected_balances(principal_fen: int, state: LoanState) -> dict[Account, int]:
    """Return what each account of a loan must show, debits minus credits in fen, by its replay."""
    waived = sum(
        part.amount_fen
        for part in state.waivers
        if part.component is Component.PRINCIPAL and not part.off_book
    )
    expected: dict[Account, int] = {
        Account.LOAN_PRINCIPAL: state.book_principal_fen,
        Account.SUSPENSE: -state.suspense_fen,
        Account.BANK: state.received_fen - state.refunded_fen - principal_fen,
        Account.LOSS_ALLOWANCE: state.written_off_fen + waived,
    }
    for part in state.allocations:
        if part.component is not Component.PRINCIPAL or part.off_book:
            account = account_of(part)
            expected[account] = expected.get(account, 0) - part.amount_fen
    return expected
