"""Columns of a query as a Polars frame: instants as seconds or days in Shanghai, codes as text, a piece at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session

Schema = Mapping[str, Any]
SHANGHAI_SECONDS = 8 * 3600
"""Asia/Shanghai is eight hours ahead all year since 1992."""
ROWS_A_PIECE = 50_000
"""Rows turned into columns at a time: a million of them as Python values would take a gigabyte."""


class _Epoch(FunctionElement[int]):
    """Whole seconds since 1970 of an instant, on both databases."""

    inherit_cache = True
    type = sa.BigInteger()


@compiles(_Epoch, "sqlite")
def _epoch_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


@compiles(_Epoch, "postgresql")
def _epoch_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **options)})) AS BIGINT)"


def seconds(column: Any) -> Any:
    return _Epoch(column)


def text(column: Any) -> Any:
    return sa.type_coerce(column, sa.String)


def day_of(column: str) -> pl.Expr:
    """Return the day in Shanghai of a column of seconds."""
    return ((pl.col(column) + SHANGHAI_SECONDS) // 86_400).cast(pl.Int32).cast(pl.Date)


def frame(db: Session, query: Any, columns: Mapping[str, Any]) -> pl.DataFrame:
    """Return the rows of a query as a frame; one type a selected column."""
    pieces = [pl.DataFrame(schema=dict(columns))]
    for rows in db.execute(query.execution_options(yield_per=ROWS_A_PIECE)).partitions():
        pieces.append(
            pl.DataFrame(
                {
                    name: pl.Series(name, values, dtype=kind)
                    for (name, kind), values in zip(columns.items(), zip(*rows, strict=True), strict=True)
                }
            )
        )
    return pl.concat(pieces)


def these(column: Any, ids: Sequence[int] | None) -> Any:
    return sa.true() if ids is None else column.in_(ids)
