"""Search: what each person opened lately; tokens stored in the order they are looked up in."""

from __future__ import annotations

import re

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _number_tokens(number: str) -> set[str]:
    """As ``domain.names.number_tokens`` stood on this day."""
    text = number.lower()
    tails = {text[match.start() :] for match in re.finditer(r"[a-z]+|[0-9]+", text)}
    return {one[:80] for one in tails | {re.sub(r"[^a-z0-9]", "", tail) for tail in tails} if len(one) >= 3}


def _index_numbers() -> None:
    """Loans, contracts and applications are found by the end of their number too, those there already as well."""
    connection = op.get_bind()
    token = sa.table("search_token", sa.column("token"), sa.column("entity"), sa.column("entity_id"))
    for entity in ("loan", "contract", "application"):
        table = sa.table(entity, sa.column("id"), sa.column("number"))
        rows = connection.execute(sa.select(table.c.id, table.c.number)).all()
        fresh = [
            {"token": one, "entity": entity, "entity_id": row_id}
            for row_id, number in rows
            for one in sorted(_number_tokens(number))
        ]
        if fresh:
            connection.execute(sa.insert(token), fresh)


def upgrade() -> None:
    op.create_table(
        "recent_item",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(12), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_recent_item_user_id_app_user")),
        sa.PrimaryKeyConstraint("user_id", "entity", "entity_id", name=op.f("pk_recent_item")),
    )
    op.create_index("ix_recent_item_user_at", "recent_item", ["user_id", "at"], unique=False)
    op.drop_index("ix_search_token_entity", table_name="search_token")
    if op.get_bind().dialect.name == "sqlite":
        # Without a row id the table is its own primary key: half the size, and one lookup instead of two.
        op.execute("ALTER TABLE search_token RENAME TO search_token_before")
        op.create_table(
            "search_token",
            sa.Column("token", sa.String(80), nullable=False),
            sa.Column("entity", sa.String(12), nullable=False),
            sa.Column("entity_id", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("token", "entity", "entity_id", name=op.f("pk_search_token")),
            sqlite_with_rowid=False,
        )
        op.execute("INSERT INTO search_token SELECT token, entity, entity_id FROM search_token_before")
        op.execute("DROP TABLE search_token_before")
    op.create_index("ix_search_token_record", "search_token", ["entity_id", "entity"], unique=False)
    _index_numbers()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
