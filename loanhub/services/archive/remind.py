"""Reminders of documents that end 到期提醒: its keeper is told once for each last day."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain import formats
from loanhub.domain.documents import label_of
from loanhub.domain.formats import local
from loanhub.models import Customer, Document
from loanhub.services import events
from loanhub.services._actor import SYSTEM
from loanhub.services._notices import notify
from loanhub.services._transaction import reading, transaction
from loanhub.services.archive import _shared

AT_ONCE = 200


def remind(*, now: datetime) -> int:
    """Tell the owners of customers whose documents end within the days their kind's rule names; returns how many.

    A document is named once for a last day: a new day (a renewed card) is a new reminder. Two processes may run it.
    """
    today = local(now).date()
    with reading() as db:
        every = _shared.rules_of_all(db)
        latest = today + timedelta(days=max(rule.remind_days for rule in every.values()))
        query = (
            sa.select(col(Document.id))
            .where(
                col(Document.deleted_at).is_(None), col(Document.replaced_by_id).is_(None),
                col(Document.customer_id).is_not(None), _shared.ends_between(every, today, latest),
                sa.or_(col(Document.reminded_for).is_(None), col(Document.reminded_for) < today),
            )
            .order_by(col(Document.id))
        )  # fmt: skip
        ids = [int(one) for one in db.execute(query).scalars()]
    told = 0
    for start in range(0, len(ids), AT_ONCE):
        with transaction() as db:
            rows = db.execute(
                sa.select(Document, Customer)
                .join(Customer, col(Customer.id) == col(Document.customer_id))
                .where(col(Document.id).in_(ids[start : start + AT_ONCE]))
                .with_for_update(of=Document)
            ).all()
            for row, customer in rows:
                rule = every.get(row.kind)
                until = _shared.last_day(row, rule, customer) if rule is not None else None
                if rule is None or until is None or row.reminded_for == until:
                    continue
                if not today <= until <= today + timedelta(days=rule.remind_days):
                    continue
                row.reminded_for = until
                event = events.record(
                    db, SYSTEM, "document.expiring", now=now, entity="document", entity_id=row.id,
                    customer_id=row.customer_id, summary=f"{row.label or label_of(row.kind)} {formats.day(until)} 到期",
                )  # fmt: skip
                notify(
                    db, customer.owner_id, title=f"{label_of(row.kind)} {formats.day(until)} 到期",
                    text="请提醒客户更新", link=f"/customers/{customer.id}?tab=documents", kind="due",
                    entity="customer", entity_id=customer.id, event_id=event.id, now=now,
                )  # fmt: skip
                told += 1
    return told
