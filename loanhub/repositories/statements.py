"""Queries on bank statements, their lines, and what a line may be matched with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.postings import PostingKind
from loanhub.domain.statements import LineStatus, LineTab
from loanhub.models import (
    BankLine,
    BankStatement,
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

INCOMING = tuple(kind.value for kind in PostingKind if kind.brings_money)
"""Codes of the postings with which money of a borrower arrives."""
AT_ONCE = 500
NEAR = timedelta(days=7)


def pieces(values: Iterable[str], size: int = AT_ONCE) -> list[list[str]]:
    """Return distinct non-empty values in lists short enough for one statement."""
    found = [value for value in dict.fromkeys(values) if value]
    return [found[start : start + size] for start in range(0, len(found), size)]


# ---- statements and lines ----
def get_line(db: Session, line_id: int, *, for_update: bool = False) -> BankLine:
    """Return a line; raise NotFound when there is none such."""
    query = sa.select(BankLine).where(col(BankLine.id) == line_id)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    line: BankLine | None = db.execute(query).scalar_one_or_none()
    if line is None:
        raise NotFound("没有找到这笔流水")
    return line


def find_by_digest(db: Session, sha256: str) -> BankStatement | None:
    """Return the statement read from a file of exactly this content, or None."""
    return db.execute(
        sa.select(BankStatement).where(col(BankStatement.sha256) == sha256)
    ).scalar_one_or_none()


def get_statement(db: Session, statement_id: int) -> BankStatement:
    """Return a statement; raise NotFound when there is none such."""
    found = db.get(BankStatement, statement_id)
    if found is None:
        raise NotFound("没有找到这份流水")
    return found


def find_before(db: Session, account_tail: str, day: date) -> BankStatement | None:
    """Return the newest statement of an account that ends before a day, or None."""
    query = (
        sa.select(BankStatement)
        .where(col(BankStatement.account_tail) == account_tail, col(BankStatement.last_date) < day)
        .order_by(col(BankStatement.last_date).desc(), col(BankStatement.id).desc())
        .limit(1)
    )
    return db.execute(query).scalar_one_or_none()


def known_lines(db: Session, transaction_ids: Iterable[str]) -> dict[str, tuple[int, date]]:
    """Return amount and day of the lines already stored under these ids."""
    found: dict[str, tuple[int, date]] = {}
    columns = (col(BankLine.transaction_id), col(BankLine.amount_fen), col(BankLine.booked_date))
    for some in pieces(transaction_ids):
        for key, amount, day in db.execute(
            sa.select(*columns).where(col(BankLine.transaction_id).in_(some))
        ).all():
            found[str(key)] = (int(amount), day)
    return found


def list_statements(db: Session, *, limit: int = 30) -> list[tuple[BankStatement, dict[str, int]]]:
    """Return the newest statements, each with how many of its lines stand in each status."""
    rows = list(
        db.execute(sa.select(BankStatement).order_by(col(BankStatement.id).desc()).limit(limit)).scalars()
    )
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    query = (
        sa.select(col(BankLine.statement_id), col(BankLine.status), sa.func.count())
        .where(col(BankLine.statement_id).in_([row.id for row in rows]))
        .group_by(col(BankLine.statement_id), col(BankLine.status))
    )
    for statement_id, status, number in db.execute(query).all():
        counts[int(statement_id)][str(status)] = int(number)
    return [(row, counts[row.id or 0]) for row in rows]


def in_tab(tab: LineTab) -> sa.ColumnElement[bool]:
    """Return the condition of a tab."""
    waiting = col(BankLine.status) == LineStatus.UNMATCHED.value
    if tab is LineTab.UNCLAIMED:
        return sa.and_(waiting, col(BankLine.loan_id).is_(None))
    if tab is LineTab.SUGGESTED:
        return sa.and_(waiting, col(BankLine.loan_id).is_not(None))
    if tab is LineTab.IGNORED:
        return col(BankLine.status) == LineStatus.IGNORED.value
    return col(BankLine.status).in_((LineStatus.MATCHED.value, LineStatus.BOOKED.value))


@dataclass(frozen=True)
class Wanted:
    """Which lines are asked for; ``way`` is in, out or both (empty)."""

    statement_id: int = 0
    text: str = ""
    way: str = ""

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """Return it as SQL."""
        parts: list[sa.ColumnElement[bool]] = [sa.true()]
        if self.statement_id:
            parts.append(col(BankLine.statement_id) == self.statement_id)
        if self.way == "in":
            parts.append(col(BankLine.amount_fen) > 0)
        elif self.way == "out":
            parts.append(col(BankLine.amount_fen) < 0)
        if self.text:
            columns = (BankLine.payer_name, BankLine.remark, BankLine.transaction_id)
            ways = [col(column).contains(self.text, autoescape=True) for column in columns]
            if self.text.isascii() and self.text.isdigit() and len(self.text) == 4:
                ways.append(col(BankLine.payer_account_tail) == self.text)
            parts.append(sa.or_(*ways))
        return sa.and_(*parts)


def count_tabs(db: Session, wanted: Wanted) -> dict[LineTab, tuple[int, int]]:
    """Return (lines, sum of what came in) of each tab."""
    found = {}
    total = sa.func.coalesce(
        sa.func.sum(sa.case((col(BankLine.amount_fen) > 0, col(BankLine.amount_fen)), else_=0)), 0
    )
    for tab in LineTab:
        row = db.execute(
            sa.select(sa.func.count(), total).select_from(BankLine).where(wanted.condition, in_tab(tab))
        ).one()
        found[tab] = (int(row[0]), int(row[1]))
    return found


def list_lines(
    db: Session, tab: LineTab, wanted: Wanted, *, offset: int = 0, limit: int = 50
) -> list[tuple[BankLine, str]]:
    """Return lines of a tab, newest day first, each with the number of its statement."""
    query = (
        sa.select(BankLine, col(BankStatement.number))
        .join(BankStatement, col(BankStatement.id) == col(BankLine.statement_id))
        .where(wanted.condition, in_tab(tab))
        .order_by(col(BankLine.booked_date).desc(), col(BankLine.id).desc())
    )
    return [(line, str(number)) for line, number in db.execute(query.offset(offset).limit(limit)).all()]


def list_unmatched_ids(db: Session, statement_id: int, *, after_id: int, limit: int) -> list[int]:
    """Return ids above ``after_id`` of the unmatched lines of a statement (0: of all), in order."""
    query = sa.select(col(BankLine.id)).where(
        col(BankLine.status) == LineStatus.UNMATCHED.value, col(BankLine.id) > after_id
    )
    if statement_id:
        query = query.where(col(BankLine.statement_id) == statement_id)
    return [int(i or 0) for i in db.execute(query.order_by(col(BankLine.id)).limit(limit)).scalars()]


def list_suggested_ids(db: Session, wanted: Wanted, *, limit: int) -> list[int]:
    """Return the ids of the suggested incoming lines, oldest day first: postings in the order the money came."""
    query = (
        sa.select(col(BankLine.id))
        .where(wanted.condition, in_tab(LineTab.SUGGESTED), col(BankLine.amount_fen) > 0)
        .order_by(col(BankLine.booked_date), col(BankLine.id))
        .limit(limit)
    )
    return [int(i or 0) for i in db.execute(query).scalars()]


def list_by_ids(db: Session, ids: Sequence[int], *, for_update: bool = False) -> list[BankLine]:
    """Return lines in order of id."""
    query = sa.select(BankLine).where(col(BankLine.id).in_(ids)).order_by(col(BankLine.id))
    return list(db.execute(query.with_for_update() if for_update else query).scalars())


# ---- what a line may belong to ----
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
