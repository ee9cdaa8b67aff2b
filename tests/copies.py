"""Rows that very many tests begin with: made once through the services, then copied into each further database."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from loanhub.models import Department, User
from loanhub.services._transaction import transaction

T = TypeVar("T")
_kept: dict[tuple[str, str], tuple[list[tuple[str, Any]], Any]] = {}
"""(database, name) → the statements that write the rows once more, and what making them returned."""
_SEQUENCES = sa.text(
    "SELECT format('%I.%I', schemaname, sequencename) AS name, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
)


def made_once(name: str, make: Callable[[], T]) -> T:
    """Do what ``make`` does to a database that holds nothing yet; in one that holds something, call it.

    The first time it is called, and what it wrote is read off the tables: every row as it is, and where the numbering
    stands. So a copy cannot be told from what ``make`` would have written.
    """
    with transaction() as db:
        if db.execute(
            sa.select(sa.exists().select_from(Department) | sa.exists().select_from(User))
        ).scalar():
            return make()
        key = (db.get_bind().dialect.name, name)
        if key not in _kept:
            before, numbers = _filled(db), _numbers(db)
            answer = make()
            db.flush()
            _kept[key] = (_statements(db, before, numbers), copy.deepcopy(answer))
            return answer
        statements, answer = _kept[key]
        connection = db.connection()
        for statement, rows in statements:
            connection.exec_driver_sql(statement, rows)
        return copy.deepcopy(answer)


def _filled(db: Session) -> dict[str, int]:
    tables = SQLModel.metadata.sorted_tables
    counts = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in tables]
    return {
        table.name: count for table, count in zip(tables, db.execute(sa.select(*counts)).one(), strict=True)
    }


def _numbers(db: Session) -> dict[str, int]:
    if db.get_bind().dialect.name != "postgresql":
        return {}  # SQLite goes on from the highest id
    return {row.name: row.last_value for row in db.execute(_SEQUENCES)}


def _statements(db: Session, before: dict[str, int], numbers: dict[str, int]) -> list[tuple[str, Any]]:
    connection, statements = db.connection(), []
    changed = {name for name, count in _filled(db).items() if count != before[name]}
    assert not [name for name in changed if before[name]], "only rows of empty tables can be copied"
    for table in SQLModel.metadata.sorted_tables:
        if table.name not in changed:
            continue
        if connection.dialect.name == "postgresql":
            rows = connection.exec_driver_sql(f'SELECT json_agg(t)::text FROM "{table.name}" t').scalar_one()
            put = f'INSERT INTO "{table.name}" SELECT * FROM json_populate_recordset(NULL::"{table.name}", $lh${rows}$lh$)'
            statements.append((put.replace("%", "%%"), None))
        else:
            found = connection.exec_driver_sql(f'SELECT * FROM "{table.name}" ORDER BY rowid')
            names = ", ".join(f'"{name}"' for name in found.keys())  # noqa: SIM118 - a result, not a dictionary
            marks = ", ".join("?" for _ in found.keys())  # noqa: SIM118
            statements.append(
                (f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', [tuple(row) for row in found])
            )
    moved = [f"setval('{name}', {last})" for name, last in _numbers(db).items() if numbers.get(name) != last]
    if moved:
        statements.append((f"SELECT {', '.join(moved)}", None))
    if statements and connection.dialect.name == "postgresql":
        return [("; ".join(statement for statement, _ in statements), None)]  # one way there and back
    return statements
