"""What people save under a name, share and take back 保存与共享: the steps reports, boards of them and segments have in common.

Each keeps its own rules of who may and what fits; here stands what happens to the row, the bin and the words of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlmodel import Session

from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.services import recycle
from loanhub.services._actor import Actor


class Kept(Protocol):
    """A row that has a name, an owner and a version, and lies in the bin once deleted."""

    id: int | None
    name: str
    owner_id: int | None
    updated_at: datetime
    updated_by_id: int | None
    deleted_at: datetime | None
    version: int


Row = TypeVar("Row", bound=Kept)


@dataclass(frozen=True)
class Kind:
    """What is kept: its entity in the log and the bin, what it is called, and who may change it."""

    entity: str
    label: str
    permission: Permission


def saved(db: Session, actor: Actor, row: Kept, *, now: datetime) -> int:
    """Write a changed row as the actor's next version; return its number."""
    row.updated_at, row.updated_by_id = now, actor.actor_id
    row.version += 1
    db.add(row)
    db.flush()
    return row.version


def put_away(db: Session, actor: Actor, kind: Kind, row: Kept, *, now: datetime) -> None:
    """Move a row into the bin; the caller has judged who may."""
    recycle.put(db, actor, kind.entity, row, now=now)
    row.updated_at, row.updated_by_id = now, actor.actor_id
    db.add(row)


def taken_back(
    db: Session,
    actor: Actor,
    kind: Kind,
    row: Row | None,
    *,
    is_taken: Callable[[int | None, str], bool],
    now: datetime,
) -> Row:
    """Take one's own deletion back. row: what the actor deleted last, None for none such; is_taken: by owner and name.

    Raises:
        NotFound: this person deleted none such.
        NotPermitted: the actor may no longer change them.
        InvalidInput: the name has been taken meanwhile.
    """
    if row is None:
        raise NotFound(f"没有找到刚删除的{kind.label}")
    actor.require(kind.permission)
    if is_taken(row.owner_id, row.name):
        raise InvalidInput(fields={"name": f"已经有同名的{kind.label}，不能恢复"})
    recycle.taken_back(db, kind.entity, row.id or 0, by=actor, now=now)
    row.deleted_at, row.updated_at = None, now
    row.version += 1
    db.add(row)
    return row


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return ``before`` and ``after`` of an event: only what is not the same."""
    labels = [label for label in after if after[label] != before[label]]
    return {
        "before": {label: before[label] for label in labels},
        "after": {label: after[label] for label in labels},
    }


def free_name(wanted: str, *, longest: int, is_taken: Callable[[str], bool]) -> str:
    """Return a name like the one wanted that is free: 渠道周报, then 渠道周报 2."""
    name, number = wanted, 1
    while is_taken(name):
        number += 1
        tail = f" {number}"
        name = wanted[: longest - len(tail)] + tail
    return name
