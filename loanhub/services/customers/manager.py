"""Give a customer a dedicated manager 专属经理 beside its owner, or take one off; who may be one."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import Role, User, UserRole
from loanhub.repositories import customers as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers._shared import check_version

LABEL = "专属经理"


def candidates(actor: Actor) -> list[tuple[str, str]]:
    """Return the people who may be a dedicated manager, (id, name): active, with a role that edits customers.

    Raises:
        NotPermitted: the actor lacks customers:assign.
    """
    actor.require(Permission.CUSTOMERS_ASSIGN)
    with reading() as db:
        return [(str(user_id), name) for user_id, name in _people(db)]


def assign_manager(
    actor: Actor,
    *,
    customer_id: int,
    manager_id: int | None,
    reason: str = "",
    expected_version: int | None = None,
    now: datetime,
) -> int:
    """Set the dedicated manager of a customer, or none; returns the new version. The owner stays who it is.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:assign.
        StaleEdit: somebody saved the customer since ``expected_version``.
        InvalidInput: somebody who cannot be one, or who is it already.
    """
    words = " ".join(reason.split())[:200]
    with transaction() as db:
        customer = repository.get_visible(db, actor, customer_id, for_update=True)
        actor.require(Permission.CUSTOMERS_ASSIGN)
        people = dict(_people(db))
        if manager_id is not None and manager_id not in people:
            raise InvalidInput(fields={"manager_id": "请选择在职的客户经理或主管"})
        if manager_id == customer.manager_id:
            raise InvalidInput(fields={"manager_id": "没有变化"})
        check_version(db, customer, expected_version)
        old = db.get(User, customer.manager_id) if customer.manager_id else None
        before = old.name if old is not None else "—"
        after = people[manager_id] if manager_id is not None else "—"
        customer.manager_id = manager_id
        customer.version += 1
        customer.updated_at = now
        event = events.record(
            db, actor, "customer.entrusted", now=now, entity="customer", entity_id=customer_id,
            customer_id=customer_id, before={LABEL: before}, after={LABEL: after}, summary=f"{before} → {after}",
            reason=words,
        )  # fmt: skip
        if manager_id is not None and manager_id != actor.user_id:
            notify(
                db, manager_id, title=f"你成为客户 {customer.number} 的专属经理", link=f"/customers/{customer_id}",
                kind="customer", entity="customer", entity_id=customer_id, actionable=True, event_id=event.id,
                now=now,
            )  # fmt: skip
        return customer.version


def _people(db: Session) -> list[tuple[int, str]]:
    query = (
        sa.select(col(User.id), col(User.name), col(Role.permissions))
        .join(UserRole, col(UserRole.user_id) == col(User.id))
        .join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(User.active))
        .order_by(col(User.id))
    )
    found: dict[int, str] = {}
    for user_id, name, permissions in db.execute(query).all():
        if Permission.CUSTOMERS_EDIT.value in permissions:
            found[int(user_id)] = name
    return list(found.items())
