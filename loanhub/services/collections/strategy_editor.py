"""Editing strategies 催收策略: put together, ordered, kept by version, and brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import criteria as language
from loanhub.domain import formats
from loanhub.domain.collections import Approach
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import CollectionCase, CollectionStrategy, CollectionStrategyVersion, User
from loanhub.repositories import collections as repository
from loanhub.repositories.criteria import to_condition
from loanhub.services import catalogue as catalogues
from loanhub.services import conditions, events, lists
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._segments import sources_for
from loanhub.services._transaction import reading, transaction
from loanhub.services.collections import strategies
from loanhub.services.collections.strategies import ENTITY
from loanhub.services.lists import FilterField

MOST = 40
"""Strategies a firm may have; beyond that nobody can say any more which one counts."""


@dataclass(frozen=True)
class Reading:
    """How a condition reads, each comparison of it, and how many open cases meet it now."""

    sentence: str
    leaves: tuple[str, ...]
    cases: int


@dataclass(frozen=True)
class Version:
    """A strategy as it was saved once."""

    number: int
    by: str
    when: str
    told: str


def fields(actor: Actor) -> list[FilterField]:
    """Return what a strategy may compare: the fields of a case.

    Raises:
        NotPermitted: the actor lacks collections:assign.
    """
    actor.require(Permission.COLLECTIONS_ASSIGN)
    return lists.filter_fields(actor, ENTITY)


def leaf(
    actor: Actor, *, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return one comparison put together in the editor, as criteria JSON.

    Raises:
        NotPermitted: the actor lacks collections:assign.
        InvalidInput: it does not fit; the sentence says what is expected.
    """
    actor.require(Permission.COLLECTIONS_ASSIGN)
    return conditions.leaf(actor, ENTITY, field=field, operator=operator, texts=texts, now=now)


def read_back(actor: Actor, raw: Any, leaves: Sequence[object], *, now: datetime) -> Reading:
    """Return how a condition reads and how many open cases meet it, whatever strategy they follow now.

    Raises:
        NotPermitted: the actor lacks collections:assign.
    """
    actor.require(Permission.COLLECTIONS_ASSIGN)
    texts = tuple(chip.sentence for chip in conditions.chips(actor, ENTITY, leaves))
    with reading() as db:
        catalogue = catalogues.current(db)
        try:
            node = language.parse(raw or {}, catalogue, ENTITY, right_of=lists.right_of(actor))
            condition = to_condition(node, catalogue, ENTITY, lists.context_of(db, SYSTEM, now))
        except InvalidInput as fault:
            return Reading(fault.sentence, texts, 0)
        query = sa.select(sa.func.count()).select_from(CollectionCase)
        number = db.execute(query.where(col(CollectionCase.closed_on).is_(None), condition)).scalar_one()
        sentence = (
            language.to_sentence(node, catalogue, ENTITY, sources_for(db, actor)) if raw else "所有案件"
        )
        return Reading(sentence, texts, int(number))


def create(actor: Actor, *, form: Mapping[str, object], now: datetime) -> int:
    """Add a strategy in front of those that take every case; return its id.

    Raises:
        NotPermitted: the actor lacks collections:assign.
        InvalidInput: by key; or there are too many already.
    """
    with transaction() as db:
        actor.require(Permission.COLLECTIONS_ASSIGN)
        rows = repository.list_strategies(db, active=False)
        if len(rows) >= MOST:
            raise InvalidInput(fields={"name": f"最多 {MOST} 条策略，先停用或改写不用的"})
        row = CollectionStrategy(name="", criteria={}, script="", updated_at=now)
        strategies.write(db, actor, row, form, now=now)
        place = next((at for at, one in enumerate(rows) if not one.criteria), len(rows))
        db.add(row)
        _renumber([*rows[:place], row, *rows[place:]])
        row.updated_by_id = actor.actor_id
        db.flush()
        keep(db, actor, row, now=now)
        events.record(
            db, actor, "collection.strategy_edited", now=now, entity="collection_strategy", entity_id=row.id,
            after=strategies.words(row), summary=f"新建 {row.name}",
        )  # fmt: skip
        return row.id or 0


def move(actor: Actor, *, strategy_id: int, step: int, now: datetime) -> None:
    """Move a strategy one place up (−1) or down (1); the first whose condition holds counts.

    Raises:
        NotFound: no such strategy.
        NotPermitted: the actor lacks collections:assign.
    """
    with transaction() as db:
        rows = repository.list_strategies(db, active=False)
        here = next((at for at, one in enumerate(rows) if one.id == strategy_id), None)
        if here is None:
            raise NotFound("没有找到这条策略")
        actor.require(Permission.COLLECTIONS_ASSIGN)
        there = here + (1 if step == 1 else -1)
        if not 0 <= there < len(rows):
            return
        rows[here], rows[there] = rows[there], rows[here]
        _renumber(rows)
        events.record(
            db, actor, "collection.strategy_edited", now=now, entity="collection_strategy", entity_id=strategy_id,
            before={"顺序": here + 1}, after={"顺序": there + 1}, summary=rows[there].name,
        )  # fmt: skip


def versions(actor: Actor, *, strategy_id: int) -> list[Version]:
    """Return what a strategy was, newest first.

    Raises:
        NotPermitted: the actor lacks collections:assign.
    """
    actor.require(Permission.COLLECTIONS_ASSIGN)
    with reading() as db:
        catalogue, options = catalogues.current(db), sources_for(db, actor)
        query = (
            sa.select(CollectionStrategyVersion, col(User.name))
            .outerjoin(User, col(User.id) == col(CollectionStrategyVersion.by_id))
            .where(col(CollectionStrategyVersion.strategy_id) == strategy_id)
            .order_by(col(CollectionStrategyVersion.number).desc())
            .limit(50)
        )
        return [
            Version(
                row.number, name or "系统", formats.instant(row.at),
                f"{strategies.sentence(row.document.get('criteria') or {}, catalogue, options)}，"
                f"{Approach(str(row.document['approach'])).label}，优先度 {row.document['priority']}",
            )
            for row, name in db.execute(query).all()
        ]  # fmt: skip


def form_of_version(actor: Actor, *, strategy_id: int, number: int) -> dict[str, Any]:
    """Return an earlier version as a form, to be looked at and saved again.

    Raises:
        NotFound: no such version.
        NotPermitted: the actor lacks collections:assign.
    """
    with reading() as db:
        query = sa.select(CollectionStrategyVersion).where(
            col(CollectionStrategyVersion.strategy_id) == strategy_id,
            col(CollectionStrategyVersion.number) == number,
        )
        row = db.execute(query).scalar_one_or_none()
        if row is None:
            raise NotFound("没有这个版本")
        actor.require(Permission.COLLECTIONS_ASSIGN)
        return dict(row.document)


def keep(db: Session, actor: Actor, row: CollectionStrategy, *, now: datetime) -> None:
    """Keep the strategy as it stands now as a version of it."""
    db.add(
        CollectionStrategyVersion(
            strategy_id=row.id or 0,
            number=row.version,
            document=document_of(row),
            by_id=actor.actor_id,
            at=now,
        )
    )


def keep_first(db: Session, row: CollectionStrategy) -> None:
    """Keep what a strategy was before it is changed for the first time."""
    known = sa.select(col(CollectionStrategyVersion.id)).where(
        col(CollectionStrategyVersion.strategy_id) == row.id
    )
    if db.execute(known.limit(1)).first() is None:
        keep(db, SYSTEM, row, now=row.updated_at)


def document_of(row: CollectionStrategy) -> dict[str, object]:
    """Return what a strategy says, as a form."""
    return {
        "name": row.name, "criteria": dict(row.criteria), "approach": row.approach, "priority": row.priority,
        "script": row.script, "active": row.active,
    }  # fmt: skip


def _renumber(rows: Sequence[CollectionStrategy]) -> None:
    for place, row in enumerate(rows):
        row.sort = place
