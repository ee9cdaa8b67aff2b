"""Strategies of collections keep every version of themselves, so that an earlier one can be brought back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "collection_strategy_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("strategy_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["strategy_id"], ["collection_strategy.id"]),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("strategy_id", "number"),
    )
    op.create_index(
        "ix_collection_strategy_version_strategy_id", "collection_strategy_version", ["strategy_id"]
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("collection_strategy_version")
