"""Which leads enter a board of their own, and saved views for everybody of a role."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("pipeline", sa.Column("entry", JSON, nullable=False, server_default="{}"))
    op.add_column("saved_view", sa.Column("role_code", sa.String(32), nullable=False, server_default=""))


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
