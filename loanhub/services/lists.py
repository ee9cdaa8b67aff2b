"""One list for every entity of the catalogue 列表: filter by criteria, search, sort, page, saved views.

A page asks for keys; what comes back are texts, masked for the reader. Nobody writes a second filter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col
from sqlmodel.sql.sqltypes import AutoString

from loanhub.domain import criteria as language
from loanhub.domain.catalogue import Access, Catalogue, FieldSpec, access, present
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import User
from loanhub.repositories.criteria import ENTITY_MODELS, to_condition
from loanhub.repositories.scope import visible_to
from loanhub.services import _totals
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._segments import meaning_of, sources_for
from loanhub.services._totals import Totals
from loanhub.services._transaction import reading
from loanhub.services.search import searched_ids

PAGE_ROWS = 50

READ_PERMISSION: dict[str, Permission] = {
    "lead": Permission.LEADS_READ,
    "customer": Permission.CUSTOMERS_READ,
    "application": Permission.APPLICATIONS_READ,
    "contract": Permission.CONTRACTS_READ,
    "loan": Permission.LOANS_READ,
    "task": Permission.TASKS_EDIT,
    "collection_case": Permission.COLLECTIONS_READ,
}
"""What it takes to list an entity."""


@dataclass(frozen=True)
class Column:
    """A column of the table, as the catalogue describes it."""

    key: str
    label: str
    kind: str
    width: int
    align: str


@dataclass(frozen=True)
class Row:
    """One record: its id and version, the texts of the asked fields, and codes for chips."""

    id: int
    version: int
    cells: dict[str, str]
    codes: dict[str, str]


@dataclass(frozen=True)
class Page:
    """A page of a list; ``sums`` are texts of the money columns over all matching records.

    Not ``exact``: there are more than ``total``, nothing was added up, and :func:`totals` tells.
    """

    rows: tuple[Row, ...]
    total: int
    offset: int
    columns: tuple[Column, ...]
    sums: dict[str, str]
    sentence: str
    exact: bool = True


def context_of(db: Session, actor: Actor, now: datetime) -> language.Context:
    """Return what 我 and 我的团队 mean for this actor at this moment."""
    team: frozenset[int] = frozenset()
    homes = set(actor.department_ids) or ({actor.department_id} if actor.department_id else set())
    if homes:
        query = sa.select(col(User.id)).where(col(User.department_id).in_(homes))
        team = frozenset(int(i) for i in db.execute(query).scalars() if i)
    return language.Context(
        now=now,
        actor_id=actor.actor_id,
        team_user_ids=team,
        department_id=actor.department_id,
        department_ids=actor.department_ids,
        segments=meaning_of(db, actor),
    )


def right_of(actor: Actor) -> Any:
    """Return the function by which a typed condition is held to the fields its author may read."""
    rights = catalogues.rights_of(actor)
    return lambda spec: access(spec, rights)


def select_ids(
    db: Session,
    actor: Actor,
    entity: str,
    *,
    raw_criteria: object = None,
    text: str = "",
    pool: bool = False,
    worded: bool = True,
    now: datetime,
) -> tuple[sa.ColumnElement[bool], str]:
    """Return the WHERE condition of a list inside the actor's scope, and its Chinese sentence.

    ``pool`` shows the public pool instead: leads that nobody owns, whatever the scope. Not ``worded``: the sentence is empty,
    and the names it would take are not read.
    """
    model: Any = ENTITY_MODELS[entity]
    catalogue = catalogues.current(db)
    node = language.parse(raw_criteria or {}, catalogue, entity, right_of=right_of(actor))
    if pool:
        visible = sa.and_(model.owner_id.is_(None), model.deleted_at.is_(None))
    else:
        visible = visible_to(actor, model)
    condition = visible
    if raw_criteria:
        condition = sa.and_(visible, to_condition(node, catalogue, entity, context_of(db, actor, now)))
    if text.strip() and entity in ("lead", "customer"):
        ids = searched_ids(db, entity, text, actor=actor)
        condition = sa.and_(condition, model.id.in_(ids) if ids is not None else sa.false())
    elif text.strip() and hasattr(model, "number"):
        condition = sa.and_(condition, model.number.contains(text.strip().upper()[:40], autoescape=True))
    elif text.strip() and hasattr(model, "title"):
        condition = sa.and_(condition, model.title.contains(text.strip()[:40], autoescape=True))
    if not worded:
        return condition, ""
    options = sources_for(db, actor) if raw_criteria else {}
    return condition, language.to_sentence(node, catalogue, entity, options)


def page(
    actor: Actor,
    entity: str,
    *,
    keys: Sequence[str] = (),
    raw_criteria: object = None,
    text: str = "",
    sort: str = "",
    descending: bool = True,
    offset: int = 0,
    limit: int = PAGE_ROWS,
    pool: bool = False,
    only: sa.ColumnElement[bool] | None = None,
    near: bool = False,
    now: datetime,
) -> Page:
    """Return one page of a list. ``keys`` are field keys (default: those the catalogue shows in tables).

    ``only`` is a further condition, such as standing on a board. ``near``: a long list need not be counted to its end.

    Raises:
        NotPermitted: the actor may not read this entity.
        InvalidCriteria: the condition does not fit the catalogue or the reader's rights.
        InvalidInput: an unknown or hidden sort field.
    """
    if entity not in READ_PERMISSION:
        raise NotFound("没有这个列表")
    actor.require(Permission.LEADS_CLAIM if pool else READ_PERMISSION[entity])
    limit = max(1, min(limit, 200))
    offset = max(0, offset)
    with reading() as db:
        model: Any = ENTITY_MODELS[entity]
        catalogue = catalogues.current(db)
        specs = _specs(catalogue, entity, keys)
        condition, sentence = select_ids(
            db, actor, entity, raw_criteria=raw_criteria, text=text, pool=pool, now=now
        )
        condition = condition if only is None else sa.and_(condition, only)
        money = _money(specs)
        # The ids first: whole rows, most of them never shown, would be carried through the sort.
        by = _sorted_by(catalogue, actor, entity, model, sort)
        ids = _ids(db, model, condition, by, descending, offset=offset, limit=limit)
        if near:
            told = _totals.near(db, model, condition, list(money), page=ids, offset=offset, limit=limit)
        else:
            told = _totals.exact(db, model, condition, list(money))
        found = {row.id: row for row in db.execute(sa.select(model).where(model.id.in_(ids))).scalars()}
        records = [found[one] for one in ids if one in found]
        options = catalogues.sources(db)
        rights = catalogues.rights_of(actor)
        cap = Access.MASKED if pool else None
        allowed = {spec.key: access(spec, rights, cap=cap) for spec in specs}
        rows = tuple(_row(record, specs, allowed, now, options) for record in records)
        columns = tuple(_column(s) for s in specs)
        return Page(rows, told.number, offset, columns, _sum_texts(told, money, now), sentence, told.exact)


def _specs(catalogue: Catalogue, entity: str, keys: Sequence[str]) -> tuple[FieldSpec, ...]:
    if not keys:
        return catalogue.for_table(entity)
    return tuple(spec for key in keys[:40] if (spec := catalogue.find(entity, key)) is not None)


def _column(spec: FieldSpec) -> Column:
    align = "right" if spec.kind in ("money", "integer", "decimal", "percent") else "left"
    return Column(spec.key, spec.label, spec.kind, spec.width, align)


def _row(
    record: Any,
    specs: Sequence[FieldSpec],
    allowed: Mapping[str, Access],
    now: datetime,
    options: Mapping[str, tuple[tuple[str, str], ...]],
) -> Row:
    codes: dict[str, str] = {}
    for spec in specs:
        value = catalogues.read_value(record, spec)
        if spec.kind in ("choice", "boolean") and value not in (None, ""):
            codes[spec.key] = str(getattr(value, "value", value))
    cells = texts_of(record, specs, allowed, now, options)
    return Row(record.id, getattr(record, "version", 1), cells, codes)


def texts_of(
    record: Any,
    specs: Sequence[FieldSpec],
    allowed: Mapping[str, Access],
    now: datetime,
    options: Mapping[str, tuple[tuple[str, str], ...]],
) -> dict[str, str]:
    """Return what a reader with these rights sees of a record, by field key."""
    return {
        spec.key: present(spec, catalogues.read_value(record, spec), allowed[spec.key], now, options)
        for spec in specs
    }


def order_of(
    catalogue: Catalogue, actor: Actor, entity: str, model: Any, sort: str, descending: bool
) -> list[sa.ColumnElement[Any]]:
    """Return the ORDER BY of a whole list, the newest first among equals; a field one may not read is not sorted by.

    Raises:
        InvalidInput: an unknown, protected or hidden field.
    """
    by = _sorted_by(catalogue, actor, entity, model, sort)
    if by is None:
        return [model.id.desc()]
    order = [(by.desc() if descending else by.asc()).nulls_last(), model.id.desc()]
    # Blank texts stand last as well, whichever way the list is sorted. (Of the others "IS NULL" as an order of its own
    # would say the same as "nulls last" and keep the column's index from being used.)
    return [sa.case((by > "", 0), else_=1), *order] if _is_text(by) else order


def _is_text(by: Any) -> bool:
    """Return whether a list is sorted by plain text, which may be blank without being NULL."""
    return isinstance(by.type, (AutoString, sa.String)) and not isinstance(by.type, sa.Enum)


def _sorted_by(catalogue: Catalogue, actor: Actor, entity: str, model: Any, sort: str) -> Any:
    """Return what a list is sorted by, or None for the newest first; see :func:`order_of`."""
    if not sort:
        return None
    spec = catalogue.get(entity, sort)
    if spec.encrypted or spec.kind == "segment" or access(spec, catalogues.rights_of(actor)) < Access.READ:
        raise InvalidInput(f"不能按{spec.label}排序")
    if not spec.json_column:
        return getattr(model, spec.column)
    element = getattr(model, spec.json_column)[spec.json_key]
    numeric = spec.kind in ("money", "integer", "decimal", "percent")
    return element.as_numeric(24, 6) if numeric else element.as_string()


def _ids(
    db: Session, model: Any, condition: sa.ColumnElement[bool], by: Any, descending: bool, *, offset: int, limit: int
) -> list[int]:  # fmt: skip
    """Return the ids of a page. Records without the value sorted by come last, read apart when the page reaches them.

    "Nulls last" in one query is an order that PostgreSQL's indexes do not have; and where most records are blank, those
    few that are not are all there is to sort.
    """
    newest = model.id.desc()

    def read(start: int, number: int, *more: sa.ColumnElement[bool], order: Sequence[Any]) -> list[int]:
        query = sa.select(model.id).where(condition, *more).order_by(*order)
        return list(db.execute(query.offset(start).limit(number)).scalars())

    if by is None:
        return read(offset, limit, order=[newest])
    order = [by.desc() if descending else by.asc(), newest]
    column = model.__table__.c.get(getattr(by, "key", ""))
    there, lacking = by.is_not(None), by.is_(None)
    if _is_text(by):
        there, lacking = by > "", sa.or_(by.is_(None), by == "")
    elif column is not None and not column.nullable:
        return read(offset, limit, order=order)
    ids = read(offset, limit, there, order=order)
    if len(ids) == limit:
        return ids
    passed = 0
    if offset and not ids:
        passed = _totals.exact(db, model, sa.and_(condition, there)).number
    start = 0 if ids else max(0, offset - passed)
    return ids + read(start, limit - len(ids), lacking, order=[newest])


def _money(specs: Sequence[FieldSpec]) -> dict[str, FieldSpec]:
    """Return the money shown in columns of its own, by column."""
    return {spec.column: spec for spec in specs if spec.kind == "money" and not spec.json_column}


def _sum_texts(told: Totals, money: Mapping[str, FieldSpec], now: datetime) -> dict[str, str]:
    return {
        money[name].key: money[name].kind_object.format(value, now=now) for name, value in told.sums.items()
    }


def totals(
    actor: Actor,
    entity: str,
    *,
    keys: Sequence[str] = (),
    raw_criteria: object = None,
    text: str = "",
    now: datetime,
) -> tuple[int, dict[str, str]]:
    """Return how many records a list has and the sums of the money shown, exactly; arguments and refusals as of :func:`page`."""
    if entity not in READ_PERMISSION:
        raise NotFound("没有这个列表")
    actor.require(READ_PERMISSION[entity])
    with reading() as db:
        money = _money(_specs(catalogues.current(db), entity, keys))
        condition, _ = select_ids(db, actor, entity, raw_criteria=raw_criteria, text=text, now=now)
        told = _totals.exact(db, ENTITY_MODELS[entity], condition, list(money))
        return told.number, _sum_texts(told, money, now)


def count(
    actor: Actor,
    entity: str,
    *,
    raw_criteria: object = None,
    text: str = "",
    pool: bool = False,
    only: sa.ColumnElement[bool] | None = None,
    now: datetime,
) -> int:
    """Return how many records of a list the actor would see; ``only``: see :func:`page`."""
    actor.require(Permission.LEADS_CLAIM if pool else READ_PERMISSION[entity])
    with reading() as db:
        condition, _ = select_ids(
            db, actor, entity, raw_criteria=raw_criteria, text=text, pool=pool, worded=False, now=now
        )
        condition = condition if only is None else sa.and_(condition, only)
        return _totals.exact(db, ENTITY_MODELS[entity], condition).number


@dataclass(frozen=True)
class FilterField:
    """A field one may filter by: its operators and options, for the one filter editor."""

    key: str
    label: str
    component: str
    operators: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]


def filter_fields(actor: Actor, entity: str) -> list[FilterField]:
    """Return the fields the actor may filter ``entity`` by, in form order."""
    actor.require(READ_PERMISSION[entity])
    rights = catalogues.rights_of(actor)
    with reading() as db:
        catalogue, options = catalogues.current(db), sources_for(db, actor)
        return [
            FilterField(
                key=spec.key,
                label=spec.label,
                component=spec.kind_object.component,
                operators=tuple((o.code, o.label) for o in language.operators_for(spec)),
                options=tuple(spec.options(options)),
            )
            for spec in catalogue.for_filter(entity)
            if spec.encrypted or access(spec, rights) >= Access.READ
        ]
