"""A stage says whether a card that lacks its documents may go beyond it."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the switch; no stage of an existing firm is strict by itself."""
    op.add_column(
        "stage", sa.Column("documents_hard", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_column("stage", "documents_hard")
