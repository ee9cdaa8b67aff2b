"""What lay in the bin long enough is cleared for good 彻底清除; what the law or a hold keeps stays, with the reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from loanhub.models import RecycleItem
from loanhub.services import events
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading, transaction
from loanhub.services.recycle.kinds import KINDS

AT_ONCE = 100


def purge_due(*, now: datetime) -> int:
    """Clear what is due, one transaction each, so that a stop loses nothing; return how many were cleared."""
    with reading() as db:
        query = sa.select(col(RecycleItem.id)).where(
            col(RecycleItem.purge_at) <= now,
            col(RecycleItem.restored_at).is_(None),
            col(RecycleItem.purged_at).is_(None),
        )
        due = [
            int(one or 0)
            for one in db.execute(query.order_by(col(RecycleItem.purge_at)).limit(AT_ONCE)).scalars()
        ]
    return sum(_purge(item_id, now) for item_id in due)


def _purge(item_id: int, now: datetime) -> int:
    with transaction() as db:
        query = sa.select(RecycleItem).where(col(RecycleItem.id) == item_id).with_for_update()
        item: RecycleItem | None = db.execute(query).scalar_one_or_none()
        if item is None or item.purged_at is not None or item.restored_at is not None:
            return 0
        kind = KINDS[item.entity]
        row: Any = db.get(kind.model, item.entity_id, with_for_update=True)
        if row is not None:
            held = kind.refusal(db, row, now)
            if held:
                item.held = held[:200]  # asked again in the next round
                return 0
            kind.clear(db, row)
        label = item.title.split(" ")[0] if item.entity in ("lead", "customer") else kind.label
        item.purged_at, item.title, item.held = now, label, ""
        events.record(
            db,
            SYSTEM,
            "record.purged",
            now=now,
            entity=item.entity,
            entity_id=item.entity_id,
            summary=f"{kind.label} {label}",
        )
        return 1
