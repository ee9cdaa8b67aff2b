"""Many like rows into a table in one statement, past the row objects: ``executemany`` on SQLite, ``COPY`` on PostgreSQL.

Each column's type still writes its own values (encrypted texts, codes, instants, JSON), asked once a column instead of
once a row; what all rows share is written out once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Session, SQLModel

Writer = Callable[[Any], Any]
Row = TypeVar("Row", bound=SQLModel)


def table_of(model: type[SQLModel]) -> sa.Table:
    """Return the table of a model."""
    table: sa.Table = model.__table__  # type: ignore[attr-defined]
    return table


def new_row(model: type[Row], values: Mapping[str, Any]) -> Row:
    """Return a new row object with these values and the model's defaults, made as rows that are loaded are.

    The model's own constructor sets every column one by one through two libraries, which takes longer than writing it.

    Raises:
        ValueError: a column without a default has no value.
    """
    defaults, made = _defaults(model)
    missing = defaults.required - values.keys()
    if missing:
        raise ValueError(f"{model.__name__} needs {', '.join(sorted(missing))}")
    row: Row = sa.inspect(model).class_manager.new_instance()
    row.__dict__.update(defaults.plain)
    for name, factory in made.items():
        row.__dict__[name] = factory()
    row.__dict__.update(values)
    return row


class _Defaults(NamedTuple):
    plain: dict[str, Any]
    required: frozenset[str]


@cache
def _defaults(model: type[SQLModel]) -> tuple[_Defaults, dict[str, Callable[[], Any]]]:
    """Return the defaults that may be shared by rows, and the makers of those that may not."""
    plain: dict[str, Any] = {}
    made: dict[str, Callable[[], Any]] = {}
    required = set()
    for name, field in model.model_fields.items():
        if field.is_required():
            required.add(name)
        elif field.default_factory is not None:
            made[name] = partial(field.get_default, call_default_factory=True)
        elif name != "id":
            plain[name] = field.get_default()
    return _Defaults(plain, frozenset(required)), made


def insert_many(
    db: Session,
    model: type[SQLModel],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    same: Mapping[str, Any] | None = None,
    written: Collection[str] = (),
) -> None:
    """Append rows inside the session's transaction.

    Args:
        columns: what differs from row to row, in the order of each row's values.
        rows: values as the model would hold them.
        written: columns whose values come in the form they are stored in, encrypted already.
        same: values that all rows share. A column in neither takes the database's own default (an id), or NULL.
    """
    connection, table = db.connection(), table_of(model)
    writers = [None if name in written else _writer(table.c[name], connection.dialect) for name in columns]
    shared = same or {}
    tail = tuple(_written(table.c[name], value, connection.dialect) for name, value in shared.items())
    if any(writer is not None for writer in writers):
        stored = [
            (*[value if writer is None or value is None else writer(value) for writer, value in zip(writers, row, strict=True)], *tail)
            for row in rows
        ]  # fmt: skip
    else:
        stored = [(*row, *tail) for row in rows]
    if not stored:
        return
    names = ", ".join(f'"{name}"' for name in (*columns, *shared))
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(stored[0]))
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', stored)  # noqa: S608
        return
    cursor: Any = connection.connection.cursor()
    try:
        with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in stored:
                copy.write_row(row)
    finally:
        cursor.close()


def _writer(column: sa.Column[Any], dialect: Dialect) -> Writer | None:
    """Return what turns a value that is not None into what the driver takes; None where nothing is to be done."""
    made: Writer | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return made


def _written(column: sa.Column[Any], value: Any, dialect: Dialect) -> Any:
    writer = _writer(column, dialect)
    return value if writer is None or value is None else writer(value)
