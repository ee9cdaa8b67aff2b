"""Criteria as a Polars expression, for frames whose columns are named by field keys."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from loanhub.domain.catalogue import Catalogue, FieldSpec, Sort
from loanhub.domain.criteria import (
    EVERYTHING,
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
from loanhub.domain.criteria.predicates import (
    Has,
    LastFour,
    Match,
    Missing,
    OneOf,
    Predicate,
    Span,
    Within,
    holds,
)

_FIGURE = "__figure"
_MET = "__met"
_RUN = "__run"


def to_expression(
    node: Node,
    catalogue: Catalogue,
    entity: str,
    context: Context,
    related: Mapping[str, pl.DataFrame] | None = None,
) -> pl.Expr:
    """Return a boolean expression, never null, true for the rows that meet the condition.

    Column dtypes: money, integers, levels and ids Int64; decimals and rates Decimal or Float64; days Date;
    instants Datetime in UTC; codes and texts String; lists List(String). ``related`` holds one frame for each
    relation used, with its link column (``loan_id`` …) and the fields the condition reads; it is grouped
    now, so that the expression is valid for those frames only. What is related to the related records (a loan's
    customer's loans, for a segment) is looked up there too, by its own key.
    """
    match node:
        case All(children):
            parts = [to_expression(child, catalogue, entity, context, related) for child in children]
            return pl.all_horizontal(parts) if parts else pl.lit(True)
        case AnyOf(children):
            return pl.any_horizontal(
                [to_expression(child, catalogue, entity, context, related) for child in children]
            )
        case Not(child):
            return ~to_expression(child, catalogue, entity, context, related)
        case Condition(key):
            spec = catalogue.get(entity, key)
            inside = membership(node, spec, context)
            if inside is not None:
                return to_expression(inside, catalogue, entity, context, related)
            return compare(predicate_of(node, spec, context), pl.col(key), spec)
        case Aggregate():
            return _aggregate(node, catalogue, entity, context, related or {})


def compare(predicate: Predicate, column: pl.Expr, spec: FieldSpec) -> pl.Expr:
    """Return the expression of one predicate on one column; false where the value is missing."""
    there = column.is_not_null()
    if spec.sort is Sort.LIST:
        there = (column.list.len() > 0).fill_null(False)
    elif spec.sort is Sort.TEXT or (spec.sort is Sort.CODE and spec.kind == "choice"):
        column = column.cast(pl.String)
        there = (column != "").fill_null(False)
    elif spec.kind in ("decimal", "percent"):
        # At most 15 significant digits: a double keeps their order and tells them apart.
        column = column.cast(pl.Float64)
    match predicate:
        case Missing(negated):
            return there if negated else ~there
        case Within(span, negated):
            test = _within(span, column, spec)
        case OneOf(values, negated):
            test = (
                pl.any_horizontal([column == _literal(item, spec) for item in values])
                if values
                else pl.lit(False)
            )
        case Match("contains", text, negated):
            test = column.str.contains(text, literal=True)
        case Match("starts", text, negated):
            test = column.str.starts_with(text)
        case Match(_, text, negated):
            test = column.str.ends_with(text)
        case Has(mode, values, negated):
            held = [column.list.contains(item).fill_null(False) for item in values]
            test = pl.any_horizontal(held) if mode == "any" else pl.all_horizontal(held)
        case LastFour(text):
            negated, test = False, column.str.ends_with(text)
    return there & (~test if negated else test).fill_null(False)


def _within(span: Span, column: pl.Expr, spec: FieldSpec) -> pl.Expr:
    test = pl.lit(True)
    if span.low is not None:
        low = _literal(span.low, spec)
        test = test & (column >= low if span.low_closed else column > low)
    if span.high is not None:
        high = _literal(span.high, spec)
        test = test & (column <= high if span.high_closed else column < high)
    return test


def _literal(value: Any, spec: FieldSpec) -> pl.Expr:
    if spec.kind in ("decimal", "percent"):
        return pl.lit(float(Decimal(value)))
    if spec.sort is Sort.DATETIME:
        return pl.lit(value, dtype=pl.Datetime("us", "UTC"))
    if isinstance(value, str):
        return pl.lit(str(value))
    return pl.lit(value)


def _aggregate(
    node: Aggregate, catalogue: Catalogue, entity: str, context: Context, related: Mapping[str, pl.DataFrame]
) -> pl.Expr:
    relation = catalogue.related(entity, node.of)
    frame, link = related[node.of], relation.child_column
    where = (
        pl.lit(True)
        if node.where == EVERYTHING
        else to_expression(node.where, catalogue, relation.entity, context, related)
    )
    parent = pl.col(relation.parent_column)
    if node.function is Function.EXISTS:
        return _is_in(parent, frame.filter(where)[link])
    spec = spec_of_aggregate(catalogue, entity, node.function, node.of, node.field)
    predicate = predicate_of(node, spec, context)
    if node.function is Function.LONGEST_RUN:
        figures = _longest_runs(frame, link, relation.order_by, where)
    else:
        figure = {
            Function.COUNT: pl.len().cast(pl.Int64),
            Function.SUM: pl.col(node.field).sum(),
            Function.MAX: pl.col(node.field).max(),
            Function.MIN: pl.col(node.field).min(),
        }[node.function]
        figures = frame.filter(where).group_by(link).agg(figure.alias(_FIGURE))
    meeting = _is_in(parent, figures.filter(compare(predicate, pl.col(_FIGURE), spec))[link])
    none = None if node.function in (Function.MAX, Function.MIN) else 0
    # Records without any related one have no row here, and 0 may well meet "at most 2".
    return meeting | ~_is_in(parent, figures[link]) if holds(predicate, none) else meeting


def _longest_runs(frame: pl.DataFrame, link: str, order_by: str, where: pl.Expr) -> pl.DataFrame:
    order = [link, order_by, *(["id"] if "id" in frame.columns and order_by != "id" else [])]
    placed = frame.with_columns(where.alias(_MET)).sort(order, nulls_last=False, maintain_order=True)
    runs = placed.with_columns(pl.col(_MET).rle_id().over(link).alias(_RUN)).filter(pl.col(_MET))
    sizes = runs.group_by(link, _RUN).agg(pl.len().cast(pl.Int64).alias(_FIGURE))
    return sizes.group_by(link).agg(pl.col(_FIGURE).max())


def _is_in(column: pl.Expr, ids: pl.Series) -> pl.Expr:
    return column.is_in(ids.drop_nulls().unique().implode()).fill_null(False)
