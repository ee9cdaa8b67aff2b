"""A sequence tried on history 试算: who would have entered, how many to-dos that makes, for whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.calendar import shanghai_date
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.sops import EVENTS, Document, StepKind, Trigger
from loanhub.models import Event, User
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.sops import engine
from loanhub.services.sops._shared import MODELS, get_sop, meets, versions_of

SHOWN = 20
MOST = 20_000


@dataclass(frozen=True)
class Trial:
    """What a sequence would have done; ``people`` are (name, records, to-dos), ``samples`` (number, when, owner)."""

    span: str
    which: str
    records: int
    tasks: int
    reminders: int
    per_day: str
    people: tuple[tuple[str, int, int], ...]
    samples: tuple[tuple[str, str, str], ...]


def simulate(actor: Actor, *, sop_id: int, days: int = 30, now: datetime) -> Trial:
    """Run the events of the last ``days`` through the draft (or the version in force).

    Conditions are held against the records as they are now; the to-dos are what the steps make when nobody leaves early.
    A daily sequence is tried as of today: who would enter on its first day.

    Raises:
        NotFound: no such sequence; nothing to try.
        NotPermitted: the actor lacks sops:edit.
        InvalidInput: a span out of range, or a sequence that cannot be tried yet.
    """
    if not 1 <= days <= 365:
        raise InvalidInput(fields={"days": "填 1 到 365 天"})
    with reading() as db:
        sop = get_sop(db, sop_id)
        actor.require(Permission.SOPS_EDIT)
        version = versions_of(sop_id).draft(db) or versions_of(sop_id).in_force(db)
        if version is None:
            raise NotFound("还没有内容可试")
        document = Document.of_json(version.document)
        if faults := document.faults(sop.entity):
            raise InvalidInput("；".join(faults))
        one = engine.Live(sop, version, document)
        since = now - timedelta(days=days)
        if document.trigger is Trigger.DAILY:
            rows = engine.first_of_each(engine.candidates(db, one, now=now, limit=MOST), document.per_day)
            moments = {int(row.id or 0): now for row in rows}
        else:
            moments = _moments(db, one, since, now=now)
        found = _records(db, one, list(moments), now=now)
        names = {int(i or 0): name for i, name in db.execute(sa.select(col(User.id), col(User.name))).all()}
        makes = sum(step.kind is not StepKind.REMINDER for step in document.steps)
        owners = Counter(owner for _, _, owner in found)
        newest = sorted(found, key=lambda row: (moments[row[0]], row[0]), reverse=True)[:SHOWN]
        span_days = 1 if document.trigger is Trigger.DAILY else days
        return Trial(
            span=f"{formats.day(shanghai_date(since))} ～ {formats.day(shanghai_date(now))}" if span_days > 1 else "今天",
            which="草稿" if version.state == "draft" else f"第 {version.number} 版（正在使用）",
            records=len(found), tasks=len(found) * makes, reminders=len(found) * (len(document.steps) - makes),
            per_day=f"{len(found) * makes / span_days:.1f}",
            people=tuple((names.get(owner, "—"), number, number * makes) for owner, number in owners.most_common(12)),
            samples=tuple(
                (number, f"{formats.local(moments[row_id]):%m-%d %H:%M}", names.get(owner, "—"))
                for row_id, number, owner in newest
            ),
        )  # fmt: skip


def _moments(db: Session, one: engine.Live, since: datetime, *, now: datetime) -> dict[int, datetime]:
    """Return when each record would have entered first, by the events of the trigger."""
    kinds = EVENTS.get(one.document.trigger, ())
    key = col(Event.lead_id) if one.sop.entity == "lead" else col(Event.customer_id)
    query = (
        sa.select(key, sa.func.min(col(Event.at)))
        .where(col(Event.type).in_(kinds), col(Event.at) >= since, col(Event.at) <= now, key.is_not(None))
        .group_by(key)
        .limit(MOST)
    )
    return {int(record): at for record, at in db.execute(query).all()}


def _records(db: Session, one: engine.Live, ids: list[int], *, now: datetime) -> list[tuple[int, str, int]]:
    """Return (id, number, owner) of those the condition lets in, whoever looks after them now."""
    model = MODELS[one.sop.entity]
    table = model.__table__.c  # type: ignore[union-attr]
    condition = meets(db, one.sop.entity, one.document.criteria, now=now)
    found: list[tuple[int, str, int]] = []
    for start in range(0, len(ids), 500):
        query = sa.select(table.id, table.number, table.owner_id).where(
            table.id.in_(ids[start : start + 500]), table.deleted_at.is_(None), table.owner_id.is_not(None), condition
        )  # fmt: skip
        found += [(int(row_id), str(number), int(owner)) for row_id, number, owner in db.execute(query).all()]
    return found
