"""Many like rows into a table in one statement, past the row objects: ``executemany`` on SQLite, ``COPY`` on PostgreSQL.

Each column's type still writes its own values (encrypted texts, codes, instants, JSON), asked once a column instead of
once a row; what all rows share is written out once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import repeat
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlmodel import Session, SQLModel

from loanhub.models._columns import Code, UtcDateTime

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
    lists = list(zip(*rows, strict=True))
    if lists:
        insert_columns(db, model, dict(zip(columns, lists, strict=True)), same=same, written=written)


def insert_columns(
    db: Session,
    model: type[SQLModel],
    columns: Mapping[str, Sequence[Any]],
    *,
    same: Mapping[str, Any] | None = None,
    written: Collection[str] = (),
) -> None:
    """Append rows given column by column, all of one length; see :func:`insert_many`."""
    connection, table = db.connection(), table_of(model)
    dialect = connection.dialect
    lists: list[Iterable[Any]] = []
    for name, values in columns.items():
        writer = None if name in written else _writer(table.c[name], dialect)
        lists.append(
            values if writer is None else [None if value is None else writer(value) for value in values]
        )
    bound, said = _shared(table, same or {}, dialect)
    # What all rows share is repeated beside them; what can be said in the statement is not handed over at all.
    stored = list(zip(*lists, *(repeat(value) for value in bound.values()), strict=False))
    if not stored:
        return
    if dialect.name == "sqlite":
        names = ", ".join(f'"{name}"' for name in (*columns, *bound, *said))
        marks = ", ".join(["?"] * len(stored[0]) + list(said.values()))
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', stored)  # noqa: S608
        return
    names = ", ".join(f'"{name}"' for name in (*columns, *bound))
    cursor: Any = connection.connection.cursor()
    try:
        with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in stored:
                copy.write_row(row)
    finally:
        cursor.close()


def _shared(
    table: sa.Table, same: Mapping[str, Any], dialect: Dialect
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what all rows share: values to hand over, and on SQLite what stands in the statement itself."""
    bound: dict[str, Any] = {}
    said: dict[str, str] = {}
    for name, value in same.items():
        column = table.c[name]
        stored = _written(column, value, dialect)
        if stored is None and column.server_default is None:
            continue
        if dialect.name == "sqlite" and stored is None:
            said[name] = "NULL"
        elif dialect.name == "sqlite" and type(stored) is int:
            said[name] = str(stored)
        elif dialect.name == "sqlite" and stored == "":
            said[name] = "''"
        else:
            bound[name] = stored
    return bound, said


def next_ids(db: Session, model: type[SQLModel], count: int) -> list[int]:
    """Return so many ids for new rows of a table, in order; nobody else gets them. Inside a write transaction."""
    connection, table = db.connection(), table_of(model)
    if connection.dialect.name == "sqlite":
        # The one writer there is: what the database itself would give next.
        last = connection.execute(sa.select(sa.func.max(table.c.id))).scalar_one() or 0
        return list(range(last + 1, last + count + 1))
    query = sa.text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
    return [
        int(one) for one in connection.execute(query, {"name": f'"{table.name}"', "count": count}).scalars()
    ]


def among(db: Session, column: Any, values: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a text column holds one of many values: one parameter, one plan, however many."""
    if db.connection().dialect.name == "sqlite":
        listed = sa.func.json_each(json.dumps(list(values))).table_valued("value")
        found: sa.ColumnElement[bool] = column.in_(sa.select(listed.c.value))
        return found
    wanted = sa.literal(list(values), postgresql.ARRAY(sa.String))
    chosen: sa.ColumnElement[bool] = column == sa.any_(wanted)
    return chosen


def _writer(column: sa.Column[Any], dialect: Dialect) -> Writer | None:
    """Return what turns a value that is not None into what the driver takes; None where nothing is to be done."""
    made: Writer | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if made is None or not isinstance(column.type, UtcDateTime | Code):
        return made
    # Thousands of rows share a handful of instants and codes, and writing an instant out takes longer than all else of it.
    return lru_cache(maxsize=1_024)(made)


def _written(column: sa.Column[Any], value: Any, dialect: Dialect) -> Any:
    writer = _writer(column, dialect)
    return value if writer is None or value is None else writer(value)
