"""What very many tests begin with: made once through the services, then copied into each further database."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import SQLModel

from loanhub.models import Department, User
from loanhub.services._transaction import engine, reading

T = TypeVar("T")
_kept: dict[tuple[str, str], tuple[Callable[[], None], Any]] = {}
"""(database, name) → what writes the rows once more, and what making them returned."""
_SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename) AS name, last_value FROM pg_sequences WHERE last_value IS NOT NULL"


def made_once(name: str, make: Callable[[], T]) -> T:
    """Do what ``make`` does to a database that holds nothing yet; in one that holds something, call it.

    The first time it is called, and what it wrote is read off the database: every row as it is, and where the numbering
    stands. So a copy cannot be told from what ``make`` would have written. It may take as many transactions as it likes,
    and begin with another that is made once; it is not called inside a transaction.
    """
    with reading() as db:
        if db.execute(
            sa.select(sa.exists().select_from(Department) | sa.exists().select_from(User))
        ).scalar():
            return make()
        if _written():
            return make()
    dialect = engine().dialect.name
    if (dialect, name) in _kept:
        put, answer = _kept[dialect, name]
        put()
        return copy.deepcopy(answer)
    take = _of_sqlite if dialect == "sqlite" else _of_postgres
    read_off = take()
    answer = make()
    _kept[dialect, name] = (read_off(), copy.deepcopy(answer))
    return answer


def _written() -> bool:
    """Return whether a test wrote to its SQLite file already: a copy would take that away."""
    database = engine().url.database
    if engine().dialect.name != "sqlite" or not database:
        return False
    log = Path(f"{database}-wal")
    return log.exists() and log.stat().st_size > 0


def _of_sqlite() -> Callable[[], Callable[[], None]]:
    """The whole file is small: it is copied page by page."""

    def read_off() -> Callable[[], None]:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with engine().connect() as connection:
            connection.connection.driver_connection.backup(kept)  # type: ignore[union-attr]
        return lambda: put(kept)

    def put(kept: sqlite3.Connection) -> None:
        with engine().connect() as connection:
            kept.backup(connection.connection.driver_connection)  # type: ignore[arg-type]

    return read_off


def _of_postgres() -> Callable[[], Callable[[], None]]:
    """The rows of each table, written in one go, without the triggers: what those did stands in the rows."""
    before, numbers = _rows(), _numbers()

    def read_off() -> Callable[[], None]:
        after = _rows()
        changed = [name for name, rows in after.items() if rows != before[name]]
        assert not [name for name in changed if before[name]], "only rows of empty tables can be copied"
        work = ["SET LOCAL session_replication_role = replica"]
        work += [
            f'INSERT INTO "{name}" SELECT * FROM json_populate_recordset(NULL::"{name}", $lh${after[name]}$lh$)'
            for name in changed
        ]
        moved = [
            f"setval('{name}', {last})" for name, last in _numbers().items() if numbers.get(name) != last
        ]
        work += [f"SELECT {', '.join(moved)}"] if moved else []
        statement = "; ".join(work).replace("%", "%%")  # one way there and back
        return lambda: put(statement)

    def put(statement: str) -> None:
        with engine().begin() as connection:
            connection.exec_driver_sql(statement)

    return read_off


def _rows() -> dict[str, str | None]:
    """Return what stands in each table, in the order it was written."""
    with engine().connect() as connection:
        return {
            table.name: connection.exec_driver_sql(
                f'SELECT json_agg(t)::text FROM "{table.name}" t'
            ).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }


def _numbers() -> dict[str, int]:
    with engine().connect() as connection:
        return {row.name: row.last_value for row in connection.execute(sa.text(_SEQUENCES))}
