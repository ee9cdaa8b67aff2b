"""What the customer use cases share."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.leads import CLOSED_STATUSES
from loanhub.domain.money import format_wan
from loanhub.models import Customer, Event, Lead
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services.leads import StaleEdit


def check_version(db: Session, customer: Customer, expected: int | None) -> None:
    """Raise StaleEdit, naming who saved last, when the caller saw another version."""
    if expected is not None and expected != customer.version:
        raise StaleEdit(last_editor(db, customer.id or 0))


def sees(actor: Actor, customer: Customer) -> bool:
    """Return whether a customer already read lies inside the actor's scope, as owner, team or dedicated manager."""
    mine = customer.manager_id is not None and customer.manager_id == actor.user_id
    return mine or actor.reaches(owner_id=customer.owner_id, department_id=customer.department_id)


def last_editor(db: Session, customer_id: int) -> str:
    """Return who changed the customer's fields last, or an empty text."""
    query = (
        sa.select(col(Event.actor_name))
        .where(
            col(Event.customer_id) == customer_id,
            col(Event.type).in_(("customer.edited", "customer.created")),
        )
        .order_by(col(Event.id).desc())
        .limit(1)
    )
    return db.execute(query).scalar() or ""


def find_open_lead(db: Session, customer_id: int, *, visible_to_actor: Actor | None = None) -> Lead | None:
    """Return the newest lead of a customer that is still worked on, or None.

    With an actor only leads inside that actor's scope count.
    """
    query = sa.select(Lead).where(
        col(Lead.customer_id) == customer_id,
        col(Lead.deleted_at).is_(None),
        col(Lead.status).not_in(CLOSED_STATUSES),
    )
    if visible_to_actor is not None:
        query = query.where(visible_to(visible_to_actor, Lead))
    return db.execute(query.order_by(col(Lead.id).desc()).limit(1)).scalar_one_or_none()


def figure(fen: int | None) -> tuple[str, str]:
    """Return an amount as digits and unit for the big-number components: (``48.6``, ``万``), (``—``, '')."""
    if fen is None:
        return "—", ""
    digits, _, unit = format_wan(fen).replace("¥", "").partition(" ")
    return digits, unit
