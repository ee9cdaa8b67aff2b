"""Handovers of a leaver's work: what went to whom, so that it can be told and taken back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("leaver_id", sa.Integer(), nullable=False),
        sa.Column("moved", JSON, nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("seats", JSON, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["leaver_id"], ["app_user.id"]),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"]),
        sa.ForeignKeyConstraint(["undone_by_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_handover_leaver_id", "handover", ["leaver_id"])
    op.create_index("ix_handover_at", "handover", ["at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("handover")
