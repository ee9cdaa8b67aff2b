"""Which records may answer a query, in bounded time however common its letters are.

A rare token leads to its records, which are then held against the reader's scope. A common one (a surname among a
million customers) is not walked to its end: exact and beginning names come from the index on names, and the newest
records in scope are tried until there are enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col

from loanhub.domain.identity import check_mobile, normalize_number
from loanhub.domain.mixed_pinyin import readings
from loanhub.domain.names import normalize_name, query_tokens
from loanhub.domain.permissions import Permission, Scope
from loanhub.models import SearchToken
from loanhub.models.encryption import blind_index, blind_index_tail
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import SYSTEM, Actor

COMMON = 400
"""A token with more records than this is common."""
ENOUGH = 60
"""How many records are ranked for a common token."""
RANKED = 400
"""How many records of a reader are ranked when the token is held by no more than MANY."""
MANY = 3_000
"""The holders of a token up to so many are each held against the scope of a reader who does not see everything."""
FEW = 5_000
"""So many of a reader's newest records are held against a common token before the token's are held against the scope."""


@dataclass(frozen=True)
class Asked:
    """What a query asks for: ``exact`` tokens of which one suffices, or ``parts`` of which each is needed.

    ``tail`` is four digits as typed; ``whole`` says that a whole phone or identity number was typed; ``mixed`` is the word
    that is read as half pinyin, half initials.
    """

    parts: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    tail: str = ""
    whole: str = ""
    mixed: str = ""


NOTHING = Asked()


def asked_by(actor: Actor, text: str) -> Asked:
    """Return what a query asks for; identity numbers count only for who may see them."""
    compact = normalize_number(text)
    may_identify = actor.is_system or actor.can(Permission.CUSTOMERS_REVEAL)
    if len(compact) == 4 and compact[:3].isdigit() and (compact[3].isdigit() or compact[3] == "X"):
        kinds = ("phone", "id_number") if may_identify else ("phone",)
        tails = tuple(f"#{blind_index_tail(kind, compact)}" for kind in kinds)
        return Asked(parts=(compact.lower(),), exact=tails, tail=compact)
    mobile = check_mobile(text)
    if mobile.valid:
        return Asked(exact=(f"#{blind_index('phone', mobile.normalized)}",), whole="phone")
    if len(compact) in (15, 18) and compact[:-1].isdigit():
        found = (f"#{blind_index('id_number', compact)}",) if may_identify else ()
        return Asked(exact=found, whole="id_number")
    return Asked(parts=query_tokens(text)[:4])


def read_as(db: Session, asked: Asked) -> Asked:
    """Return what is asked for once one word found nowhere is read as a mixture of pinyin and initials 混拼."""
    if len(asked.parts) != 1 or asked.exact or not (ways := readings(asked.parts[0])):
        return asked
    if _held(db, asked.parts):
        return asked
    chosen = next((way for way in ways if _held(db, way)), None)
    return asked if chosen is None else replace(asked, parts=chosen, mixed=asked.parts[0])


def _held(db: Session, parts: tuple[str, ...]) -> bool:
    """Tell whether some record has every part; begins with the initials, the rarest of a mixture."""
    first, *others = reversed(parts)
    query = sa.select(sa.literal(1)).where(_matches(first))
    for part in others:
        other: Any = aliased(SearchToken)
        same = sa.and_(other.entity == col(SearchToken.entity), other.entity_id == col(SearchToken.entity_id))
        query = query.where(sa.exists().where(same, begins(part, other)))
    return db.execute(query.limit(1)).first() is not None


def begins(token: str, table: Any = SearchToken) -> sa.ColumnElement[bool]:
    """Return the condition that a stored token begins with ``token``, in terms an index can walk."""
    last = token[:-1] + chr(ord(token[-1]) + 1)
    column: Any = table.token
    return sa.and_(column >= token, column < last)


def _is_gram(token: str) -> bool:
    """Tell whether a token is Chinese characters: every run of up to three is stored, so it is looked up as it is."""
    return not token.isascii()


def _matches(token: str) -> sa.ColumnElement[bool]:
    return col(SearchToken.token) == token if _is_gram(token) else begins(token)


def searched_ids(db: Session, entity: str, text: str, *, actor: Actor = SYSTEM) -> sa.Select[Any] | None:
    """Return the ids of leads or customers found by ``text``, as a subquery; None when nothing was asked.

    For lists, which scope and sort by their own query; identity numbers count only for an actor who may see them.
    """
    asked = read_as(db, asked_by(actor, text.strip()[:60]))
    base = sa.select(col(SearchToken.entity_id)).where(col(SearchToken.entity) == entity)
    if asked.exact:
        conditions: list[sa.ColumnElement[bool]] = [col(SearchToken.token).in_(asked.exact)]
        if asked.tail:
            conditions.append(begins(asked.parts[0]))
        return base.where(sa.or_(*conditions))
    if not asked.parts:
        return None
    selects = [base.where(_matches(token)) for token in asked.parts]
    query = selects[0]
    for other in selects[1:]:
        query = query.where(col(SearchToken.entity_id).in_(other))
    return query


def candidates(
    db: Session, actor: Actor, entity: str, model: type[SQLModel], asked: Asked, text: str
) -> list[int]:
    """Return ids of records in scope that may answer, unranked; the best are among them."""
    table: Any = model
    visible = visible_to(actor, model)
    tokens = col(SearchToken.token)
    of_entity = col(SearchToken.entity) == entity
    found: dict[int, None] = {}

    def add(query: sa.Select[Any]) -> None:
        found.update(dict.fromkeys(int(one) for one in db.execute(query).scalars()))

    if asked.exact:
        holders = (
            sa.select(col(SearchToken.entity_id)).where(of_entity, tokens.in_(asked.exact)).limit(COMMON)
        )
        add(sa.select(table.id).where(table.id.in_(holders), visible).limit(ENOUGH * 4))
    if not asked.parts:
        return list(found)
    longest = max(asked.parts, key=len)
    of_token = sa.and_(of_entity, _matches(longest))
    probe = sa.select(col(SearchToken.entity_id)).where(of_token).limit(COMMON + 1)
    ids = [int(one) for one in db.execute(probe).scalars()]
    others = [
        sa.exists().where(of_entity, col(SearchToken.entity_id) == table.id, _matches(token))
        for token in asked.parts
        if token != longest
    ]
    if len(ids) <= COMMON:
        add(sa.select(table.id).where(table.id.in_(set(ids)), visible, *others))
        return list(found)
    name = normalize_name(text)
    named = bool(name) and hasattr(table, "name")
    if named:
        add(sa.select(table.id).where(table.name == name, visible).order_by(table.id.desc()).limit(ENOUGH))
    everything = actor.is_system or actor.scope is Scope.ALL
    if not everything:
        holders = sa.select(col(SearchToken.entity_id)).where(of_token)
        if _at_most(db, holders, MANY):
            own = sa.select(table.id).where(table.id.in_(holders), visible, *others)
            add(own.order_by(table.id.desc()).limit(RANKED))
            return list(found)
        newest_own = db.execute(_newest_of_reader(table, visible, of_entity, asked.parts)).all()
        found.update(dict.fromkeys(int(one) for one, _ in newest_own))
        if len(found) >= ENOUGH:
            return list(found)
        tried = int(newest_own[0][1]) if newest_own else 0
        if tried < FEW if tried else _at_most(db, sa.select(table.id).where(visible), FEW):
            return list(found)
    if named:
        upper = name[:-1] + chr(ord(name[-1]) + 1)
        add(sa.select(table.id).where(table.name >= name, table.name < upper, visible).limit(ENOUGH))
    if len(found) >= ENOUGH:
        return list(found)
    same = sa.exists().where(of_entity, col(SearchToken.entity_id) == table.id, _matches(longest))
    if everything:
        newest = sa.select(col(SearchToken.entity_id)).where(of_token).limit(COMMON)
        add(sa.select(table.id).where(table.id.in_(newest), visible, *others).limit(ENOUGH))
    else:
        add(sa.select(table.id).where(visible, same, *others).order_by(table.id.desc()).limit(ENOUGH))
    return list(found)


def _at_most(db: Session, query: sa.Select[Any], count: int) -> bool:
    some = query.limit(count + 1).subquery()
    return int(db.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()) <= count


def _newest_of_reader(
    table: Any, visible: sa.ColumnElement[bool], of_entity: sa.ColumnElement[bool], parts: Sequence[str]
) -> sa.Select[Any]:
    """Return the query of the reader's newest records that hold every token, each with how many records were tried.

    PostgreSQL believes a common token rare and would fetch the record of each of its tens of thousands of holders. So
    the records come first, materialized: it then either hashes the token's holders against them, out of the index alone,
    or looks each record up in the index on records, whichever is cheaper. SQLite seeks in that index.
    """
    mine = sa.select(table.id).where(visible).order_by(table.id.desc()).limit(FEW).cte("mine")
    mine = mine.prefix_with("MATERIALIZED")
    query = sa.select(mine.c.id, sa.select(sa.func.count()).select_from(mine).scalar_subquery())
    for part in parts:
        query = query.where(
            sa.exists().where(of_entity, col(SearchToken.entity_id) == mine.c.id, _matches(part))
        )
    return query.limit(ENOUGH * 2)
