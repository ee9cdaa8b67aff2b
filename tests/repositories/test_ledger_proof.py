"""The database refuses a ledger transaction that does not balance, whoever writes it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

NOW = "2026-05-20 08:00:00+00:00"


def _transaction(connection: sa.Connection, row_id: int) -> None:
    connection.execute(
        sa.text(
            "INSERT INTO ledger_transaction (id, kind, value_date, posted_at, note) "
            "VALUES (:id, 'payment', '2026-05-20', :now, '')"
        ),
        {"id": row_id, "now": NOW},
    )


def _entry(connection: sa.Connection, row_id: int, debit: int, credit: int) -> None:
    connection.execute(
        sa.text(
            "INSERT INTO ledger_entry (transaction_id, account, debit_fen, credit_fen) "
            "VALUES (:id, 'bank', :debit, :credit)"
        ),
        {"id": row_id, "debit": debit, "credit": credit},
    )


def _prove(connection: sa.Connection, row_id: int, total: int) -> None:
    connection.execute(
        sa.text("INSERT INTO ledger_proof (transaction_id, total_fen) VALUES (:id, :total)"),
        {"id": row_id, "total": total},
    )


def _write(
    database: Engine, *entries: tuple[int, int], total: int | None = None, row_id: int = 1, new: bool = True
) -> None:
    """Write in one database transaction; without ``total`` there is no proof."""
    with database.execution_options(writes=True).connect() as connection, connection.begin():
        if new:
            _transaction(connection, row_id)
        for debit, credit in entries:
            _entry(connection, row_id, debit, credit)
        if total is not None:
            _prove(connection, row_id, total)


def _run(database: Engine, statement: str) -> None:
    with database.execution_options(writes=True).connect() as connection, connection.begin():
        connection.execute(sa.text(statement))


def _count(database: Engine) -> int:
    with database.connect() as connection:
        return int(connection.execute(sa.text("SELECT COUNT(*) FROM ledger_transaction")).scalar_one())


def test_a_balanced_transaction_is_kept(database: Engine) -> None:
    _write(database, (500, 0), (0, 500), total=500)
    assert _count(database) == 1


@pytest.mark.parametrize(
    ("entries", "total"), [(((500, 0), (0, 400)), 500), (((500, 0), (0, 500)), 400), ((), 0)]
)
def test_a_proof_of_unequal_sides_is_refused(
    database: Engine, entries: tuple[tuple[int, int], ...], total: int
) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="does not balance"):
        _write(database, *entries, total=total)
    assert _count(database) == 0


def test_a_transaction_without_proof_is_lost_at_commit(database: Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        _write(database, (500, 0), (0, 500))
    assert _count(database) == 0


def test_after_the_proof_no_entry_comes(database: Engine) -> None:
    _write(database, (500, 0), (0, 500), total=500)
    with pytest.raises(sa.exc.DBAPIError, match="closed"):
        _write(database, (500, 0), new=False)


@pytest.mark.parametrize("table", ["ledger_proof", "ledger_demand"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET transaction_id = 9", "DELETE FROM {}"])
def test_neither_demand_nor_proof_is_taken_back(database: Engine, table: str, verb: str) -> None:
    _write(database, (500, 0), (0, 500), total=500)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        _run(database, verb.format(table))
