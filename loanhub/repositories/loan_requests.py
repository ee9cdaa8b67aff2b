"""Queries on requests for changes of loans 贷后申请, and on settlement offers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.models import Customer, Loan, LoanRequest, Notification, SettlementOffer
from loanhub.repositories.scope import Reader, visible_to


def get_visible(db: Session, reader: Reader, request_id: int, *, fresh: bool = False) -> LoanRequest:
    """Return a request on a loan inside the reader's scope; ``fresh`` reads it again under a lock just taken.

    Raises:
        NotFound: there is none such.
    """
    query = (
        sa.select(LoanRequest)
        .join(Loan, col(Loan.id) == col(LoanRequest.loan_id))
        .where(col(LoanRequest.id) == request_id, visible_to(reader, Loan))
    )
    if fresh:
        query = query.execution_options(populate_existing=True)
    found: LoanRequest | None = db.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这项申请，或你无权查看")
    return found


def find_pending(db: Session, loan_id: int, kind: str) -> LoanRequest | None:
    """Return the request of a kind that waits on a loan, or None."""
    query = sa.select(LoanRequest).where(
        col(LoanRequest.loan_id) == loan_id, col(LoanRequest.kind) == kind, col(LoanRequest.status) == "pending"
    )  # fmt: skip
    return db.execute(query.limit(1)).scalar_one_or_none()


def list_visible(
    db: Session,
    reader: Reader,
    *,
    status: str = "",
    loan_id: int | None = None,
    kind: str = "",
    requested_by_id: int | None = None,
    limit: int = 200,
) -> list[LoanRequest]:
    """Return requests on loans inside the reader's scope, newest first."""
    query = (
        sa.select(LoanRequest)
        .join(Loan, col(Loan.id) == col(LoanRequest.loan_id))
        .where(visible_to(reader, Loan))
        .order_by(col(LoanRequest.id).desc())
        .limit(limit)
    )
    if status:
        query = query.where(col(LoanRequest.status) == status)
    if loan_id is not None:
        query = query.where(col(LoanRequest.loan_id) == loan_id)
    if kind:
        query = query.where(col(LoanRequest.kind) == kind)
    if requested_by_id is not None:
        query = query.where(col(LoanRequest.requested_by_id) == requested_by_id)
    return list(db.execute(query).scalars())


def loans_of(db: Session, loan_ids: Sequence[int]) -> dict[int, tuple[Loan, str]]:
    """Return loans with the names of their customers, by id."""
    query = (
        sa.select(Loan, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(col(Loan.id).in_(set(loan_ids)))
    )
    return {loan.id or 0: (loan, str(name)) for loan, name in db.execute(query).all()}


def finish_messages(db: Session, request_id: int, *, now: datetime) -> None:
    """Mark the messages that ask for a decision on a request as dealt with."""
    waiting = sa.update(Notification).where(
        col(Notification.entity) == "loan_request",
        col(Notification.entity_id) == request_id,
        col(Notification.done_at).is_(None),
    )
    db.execute(waiting.values(done_at=now))


def get_visible_offer(db: Session, reader: Reader, offer_id: int) -> SettlementOffer:
    """Return a settlement offer on a loan inside the reader's scope.

    Raises:
        NotFound: there is none such.
    """
    query = (
        sa.select(SettlementOffer)
        .join(Loan, col(Loan.id) == col(SettlementOffer.loan_id))
        .where(col(SettlementOffer.id) == offer_id, visible_to(reader, Loan))
    )
    found: SettlementOffer | None = db.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这份试算单，或你无权查看")
    return found


def list_offers(db: Session, loan_id: int) -> list[SettlementOffer]:
    """Return the settlement offers of a loan, newest first, at most 100."""
    query = sa.select(SettlementOffer).where(col(SettlementOffer.loan_id) == loan_id)
    return list(db.execute(query.order_by(col(SettlementOffer.id).desc()).limit(100)).scalars())
