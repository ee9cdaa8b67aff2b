"""Queries on the ledger as a whole 总账."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import LedgerEntry, LedgerTransaction


@dataclass(frozen=True)
class TrialBalance:
    """Totals of both sides, and the ids of transactions that do not balance in themselves."""

    debit_fen: int
    credit_fen: int
    transactions: int
    unbalanced: tuple[int, ...]


def trial_balance(db: Session) -> TrialBalance:
    """Return the trial balance 试算平衡 of every entry ever written."""
    debit, credit = (
        sa.func.coalesce(sa.func.sum(column), 0)
        for column in (col(LedgerEntry.debit_fen), col(LedgerEntry.credit_fen))
    )
    total = db.execute(sa.select(debit, credit)).one()
    count = db.execute(sa.select(sa.func.count()).select_from(LedgerTransaction)).scalar_one()
    broken = (
        sa.select(col(LedgerEntry.transaction_id))
        .group_by(col(LedgerEntry.transaction_id))
        .having(debit != credit)
    )
    return TrialBalance(
        int(total[0]), int(total[1]), int(count), tuple(db.execute(broken.limit(20)).scalars())
    )
