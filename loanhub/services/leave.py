"""Leave 请假: who is away, so that no new lead goes there; what somebody owns stays with that person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import Leave, User
from loanhub.services import events
from loanhub.services._actor import Actor, OutOfReach
from loanhub.services._transaction import announce, reading, transaction

LONGEST = timedelta(days=366)
TOPIC = "leave"


@dataclass(frozen=True)
class LeaveView:
    """A leave in a list; ``state`` is 进行中, 未开始, 已结束 or 已取消."""

    id: int
    user_id: int
    who: str
    span: str
    reason: str
    state: str
    can_cancel: bool


def may_book_for(actor: Actor, user: User) -> bool:
    """Return whether the actor may book leave for somebody: oneself, one's team as its lead, anybody who edits staff."""
    if user.id == actor.user_id or actor.can(Permission.USERS_EDIT):
        return True
    return actor.can(Permission.LEADS_ASSIGN) and actor.reaches(
        owner_id=user.id, department_id=user.department_id
    )


def book(
    actor: Actor, *, user_id: int = 0, starts_at: datetime, ends_at: datetime, reason: str = "", now: datetime
) -> int:
    """Book a leave from ``starts_at`` until ``ends_at`` (exclusive), one's own when nobody is named; return its id.

    Raises:
        NotFound: nobody such.
        NotPermitted: it is not for the actor to book.
        InvalidInput: the end is not after the start, or lies in the past, or the leave is longer than a year.
        Conflict: another leave lies across it.
    """
    faults = {}
    if ends_at <= starts_at:
        faults["ends_at"] = "结束要晚于开始"
    elif ends_at <= now:
        faults["ends_at"] = "这段时间已经过去了"
    elif ends_at - starts_at > LONGEST:
        faults["ends_at"] = "一次最多请一年"
    if len(reason) > 100:
        faults["reason"] = f"最多 100 个字，现在 {len(reason)} 个"
    with transaction() as db:
        user = db.get(User, user_id or actor.user_id, with_for_update=True)
        if user is None or not user.active:
            raise NotFound("没有找到这位员工")
        if not may_book_for(actor, user):
            raise OutOfReach
        if faults:
            raise InvalidInput(fields=faults)
        across = sa.select(Leave).where(
            col(Leave.user_id) == user.id, col(Leave.cancelled_at).is_(None), col(Leave.starts_at) < ends_at,
            col(Leave.ends_at) > starts_at,
        )  # fmt: skip
        other = db.execute(across.limit(1)).scalar_one_or_none()
        if other is not None:
            raise Conflict(f"和已登记的请假重叠：{_span(other)}")
        row = Leave(
            user_id=user.id or 0, starts_at=starts_at, ends_at=ends_at, reason=reason.strip(),
            created_by_id=actor.actor_id, created_at=now,
        )  # fmt: skip
        db.add(row)
        db.flush()
        events.record(
            db, actor, "leave.booked", now=now, entity="user", entity_id=user.id, summary=f"{user.name} {_span(row)}",
            reason=row.reason,
        )  # fmt: skip
        announce(db, TOPIC)
        return row.id or 0


def cancel(actor: Actor, *, leave_id: int, now: datetime) -> None:
    """Cancel a leave that is not over; from now on the person gets leads again.

    Raises:
        NotFound: no such leave.
        NotPermitted: it is not for the actor to cancel.
        Conflict: it is over or was cancelled.
    """
    with transaction() as db:
        row = db.get(Leave, leave_id, with_for_update=True)
        user = db.get(User, row.user_id) if row is not None else None
        if row is None or user is None:
            raise NotFound("没有找到这次请假")
        if not may_book_for(actor, user):
            raise OutOfReach
        if row.cancelled_at is not None or row.ends_at <= now:
            raise Conflict("这次请假已经结束或取消")
        row.cancelled_at = now
        events.record(
            db,
            actor,
            "leave.cancelled",
            now=now,
            entity="user",
            entity_id=user.id,
            summary=f"{user.name} {_span(row)}",
        )
        announce(db, TOPIC)


def list_of(actor: Actor, *, user_id: int = 0, now: datetime) -> list[LeaveView]:
    """Return the leaves of one person (the actor when nobody is named), newest first.

    Raises:
        NotFound: nobody such.
        NotPermitted: not for the actor to see.
    """
    with reading() as db:
        user = db.get(User, user_id or actor.user_id)
        if user is None:
            raise NotFound("没有找到这位员工")
        if not may_book_for(actor, user) and not actor.can(Permission.USERS_READ):
            raise OutOfReach
        query = sa.select(Leave, col(User.name)).join(User, col(User.id) == col(Leave.user_id))
        query = query.where(col(Leave.user_id) == user.id)
        return _views(
            db, query.order_by(col(Leave.starts_at).desc()).limit(50), may_book_for(actor, user), now
        )


def list_current(actor: Actor, *, now: datetime) -> list[LeaveView]:
    """Return who is away now or will be, of those the actor may book for or, with users:read, of all.

    Raises:
        NotPermitted: the actor neither reads staff nor leads a team.
    """
    if not actor.can_any(Permission.USERS_READ, Permission.LEADS_ASSIGN):
        raise OutOfReach
    with reading() as db:
        query = (
            sa.select(Leave, col(User.name))
            .join(User, col(User.id) == col(Leave.user_id))
            .where(col(Leave.ends_at) > now, col(Leave.cancelled_at).is_(None))
        )
        if not actor.can(Permission.USERS_READ):
            query = query.where(col(User.department_id).in_(actor.department_ids))
        may = actor.can_any(Permission.USERS_EDIT, Permission.LEADS_ASSIGN)
        return _views(db, query.order_by(col(Leave.starts_at)).limit(200), may, now)


def bookable(actor: Actor) -> list[tuple[int, str]]:
    """Return (id, name) of the active colleagues the actor may book leave for, by name; oneself is not among them."""
    with reading() as db:
        query = (
            sa.select(User).where(col(User.active), col(User.id) != actor.user_id).order_by(col(User.name))
        )
        people = db.execute(query).scalars()
        return [(one.id or 0, one.name) for one in people if may_book_for(actor, one)]


def _views(db: Session, query: Any, may_cancel: bool, now: datetime) -> list[LeaveView]:
    return [
        LeaveView(
            row.id or 0, row.user_id, name, _span(row), row.reason, _state(row, now),
            may_cancel and row.cancelled_at is None and row.ends_at > now,
        )
        for row, name in db.execute(query).all()
    ]  # fmt: skip


def _state(row: Leave, now: datetime) -> str:
    if row.cancelled_at is not None:
        return "已取消"
    if row.ends_at <= now:
        return "已结束"
    return "进行中" if row.starts_at <= now else "未开始"


def _span(row: Leave) -> str:
    start, end = formats.local(row.starts_at), formats.local(row.ends_at)
    return f"{start:%Y-%m-%d %H:%M} 至 {end:%Y-%m-%d %H:%M}"
