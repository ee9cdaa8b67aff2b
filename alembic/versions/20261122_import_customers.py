"""A row of an imported list remembers the known customer behind it."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; rows of earlier imports were compared with leads alone."""
    op.add_column("import_row", sa.Column("duplicate_customer_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Forget which customer was behind a row."""
    op.drop_column("import_row", "duplicate_customer_id")
