"""Write a follow-up on a customer 写跟进: the open lead's clock and the next step move with it."""

from __future__ import annotations

import re
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.permissions import Permission
from loanhub.models import Customer, User
from loanhub.repositories import customers as repository
from loanhub.services import interactions
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.customers._shared import find_open_lead
from loanhub.services.customers.edit import set_next_step

_MENTION = re.compile(r"@([\u3400-\u9fff·]{2,8}|[A-Za-z][A-Za-z .]{1,30})")


def follow_up(
    actor: Actor,
    *,
    customer_id: int,
    kind: str,
    text: str,
    outcome: str = "",
    next_step: str = "",
    next_step_at: datetime | None = None,
    clear_next: bool = False,
    temperature: str = "",
    attachments: tuple[int, ...] = (),
    key: str = "",
    now: datetime,
) -> interactions.Recorded:
    """Write a follow-up, move the next step (or clear it), and tell colleagues named by ``@姓名``.

    Raises:
        NotFound, NotPermitted, InvalidInput: see :func:`loanhub.services.interactions.record`.
    """
    request = [
        customer_id,
        kind,
        text,
        outcome,
        next_step,
        next_step_at,
        clear_next,
        temperature,
        attachments,
    ]
    with transaction() as db:

        def work() -> dict[str, object]:
            customer = repository.get_visible(db, actor, customer_id)
            actor.require(Permission.INTERACTIONS_CREATE)
            lead = find_open_lead(db, customer_id, visible_to_actor=actor)
            done = interactions.record(
                actor, kind=kind, text=text, lead_id=lead.id if lead is not None else None,
                customer_id=customer_id, outcome=outcome, next_step=next_step, next_step_at=next_step_at,
                temperature=temperature, attachments=attachments, now=now,
            )  # fmt: skip
            if clear_next and customer.next_step_at is not None:
                set_next_step(actor, customer_id=customer_id, text="", at=None, now=now)
            _tell_mentioned(db, actor, customer, text, done.event_id, now=now)
            return dict(vars(done))

        stored = once(db, actor, "customers.follow_up", key, request, now=now, work=work)
        return interactions.Recorded(**stored)  # type: ignore[arg-type]


def _tell_mentioned(
    db: Session, actor: Actor, customer: Customer, text: str, event_id: int, *, now: datetime
) -> None:
    names = {name.strip() for name in _MENTION.findall(text)}
    # Chinese has no space after a name: @秦语桐请看 must still find 秦语桐.
    wanted = {name[:length] for name in names for length in range(2, len(name) + 1)}
    if not wanted:
        return
    query = sa.select(User).where(
        col(User.name).in_(sorted(wanted)), col(User.active), col(User.id) != actor.user_id
    )
    for user in db.execute(query.limit(10)).scalars():
        notify(
            db, user.id, title=f"{actor.name} 在客户 {customer.number} 提到你", link=f"/customers/{customer.id}",
            kind="mention", entity="customer", entity_id=customer.id, actionable=True, event_id=event_id, now=now,
        )  # fmt: skip
