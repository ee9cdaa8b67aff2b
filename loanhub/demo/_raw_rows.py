"""Rows straight into tables, many at a time: ``executemany`` on SQLite, ``COPY`` on PostgreSQL.

Columns a frame does not bring take the model's own default, in the form the column's type stores: a column added to
a model later is filled as if the row had been made through the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from loanhub.models import SQLModel

NULL = "\\N"


def table_of(model: type[SQLModel]) -> sa.Table:
    """Return the table of a model."""
    table: sa.Table = model.__table__  # type: ignore[attr-defined]
    return table


def next_id(connection: sa.Connection, model: type[SQLModel]) -> int:
    """Return the id after the largest one."""
    largest = connection.execute(sa.select(sa.func.max(table_of(model).c.id))).scalar_one()
    return int(largest or 0) + 1


def write(
    connection: sa.Connection, model: type[SQLModel], rows: pl.DataFrame, constants: Mapping[str, Any]
) -> None:
    """Append rows inside the connection's transaction.

    Args:
        rows: columns that differ from row to row: integers, stored texts (codes, rates, JSON) and dates.
        constants: values that all rows share, as the model would hold them.

    Raises:
        ValueError: a column without a default is neither in ``rows`` nor in ``constants``.
    """
    if rows.is_empty():
        return
    fixed = _fixed(model, rows.columns, constants, connection.dialect)
    if connection.dialect.name == "sqlite":
        _insert(connection, table_of(model).name, rows, fixed)
    else:
        _copy(connection, table_of(model).name, rows, fixed)


def _fixed(
    model: type[SQLModel], brought: Sequence[str], constants: Mapping[str, Any], dialect: Dialect
) -> dict[str, str | int | None]:
    fixed: dict[str, str | int | None] = {}
    for column in table_of(model).columns:
        if column.name in brought:
            continue
        field = model.model_fields[column.name]
        if column.name in constants:
            value = constants[column.name]
        elif field.is_required():
            raise ValueError(f"{model.__name__}.{column.name} has no default and no value was given")
        else:
            value = field.get_default(call_default_factory=True)
        fixed[column.name] = _stored(column, value, dialect)
    return fixed


def _stored(column: sa.Column[Any], value: Any, dialect: Dialect) -> str | int | None:
    """Return a value as the column stores it: what a bound parameter becomes, as text or integer."""
    if value is None:
        return None
    kind: Any = column.type
    decorator = sa.types.TypeDecorator
    if isinstance(kind, decorator) and type(kind).process_bind_param is not decorator.process_bind_param:
        value = kind.process_bind_param(value, dialect)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, (bool, int)) else str(value)


def _literal(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _insert(
    connection: sa.Connection, table: str, rows: pl.DataFrame, fixed: Mapping[str, str | int | None]
) -> None:
    columns = ", ".join([*rows.columns, *fixed])
    values = ", ".join(["?"] * rows.width + [_literal(value) for value in fixed.values()])
    dates = [name for name, kind in rows.schema.items() if kind == pl.Date]
    stored = rows.with_columns(pl.col(name).cast(pl.String) for name in dates)
    cursor = connection.connection.cursor()
    cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", stored.rows())  # noqa: S608 - our names
    cursor.close()


def _copy(
    connection: sa.Connection, table: str, rows: pl.DataFrame, fixed: Mapping[str, str | int | None]
) -> None:
    whole = rows.with_columns(pl.lit(value).alias(name) for name, value in fixed.items() if value is not None)
    booleans = [
        name for name in whole.columns if isinstance(SQLModel.metadata.tables[table].c[name].type, sa.Boolean)
    ]
    whole = whole.with_columns(pl.col(name).cast(pl.Boolean) for name in booleans)
    data = whole.write_csv(include_header=False, separator="\t", null_value=NULL)
    columns = ", ".join(f'"{name}"' for name in whole.columns)
    cursor: Any = connection.connection.cursor()
    with cursor.copy(
        f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, DELIMITER E'\\t', NULL '{NULL}')"
    ) as copy:
        copy.write(data)
    cursor.close()


@contextmanager
def indexes_later(
    connection: sa.Connection, sizes: Mapping[type[SQLModel], tuple[int, int]]
) -> Iterator[None]:
    """Drop the plain indexes of tables that will more than double, and build them again at the end.

    ``sizes`` is (rows there, rows to come) a model. Building an index from sorted rows takes a fraction of the time of
    adding rows to it in random order. Unique ones stay. They are built also when the block fails; a process
    killed in between leaves them missing until a later run more than doubles the same tables again.
    """
    tables = [table_of(model) for model, (there, coming) in sizes.items() if coming > there]
    indexes = [
        index
        for table in tables
        for index in sorted(table.indexes, key=lambda index: str(index.name))
        if not index.unique
    ]
    with connection.begin():
        for index in indexes:
            index.drop(connection, checkfirst=True)
    try:
        yield
    finally:
        if connection.in_transaction():
            connection.rollback()
        for index in indexes:
            with connection.begin():
                index.create(connection, checkfirst=True)


def catch_up_sequences(connection: sa.Connection, models: Sequence[type[SQLModel]]) -> None:
    """Let PostgreSQL's own ids go on after the ones written here; SQLite does so by itself."""
    if connection.dialect.name == "sqlite":
        return
    for model in models:
        table = table_of(model)
        connection.execute(
            sa.select(
                sa.func.setval(sa.func.pg_get_serial_sequence(table.name, "id"), sa.func.max(table.c.id))
            )
        )
