"""An index of the leads in work the clock has not looked at yet."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unseen = sa.text("clock_at IS NULL AND owner_id IS NOT NULL AND closed_at IS NULL AND deleted_at IS NULL")
    op.create_index("ix_lead_clock_unseen", "lead", ["id"], sqlite_where=unseen, postgresql_where=unseen)


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
