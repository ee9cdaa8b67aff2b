"""Queries on applications and their approval records."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import Approval, Document
from loanhub.repositories.contracts import get_visible_application as get_visible

__all__ = ["current_round", "document_kinds", "get_visible", "list_approvals"]


def list_approvals(db: Session, application_id: int) -> list[Approval]:
    """Return the decisions on an application, oldest first."""
    query = sa.select(Approval).where(col(Approval.application_id) == application_id).order_by(col(Approval.id))
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
