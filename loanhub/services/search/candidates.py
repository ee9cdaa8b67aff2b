"""Which records may answer a query, in bounded time however common its letters are.

A rare token leads to its records, which are then held against the reader's scope. A common one (a surname among a
million customers) is not walked to its end: exact and beginning names come from the index on names, and the newest
records in scope are tried until there are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from loanhub.domain.identity import check_mobile, normalize_number
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


@dataclass(frozen=True)
class Asked:
    """What a query asks for: ``exact`` tokens of which one suffices, or ``parts`` of which each is needed.

    ``tail`` is four digits as typed; ``whole`` says that a whole phone or identity number was typed.
    """

    parts: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    tail: str = ""
    whole: str = ""


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


def begins(token: str) -> sa.ColumnElement[bool]:
    """Return the condition that a stored token begins with ``token``, in terms an index can walk."""
    last = token[:-1] + chr(ord(token[-1]) + 1)
    return sa.and_(col(SearchToken.token) >= token, col(SearchToken.token) < last)


def _is_gram(token: str) -> bool:
    """Tell whether a token is Chinese characters: every run of up to three is stored, so it is looked up as it is."""
    return not token.isascii()


def _matches(token: str) -> sa.ColumnElement[bool]:
    return col(SearchToken.token) == token if _is_gram(token) else begins(token)


def searched_ids(db: Session, entity: str, text: str, *, actor: Actor = SYSTEM) -> sa.Select[Any] | None:
    """Return the ids of leads or customers found by ``text``, as a subquery; None when nothing was asked.

    For lists, which scope and sort by their own query; identity numbers count only for an actor who may see them.
    """
    asked = asked_by(actor, text.strip()[:60])
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
    if name and hasattr(table, "name"):
        add(sa.select(table.id).where(table.name == name, visible).order_by(table.id.desc()).limit(ENOUGH))
        upper = name[:-1] + chr(ord(name[-1]) + 1)
        add(sa.select(table.id).where(table.name >= name, table.name < upper, visible).limit(ENOUGH))
    if len(found) >= ENOUGH:
        return list(found)
    same = sa.exists().where(of_entity, col(SearchToken.entity_id) == table.id, _matches(longest))
    if actor.is_system or actor.scope is Scope.ALL:
        newest = sa.select(col(SearchToken.entity_id)).where(of_token).limit(COMMON)
        add(sa.select(table.id).where(table.id.in_(newest), visible, *others).limit(ENOUGH))
    else:
        add(sa.select(table.id).where(visible, same, *others).order_by(table.id.desc()).limit(ENOUGH))
    return list(found)
