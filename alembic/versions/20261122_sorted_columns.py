"""What the pages of leads, the pool and customers are sorted by has an index."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

SORTED = (
    ("lead", "amount_fen"), ("lead", "pooled_at"), ("customer", "next_step_at"), ("customer", "last_follow_up_at"),
    ("customer", "score"),
)  # fmt: skip


def upgrade() -> None:
    """Make the indexes; over a million rows each takes a second or two."""
    for table, column in SORTED:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Take them away."""
    for table, column in SORTED:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
