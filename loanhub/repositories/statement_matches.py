"""Queries on what a bank line may belong to: loans by what the line says of them, and the postings beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.postings import PostingKind
from loanhub.domain.statements import LineStatus
from loanhub.models import (
    BankLine,
    Contract,
    Customer,
    CustomerRelation,
    Installment,
    Loan,
    Payment,
    SettlementOffer,
)
from loanhub.repositories.loans import OWING
from loanhub.repositories.scope import Reader, visible_to
from loanhub.repositories.statements import AT_ONCE, pieces

INCOMING = tuple(kind.value for kind in PostingKind if kind.brings_money)
"""Codes of the postings with which money of a borrower arrives."""
NEAR = timedelta(days=7)


# ---- loans ----
@dataclass(frozen=True)
class LoanCard:
    """A loan with what is compared and shown of it."""

    loan: Loan
    contract_number: str
    customer: Customer


def list_cards(db: Session, reader: Reader, ids: Iterable[int]) -> dict[int, LoanCard]:
    """Return loans of these ids inside the reader's scope."""
    wanted = sorted(set(ids))
    found: dict[int, LoanCard] = {}
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            sa.select(Loan, col(Contract.number), Customer)
            .join(Contract, col(Contract.id) == col(Loan.contract_id))
            .join(Customer, col(Customer.id) == col(Loan.customer_id))
            .where(col(Loan.id).in_(wanted[start : start + AT_ONCE]), visible_to(reader, Loan))
        )
        for loan, number, customer in db.execute(query).all():
            found[loan.id] = LoanCard(loan, str(number), customer)
    return found


def _open_for(reader: Reader, *, outgoing: bool) -> sa.ColumnElement[bool]:
    if outgoing:
        return sa.and_(visible_to(reader, Loan), col(Loan.status) != LoanStatus.PENDING)
    return sa.and_(visible_to(reader, Loan), col(Loan.status).in_((*OWING, LoanStatus.WRITTEN_OFF)))


def ids_by_number(
    db: Session, reader: Reader, numbers: Iterable[str], *, outgoing: bool
) -> dict[str, set[int]]:
    """Return the loans that bear a loan or contract number, by that number."""
    found: dict[str, set[int]] = defaultdict(set)
    for some in pieces(numbers):
        query = (
            sa.select(col(Loan.id), col(Loan.number), col(Contract.number))
            .join(Contract, col(Contract.id) == col(Loan.contract_id))
            .where(
                sa.or_(col(Loan.number).in_(some), col(Contract.number).in_(some)),
                _open_for(reader, outgoing=outgoing),
            )
        )
        for loan_id, number, contract in db.execute(query).all():
            found[str(number)].add(int(loan_id))
            found[str(contract)].add(int(loan_id))
    return found


def ids_by_account(
    db: Session, reader: Reader, indexes: Iterable[str], *, outgoing: bool
) -> dict[str, set[int]]:
    """Return the loans whose borrower's bank card has a blind index, by that index."""
    found: dict[str, set[int]] = defaultdict(set)
    for some in pieces(indexes):
        query = (
            sa.select(col(Customer.bank_card_index), col(Loan.id))
            .join(Loan, col(Loan.customer_id) == col(Customer.id))
            .where(col(Customer.bank_card_index).in_(some), _open_for(reader, outgoing=outgoing))
        )
        for index, loan_id in db.execute(query).all():
            found[str(index)].add(int(loan_id))
    return found


def ids_by_name(db: Session, reader: Reader, names: Iterable[str], *, outgoing: bool) -> dict[str, set[int]]:
    """Return the loans of a borrower of a name, or of one whose related party bears it, by name."""
    found: dict[str, set[int]] = defaultdict(set)
    related = sa.orm.aliased(Customer)
    for some in pieces(names):
        scope = _open_for(reader, outgoing=outgoing)
        for query in (
            sa.select(col(Customer.name), col(Loan.id))
            .join(Loan, col(Loan.customer_id) == col(Customer.id))
            .where(col(Customer.name).in_(some), scope),
            sa.select(col(CustomerRelation.name), col(Loan.id))
            .join(Loan, col(Loan.customer_id) == col(CustomerRelation.customer_id))
            .where(col(CustomerRelation.name).in_(some), col(CustomerRelation.ended_at).is_(None), scope),
            sa.select(col(related.name), col(Loan.id))
            .select_from(CustomerRelation)
            .join(related, col(related.id) == col(CustomerRelation.related_id))
            .join(Loan, col(Loan.customer_id) == col(CustomerRelation.customer_id))
            .where(col(related.name).in_(some), scope),
        ):
            for name, loan_id in db.execute(query).all():
                found[str(name)].add(int(loan_id))
    return found


def ids_by_amount(
    db: Session, reader: Reader, amounts: Iterable[int], first: date, last: date
) -> list[tuple[int, date, int]]:
    """Return (amount, due date, loan) of open installments due in a span whose whole amount is one of these."""
    total = col(Installment.principal_fen) + col(Installment.interest_fen) + col(Installment.fee_fen)
    wanted = sorted({amount for amount in amounts if amount > 0})
    found: list[tuple[int, date, int]] = []
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            sa.select(total, col(Installment.due_date), col(Installment.loan_id))
            .join(Loan, col(Loan.id) == col(Installment.loan_id))
            .where(
                col(Installment.due_date) >= first - NEAR,
                col(Installment.due_date) <= last + NEAR,
                col(Installment.cleared_date).is_(None),
                total.in_(wanted[start : start + AT_ONCE]),
                _open_for(reader, outgoing=False),
            )
        )
        found += [(int(amount), due, int(loan_id)) for amount, due, loan_id in db.execute(query).all()]
    return found


def related_names(db: Session, customer_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Return the names of a customer's related parties."""
    found: dict[int, list[str]] = defaultdict(list)
    related = sa.orm.aliased(Customer)
    wanted = sorted(set(customer_ids))
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            sa.select(col(CustomerRelation.customer_id), col(CustomerRelation.name), col(related.name))
            .join(related, col(related.id) == col(CustomerRelation.related_id), isouter=True)
            .where(
                col(CustomerRelation.customer_id).in_(wanted[start : start + AT_ONCE]),
                col(CustomerRelation.ended_at).is_(None),
            )
        )
        for customer_id, name, other in db.execute(query).all():
            found[int(customer_id)] += [text for text in (name, other) if text]
    return {key: tuple(names) for key, names in found.items()}


def open_installments(db: Session, loan_ids: Iterable[int]) -> dict[int, list[Installment]]:
    """Return the installments not yet cleared of some loans, in due order."""
    found: dict[int, list[Installment]] = defaultdict(list)
    wanted = sorted(set(loan_ids))
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            sa.select(Installment)
            .where(
                col(Installment.loan_id).in_(wanted[start : start + AT_ONCE]),
                col(Installment.cleared_date).is_(None),
            )
            .order_by(col(Installment.due_date), col(Installment.period))
        )
        for row in db.execute(query).scalars():
            found[row.loan_id].append(row)
    return found


def list_offers(db: Session, loan_ids: Iterable[int]) -> dict[int, list[SettlementOffer]]:
    """Return the settlement offers of some loans."""
    found: dict[int, list[SettlementOffer]] = defaultdict(list)
    wanted = sorted(set(loan_ids))
    for start in range(0, len(wanted), AT_ONCE):
        query = sa.select(SettlementOffer).where(
            col(SettlementOffer.loan_id).in_(wanted[start : start + AT_ONCE])
        )
        for row in db.execute(query).scalars():
            found[row.loan_id].append(row)
    return found


# ---- postings beside lines ----
def standing(payment: type[Payment] = Payment) -> sa.ColumnElement[bool]:
    """Return the condition that a posting was not reversed."""
    reversal = sa.orm.aliased(Payment)
    return ~sa.exists(sa.select(1).where(col(reversal.reverses_id) == col(payment.id)))


def without_line() -> sa.ColumnElement[bool]:
    """Return the condition that no bank line stands for a posting."""
    return ~sa.exists(sa.select(1).where(col(BankLine.payment_id) == col(Payment.id)))


def payments_by_bank_id(db: Session, transaction_ids: Iterable[str]) -> dict[str, Payment]:
    """Return the standing postings entered under these bank ids, by id."""
    found: dict[str, Payment] = {}
    for some in pieces(transaction_ids):
        query = sa.select(Payment).where(col(Payment.bank_transaction_id).in_(some), standing())
        found.update({str(row.bank_transaction_id): row for row in db.execute(query).scalars()})
    return found


def loans_by_bank_reference(db: Session, transaction_ids: Iterable[str]) -> dict[str, Loan]:
    """Return the loans disbursed under these bank ids, by id."""
    found: dict[str, Loan] = {}
    for some in pieces(transaction_ids):
        query = sa.select(Loan).where(
            col(Loan.bank_reference).in_(some), col(Loan.status) != LoanStatus.PENDING
        )
        found.update({row.bank_reference: row for row in db.execute(query).scalars()})
    return found


def free_payments(db: Session, loan_ids: Iterable[int], days: Iterable[date]) -> list[Payment]:
    """Return the standing postings of money on some loans and days that no bank line stands for yet."""
    wanted, when = sorted(set(loan_ids)), sorted(set(days))
    found: list[Payment] = []
    for start in range(0, len(wanted), AT_ONCE):
        query = sa.select(Payment).where(
            col(Payment.loan_id).in_(wanted[start : start + AT_ONCE]),
            col(Payment.value_date).in_(when),
            col(Payment.kind).in_((*INCOMING, PostingKind.REFUND.value)),
            standing(),
            without_line(),
        )
        found += list(db.execute(query).scalars())
    return found


def find_free_posting(db: Session, loan_id: int, amount_fen: int, day: date, *, out: bool) -> Payment | None:
    """Return the standing posting of an amount on a loan within 7 days that no line stands for, the nearest first."""
    kinds = (PostingKind.REFUND.value,) if out else INCOMING
    query = sa.select(Payment).where(
        col(Payment.loan_id) == loan_id,
        col(Payment.amount_fen) == amount_fen,
        col(Payment.kind).in_(kinds),
        col(Payment.value_date).between(day - NEAR, day + NEAR),
        standing(),
        without_line(),
    )
    rows = list(db.execute(query).scalars())
    return min(rows, key=lambda row: (abs((row.value_date - day).days), row.id or 0), default=None)


def has_disbursement_line(db: Session, loan_id: int) -> bool:
    """Return whether a line of money out stands for the disbursement of a loan already."""
    query = sa.select(col(BankLine.id)).where(
        col(BankLine.loan_id) == loan_id,
        col(BankLine.amount_fen) < 0,
        col(BankLine.payment_id).is_(None),
        col(BankLine.status) == LineStatus.BOOKED.value,
    )
    return db.execute(query.limit(1)).first() is not None


def find_reversal(db: Session, payment_id: int) -> Payment | None:
    """Return the posting that reversed another, or None."""
    return db.execute(sa.select(Payment).where(col(Payment.reverses_id) == payment_id)).scalar_one_or_none()


def find_line_of(db: Session, payment_id: int) -> BankLine | None:
    """Return the bank line that stands for a posting, or None."""
    return db.execute(
        sa.select(BankLine).where(col(BankLine.payment_id) == payment_id).limit(1)
    ).scalar_one_or_none()


def receipts_of(db: Session, payment_ids: Iterable[int]) -> dict[int, tuple[str, bool]]:
    """Return receipt number and whether it was reversed since, by posting."""
    ids = sorted(set(payment_ids))
    if not ids:
        return {}
    reversal = sa.orm.aliased(Payment)
    query = (
        sa.select(col(Payment.id), col(Payment.receipt_number), col(reversal.id))
        .join(reversal, col(reversal.reverses_id) == col(Payment.id), isouter=True)
        .where(col(Payment.id).in_(ids))
    )
    return {int(i): (str(number), undone is not None) for i, number, undone in db.execute(query).all()}


def find_loans(
    db: Session,
    reader: Reader,
    text: str,
    customers: sa.Select[tuple[int]] | None,
    *,
    outgoing: bool,
    limit: int,
) -> list[int]:
    """Return ids of loans found by a piece of their number or by their customer."""
    ways: list[sa.ColumnElement[bool]] = [col(Loan.number).contains(text.upper(), autoescape=True)]
    if customers is not None:
        ways.append(col(Loan.customer_id).in_(customers))
    query = sa.select(col(Loan.id)).where(sa.or_(*ways), _open_for(reader, outgoing=outgoing))
    return [int(i) for i in db.execute(query.order_by(col(Loan.id).desc()).limit(limit)).scalars()]
