"""The ledger of a loan 分录: balanced transactions are appended, and held against the replayed state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain.loans import ACCOUNT_OF, Account, EntryLine, assert_balanced, entries_for_change
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.postings import AllocationChange, LoanState
from loanhub.models import LedgerEntry, LedgerProof, LedgerTransaction, Loan
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor


class LedgerBroken(RuntimeError):
    """The ledger and the replay of a loan disagree: a mistake of ours; nothing of the transaction is kept."""


LEDGER_KINDS = {
    "disbursement": "放款",
    "payment": "还款入账",
    "settlement": "提前结清",
    "reversal": "冲正",
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
    for line in lines:
        db.add(
            LedgerEntry(
                transaction_id=row.id, account=line.account.value, loan_id=loan.id, debit_fen=line.debit_fen,
                credit_fen=line.credit_fen,
            )
        )  # fmt: skip
    db.flush()
    db.add(LedgerProof(transaction_id=row.id, total_fen=sum(line.debit_fen for line in lines)))
    db.flush()
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
    """Hold the loan's ledger against its replay: principal, suspense, and what each component brought in.

    Runs inside every money transaction, in production too.

    Raises:
        LedgerBroken: naming the account that differs.
    """
    found = repository.sum_by_account(db, loan.id or 0)
    expected: dict[Account, int] = {
        Account.LOAN_PRINCIPAL: state.outstanding_principal_fen,
        Account.SUSPENSE: -state.suspense_fen,
        Account.BANK: state.received_fen - state.refunded_fen - loan.principal_fen,
    }
    for component in Component:
        if component is not Component.PRINCIPAL:
            given = sum(part.amount_fen for part in state.allocations if part.component is component)
            expected[ACCOUNT_OF[component]] = -given
    for account, amount in expected.items():
        if found.get(account.value, 0) != amount:
            raise LedgerBroken(
                f"loan {loan.id}: {account.value} is {found.get(account.value, 0)}, the replay says {amount}"
            )
