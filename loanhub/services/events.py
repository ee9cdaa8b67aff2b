"""Primitive 3: append what happened, in the transaction of the change, and read it back 事件.

Nobody else writes the ``event`` table. Values in ``before``/``after`` are display texts, masked already:
the log must be readable without being a second copy of the protected data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, overload

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.events import EVENT_TYPES, EventGroup
from loanhub.domain.permissions import Permission
from loanhub.models import Event
from loanhub.repositories import bulk, duplicates
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce, reading

ENTITY_TOPICS = {"lead": "leads", "customer": "customers", "application": "applications", "loan": "loans",
                 "payment": "loans", "contract": "contracts", "task": "tasks",
                 "collection_case": "collections"}  # fmt: skip


_APPEND = sa.insert(Event.__table__)  # type: ignore[attr-defined]


@overload
def record(
    db: Session,
    actor: Actor,
    event_type: str,
    *,
    now: datetime,
    entity: str = ...,
    entity_id: int | None = ...,
    customer_id: int | None = ...,
    lead_id: int | None = ...,
    before: Mapping[str, object] | None = ...,
    after: Mapping[str, object] | None = ...,
    summary: str = ...,
    reason: str = ...,
    key: str = ...,
    flush: Literal[True] = ...,
) -> Event: ...


@overload
def record(
    db: Session,
    actor: Actor,
    event_type: str,
    *,
    now: datetime,
    entity: str = ...,
    entity_id: int | None = ...,
    customer_id: int | None = ...,
    lead_id: int | None = ...,
    before: Mapping[str, object] | None = ...,
    after: Mapping[str, object] | None = ...,
    summary: str = ...,
    reason: str = ...,
    key: str = ...,
    flush: Literal[False],
) -> None: ...


def record(
    db: Session,
    actor: Actor,
    event_type: str,
    *,
    now: datetime,
    entity: str = "",
    entity_id: int | None = None,
    customer_id: int | None = None,
    lead_id: int | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    summary: str = "",
    reason: str = "",
    key: str = "",
    flush: bool = True,
) -> Event | None:
    """Append one event and announce it to the live views; returns the row with its id.

    Without ``flush`` the row is written by one plain statement, other waiting changes are not, and None is returned.

    ``before`` and ``after`` map Chinese field labels to masked display texts, changed fields only.
    ``summary`` is one Chinese phrase for the timeline.

    Raises:
        KeyError: the event type is not declared in ``domain/events.py``.
    """
    spec = EVENT_TYPES[event_type]
    values: dict[str, Any] = {
        "type": spec.code, "entity": entity, "entity_id": entity_id, "customer_id": customer_id, "lead_id": lead_id,
        "actor_id": actor.actor_id, "actor_name": actor.name, "actor_role": ",".join(sorted(actor.roles)),
        "session_id": actor.session_id, "ip": actor.ip, "at": now, "before": dict(before or {}), "after": dict(after or {}),
        "summary": summary[:500], "reason": reason[:300], "key": key,
    }  # fmt: skip
    event = None
    if flush:
        event = Event(**values)
        db.add(event)
        db.flush()
    else:
        db.execute(_APPEND, values)
    op: dict[str, object] = {"event": spec.code, "entity": entity, "id": entity_id, "by": actor.user_id}
    if entity in ENTITY_TOPICS:
        announce(db, ENTITY_TOPICS[entity], **op)
    if customer_id:
        announce(db, f"customer:{customer_id}", **op)
    if lead_id:
        announce(db, f"lead:{lead_id}", **op)
    if spec.group is EventGroup.MONEY or event_type in COCKPIT_EVENTS:
        announce(db, "cockpit", **op)
    return event


_NOTHING: Mapping[str, object] = MappingProxyType({})


class Entry(NamedTuple):
    """One of many like events: whose timeline it belongs to and what it says."""

    entity_id: int
    summary: str
    after: Mapping[str, object]
    before: Mapping[str, object] = _NOTHING
    customer_id: int | None = None
    lead_id: int | None = None


def record_many(
    db: Session,
    actor: Actor,
    event_type: str,
    entries: Iterable[Entry],
    *,
    now: datetime,
    entity: str,
    key: str = "",
) -> None:
    """Append one event a record in one statement, for an import or a day-end; announced once, not once a record.

    Raises:
        KeyError: the event type is not declared in ``domain/events.py``.
    """
    spec = EVENT_TYPES[event_type]
    same: dict[str, object] = {
        "type": spec.code, "entity": entity, "actor_id": actor.actor_id,
        "actor_name": actor.name, "actor_role": ",".join(sorted(actor.roles)), "session_id": actor.session_id,
        "ip": actor.ip, "at": now, "reason": "", "key": key,
    }  # fmt: skip
    rows = list(entries)
    if not rows:
        return
    ids = [e.entity_id for e in rows]
    columns: dict[str, list[Any]] = {
        "entity_id": ids, "lead_id": ids if entity == "lead" else [e.lead_id for e in rows],
        "customer_id": [e.customer_id for e in rows], "after": [dict(e.after) for e in rows],
        "summary": [e.summary[:500] for e in rows],
    }  # fmt: skip
    if any(e.before for e in rows):
        columns["before"] = [dict(e.before) for e in rows]
    else:
        same["before"] = {}
    bulk.insert_columns(db, Event, columns, same=same)
    if entity in ENTITY_TOPICS:
        announce(
            db,
            ENTITY_TOPICS[entity],
            event=spec.code,
            entity=entity,
            id=None,
            by=actor.user_id,
            count=len(rows),
        )


COCKPIT_EVENTS = frozenset(
    {"lead.created", "leads.import_finished", "lead.moved", "lead.converted", "customer.created",
     "application.submitted", "application.approved", "application.rejected", "contract.created"}
)  # fmt: skip
"""Events besides money that change a number on the cockpit."""


@dataclass(frozen=True)
class EventView:
    """An event as a timeline shows it."""

    id: int
    type: str
    label: str
    group: str
    icon: str
    sensitive: bool
    actor: str
    at: datetime
    summary: str
    reason: str
    changes: tuple[tuple[str, str, str], ...]
    entity: str
    entity_id: int | None

    @classmethod
    def of(cls, event: Event) -> EventView:
        """Return the view of a row; ``changes`` are (label, before, after)."""
        spec = EVENT_TYPES[event.type]
        labels = list(dict.fromkeys([*event.before, *event.after]))
        changes = tuple((k, str(event.before.get(k, "—")), str(event.after.get(k, "—"))) for k in labels)
        return cls(
            id=event.id or 0, type=event.type, label=spec.label, group=spec.group.value, icon=spec.icon,
            sensitive=spec.sensitive, actor=event.actor_name, at=event.at, summary=event.summary,
            reason=event.reason, changes=changes, entity=event.entity, entity_id=event.entity_id,
        )  # fmt: skip


def list_for_timeline(
    db: Session,
    *,
    customer_id: int | None = None,
    lead_ids: Iterable[int] = (),
    groups: Iterable[EventGroup] = (),
    actor_name: str = "",
    text: str = "",
    before_id: int | None = None,
    limit: int = 50,
) -> list[EventView]:
    """Return the newest events of a customer and its leads; the caller has already judged who may see them.

    Those of records merged into them stand among them.

    ``actor_name`` keeps what one person did, ``text`` what says these words (in summary, reason or the label).
    """
    owners = []
    if customer_id is not None:
        merged = duplicates.merged_into(db, "customer", [customer_id])
        owners.append(col(Event.customer_id).in_([customer_id, *merged]))
    ids = list(lead_ids)
    ids += duplicates.merged_into(db, "lead", ids)
    if ids:
        owners.append(col(Event.lead_id).in_(ids))
    if not owners:
        return []
    query = sa.select(Event).where(sa.or_(*owners)).order_by(col(Event.id).desc()).limit(limit)
    wanted = {g.value for g in groups}
    if wanted:
        query = query.where(
            col(Event.type).in_([c for c, e in EVENT_TYPES.items() if e.group.value in wanted])
        )
    if actor_name:
        query = query.where(col(Event.actor_name) == actor_name)
    if text:
        like = "%" + text[:50].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        labeled = [code for code, one in EVENT_TYPES.items() if text in one.label]
        query = query.where(
            sa.or_(
                col(Event.summary).like(like, escape="\\"),
                col(Event.reason).like(like, escape="\\"),
                col(Event.type).in_(labeled),
            )
        )
    if before_id:
        query = query.where(col(Event.id) < before_id)
    return [EventView.of(event) for event in db.execute(query).scalars()]


def list_for_audit(
    actor: Actor,
    *,
    text: str = "",
    event_type: str = "",
    actor_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[EventView]:
    """Return the audit log, newest first; ``until`` is exclusive.

    Raises:
        NotPermitted: the actor lacks audit:read.
    """
    actor.require(Permission.AUDIT_READ)
    query = sa.select(Event).order_by(col(Event.id).desc()).limit(limit)
    if text:
        like = f"%{text[:50]}%"
        query = query.where(sa.or_(col(Event.summary).like(like), col(Event.actor_name).like(like)))
    if event_type:
        query = query.where(col(Event.type) == event_type)
    if actor_id is not None:
        query = query.where(col(Event.actor_id) == actor_id)
    if since is not None:
        query = query.where(col(Event.at) >= since)
    if until is not None:
        query = query.where(col(Event.at) < until)
    if before_id:
        query = query.where(col(Event.id) < before_id)
    with reading() as db:
        return [EventView.of(event) for event in db.execute(query).scalars()]
