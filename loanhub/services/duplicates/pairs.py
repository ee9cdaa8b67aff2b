"""The queue 可能重复: pairs with score and reasons, side by side, and what people decide about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.duplicates import Certainty, PairStatus
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import DuplicatePair, User
from loanhub.repositories import customers, leads
from loanhub.repositories import duplicates as repository
from loanhub.repositories.duplicates import Record
from loanhub.services import catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.duplicates import merge, tell

PAGE = 30
READ = {"lead": Permission.LEADS_READ, "customer": Permission.CUSTOMERS_READ}
EDIT = {"lead": Permission.LEADS_EDIT, "customer": Permission.CUSTOMERS_EDIT}
TONES = {Certainty.EXACT.value: "danger", Certainty.STRONG.value: "warn", Certainty.FUZZY.value: "info"}


class PairStale(Conflict):
    """Somebody decided about this pair meanwhile."""

    def __init__(self) -> None:
        super().__init__("这一对刚被别人处理过，请刷新后再看")


@dataclass(frozen=True)
class Side:
    """One record of a pair; outside the reader's scope only ``notice`` says something."""

    entity: str = ""
    label: str = ""
    id: int = 0
    seen: bool = False
    number: str = ""
    name: str = ""
    phone: str = ""
    owner: str = ""
    state: str = ""
    when: str = ""
    notice: str = ""
    href: str = ""


@dataclass(frozen=True)
class PairView:
    """A pair as the queue and a record's page show it; ``mergeable`` says whether the reader may merge it now."""

    id: int
    version: int
    score: int
    certainty: str
    tone: str
    reasons: tuple[tuple[str, str], ...]
    left: Side
    right: Side
    status: str
    status_label: str
    decided: str
    note: str
    mergeable: bool
    can_dismiss: bool
    why_not: str = ""


@dataclass(frozen=True)
class Queue:
    """A page of the queue."""

    rows: tuple[PairView, ...]
    total: int
    counts: dict[str, int] = field(default_factory=dict)


def queue(actor: Actor, *, status: str = PairStatus.OPEN.value, page: int = 1, now: datetime) -> Queue:
    """Return pairs at least one side of which the actor may see, the likeliest first.

    Raises:
        NotPermitted: the actor may read neither leads nor customers.
    """
    if not actor.can_any(*READ.values()):
        actor.require(Permission.LEADS_READ)
    wanted = PairStatus.find(status) or PairStatus.OPEN
    with reading() as db:
        counts = {
            one.value: repository.count_pairs(db, actor, status=one.value)
            for one in (PairStatus.OPEN, PairStatus.DISMISSED)
        }
        found = repository.list_pairs(
            db, actor, status=wanted.value, offset=(max(1, page) - 1) * PAGE, limit=PAGE
        )
        return Queue(tuple(_views(db, actor, found, now=now)), counts.get(wanted.value, 0), counts)


def of_record(actor: Actor, *, entity: str, record_id: int, now: datetime) -> list[PairView]:
    """Return the open pairs of one record.

    Raises:
        NotFound: no such record in the actor's scope.
        NotPermitted: the actor may not read such records.
    """
    with reading() as db:
        _visible(db, actor, (entity, record_id))
        actor.require(READ[entity])
        found = repository.pairs_of(db, [(entity, record_id)], status=PairStatus.OPEN.value)
        return _views(db, actor, found[:5], now=now)


def _visible(db: Session, actor: Actor, record: Record) -> Any:
    if record[0] not in READ:
        raise NotFound("没有找到这条记录")
    get: Any = leads.get_visible if record[0] == "lead" else customers.get_visible
    return get(db, actor, record[1])


def _may_decide(actor: Actor, entity: str) -> bool:
    return actor.can_any(EDIT[entity], merge.NEEDED[entity])


def _views(db: Session, actor: Actor, pairs: Sequence[DuplicatePair], *, now: datetime) -> list[PairView]:
    records = {(p.left_entity, p.left_id) for p in pairs} | {(p.right_entity, p.right_id) for p in pairs}
    rows = repository.load(db, records)
    people = {one.decided_by_id for one in pairs if one.decided_by_id}
    names: dict[int, str] = {}
    if people:
        for key, name in db.execute(sa.select(col(User.id), col(User.name)).where(col(User.id).in_(people))):
            names[int(key or 0)] = name
    return [_view(db, actor, pair, rows, names, now) for pair in pairs]


def _view(
    db: Session,
    actor: Actor,
    pair: DuplicatePair,
    rows: dict[Record, Any],
    names: dict[int, str],
    now: datetime,
) -> PairView:
    left, right = (
        side_of(db, actor, record, rows.get(record), now)
        for record in ((pair.left_entity, pair.left_id), (pair.right_entity, pair.right_id))
    )
    both, open_ = left.seen and right.seen, pair.status == PairStatus.OPEN.value
    same = pair.left_entity == pair.right_entity
    certainty = Certainty.find(pair.certainty) or Certainty.FUZZY
    who = names.get(pair.decided_by_id or 0, "")
    why_not = ""
    if open_ and not both:
        why_not = "另一条不在你的数据范围内，请主管处理"
    elif open_ and not same:
        why_not = "线索和客户：在线索里点「转为客户」会并入这位客户"
    return PairView(
        id=pair.id or 0, version=pair.version, score=pair.score, certainty=certainty.label,
        tone=TONES[certainty.value],
        reasons=tuple((str(one["label"]), f"{int(str(one['points'])):+d}") for one in pair.reasons),
        left=left, right=right, status=pair.status, status_label=(PairStatus.find(pair.status) or PairStatus.OPEN).label,
        decided=f"{who} {formats.relative(pair.decided_at, now)}" if pair.decided_at else "", note=pair.note,
        mergeable=open_ and both and same and actor.can(merge.NEEDED[pair.left_entity]),
        can_dismiss=both and _may_decide(actor, pair.left_entity), why_not=why_not,
    )  # fmt: skip


def side_of(db: Session, actor: Actor, record: Record, row: Any, now: datetime) -> Side:
    """Return one record of a pair as this reader may see it; ``row`` is of ``repository.load``, None when it is gone."""
    entity, row_id = record
    label = merge.NOUNS[entity]
    if row is None:
        return Side(entity, label, notice="已删除或已合并")
    known = repository.standing(entity, row)
    if not tell.sees(actor, known) or not actor.can(READ[entity]):
        return Side(entity, label, notice=tell.blind(known))
    stored: Any = db.get(repository.MODELS[entity], row_id)
    shown = catalogue.present_record(db, actor, entity, stored, now=now)
    state = known.status.label if known.status is not None else shown["lifecycle"].text
    owner = shown["owner_id"].text
    return Side(
        entity, label, row_id, True, known.number, shown["name"].text, shown["phone"].text,
        "公海" if entity == "lead" and known.owner_id is None else owner, state, formats.relative(stored.updated_at, now),
        "", f"/leads?lead={row_id}" if entity == "lead" else f"/customers/{row_id}",
    )  # fmt: skip


def decide(actor: Actor, *, pair_id: int, version: int, dismiss: bool, note: str = "", now: datetime) -> None:
    """Say that a pair is not one party (remembered: it never comes back by itself), or take that back.

    Raises:
        NotFound: no such pair, or one side lies outside the actor's scope.
        NotPermitted: the actor may neither edit nor merge such records.
        PairStale: somebody decided meanwhile.
    """
    with transaction() as db:
        query = sa.select(DuplicatePair).where(col(DuplicatePair.id) == pair_id).with_for_update()
        pair: DuplicatePair | None = db.execute(query).scalar_one_or_none()
        if pair is None:
            raise NotFound("没有找到这一对")
        for record in ((pair.left_entity, pair.left_id), (pair.right_entity, pair.right_id)):
            _visible(db, actor, record)
        if not _may_decide(actor, pair.left_entity):
            actor.require(EDIT[pair.left_entity])
        wanted = PairStatus.OPEN if dismiss else PairStatus.DISMISSED
        if pair.version != version or pair.status != wanted.value:
            raise PairStale
        pair.status = (PairStatus.DISMISSED if dismiss else PairStatus.OPEN).value
        pair.decided_by_id, pair.decided_at = (actor.actor_id, now) if dismiss else (None, None)
        pair.note, pair.version = note.strip()[:300], pair.version + 1
        # One event, on the left one's timeline; the right one's page shows the pair itself.
        entity, row_id = pair.left_entity, pair.left_id
        events.record(
            db, actor, "pair.dismissed" if dismiss else "pair.reopened", now=now, entity=entity, entity_id=row_id,
            lead_id=row_id if entity == "lead" else None, customer_id=row_id if entity == "customer" else None,
            summary=f"{merge.NOUNS[entity]}与{merge.NOUNS[pair.right_entity]}，{pair.score} 分", reason=note.strip(),
        )  # fmt: skip
