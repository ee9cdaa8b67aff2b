"""An upgrade from the first schema keeps what is there: money, roles and the ledger's proof of balance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from sqlalchemy.engine import Engine

from alembic import command
from loanhub.domain.permissions import ROLES, RoleCode
from loanhub.repositories import schema
from loanhub.services import _transaction
from tests.ports import free_port

FIRST = "0001"


def _upgrade(engine: Engine, revision: str) -> None:
    config: Config = schema._config()
    with engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


@pytest.fixture(params=["sqlite", "postgresql"])
def first_schema(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database at the first revision."""
    if request.param == "sqlite":
        engine = _transaction.make_engine(f"sqlite:///{tmp_path / 'old.db'}")
        _upgrade(engine, FIRST)
        yield engine
        engine.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    name = f"lh_upgrade_{free_port()}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine = _transaction.make_engine(f"{server}/{name}")
    _upgrade(engine, FIRST)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


def _fill(engine: Engine, *, credit_fen: int) -> None:
    """Write a role and one ledger transaction as the first version did."""
    now = "2026-05-20 08:00:00+00:00"
    with engine.execution_options(writes=True).connect() as connection, connection.begin():
        tables = sa.MetaData()
        tables.reflect(connection, only=["role", "ledger_transaction", "ledger_entry"])
        role = tables.tables["role"]
        row: dict[str, object] = {
            "code": "finance",
            "label": "财务",
            "permissions": ["loans:read", "payments:create"],
        }
        for column in role.columns:
            if column.name in row or column.primary_key or column.nullable:
                continue
            row[column.name] = _default(column, now)
        connection.execute(sa.insert(role), [row])
        connection.execute(
            sa.text(
                "INSERT INTO ledger_transaction (id, kind, value_date, posted_at, note) "
                "VALUES (1, 'payment', '2026-05-20', :now, '')"
            ),
            {"now": now},
        )
        for account, debit, credit in (("bank", 500, 0), ("interest_income", 0, credit_fen)):
            connection.execute(
                sa.text(
                    "INSERT INTO ledger_entry (transaction_id, account, debit_fen, credit_fen) "
                    "VALUES (1, :account, :debit, :credit)"
                ),
                {"account": account, "debit": debit, "credit": credit},
            )


def _default(column: sa.Column[object], now: str) -> object:
    kind = column.type.python_type
    return {int: 1, bool: True, str: "", dict: {}, list: []}.get(kind, now)


def test_what_was_there_is_kept_and_proved(first_schema: Engine) -> None:
    _fill(first_schema, credit_fen=500)
    before, _after = schema.upgrade(first_schema)
    assert before == FIRST
    assert not schema.pending(first_schema)
    with first_schema.connect() as connection:
        proofs = connection.execute(sa.text("SELECT transaction_id, total_fen FROM ledger_proof")).all()
        assert [tuple(proof) for proof in proofs] == [(1, 500)]
        role = sa.table("role", sa.column("code"), sa.column("permissions", sa.JSON()))
        held = connection.execute(sa.select(role.c.permissions).where(role.c.code == "finance")).scalar_one()
    assert held[:2] == ["loans:read", "payments:create"]
    assert {"loans:adjust", "loans:approve", "ledger:read"} <= set(held)


def test_a_ledger_out_of_balance_stops_the_upgrade(first_schema: Engine) -> None:
    _fill(first_schema, credit_fen=400)
    with pytest.raises(sa.exc.DBAPIError, match="does not balance"):
        schema.upgrade(first_schema)
    assert "loan_request" not in sa.inspect(first_schema).get_table_names(), "half an upgrade stayed"
    assert schema.pending(first_schema)


def test_the_migration_grants_what_the_shipped_roles_hold() -> None:
    from importlib import util

    path = Path(__file__).parents[2] / "alembic" / "versions" / "20261122_loan_engine.py"
    spec = util.spec_from_file_location("loan_engine", path)
    assert spec is not None and spec.loader is not None
    migration = util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    for code, gained in migration.GRANTED.items():
        assert set(gained) <= {permission.value for permission in ROLES[RoleCode(code)].permissions}
