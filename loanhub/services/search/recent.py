"""What a person opened lately 最近打开, for the palette before anything is typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from loanhub.models import Customer, Lead, Loan, RecentItem
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.search.find import Hit, hit_of_customer, hit_of_lead, hit_of_loan, names_of, rows_of

KEPT = 30
SHOWN = 6


def keep_recent(actor: Actor, entity: str, entity_id: int, *, now: datetime) -> None:
    """Remember that this person opened a record; no event, since the record's own page logs what must be logged."""
    with transaction() as db:
        row = db.get(RecentItem, (actor.user_id, entity, entity_id))
        if row is not None:
            row.at = now
            return
        db.add(RecentItem(user_id=actor.user_id, entity=entity, entity_id=entity_id, at=now))
        db.flush()
        old = (
            sa.select(RecentItem)
            .where(col(RecentItem.user_id) == actor.user_id)
            .order_by(col(RecentItem.at).desc())
            .offset(KEPT)
        )
        for stale in db.execute(old).scalars():
            db.delete(stale)


def recent(actor: Actor) -> list[Hit]:
    """Return the records opened last that are still in the person's scope, newest first."""
    with reading() as db:
        query = (
            sa.select(RecentItem)
            .where(col(RecentItem.user_id) == actor.user_id)
            .order_by(col(RecentItem.at).desc())
            .limit(KEPT)
        )
        rows = list(db.execute(query).scalars())
        shown: dict[tuple[str, int], Hit] = {}
        makers: tuple[tuple[str, Any, Any], ...] = (
            ("customer", Customer, hit_of_customer), ("lead", Lead, hit_of_lead), ("loan", Loan, hit_of_loan),
        )  # fmt: skip
        for entity, model, make in makers:
            ids = [row.entity_id for row in rows if row.entity == entity]
            if not ids:
                continue
            seen = sa.select(model.id).where(model.id.in_(ids), visible_to(actor, model))
            records = rows_of(db, model, [int(one) for one in db.execute(seen).scalars()])
            names = names_of(db, records) if model is Loan else {}
            shown.update({(entity, record.id): make(record, names) for record in records})
    hits = [shown[row.entity, row.entity_id] for row in rows if (row.entity, row.entity_id) in shown]
    return hits[:SHOWN]
