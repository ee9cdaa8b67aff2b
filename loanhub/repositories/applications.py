"""Queries on applications and their approval records."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.leads import CLOSED_STATUSES
from loanhub.domain.permissions import Permission, Scope
from loanhub.models import Application, Approval, Customer, Document, Lead, Role, Submission, User, UserRole
from loanhub.repositories.contracts import get_visible_application as get_visible
from loanhub.repositories.scope import Reader, visible_to

__all__ = [
    "count_sharing_card", "current_round", "document_kinds", "find_open_lead", "get_visible", "last_rejection",
    "list_approvals", "list_approvers", "list_submissions",
]  # fmt: skip


def list_approvals(db: Session, application_id: int) -> list[Approval]:
    """Return the decisions on an application, oldest first."""
    query = (
        sa.select(Approval).where(col(Approval.application_id) == application_id).order_by(col(Approval.id))
    )
    return list(db.execute(query).scalars())


def current_round(db: Session, application_id: int) -> int:
    """Return the number of the round an application is in: 1, and one more after each return."""
    query = sa.select(sa.func.count()).where(
        col(Approval.application_id) == application_id, col(Approval.decision) == "return"
    )
    return 1 + int(db.execute(query).scalar_one())


def document_kinds(db: Session, *, customer_id: int, application_id: int) -> set[str]:
    """Return the kinds of stored documents of a customer or of this application."""
    query = sa.select(col(Document.kind)).where(
        sa.or_(col(Document.customer_id) == customer_id, col(Document.application_id) == application_id),
        col(Document.deleted_at).is_(None),
    )
    return set(db.execute(query.distinct()).scalars())


def list_approvers(db: Session) -> list[tuple[int, str]]:
    """Return (id, name) of everybody active whose roles approve applications of the whole firm, by id."""
    roles = db.execute(sa.select(Role)).scalars().all()
    wanted = [
        role.id
        for role in roles
        if Permission.APPLICATIONS_APPROVE.value in role.permissions and role.scope >= Scope.ALL
    ]
    query = (
        sa.select(col(User.id), col(User.name))
        .join(UserRole, col(UserRole.user_id) == col(User.id))
        .where(col(UserRole.role_id).in_(wanted), col(User.active))
        .distinct()
        .order_by(col(User.id))
    )
    return [(int(user_id or 0), str(name)) for user_id, name in db.execute(query).all()]


def count_sharing_card(db: Session, customer: Customer) -> int:
    """Return how many other customers use the same bank card."""
    if not customer.bank_card_index:
        return 0
    query = sa.select(sa.func.count()).where(
        col(Customer.bank_card_index) == customer.bank_card_index,
        col(Customer.id) != customer.id,
        col(Customer.deleted_at).is_(None),
    )
    return int(db.execute(query).scalar_one())


def last_rejection(db: Session, customer_id: int) -> datetime | None:
    """Return when an application of the customer was last rejected."""
    query = sa.select(sa.func.max(col(Application.decided_at))).where(
        col(Application.customer_id) == customer_id, col(Application.status) == ApplicationStatus.REJECTED
    )
    rejected: datetime | None = db.execute(query).scalar_one()
    return rejected


def find_open_lead(db: Session, reader: Reader, customer_id: int) -> Lead | None:
    """Return the customer's newest lead somebody still works on, inside the reader's scope."""
    query = (
        sa.select(Lead)
        .where(
            col(Lead.customer_id) == customer_id, col(Lead.status).not_in(CLOSED_STATUSES),
            visible_to(reader, Lead),
        )
        .order_by(col(Lead.id).desc())
        .limit(1)
    )  # fmt: skip
    return db.execute(query).scalar_one_or_none()


def list_submissions(db: Session, application_id: int) -> list[Submission]:
    """Return the submissions of an application to lenders, oldest first."""
    query = sa.select(Submission).where(col(Submission.application_id) == application_id)
    return list(db.execute(query.order_by(col(Submission.id))).scalars())
