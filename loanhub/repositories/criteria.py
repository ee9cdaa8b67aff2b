"""Criteria as SQL: a condition becomes a WHERE clause on SQLite and PostgreSQL alike.

The clause is never NULL: where a value is missing, every comparison is false, also under a negation.
Encrypted fields are compared through their blind indexes only. Values reach the database as parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement

from loanhub import models as tables
from loanhub.domain.catalogue import Catalogue, FieldSpec, Related, Sort
from loanhub.domain.catalogue.kinds.numbers import plain
from loanhub.domain.criteria import (
    Aggregate,
    All,
    AnyOf,
    Condition,
    Context,
    Function,
    Node,
    Not,
    membership,
    predicate_of,
    spec_of_aggregate,
)
from loanhub.domain.criteria.predicates import Has, LastFour, Match, Missing, OneOf, Predicate, Span, Within
from loanhub.models.encryption import blind_index, blind_index_tail

Clause = sa.ColumnElement[bool]

ENTITY_MODELS: Mapping[str, Any] = {
    "lead": tables.Lead,
    "customer": tables.Customer,
    "application": tables.Application,
    "contract": tables.Contract,
    "loan": tables.Loan,
    "task": tables.Task,
    "interaction": tables.Interaction,
    "submission": tables.Submission,
    "approval": tables.Approval,
    "installment": tables.Installment,
    "payment": tables.Payment,
    "collection_case": tables.CollectionCase,
}
"""The table of each entity of the catalogue."""


def to_condition(
    node: Node,
    catalogue: Catalogue,
    entity: str,
    context: Context,
    *,
    models: Mapping[str, Any] = ENTITY_MODELS,
    model: Any = None,
) -> Clause:
    """Return the WHERE clause that keeps the records meeting the condition.

    ``model`` is the class or alias the statement selects from (default: the entity's table). Relations become
    correlated subqueries on the related records' foreign key.
    """
    return _Builder(catalogue, context, models).clause(
        node, entity, models[entity] if model is None else model
    )


@dataclass(frozen=True)
class _Value:
    """A comparable SQL value: the element, when it is there, and how a Python value becomes its parameter."""

    element: Any
    there: Clause
    bind: Callable[[Any], Any]
    spec: FieldSpec
    model: Any = None


@dataclass(frozen=True)
class _Builder:
    catalogue: Catalogue
    context: Context
    models: Mapping[str, Any]

    def clause(self, node: Node, entity: str, model: Any) -> Clause:
        match node:
            case All(children):
                return sa.and_(sa.true(), *(self.clause(child, entity, model) for child in children))
            case AnyOf(children):
                return sa.or_(sa.false(), *(self.clause(child, entity, model) for child in children))
            case Not(child):
                return sa.not_(self.clause(child, entity, model))
            case Condition(key):
                spec = self.catalogue.get(entity, key)
                inside = membership(node, spec, self.context)
                if inside is not None:
                    return self.clause(inside, entity, model)
                return compare(predicate_of(node, spec, self.context), _field(model, spec))
            case Aggregate():
                return self.aggregate(node, entity, model)

    def aggregate(self, node: Aggregate, entity: str, model: Any) -> Clause:
        related = self.catalogue.related(entity, node.of)
        target = aliased(self.models[related.entity])
        link = getattr(target, related.child_column) == getattr(model, related.parent_column)
        where = self.clause(node.where, related.entity, target)
        if node.function is Function.EXISTS:
            return sa.select(sa.literal(1)).select_from(target).where(link, where).correlate(model).exists()
        spec = spec_of_aggregate(self.catalogue, entity, node.function, node.of, node.field)
        predicate = predicate_of(node, spec, self.context)
        if node.function is Function.LONGEST_RUN:
            figure = self.longest_run(target, related, link, where, model)
        elif node.function is Function.COUNT:
            figure = sa.select(sa.func.count()).select_from(target).where(link, where).correlate(model)
        else:
            value = _field(target, self.catalogue.get(related.entity, node.field))
            functions: dict[Function, Any] = {
                Function.SUM: sa.func.sum,
                Function.MAX: sa.func.max,
                Function.MIN: sa.func.min,
            }
            column = functions[node.function](value.element)
            column = sa.func.coalesce(column, 0) if node.function is Function.SUM else column
            figure = sa.select(column).select_from(target).where(link, where).correlate(model)
            scalar = figure.scalar_subquery()
            bind = value.bind if node.function is not Function.SUM else _same
            return compare(predicate, _Value(scalar, scalar.is_not(None), bind, spec))
        scalar = figure.scalar_subquery()
        return compare(predicate, _Value(scalar, sa.true(), _same, spec))

    def longest_run(
        self, target: Any, related: Related, link: Clause, where: Clause, model: Any
    ) -> sa.Select[Any]:
        """Return a query of the most records in a row that meet ``where``: islands by position minus rank."""
        order = (getattr(target, related.order_by).asc().nulls_first(), target.id)
        position = sa.func.row_number().over(order_by=order).label("position")
        met = sa.case((where, 1), else_=0).label("met")
        placed = sa.select(position, met).select_from(target).where(link).correlate(model).subquery()
        rank = sa.func.row_number().over(order_by=placed.c.position)
        island = (placed.c.position - rank).label("island")
        islands = sa.select(island).where(placed.c.met == 1).subquery()
        sizes = (
            sa.select(sa.func.count().label("size"))
            .group_by(islands.c.island)
            .select_from(islands)
            .subquery()
        )
        return sa.select(sa.func.coalesce(sa.func.max(sizes.c.size), 0))


def compare(predicate: Predicate, value: _Value) -> Clause:
    """Return the clause of one predicate on one value; false, never NULL, when the value is missing."""
    if isinstance(predicate, Missing):
        return value.there if predicate.negated else sa.not_(value.there)
    if value.spec.encrypted:
        return sa.and_(value.there, _by_index(predicate, value))
    element, bind = value.element, value.bind
    match predicate:
        case Within(span, negated):
            inside = _within(span, element, bind)
            return sa.and_(value.there, sa.not_(inside) if negated else inside)
        case OneOf(values, negated):
            if not values:
                return value.there if negated else sa.false()
            member = element.in_([bind(item) for item in values])
            return sa.and_(value.there, sa.not_(member) if negated else member)
        case Match(mode, text, negated):
            found = _match(mode, text, element)
            return sa.and_(value.there, sa.not_(found) if negated else found)
        case Has("any", values, negated):
            found = _ListHasAny(element, *map(sa.literal, values)) if values else sa.false()
            return sa.and_(value.there, sa.not_(found) if negated else found)
        case Has(_, values, negated):
            found = sa.and_(sa.true(), *(_ListHasAny(element, sa.literal(item)) for item in values))
            return sa.and_(value.there, sa.not_(found) if negated else found)
        case LastFour(text):
            return sa.and_(value.there, _match("ends", text, element))
    raise AssertionError(predicate)


def _by_index(predicate: Predicate, value: _Value) -> Clause:
    spec, model = value.spec, value.model
    if isinstance(predicate, LastFour) and "tail" in spec.lookups:
        tail: Any = getattr(model, f"{spec.column}_tail_index")
        found: Clause = sa.and_(tail.is_not(None), tail == blind_index_tail(spec.column, predicate.text))
        return found
    if isinstance(predicate, OneOf) and "full" in spec.lookups:
        index: Any = getattr(model, f"{spec.column}_index")
        member = index.in_([blind_index(spec.column, str(item)) for item in predicate.values])
        # A value without its index cannot be compared; saying that it differs would be a guess.
        return sa.and_(index.is_not(None), sa.not_(member) if predicate.negated else member)
    raise ValueError(f"{spec.entity}.{spec.key} is encrypted: no index answers {predicate}")


def _within(span: Span, element: Any, bind: Callable[[Any], Any]) -> Clause:
    if span.low is not None and span.low == span.high:
        return element == bind(span.low) if span.low_closed and span.high_closed else sa.false()
    parts: list[Any] = []
    if span.low is not None:
        parts.append(element >= bind(span.low) if span.low_closed else element > bind(span.low))
    if span.high is not None:
        parts.append(element <= bind(span.high) if span.high_closed else element < bind(span.high))
    return sa.and_(sa.true(), *parts)


def _match(mode: str, text: str, element: Any) -> Clause:
    # LIKE would ignore the case of Latin letters on SQLite and heed it on PostgreSQL.
    if mode == "contains":
        return _TextPosition(element, sa.literal(text)) > 0
    if mode == "starts":
        return sa.func.substr(element, 1, len(text)) == text
    start = sa.func.length(element) - len(text) + 1
    return sa.and_(start > 0, sa.func.substr(element, start) == text)


def _same(value: Any) -> Any:
    return value


def _field(model: Any, spec: FieldSpec) -> _Value:
    if spec.json_column:
        return _json_field(getattr(model, spec.json_column)[spec.json_key], spec)
    column = getattr(model, spec.column)
    if spec.encrypted:
        return _Value(column, column.is_not(None), _same, spec, model)
    if spec.sort is Sort.LIST:
        return _Value(column, _ListLength(column) > 0, _same, spec)
    if spec.kind in ("decimal", "percent"):
        digits = sa.type_coerce(column, sa.String())
        return _Value(sa.cast(digits, sa.Numeric()), column.is_not(None), _numeric, spec)
    if isinstance(column.type, sa.String) or isinstance(getattr(column.type, "impl", None), sa.String):
        text = sa.type_coerce(column, sa.String())
        return _Value(text, sa.and_(text.is_not(None), text != ""), str, spec)
    return _Value(column, column.is_not(None), _same, spec)


def _json_field(element: Any, spec: FieldSpec) -> _Value:
    text = element.as_string()
    match spec.sort:
        case Sort.LIST:
            return _Value(element, _ListLength(element) > 0, _same, spec)
        case Sort.BOOLEAN:
            truth = element.as_boolean()
            return _Value(truth, text.is_not(None), _same, spec)
        case Sort.NUMBER:
            number = _JsonNumber(text)
            return _Value(number, number.is_not(None), _numeric, spec)
        case Sort.CODE if spec.kind in ("user", "department", "relation"):
            number = _JsonNumber(text)
            return _Value(number, number.is_not(None), _numeric, spec)
        case Sort.DATE | Sort.DATETIME:
            # The JSON form has one width and one offset, so that texts order like instants.
            return _Value(text, sa.and_(text.is_not(None), text != ""), spec.kind_object.to_json, spec)
    return _Value(text, sa.and_(text.is_not(None), text != ""), str, spec)


def _numeric(value: Any) -> Any:
    """Return a number cast by the database from its exact digits, as the stored one is."""
    return sa.cast(sa.literal(plain(value), sa.String()), sa.Numeric())


class _JsonNumber(FunctionElement[Any]):
    """A number held in JSON as a number or as decimal text; NULL when it is neither."""

    type = sa.Numeric()
    inherit_cache = True


class _ListLength(FunctionElement[int]):
    """The length of a JSON list; 0 when it is missing or no list."""

    type = sa.Integer()
    inherit_cache = True


class _ListHasAny(FunctionElement[bool]):
    """Whether a JSON list (first argument) has any of the texts that follow."""

    type = sa.Boolean()
    inherit_cache = True


class _TextPosition(FunctionElement[int]):
    """Where a text (second argument) begins in another, from 1; 0 when it does not."""

    type = sa.Integer()
    inherit_cache = True


def _arguments(element: Any, compiler: Any, options: dict[str, Any]) -> list[str]:
    return [compiler.process(argument, **options) for argument in element.clauses]


@compiles(_JsonNumber)
def _json_number(element: Any, compiler: Any, **options: Any) -> str:
    (text,) = _arguments(element, compiler, options)
    return f"CAST({text} AS NUMERIC)"


@compiles(_JsonNumber, "postgresql")
def _json_number_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    (text,) = _arguments(element, compiler, options)
    return f"CASE WHEN ({text}) ~ '^-?[0-9]+([.][0-9]+)?$' THEN CAST(({text}) AS NUMERIC) END"


@compiles(_ListLength)
def _list_length(element: Any, compiler: Any, **options: Any) -> str:
    (found,) = _arguments(element, compiler, options)
    return f"CASE WHEN json_type({found}) = 'array' THEN json_array_length({found}) ELSE 0 END"


@compiles(_ListLength, "postgresql")
def _list_length_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    (found,) = _arguments(element, compiler, options)
    found = f"CAST(({found}) AS JSONB)"
    return f"CASE WHEN jsonb_typeof({found}) = 'array' THEN jsonb_array_length({found}) ELSE 0 END"


@compiles(_ListHasAny)
def _list_has_any(element: Any, compiler: Any, **options: Any) -> str:
    found, *wanted = _arguments(element, compiler, options)
    # The parts are SQL the compiler made; every value in them is a bound parameter.
    return f"EXISTS (SELECT 1 FROM json_each({found}) AS item WHERE item.value IN ({', '.join(wanted)}))"  # noqa: S608


@compiles(_ListHasAny, "postgresql")
def _list_has_any_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    found, *wanted = element.clauses
    held = sa.cast(found, postgresql.JSONB).has_any(postgresql.array(wanted))
    return f"coalesce({compiler.process(held, **options)}, false)"


@compiles(_TextPosition)
def _text_position(element: Any, compiler: Any, **options: Any) -> str:
    return f"instr({', '.join(_arguments(element, compiler, options))})"


@compiles(_TextPosition, "postgresql")
def _text_position_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"strpos({', '.join(_arguments(element, compiler, options))})"
