"""Queries on the ledger as a whole 总账, and on what it is held against at the end of a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.loans import Account, LoanStatus
from loanhub.domain.repayment.postings import PostingKind
from loanhub.domain.statements import LineStatus
from loanhub.models import (
    BankLine,
    BankStatement,
    Customer,
    DayClose,
    LedgerEntry,
    LedgerTransaction,
    Loan,
    Payment,
)
from loanhub.repositories.statement_matches import INCOMING, standing, without_line

OUT_KINDS = ("disbursement", PostingKind.REFUND.value)
"""Kinds of ledger transactions with which money leaves."""


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


@dataclass(frozen=True)
class AccountSums:
    """Debits and credits of an account before a period and within it, in fen."""

    account: str
    debit_before_fen: int
    credit_before_fen: int
    debit_fen: int
    credit_fen: int


def sum_accounts(db: Session, first: date, last: date) -> list[AccountSums]:
    """Return the sums of every account that was ever touched up to ``last`` (inclusive), by value date."""
    before = col(LedgerTransaction.value_date) < first

    def total(column: Any, *, earlier: bool) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((before if earlier else ~before, column), else_=0)), 0)

    debit, credit = col(LedgerEntry.debit_fen), col(LedgerEntry.credit_fen)
    query = (
        sa.select(
            col(LedgerEntry.account), total(debit, earlier=True), total(credit, earlier=True),
            total(debit, earlier=False), total(credit, earlier=False),
        )
        .join(LedgerTransaction, col(LedgerTransaction.id) == col(LedgerEntry.transaction_id))
        .where(col(LedgerTransaction.value_date) <= last)
        .group_by(col(LedgerEntry.account))
    )  # fmt: skip
    return [AccountSums(str(a), int(b), int(c), int(d), int(e)) for a, b, c, d, e in db.execute(query).all()]


# ---- journal ----
@dataclass(frozen=True)
class JournalQuery:
    """Which ledger transactions are asked for; dates are value dates, both inclusive."""

    first: date | None = None
    last: date | None = None
    account: str = ""
    kind: str = ""
    text: str = ""
    amount_fen: int = 0

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """Return it as SQL on ledger_transaction and its loan."""
        parts: list[sa.ColumnElement[bool]] = [sa.true()]
        if self.first:
            parts.append(col(LedgerTransaction.value_date) >= self.first)
        if self.last:
            parts.append(col(LedgerTransaction.value_date) <= self.last)
        if self.kind:
            parts.append(col(LedgerTransaction.kind) == self.kind)
        if self.text:
            found = [col(Loan.number).contains(self.text.upper(), autoescape=True),
                     col(LedgerTransaction.note).contains(self.text, autoescape=True)]  # fmt: skip
            parts.append(sa.or_(*found))
        if self.account or self.amount_fen:
            entry = sa.select(1).where(col(LedgerEntry.transaction_id) == col(LedgerTransaction.id))
            if self.account:
                entry = entry.where(col(LedgerEntry.account) == self.account)
            if self.amount_fen:
                entry = entry.where(
                    sa.or_(
                        col(LedgerEntry.debit_fen) == self.amount_fen,
                        col(LedgerEntry.credit_fen) == self.amount_fen,
                    )
                )
            parts.append(sa.exists(entry))
        return sa.and_(*parts)


def count_journal(db: Session, asked: JournalQuery) -> int:
    """Return how many transactions match."""
    query = sa.select(sa.func.count()).select_from(LedgerTransaction)
    if asked.text:
        query = query.join(Loan, col(Loan.id) == col(LedgerTransaction.loan_id), isouter=True)
    return int(db.execute(query.where(asked.condition)).scalar_one())


def list_journal(
    db: Session, asked: JournalQuery, *, offset: int, limit: int
) -> list[tuple[LedgerTransaction, str]]:
    """Return matching transactions, newest value date first, each with its loan's number."""
    query = (
        sa.select(LedgerTransaction, col(Loan.number))
        .join(Loan, col(Loan.id) == col(LedgerTransaction.loan_id), isouter=True)
        .where(asked.condition)
        .order_by(col(LedgerTransaction.value_date).desc(), col(LedgerTransaction.id).desc())
    )
    return [(row, str(number or "")) for row, number in db.execute(query.offset(offset).limit(limit)).all()]


def entries_of(db: Session, transaction_ids: Iterable[int]) -> dict[int, list[LedgerEntry]]:
    """Return the entries of transactions, debits first."""
    found: dict[int, list[LedgerEntry]] = {}
    query = sa.select(LedgerEntry).where(col(LedgerEntry.transaction_id).in_(list(transaction_ids)))
    query = query.order_by(col(LedgerEntry.credit_fen) > 0, col(LedgerEntry.id))
    for row in db.execute(query).scalars():
        found.setdefault(row.transaction_id, []).append(row)
    return found


# ---- one day ----
def cash_of_day(db: Session, day: date) -> tuple[int, int]:
    """Return (in, out) of the bank account per books on a value date; reversals take back what they reverse."""
    reversed_ = sa.orm.aliased(LedgerTransaction)
    net = sa.func.sum(col(LedgerEntry.debit_fen) - col(LedgerEntry.credit_fen))
    query = (
        sa.select(col(reversed_.kind), col(LedgerTransaction.kind), net)
        .select_from(LedgerEntry)
        .join(LedgerTransaction, col(LedgerTransaction.id) == col(LedgerEntry.transaction_id))
        .join(reversed_, col(reversed_.id) == col(LedgerTransaction.reverses_id), isouter=True)
        .where(col(LedgerEntry.account) == Account.BANK.value, col(LedgerTransaction.value_date) == day)
        .group_by(col(reversed_.kind), col(LedgerTransaction.kind))
    )
    sums = {False: 0, True: 0}
    for undone, kind, total in db.execute(query).all():
        sums[(undone or kind) in OUT_KINDS] += int(total or 0)
    return sums[False], -sums[True]


@dataclass(frozen=True)
class BankDay:
    """What the bank says of a day, in fen above zero; ignored lines are apart from the rest."""

    in_fen: int
    out_fen: int
    ignored_in_fen: int
    ignored_out_fen: int
    lines: int


def bank_of_day(db: Session, day: date) -> BankDay:
    """Return the sums of the bank lines of a day."""
    into, out = (
        sa.func.sum(sa.case((way, col(BankLine.amount_fen)), else_=0))
        for way in (col(BankLine.amount_fen) > 0, col(BankLine.amount_fen) < 0)
    )
    query = (
        sa.select(col(BankLine.status), into, out, sa.func.count())
        .where(col(BankLine.booked_date) == day)
        .group_by(col(BankLine.status))
    )
    rows = [(str(a), int(b or 0), int(c or 0), int(d)) for a, b, c, d in db.execute(query).all()]
    apart = [row for row in rows if row[0] == LineStatus.IGNORED.value]
    return BankDay(
        sum(row[1] for row in rows), -sum(row[2] for row in rows), sum(row[1] for row in apart),
        -sum(row[2] for row in apart), sum(row[3] for row in rows),
    )  # fmt: skip


def covered(db: Session, day: date) -> list[BankStatement]:
    """Return the statements whose period holds a day."""
    query = sa.select(BankStatement).where(
        col(BankStatement.first_date) <= day, col(BankStatement.last_date) >= day
    )
    return list(db.execute(query.order_by(col(BankStatement.id))).scalars())


def balance_differences(
    db: Session, account: Account, *, limit: int
) -> tuple[int, int, list[tuple[Loan, int]]]:
    """Return (Σ per ledger, Σ per loans, the loans where the two differ with the ledger's figure), as of now.

    ``account`` is the principal (its debit balance) or the overpayment (its credit balance).
    """
    written_off = col(Loan.written_off_date).is_not(None)  # off the books, though still owed
    column: Any = sa.case((written_off, 0), else_=col(Loan.outstanding_principal_fen))
    net: Any = col(LedgerEntry.debit_fen) - col(LedgerEntry.credit_fen)
    if account is Account.SUSPENSE:
        column, net = col(Loan.suspense_fen), -net
    by_loan = (
        sa.select(col(LedgerEntry.loan_id).label("loan_id"), sa.func.sum(net).label("total"))
        .where(col(LedgerEntry.account) == account.value)
        .group_by(col(LedgerEntry.loan_id))
        .subquery()
    )
    ledger = db.execute(
        sa.select(sa.func.coalesce(sa.func.sum(net), 0)).where(col(LedgerEntry.account) == account.value)
    ).scalar_one()
    loans = db.execute(
        sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(col(Loan.status) != LoanStatus.PENDING)
    ).scalar_one()
    total = sa.func.coalesce(by_loan.c.total, 0)
    query = (
        sa.select(Loan, total)
        .join(by_loan, by_loan.c.loan_id == col(Loan.id), isouter=True)
        .where(total != column, col(Loan.status) != LoanStatus.PENDING)
        .order_by(col(Loan.id))
        .limit(limit)
    )
    return int(ledger), int(loans), [(loan, int(found)) for loan, found in db.execute(query).all()]


def payments_without_line(db: Session, day: date, *, limit: int) -> list[tuple[Payment, str, str]]:
    """Return the standing money postings of a value date that no bank line stands for: (posting, loan, borrower)."""
    query = (
        sa.select(Payment, col(Loan.number), col(Customer.name))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(
            col(Payment.value_date) == day,
            col(Payment.kind).in_((*INCOMING, PostingKind.REFUND.value)),
            standing(),
            without_line(),
        )
        .order_by(col(Payment.id))
        .limit(limit)
    )
    return [(row, str(number), str(name)) for row, number, name in db.execute(query).all()]


def disbursements_without_line(db: Session, day: date, *, limit: int) -> list[tuple[Loan, str]]:
    """Return the loans disbursed on a day that no bank line stands for, each with its borrower."""
    line = sa.select(1).where(
        col(BankLine.loan_id) == col(Loan.id),
        col(BankLine.amount_fen) < 0,
        col(BankLine.payment_id).is_(None),
        col(BankLine.status) == LineStatus.BOOKED.value,
    )
    query = (
        sa.select(Loan, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(col(Loan.disbursed_date) == day, col(Loan.status) != LoanStatus.PENDING, ~sa.exists(line))
        .order_by(col(Loan.id))
        .limit(limit)
    )
    return [(loan, str(name)) for loan, name in db.execute(query).all()]


def open_lines(db: Session, day: date, *, limit: int) -> list[BankLine]:
    """Return the undecided bank lines of a day."""
    query = sa.select(BankLine).where(
        col(BankLine.booked_date) == day, col(BankLine.status) == LineStatus.UNMATCHED.value
    )
    return list(db.execute(query.order_by(col(BankLine.id)).limit(limit)).scalars())


def broken_links(db: Session, day: date, *, limit: int) -> list[tuple[BankLine, Payment, bool, str]]:
    """Return lines of a day whose posting was reversed, or has another day or amount: (line, posting, undone, loan)."""
    reversal = sa.orm.aliased(Payment)
    query = (
        sa.select(BankLine, Payment, col(reversal.id), col(Loan.number))
        .join(Payment, col(Payment.id) == col(BankLine.payment_id))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .join(reversal, col(reversal.reverses_id) == col(Payment.id), isouter=True)
        .where(
            col(BankLine.booked_date) == day,
            sa.or_(
                col(reversal.id).is_not(None),
                col(Payment.value_date) != day,
                col(Payment.amount_fen) != sa.func.abs(col(BankLine.amount_fen)),
            ),
        )
        .order_by(col(BankLine.id))
        .limit(limit)
    )
    return [
        (line, payment, undone is not None, str(number))
        for line, payment, undone, number in db.execute(query).all()
    ]


def receipt_numbers(db: Session, prefix: str) -> list[str]:
    """Return the receipt numbers that begin with a prefix."""
    query = sa.select(col(Payment.receipt_number)).where(
        col(Payment.receipt_number).startswith(prefix, autoescape=True)
    )
    return [str(number) for number in db.execute(query).scalars()]


# ---- sign-off ----
def find_close(db: Session, day: date) -> DayClose | None:
    """Return the sign-off of a day, or None."""
    return db.execute(sa.select(DayClose).where(col(DayClose.business_date) == day)).scalar_one_or_none()


def list_closes(db: Session, *, limit: int) -> list[DayClose]:
    """Return the newest signed days."""
    query = sa.select(DayClose).order_by(col(DayClose.business_date).desc()).limit(limit)
    return list(db.execute(query).scalars())


def late_entries(
    db: Session, day: date, after: datetime, *, limit: int
) -> list[tuple[LedgerTransaction, str]]:
    """Return the transactions valued on a day that were written after it was signed, each with its loan's number."""
    query = (
        sa.select(LedgerTransaction, col(Loan.number))
        .join(Loan, col(Loan.id) == col(LedgerTransaction.loan_id), isouter=True)
        .where(col(LedgerTransaction.value_date) == day, col(LedgerTransaction.posted_at) > after)
        .order_by(col(LedgerTransaction.id))
        .limit(limit)
    )
    return [(row, str(number or "")) for row, number in db.execute(query).all()]


def amounts_of(db: Session, transaction_ids: Iterable[int]) -> dict[int, int]:
    """Return the debit total of transactions."""
    ids = list(transaction_ids)
    query = (
        sa.select(col(LedgerEntry.transaction_id), sa.func.sum(col(LedgerEntry.debit_fen)))
        .where(col(LedgerEntry.transaction_id).in_(ids))
        .group_by(col(LedgerEntry.transaction_id))
    )
    return {int(i): int(total or 0) for i, total in db.execute(query).all()} if ids else {}
