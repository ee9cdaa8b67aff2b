"""The queue fills itself 可能重复: new records as they come by whatever door, old ones once, edited ones again.

Restart-safe: a cursor an entity and one on the events (rows of ``job_run``), moved in the transaction of what it
stands for. Every step may be done twice.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.duplicates import PairStatus
from loanhub.domain.leads import CLOSED_STATUSES
from loanhub.models import Customer, DuplicatePair, Event, JobRun, Lead, SearchToken
from loanhub.repositories import duplicates as repository
from loanhub.repositories.duplicates import Record
from loanhub.services import _party_keys
from loanhub.services._transaction import reading, transaction
from loanhub.services.duplicates.find import find_many, parties_of, worth_a_look
from loanhub.services.duplicates.rules import rules_of

JOB = "duplicates"
CHUNK = 250
LOOK_BACK = 50
"""On PostgreSQL a lower id may be committed after a higher one: look a little back, comparing twice is harmless."""
EDITS = ("lead.edited", "customer.edited", "customer.related", "lead.merge_undone", "customer.merge_undone",
         "record.restored")  # fmt: skip


def run(*, now: datetime, seconds: float = 2.0) -> int:
    """Work for about ``seconds``; return how many records were compared."""
    until, done = time.monotonic() + seconds, 0
    for entity in ("lead", "customer"):
        while time.monotonic() < until:
            number, more = _next_records(entity, now)
            done += number
            if not more:
                break
    if time.monotonic() < until:
        done += _edited(now)
    return done


def _next_records(entity: str, now: datetime) -> tuple[int, bool]:
    model: Any = repository.MODELS[entity]
    with reading() as db:
        last = _cursor(db, entity)
        newest = int(db.execute(sa.select(sa.func.coalesce(sa.func.max(model.id), 0))).scalar_one())
        if newest <= last:
            return 0, False
        first = max(0, last - LOOK_BACK) if newest - last < CHUNK else last
        query = sa.select(model.id).where(model.id > first, model.deleted_at.is_(None)).order_by(model.id)
        limit = CHUNK + last - first
        ids = [int(one) for one in db.execute(query.limit(limit)).scalars()]
    reached = ids[-1] if len(ids) == limit else newest
    with transaction() as db:
        _fill(db, entity, ids)
        compare_records(db, [(entity, row_id) for row_id in ids], now=now)
        _move(db, entity, max(last, reached), now)
    return len(ids), reached < newest


def _edited(now: datetime) -> int:
    with reading() as db:
        newest = int(db.execute(sa.select(sa.func.coalesce(sa.func.max(col(Event.id)), 0))).scalar_one())
        known = _cursor(db, "events", otherwise=-1)
        last = newest if known < 0 else known
        query = (
            sa.select(col(Event.entity), col(Event.entity_id), col(Event.id))
            .where(
                col(Event.id) > max(0, last - LOOK_BACK), col(Event.id) <= newest, col(Event.type).in_(EDITS)
            )
            .order_by(col(Event.id))
            .limit(CHUNK + LOOK_BACK)
        )
        rows = db.execute(query).all() if newest > last else []
    if newest <= last and known >= 0:
        return 0
    reached = rows[-1][2] if len(rows) == CHUNK + LOOK_BACK else newest
    records = {(str(entity), int(row_id or 0)) for entity, row_id, _ in rows if entity in repository.MODELS}
    with transaction() as db:
        compare_records(db, records, now=now)
        _move(db, "events", reached, now)
    return len(records)


def compare_records(db: Session, records: Collection[Record], *, now: datetime) -> int:
    """Bring the pairs of these records up to date; return how many are open. What people decided stays."""
    rules = rules_of(db, now=now)
    parties = parties_of(db, records)
    facts = _facts(db, parties)
    wanted: dict[tuple[Record, Record], Any] = {}
    for party, matches in zip(parties, find_many(db, parties, rules), strict=True):
        customer_id, closed = facts.get((party.entity, party.id), (None, False))
        for match in matches:
            if worth_a_look(match, party, rules, customer_id=customer_id, closed=closed):
                wanted[repository.ordered((party.entity, party.id), match.record)] = match.verdict
    stored = {_sides(pair): pair for pair in repository.pairs_of(db, list(records))}
    for sides, verdict in wanted.items():
        pair = stored.get(sides)
        if pair is None:
            (left, right) = sides
            pair = DuplicatePair(
                left_entity=left[0], left_id=left[1], right_entity=right[0], right_id=right[1],
                status=PairStatus.OPEN.value, created_at=now,
            )  # fmt: skip
            db.add(pair)
        elif pair.status == PairStatus.STALE.value:
            pair.status, pair.version = PairStatus.OPEN.value, pair.version + 1
        if pair.status == PairStatus.OPEN.value:
            pair.score, pair.certainty = verdict.score, verdict.certainty.value
            pair.reasons = [reason.as_dict() for reason in verdict.reasons]
    for sides, pair in stored.items():
        if pair.status == PairStatus.OPEN.value and sides not in wanted:
            pair.status, pair.version = PairStatus.STALE.value, pair.version + 1
    db.flush()
    return len(wanted)


def _sides(pair: DuplicatePair) -> tuple[Record, Record]:
    return (pair.left_entity, pair.left_id), (pair.right_entity, pair.right_id)


def _facts(db: Session, parties: Collection[Any]) -> dict[Record, tuple[int | None, bool]]:
    ids = [party.id for party in parties if party.entity == "lead"]
    if not ids:
        return {}
    query = sa.select(col(Lead.id), col(Lead.customer_id), col(Lead.status)).where(col(Lead.id).in_(ids))
    return {
        ("lead", int(i or 0)): (customer_id, status in CLOSED_STATUSES)
        for i, customer_id, status in db.execute(query)
    }


def _fill(db: Session, entity: str, ids: Collection[int]) -> None:
    """Write the blocking keys of records that came in without (before there were any, or past the services)."""
    model: Any = Lead if entity == "lead" else Customer
    rows = db.execute(sa.select(model).where(model.id.in_(ids))).scalars()
    wanted = {(token, int(row.id)) for row in rows for token in _party_keys.tokens_of(entity, row)}
    query = sa.select(col(SearchToken.token), col(SearchToken.entity_id)).where(
        col(SearchToken.entity) == entity,
        col(SearchToken.entity_id).in_(ids),
        col(SearchToken.token).like("~%"),
    )
    held = {(token, int(row_id)) for token, row_id in db.execute(query)}
    missing = [{"token": t, "entity": entity, "entity_id": i} for t, i in sorted(wanted - held)]
    if missing:
        db.execute(sa.insert(SearchToken.__table__), missing)  # type: ignore[attr-defined]


def _cursor(db: Session, name: str, *, otherwise: int = 0) -> int:
    query = sa.select(col(JobRun.result)).where(col(JobRun.job) == JOB, col(JobRun.period) == name)
    found = db.execute(query).scalar_one_or_none()
    return int(str(found.get("id", otherwise))) if found else otherwise


def _move(db: Session, name: str, reached: int, now: datetime) -> None:
    query = sa.select(JobRun).where(col(JobRun.job) == JOB, col(JobRun.period) == name)
    row = db.execute(query).scalar_one_or_none() or JobRun(job=JOB, period=name, started_at=now)
    row.result, row.finished_at = {"id": reached}, now
    db.add(row)
    db.flush()
