"""Into the bin and out of it again, each one transaction and one event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.models import RecycleItem, Task, User
from loanhub.repositories.scope import visible_to
from loanhub.services import events, parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.recycle.kinds import KINDS, Kind

PAGE = 30


class Refused(Conflict):
    """This record may not be deleted; the sentence says what forbids it."""


PRIVATE = ("view", "report")
"""What the bin shows to its owner and to who deleted it alone."""


@dataclass(frozen=True)
class ItemView:
    """Something in the bin as its list shows it; ``left`` is how long it can still be brought back."""

    id: int
    version: int
    entity: str
    label: str
    icon: str
    title: str
    who: str
    when: str
    reason: str
    left: str
    held: str
    state: str
    can_restore: bool


def put(db: Session, actor: Actor, entity: str, row: Any, *, reason: str = "", now: datetime) -> RecycleItem:
    """Mark a row deleted and lay it in the bin, with the open to-dos that go along; the caller records the event."""
    kind = KINDS[entity]
    days = int(str(parameters.get(db, "recycle", now=now)["days"]))
    row.deleted_at = now
    if hasattr(row, "version"):
        row.version += 1
    item = RecycleItem(
        entity=entity, entity_id=row.id, title=kind.title(row)[:200], owner_id=getattr(row, kind.owner), reason=reason[:300],
        department_id=getattr(row, "department_id", None), deleted_by_id=actor.actor_id, deleted_at=now, purge_at=now + timedelta(days=days),
    )  # fmt: skip
    db.add(item)
    along = kind.together(row)
    if along is not None:
        db.execute(sa.update(Task).where(along, col(Task.deleted_at).is_(None)).values(deleted_at=now))
    db.flush()
    return item


def taken_back(db: Session, entity: str, row_id: int, *, by: Actor, now: datetime) -> None:
    """Note that a deletion was taken back past the bin (the toast's undo)."""
    query = sa.select(RecycleItem).where(
        col(RecycleItem.entity) == entity, col(RecycleItem.entity_id) == row_id, col(RecycleItem.restored_at).is_(None),
        col(RecycleItem.purged_at).is_(None),
    )  # fmt: skip
    for item in db.execute(query).scalars():
        item.restored_at, item.restored_by_id, item.version = now, by.actor_id, item.version + 1


def delete(
    actor: Actor,
    *,
    entity: str,
    record_id: int,
    reason: str,
    expected_version: int | None = None,
    now: datetime,
) -> int:
    """Move a lead, a customer or a to-do into the bin, with a reason; returns the item's id.

    (Segments and views are deleted where they are made, and land here as well.)

    Raises:
        NotFound: no such record in the actor's scope.
        NotPermitted: the actor may not delete such records.
        Refused: what hangs on it forbids it (contracts, loans, a legal hold, an open ruling).
        InvalidInput: no reason.
    """
    if entity not in ("lead", "customer", "task"):
        raise NotFound("没有找到这条记录，或你无权查看")
    kind = KINDS[entity]
    with transaction() as db:
        query = sa.select(kind.model).where(kind.model.id == record_id, visible_to(actor, kind.model))
        row: Any = db.execute(query.with_for_update()).scalar_one_or_none()
        if row is None:
            raise NotFound("没有找到这条记录，或你无权查看")
        actor.require(kind.permission)
        words = " ".join(reason.split())
        if len(words) < 2:
            raise InvalidInput(fields={"reason": "写一下为什么删除"})
        if expected_version is not None and expected_version != row.version:
            raise Conflict("这条记录刚被别人改过，请看过最新内容再删除")
        refusal = kind.refusal(db, row, now)
        if refusal:
            raise Refused(refusal)
        item = put(db, actor, entity, row, reason=words, now=now)
        lead_id, customer_id = _timelines(entity, row)
        events.record(
            db, actor, "record.deleted", now=now, entity=entity, entity_id=record_id, reason=words[:300],
            summary=f"{kind.label} {item.title}", lead_id=lead_id, customer_id=customer_id,
        )  # fmt: skip
        assert item.id is not None
        return item.id


def _timelines(entity: str, row: Any) -> tuple[int | None, int | None]:
    """Return the lead and the customer whose timelines a deletion belongs to."""
    lead_id = row.id if entity == "lead" else getattr(row, "lead_id", None)
    customer_id = row.id if entity == "customer" else getattr(row, "customer_id", None)
    return lead_id, customer_id


def _reaches(actor: Actor, kind: Kind, item: RecycleItem) -> bool:
    """Return whether the bin shows this to the actor: own deletions, own things, and those of the scope."""
    if item.deleted_by_id == actor.user_id or item.owner_id == actor.user_id:
        return True
    # A private view or report is nobody else's, whatever their scope.
    return kind.entity not in PRIVATE and actor.reaches(
        owner_id=item.owner_id, department_id=item.department_id
    )


def restore(actor: Actor, *, item_id: int, now: datetime) -> str:
    """Bring something back as it was, with the to-dos that went along; returns what it is called.

    Raises:
        NotFound: no such thing in the bin that the actor may see.
        NotPermitted: the actor may not delete, and so not restore, such things.
        Conflict: it was restored or cleared already.
        InvalidInput: its name has been taken meanwhile.
    """
    with transaction() as db:
        query = sa.select(RecycleItem).where(col(RecycleItem.id) == item_id).with_for_update()
        item: RecycleItem | None = db.execute(query).scalar_one_or_none()
        kind = KINDS.get(item.entity) if item is not None else None
        if item is None or kind is None or not _reaches(actor, kind, item):
            raise NotFound("回收站里没有这一条，或你无权查看")
        actor.require(kind.permission)
        if item.purged_at is not None or item.restored_at is not None:
            raise Conflict("这一条已经恢复过了" if item.restored_at else "这一条已到期清除，不能恢复")
        row: Any = db.get(kind.model, item.entity_id, with_for_update=True)
        if row is None or row.deleted_at is None:
            raise Conflict("这一条已经恢复过了")
        kind.back(db, row)
        along = kind.together(row)
        if along is not None:
            db.execute(
                sa.update(Task).where(along, col(Task.deleted_at) == row.deleted_at).values(deleted_at=None)
            )
        row.deleted_at = None
        row.version += 1
        item.restored_at, item.restored_by_id, item.version = now, actor.actor_id, item.version + 1
        lead_id, customer_id = _timelines(item.entity, row)
        events.record(
            db, actor, "record.restored", now=now, entity=item.entity, entity_id=item.entity_id,
            summary=f"{kind.label} {item.title}", lead_id=lead_id, customer_id=customer_id,
        )  # fmt: skip
        return item.title


@dataclass(frozen=True)
class Bin:
    """A page of the bin, with how many there are of each kind."""

    rows: tuple[ItemView, ...]
    total: int
    counts: tuple[tuple[str, str, int], ...]


def list_items(actor: Actor, *, entity: str = "", page: int = 1, now: datetime) -> Bin:
    """Return what lies in the bin and the actor may see, the newest first; ``counts`` are (entity, label, number)."""
    kinds = [one for one in KINDS.values() if actor.can(one.permission)]
    with reading() as db:
        seen = sa.or_(
            col(RecycleItem.deleted_by_id) == actor.user_id, col(RecycleItem.owner_id) == actor.user_id
        )
        if actor.reaches(owner_id=0, department_id=0):
            seen = sa.or_(seen, col(RecycleItem.entity).not_in(PRIVATE))
        elif actor.department_ids:
            near = col(RecycleItem.department_id).in_(actor.department_ids)
            seen = sa.or_(seen, sa.and_(near, col(RecycleItem.entity).not_in(PRIVATE)))
        lying = sa.and_(
            col(RecycleItem.restored_at).is_(None), col(RecycleItem.purged_at).is_(None),
            col(RecycleItem.entity).in_([one.entity for one in kinds]), seen,
        )  # fmt: skip
        counted = (
            sa.select(col(RecycleItem.entity), sa.func.count()).where(lying).group_by(col(RecycleItem.entity))
        )
        numbers: dict[str, int] = {}
        for code, number in db.execute(counted):
            numbers[code] = int(number)
        query = sa.select(RecycleItem, col(User.name)).outerjoin(
            User, col(User.id) == col(RecycleItem.deleted_by_id)
        )
        query = (
            query.where(lying, col(RecycleItem.entity) == entity) if entity in KINDS else query.where(lying)
        )
        order = (col(RecycleItem.deleted_at).desc(), col(RecycleItem.id).desc())
        rows = db.execute(query.order_by(*order).offset((max(1, page) - 1) * PAGE).limit(PAGE)).all()
        total = numbers.get(entity, 0) if entity in KINDS else sum(numbers.values())
        counts = tuple((one.entity, one.label, numbers.get(one.entity, 0)) for one in kinds)
        return Bin(tuple(_view(item, who or "系统", now) for item, who in rows), total, counts)


def _view(item: RecycleItem, who: str, now: datetime) -> ItemView:
    kind = KINDS[item.entity]
    days = max(0, (item.purge_at - now).days)
    return ItemView(
        id=item.id or 0, version=item.version, entity=item.entity, label=kind.label, icon=kind.icon, title=item.title, who=who,
        when=formats.relative(item.deleted_at, now), reason=item.reason, held=item.held,
        left=f"{days} 天后清除" if days else "今天清除", state="held" if item.held else "near" if days <= 3 else "",
        can_restore=True,
    )  # fmt: skip
