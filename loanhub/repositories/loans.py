"""Queries on loans, their postings, schedule and ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import NotFound
from loanhub.domain.loans import LoanStatus
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.models import (
    Application,
    Contract,
    Customer,
    Installment,
    LedgerEntry,
    LedgerTransaction,
    Loan,
    Payment,
    Role,
    User,
    UserRole,
)
from loanhub.repositories.scope import Reader, visible_to

# Built once: a statement costs more to build than to run, and every posting needs these.
_LEAD_OF = sa.select(col(Application.lead_id)).where(col(Application.id) == sa.bindparam("application"))
_PAYMENTS_OF = (
    sa.select(Payment).where(col(Payment.loan_id) == sa.bindparam("loan")).order_by(col(Payment.seq))
)
_BALANCE = sa.func.sum(col(LedgerEntry.debit_fen) - col(LedgerEntry.credit_fen))
_BALANCES_OF = (
    sa.select(col(LedgerEntry.account), _BALANCE)
    .where(col(LedgerEntry.loan_id) == sa.bindparam("loan"))
    .group_by(col(LedgerEntry.account))
)
_REVERSAL = aliased(Payment)
_BANK_ENTRIES_OF = (
    sa.select(Payment, col(_REVERSAL.id))
    .join(_REVERSAL, col(_REVERSAL.reverses_id) == col(Payment.id), isouter=True)
    .where(col(Payment.bank_transaction_id) == sa.bindparam("bank"))
    .order_by(col(Payment.bank_entry))
)

OWING = (LoanStatus.ACTIVE, LoanStatus.GRACE, LoanStatus.OVERDUE)
"""The statuses of a loan on which something is still to be paid."""


def get_visible(db: Session, reader: Reader, loan_id: int, *, for_update: bool = False) -> Loan:
    """Return a loan inside the reader's scope; raise NotFound when there is none such."""
    query = sa.select(Loan).where(col(Loan.id) == loan_id, visible_to(reader, Loan))
    if for_update:
        query = query.with_for_update()
    loan: Loan | None = db.execute(query).scalar_one_or_none()
    if loan is None:
        raise NotFound("没有找到这笔借据，或你无权查看")
    return loan


def find_visible_by_number(db: Session, reader: Reader, number: str) -> Loan:
    """Return a loan inside the reader's scope by its number; raise NotFound when there is none such."""
    query = sa.select(Loan).where(col(Loan.number) == number, visible_to(reader, Loan))
    loan: Loan | None = db.execute(query).scalar_one_or_none()
    if loan is None:
        raise NotFound("没有找到这个借据号，或你无权查看")
    return loan


def get_visible_payment(db: Session, reader: Reader, payment_id: int) -> Payment:
    """Return a posting on a loan inside the reader's scope; raise NotFound when there is none such."""
    query = (
        sa.select(Payment)
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .where(col(Payment.id) == payment_id, visible_to(reader, Loan))
    )
    payment: Payment | None = db.execute(query).scalar_one_or_none()
    if payment is None:
        raise NotFound("没有找到这笔入账，或你无权查看")
    return payment


def find_by_contract(db: Session, contract_id: int, *, for_update: bool = False) -> Loan | None:
    """Return the newest loan of a contract, or None."""
    query = sa.select(Loan).where(col(Loan.contract_id) == contract_id).order_by(col(Loan.id).desc()).limit(1)
    if for_update:
        query = query.with_for_update()
    return db.execute(query).scalar_one_or_none()


def find_by_bank_reference(db: Session, reference: str, *, skip_id: int | None) -> Loan | None:
    """Return another loan disbursed under this bank reference, or None."""
    query = sa.select(Loan).where(col(Loan.bank_reference) == reference, col(Loan.id) != (skip_id or 0))
    return db.execute(query.limit(1)).scalar_one_or_none()


def list_payments(db: Session, loan_id: int) -> list[Payment]:
    """Return every posting of a loan in order of entry."""
    return list(db.execute(_PAYMENTS_OF, {"loan": loan_id}).scalars())


def list_bank_entries(db: Session, bank_transaction_id: str) -> list[tuple[Payment, bool]]:
    """Return the postings made from one bank transaction, oldest first, and whether each was reversed."""
    found = db.execute(_BANK_ENTRIES_OF, {"bank": bank_transaction_id}).all()
    return [(payment, undone is not None) for payment, undone in found]


def find_lead_id(db: Session, application_id: int | None) -> int | None:
    """Return the lead an application came from, or None."""
    if application_id is None:
        return None
    found: int | None = db.execute(_LEAD_OF, {"application": application_id}).scalar_one_or_none()
    return found


def sum_due(db: Session, loan_ids: Sequence[int], as_of: date) -> dict[int, int]:
    """Return what the stored schedules of these loans say is due by ``as_of`` and unpaid, in fen, by loan."""
    row = Installment
    owed = (
        col(row.principal_fen) + col(row.interest_fen) + col(row.fee_fen) + col(row.penalty_due_fen)
        - col(row.paid_principal_fen) - col(row.paid_interest_fen) - col(row.paid_fee_fen)
        - col(row.paid_penalty_fen) - col(row.waived_principal_fen) - col(row.waived_interest_fen)
        - col(row.waived_fee_fen) - col(row.waived_penalty_fen)
    )  # fmt: skip
    query = (
        sa.select(col(row.loan_id), sa.func.sum(owed))
        .where(col(row.loan_id).in_(loan_ids), col(row.due_date) <= as_of)
        .group_by(col(row.loan_id))
    )
    return {int(loan_id): int(total or 0) for loan_id, total in db.execute(query).all()}


def list_ledger(db: Session, loan_id: int) -> list[tuple[LedgerTransaction, LedgerEntry]]:
    """Return the ledger of a loan, a row an entry, oldest transaction first."""
    query = (
        sa.select(LedgerTransaction, LedgerEntry)
        .join(LedgerEntry, col(LedgerEntry.transaction_id) == col(LedgerTransaction.id))
        .where(col(LedgerTransaction.loan_id) == loan_id)
        .order_by(col(LedgerTransaction.id), col(LedgerEntry.id))
    )
    return [(transaction, entry) for transaction, entry in db.execute(query).all()]


def sum_by_account(db: Session, loan_id: int) -> dict[str, int]:
    """Return debits minus credits of each ledger account a loan touched, in fen."""
    found = db.execute(_BALANCES_OF, {"loan": loan_id}).all()
    return {str(account): int(total) for account, total in found}


def list_user_ids_who_may(db: Session, permission: str) -> list[int]:
    """Return the active users one of whose roles holds a permission."""
    query = (
        sa.select(col(User.id), Role)
        .join(UserRole, col(UserRole.user_id) == col(User.id))
        .join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(User.active).is_(True))
    )
    return sorted(
        {int(user_id) for user_id, role in db.execute(query).all() if permission in role.permissions}
    )


def names_of_users(db: Session, ids: set[int]) -> dict[int, str]:
    """Return the names of users by id."""
    if not ids:
        return {}
    rows = db.execute(sa.select(col(User.id), col(User.name)).where(col(User.id).in_(ids))).all()
    return {int(user_id): str(name) for user_id, name in rows}


def find_ledger_of(db: Session, payment_id: int) -> int | None:
    """Return the id of the ledger transaction a payment itself wrote, or None."""
    query = (
        sa.select(col(LedgerTransaction.id))
        .where(col(LedgerTransaction.payment_id) == payment_id)
        .order_by(col(LedgerTransaction.id))
        .limit(1)
    )
    return db.execute(query).scalar_one_or_none()


def list_with_customers(db: Session, reader: Reader, ids: Sequence[int]) -> list[tuple[Loan, str]]:
    """Return loans of these ids inside the reader's scope, each with its customer's name."""
    query = (
        sa.select(Loan, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(col(Loan.id).in_(ids), visible_to(reader, Loan))
    )
    return [(loan, str(name)) for loan, name in db.execute(query).all()]


def sum_by_bucket(db: Session, reader: Reader) -> dict[str, tuple[int, int]]:
    """Return (loans, outstanding principal in fen) of the open loans in scope, by bucket."""
    query = (
        sa.select(col(Loan.bucket), sa.func.count(), sa.func.sum(col(Loan.outstanding_principal_fen)))
        .where(visible_to(reader, Loan), col(Loan.status).in_(OWING))
        .group_by(col(Loan.bucket))
    )
    return {str(bucket): (int(count), int(total or 0)) for bucket, count, total in db.execute(query).all()}


def list_customer_ids(db: Session, reader: Reader, found: sa.Select[tuple[int]], *, limit: int) -> list[int]:
    """Return which of the found customers have a loan in the reader's scope."""
    query = (
        sa.select(col(Loan.customer_id))
        .where(visible_to(reader, Loan), col(Loan.customer_id).in_(found))
        .distinct()
        .limit(limit)
    )
    return [int(one) for one in db.execute(query).scalars()]


def list_waiting_contracts(db: Session, reader: Reader) -> list[tuple[Contract, str]]:
    """Return signed contracts in scope without a requested loan, each with its customer's name."""
    asked = sa.select(col(Loan.contract_id)).where(
        sa.or_(col(Loan.requested_at).is_not(None), col(Loan.status) != LoanStatus.PENDING)
    )
    query = (
        sa.select(Contract, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Contract.customer_id))
        .where(
            visible_to(reader, Contract),
            col(Contract.status) == ContractStatus.SIGNED,
            col(Contract.base) == LOAN_CONTRACT,
            col(Contract.id).not_in(asked),
        )
        .order_by(col(Contract.signed_date), col(Contract.id))
        .limit(100)
    )
    return [(contract, str(name)) for contract, name in db.execute(query).all()]
