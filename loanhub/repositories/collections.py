"""Queries on collection cases, their contacts and promises, and the loans that call for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from loanhub.domain.collections import PromiseStatus, Received
from loanhub.domain.errors import NotFound
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import (
    CollectionCase,
    CollectionContact,
    CollectionPromise,
    CollectionStrategy,
    Customer,
    CustomerRelation,
    Loan,
    Payment,
    Role,
    User,
    UserRole,
)
from loanhub.repositories.scope import Reader, visible_to

MONEY_IN = (PostingKind.PAYMENT, PostingKind.SETTLEMENT, PostingKind.PREPAYMENT, PostingKind.RECOVERY)
"""Postings that are money the debtor paid."""


def get_visible(db: Session, reader: Reader, case_id: int, *, for_update: bool = False) -> CollectionCase:
    """Return a case inside the reader's scope; raise NotFound when there is none such."""
    query = sa.select(CollectionCase).where(
        col(CollectionCase.id) == case_id, visible_to(reader, CollectionCase)
    )
    if for_update:
        query = query.with_for_update(of=CollectionCase)
    case: CollectionCase | None = db.execute(query).scalar_one_or_none()
    if case is None:
        raise NotFound("没有找到这个催收案件，或你无权查看")
    return case


def list_to_follow(db: Session, *, after_id: int, start_dpd: int, limit: int) -> list[int]:
    """Return the next loans, by id, that may need a case opened, refreshed or closed."""
    overdue = (
        sa.select(col(Loan.id).label("id"))
        .where(
            col(Loan.id) > after_id, col(Loan.status) == LoanStatus.OVERDUE, col(Loan.mode) == "own",
            col(Loan.dpd) >= start_dpd,
        )
        .order_by(col(Loan.id))
        .limit(limit)
        .subquery()
    )  # fmt: skip
    opened = (
        sa.select(col(CollectionCase.loan_id).label("id"))
        .where(col(CollectionCase.loan_id) > after_id, col(CollectionCase.closed_on).is_(None))
        .order_by(col(CollectionCase.loan_id))
        .limit(limit)
        .subquery()
    )
    both = sa.union(sa.select(overdue.c.id), sa.select(opened.c.id)).subquery()
    return [int(i) for i in db.execute(sa.select(both.c.id).order_by(both.c.id).limit(limit)).scalars()]


def list_loans(db: Session, ids: Sequence[int]) -> list[Loan]:
    """Return these loans by id."""
    return list(db.execute(sa.select(Loan).where(col(Loan.id).in_(ids)).order_by(col(Loan.id))).scalars())


def open_cases(db: Session, loan_ids: Sequence[int]) -> dict[int, CollectionCase]:
    """Return the open case of each of these loans that has one, locked, by loan."""
    query = sa.select(CollectionCase).where(
        col(CollectionCase.loan_id).in_(loan_ids), col(CollectionCase.closed_on).is_(None)
    )
    locked = query.order_by(col(CollectionCase.id)).with_for_update(of=CollectionCase)
    return {case.loan_id: case for case in db.execute(locked).scalars()}


def last_closed(db: Session, loan_ids: Sequence[int]) -> dict[int, CollectionCase]:
    """Return the case of each loan that was closed last, by loan."""
    if not loan_ids:
        return {}
    query = (
        sa.select(CollectionCase)
        .where(col(CollectionCase.loan_id).in_(loan_ids), col(CollectionCase.closed_on).is_not(None))
        .order_by(col(CollectionCase.closed_on), col(CollectionCase.id))
    )
    return {case.loan_id: case for case in db.execute(query).scalars()}


def list_by_customer(db: Session, reader: Reader, customer_id: int) -> list[tuple[CollectionCase, Loan]]:
    """Return the cases of a customer inside the reader's scope with their loans, open ones first, newest first."""
    query = (
        sa.select(CollectionCase, Loan)
        .join(Loan, col(Loan.id) == col(CollectionCase.loan_id))
        .where(col(CollectionCase.customer_id) == customer_id, visible_to(reader, CollectionCase))
        .order_by(col(CollectionCase.closed_on).is_not(None), col(CollectionCase.id).desc())
    )
    return [(case, loan) for case, loan in db.execute(query.limit(50)).all()]


def list_by_loan(db: Session, reader: Reader, loan_id: int) -> list[CollectionCase]:
    """Return the cases of a loan inside the reader's scope, newest first."""
    query = sa.select(CollectionCase).where(
        col(CollectionCase.loan_id) == loan_id, visible_to(reader, CollectionCase)
    )
    return list(db.execute(query.order_by(col(CollectionCase.id).desc()).limit(20)).scalars())


def list_facts(
    db: Session, reader: Reader, ids: Sequence[int]
) -> list[tuple[CollectionCase, Loan, str, int | None]]:
    """Return (case, loan, customer's name, risk grade) of these cases inside the reader's scope."""
    if not ids:
        return []
    query = (
        sa.select(CollectionCase, Loan, col(Customer.name), col(Customer.risk_grade))
        .join(Loan, col(Loan.id) == col(CollectionCase.loan_id))
        .join(Customer, col(Customer.id) == col(CollectionCase.customer_id))
        .where(col(CollectionCase.id).in_(ids), visible_to(reader, CollectionCase))
    )
    return [(case, loan, name, grade) for case, loan, name, grade in db.execute(query).all()]


def sum_open(db: Session, reader: Reader) -> dict[str, tuple[int, int]]:
    """Return (open cases, overdue principal in fen) by bucket of their loans, inside the reader's scope."""
    query = (
        sa.select(col(Loan.bucket), sa.func.count(), sa.func.sum(col(Loan.overdue_principal_fen)))
        .select_from(CollectionCase)
        .join(Loan, col(Loan.id) == col(CollectionCase.loan_id))
        .where(col(CollectionCase.closed_on).is_(None), visible_to(reader, CollectionCase))
        .group_by(col(Loan.bucket))
    )
    return {bucket: (int(n), int(total or 0)) for bucket, n, total in db.execute(query).all()}


def customer_ids_named(reader: Reader, text: str) -> sa.Select[Any]:
    """Return the query of customers with an inside part of their name."""
    return sa.select(col(Customer.id)).where(
        col(Customer.name).contains(text.strip()[:40], autoescape=True), col(Customer.deleted_at).is_(None)
    )


# Contacts -------------------------------------------------------------------------------------------


def list_contacts(db: Session, case_id: int, *, limit: int = 100) -> list[tuple[CollectionContact, str]]:
    """Return the contacts of a case with who made them, newest first."""
    query = (
        sa.select(CollectionContact, col(User.name))
        .outerjoin(User, col(User.id) == col(CollectionContact.by_id))
        .where(col(CollectionContact.case_id) == case_id)
        .order_by(col(CollectionContact.at).desc(), col(CollectionContact.id).desc())
    )
    return [(row, name or "") for row, name in db.execute(query.limit(limit)).all()]


def list_history(
    db: Session, customer_id: int, numbers: Iterable[str], *, since: datetime
) -> list[CollectionContact]:
    """Return the contacts about all of a customer's debts, and those to these numbers, since an instant.

    A third party that asked to be left alone is told for ever: such rows come whatever their age.
    """
    known = [one for one in numbers if one]
    mine = sa.and_(
        col(CollectionContact.customer_id) == customer_id,
        sa.or_(col(CollectionContact.at) >= since, col(CollectionContact.outcome) == "declined"),
    )
    if known:
        same = sa.and_(col(CollectionContact.number_index).in_(known), col(CollectionContact.at) >= since)
        mine = sa.or_(mine, same)
    query = sa.select(CollectionContact).where(mine).order_by(col(CollectionContact.at))
    return list(db.execute(query).scalars())


def list_relations(db: Session, customer_id: int) -> list[CustomerRelation]:
    """Return the related parties a customer has now, those with a phone of their own first entered first."""
    query = sa.select(CustomerRelation).where(
        col(CustomerRelation.customer_id) == customer_id, col(CustomerRelation.ended_at).is_(None)
    )
    return list(db.execute(query.order_by(col(CustomerRelation.id)).limit(30)).scalars())


def find_contact(db: Session, contact_id: int, *, for_update: bool = False) -> CollectionContact | None:
    """Return one contact, or None; whose case it is of is asked separately."""
    query = sa.select(CollectionContact).where(col(CollectionContact.id) == contact_id)
    return db.execute(query.with_for_update() if for_update else query).scalar_one_or_none()


# Promises -------------------------------------------------------------------------------------------


def list_promises(db: Session, case_id: int) -> list[tuple[CollectionPromise, str]]:
    """Return the promises of a case with who took them, newest first."""
    query = (
        sa.select(CollectionPromise, col(User.name))
        .outerjoin(User, col(User.id) == col(CollectionPromise.by_id))
        .where(col(CollectionPromise.case_id) == case_id)
        .order_by(col(CollectionPromise.id).desc())
    )
    return [(row, name or "") for row, name in db.execute(query.limit(50)).all()]


def open_promises(db: Session, case_id: int) -> list[CollectionPromise]:
    """Return the promises of a case that still wait."""
    query = sa.select(CollectionPromise).where(
        col(CollectionPromise.case_id) == case_id, col(CollectionPromise.status) == PromiseStatus.OPEN.value
    )
    return list(db.execute(query).scalars())


def promises_to_judge(
    db: Session, loan_ids: Sequence[int], *, due_from: date
) -> dict[int, list[CollectionPromise]]:
    """Return the promises on these loans that stand, due on ``due_from`` or later, by loan, oldest first."""
    query = sa.select(CollectionPromise).where(
        col(CollectionPromise.loan_id).in_(loan_ids),
        col(CollectionPromise.status) != PromiseStatus.REPLACED.value,
        col(CollectionPromise.due_date) >= due_from,
    )
    found: dict[int, list[CollectionPromise]] = {}
    for promise in db.execute(query.order_by(col(CollectionPromise.id))).scalars():
        found.setdefault(promise.loan_id, []).append(promise)
    return found


def received_of(db: Session, loan_ids: Sequence[int], *, since: datetime) -> dict[int, list[Received]]:
    """Return what came in on these loans since an instant and was not taken back, by loan."""
    undo = aliased(Payment)
    query = (
        sa.select(
            col(Payment.loan_id), col(Payment.value_date), col(Payment.posted_at), col(Payment.amount_fen)
        )
        .outerjoin(undo, col(undo.reverses_id) == col(Payment.id))
        .where(
            col(Payment.loan_id).in_(loan_ids), col(Payment.kind).in_([kind.value for kind in MONEY_IN]),
            col(Payment.posted_at) >= since, col(undo.id).is_(None),
        )
        .order_by(col(Payment.id))
    )  # fmt: skip
    found: dict[int, list[Received]] = {}
    for loan_id, day, at, amount in db.execute(query).all():
        found.setdefault(loan_id, []).append(Received(day, at, amount))
    return found


# Strategies and people ------------------------------------------------------------------------------


def list_strategies(db: Session, *, active: bool = True) -> list[CollectionStrategy]:
    """Return the strategies in the order they are asked."""
    query = sa.select(CollectionStrategy)
    if active:
        query = query.where(col(CollectionStrategy.active))
    order = (col(CollectionStrategy.sort), col(CollectionStrategy.id))
    return list(db.execute(query.order_by(*order)).scalars())


def list_collectors(db: Session, permission: str) -> list[tuple[User, int]]:
    """Return the active people whose role lets them contact debtors, with their open cases, fewest first."""
    roles = [
        role.id
        for role in db.execute(sa.select(Role)).scalars()
        if role.id is not None and permission in role.permissions
    ]
    load = (
        sa.select(sa.func.count())
        .where(col(CollectionCase.owner_id) == col(User.id), col(CollectionCase.closed_on).is_(None))
        .correlate(User)
        .scalar_subquery()
    )
    query = (
        sa.select(User, load)
        .where(
            col(User.active),
            col(User.id).in_(sa.select(col(UserRole.user_id)).where(col(UserRole.role_id).in_(roles))),
        )
        .order_by(load, col(User.id))
    )
    return [(user, int(number)) for user, number in db.execute(query).all()]
