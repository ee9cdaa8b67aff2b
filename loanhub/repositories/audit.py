"""Queries on the event log and its hash chain; rows are read as plain mappings, a batch at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import Event, EventSeal, User

_EVENT = Event.__table__  # type: ignore[attr-defined]
_SEAL = EventSeal.__table__  # type: ignore[attr-defined]
Row = Mapping[str, Any]
_SEALER_LOCK = 7_390_215_001
LATE_WINDOW = 5_000
"""How far below the newest sealed id a late commit is looked for by the periodic sealer."""


@dataclass(frozen=True)
class Filter:
    """Which events are wanted; empty parts ask for nothing. ``until`` is exclusive."""

    text: str = ""
    types: Collection[str] | None = None
    also_types: Collection[str] = ()
    """Types whose Chinese name holds the text."""
    actor_id: int | None = None
    by_system: bool = False
    since: datetime | None = None
    until: datetime | None = None


def lock_sealer(db: Session) -> None:
    """Let one sealer work at a time; SQLite has one writer anyway."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(_SEALER_LOCK)))


def find_head(db: Session) -> Row | None:
    """Return the last seal of the chain, or None."""
    query = sa.select(_SEAL).order_by(_SEAL.c.sequence.desc()).limit(1)
    found = db.execute(query).mappings().one_or_none()
    return dict(found) if found else None


def list_unsealed(db: Session, *, everything: bool, limit: int) -> Sequence[Row]:
    """Return events without a seal by id; near the newest sealed one only unless ``everything``."""
    query = (
        sa.select(_EVENT)
        .outerjoin(_SEAL, _SEAL.c.event_id == _EVENT.c.id)
        .where(_SEAL.c.event_id.is_(None))
        .order_by(_EVENT.c.id)
        .limit(limit)
    )
    if not everything:
        newest = db.execute(sa.select(sa.func.max(_SEAL.c.event_id))).scalar() or 0
        query = query.where(_EVENT.c.id > newest - LATE_WINDOW)
    return [dict(row) for row in db.execute(query).mappings()]


def add_seals(db: Session, rows: list[dict[str, object]]) -> None:
    """Append seals."""
    db.execute(sa.insert(_SEAL), rows)


def list_sealed(db: Session, *, after: int, limit: int) -> list[tuple[Row, Row | None]]:
    """Return (seal, its event or None when that is gone) in chain order, after a sequence number."""
    seals = db.execute(
        sa.select(_SEAL).where(_SEAL.c.sequence > after).order_by(_SEAL.c.sequence).limit(limit)
    )
    found = [dict(row) for row in seals.mappings()]
    if not found:
        return []
    wanted = sa.select(_EVENT).where(_EVENT.c.id.in_([seal["event_id"] for seal in found]))
    events = {event["id"]: dict(event) for event in db.execute(wanted).mappings()}
    return [(seal, events.get(seal["event_id"])) for seal in found]


def list_seals_of(db: Session, event_ids: Collection[int]) -> dict[int, Row]:
    """Return the seals of these events by event id."""
    query = sa.select(_SEAL).where(_SEAL.c.event_id.in_(list(event_ids)))
    return {row["event_id"]: dict(row) for row in db.execute(query).mappings()}


def list_seals_at(db: Session, sequences: Collection[int]) -> dict[int, str]:
    """Return hash by sequence number for those that exist."""
    query = sa.select(_SEAL.c.sequence, _SEAL.c.hash).where(_SEAL.c.sequence.in_(list(sequences)))
    return {int(sequence): str(value) for sequence, value in db.execute(query)}


def count_seals(db: Session) -> int:
    """Return how many events are sealed."""
    return int(db.execute(sa.select(sa.func.count()).select_from(_SEAL)).scalar_one())


def any_between(db: Session, since: datetime, until: datetime) -> bool:
    """Return whether anything happened in this span, the end excluded."""
    query = sa.select(_EVENT.c.id).where(_EVENT.c.at >= since, _EVENT.c.at < until).limit(1)
    return db.execute(query).first() is not None


def list_events(db: Session, wanted: Filter, *, offset: int, limit: int) -> list[Event]:
    """Return the events asked for, newest first."""
    query = sa.select(Event).where(*_conditions(wanted)).order_by(col(Event.id).desc())
    return list(db.execute(query.offset(offset).limit(limit)).scalars())


def count_events(db: Session, wanted: Filter) -> int:
    """Return how many events are asked for."""
    return int(
        db.execute(sa.select(sa.func.count()).select_from(Event).where(*_conditions(wanted))).scalar_one()
    )


def list_actors(db: Session) -> list[tuple[int, str]]:
    """Return (user id, name as last written) of everybody in the log."""
    query = sa.select(col(Event.actor_id), sa.func.max(Event.actor_name)).where(
        col(Event.actor_id).is_not(None)
    )
    found = db.execute(query.group_by(col(Event.actor_id)).order_by(sa.func.max(Event.actor_name)))
    return [(int(actor_id), str(name)) for actor_id, name in found]


def list_user_names(db: Session, user_ids: Collection[int]) -> dict[int, str]:
    """Return the names of these people by id."""
    query = sa.select(col(User.id), col(User.name)).where(col(User.id).in_(list(user_ids)))
    return {int(user_id): str(name) for user_id, name in db.execute(query)}


def _conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.text:
        columns = (Event.summary, Event.actor_name, Event.reason, Event.ip)
        anywhere = [col(column).icontains(wanted.text, autoescape=True) for column in columns]
        if wanted.also_types:
            anywhere.append(col(Event.type).in_(list(wanted.also_types)))
        if wanted.text.lstrip("#").isdigit() and len(wanted.text) < 10:
            anywhere.append(col(Event.id) == int(wanted.text.lstrip("#")))
        found.append(sa.or_(*anywhere))
    if wanted.types is not None:
        found.append(col(Event.type).in_(list(wanted.types)))
    if wanted.by_system:
        found.append(col(Event.actor_id).is_(None))
    elif wanted.actor_id is not None:
        found.append(col(Event.actor_id) == wanted.actor_id)
    if wanted.since is not None:
        found.append(col(Event.at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(Event.at) < wanted.until)
    return found
