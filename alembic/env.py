"""Run the migrations on the database the settings name, or on the connection handed over by the caller."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel.sql.sqltypes import AutoString

from alembic import context
from loanhub.models import SQLModel
from loanhub.models._columns import Code, ExactDecimal, JsonType, RankType, UtcDateTime
from loanhub.models.encryption import EncryptedText
from loanhub.services._transaction import make_engine
from loanhub.settings import settings


def _render(kind: str, item: object, _context: object) -> str | bool:
    """Write our column types as plain ones: a migration must not change when the code does."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, EncryptedText):
        return "sa.Text()"
    if isinstance(item, Code | ExactDecimal):
        return f"sa.String({item.impl.length})"  # type: ignore[attr-defined]
    if item is JsonType:
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    if item is RankType:
        return 'sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql")'
    if isinstance(item, AutoString):
        return f"sa.String({item.length or ''})"
    return False


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    engine = make_engine(settings().database)
    with engine.execution_options(writes=True).connect() as connection:
        _run(connection)
        connection.commit()
