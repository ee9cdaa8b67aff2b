"""The index of deleted leads holds the deleted ones alone, so that no planner walks all the others through it."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

GONE = sa.text("deleted_at IS NOT NULL")


def upgrade() -> None:
    """Make the index anew over few rows."""
    op.drop_index("ix_lead_deleted_at", table_name="lead")
    op.create_index("ix_lead_deleted_at", "lead", ["deleted_at"], sqlite_where=GONE, postgresql_where=GONE)


def downgrade() -> None:
    """Hold every lead again."""
    op.drop_index("ix_lead_deleted_at", table_name="lead")
    op.create_index("ix_lead_deleted_at", "lead", ["deleted_at"])
