"""Search: the index on records holds the token too, so that a reader's records are held against one without the table."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_search_token_record", table_name="search_token")
    op.create_index("ix_search_token_record", "search_token", ["entity_id", "entity", "token"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_search_token_record", table_name="search_token")
    op.create_index("ix_search_token_record", "search_token", ["entity_id", "entity"], unique=False)
