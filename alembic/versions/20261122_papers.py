"""Documents beside the loan contract, links for papers to be handed in, and papers that wait to be looked at."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column(
        "contract", sa.Column("base", sa.String(length=40), nullable=False, server_default="loan_contract")
    )
    op.add_column("contract", sa.Column("main_id", sa.Integer(), nullable=True))
    op.add_column("contract", sa.Column("subject", sa.String(length=60), nullable=False, server_default=""))
    op.create_index("ix_contract_base", "contract", ["base"])
    op.create_index("ix_contract_main_id", "contract", ["main_id"])
    op.add_column("document", sa.Column("review", sa.String(length=12), nullable=False, server_default=""))
    op.add_column("customer_relation", sa.Column("address", sa.Text(), nullable=True))
    op.create_table(
        "upload_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uploads", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("bytes_taken", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_upload_link_application_id", "upload_link", ["application_id"])
    op.create_index("ix_upload_link_customer_id", "upload_link", ["customer_id"])
    op.create_index("ix_upload_link_token_hash", "upload_link", ["token_hash"], unique=True)


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("upload_link")
    op.drop_column("customer_relation", "address")
    op.drop_column("document", "review")
    op.drop_index("ix_contract_main_id", "contract")
    op.drop_index("ix_contract_base", "contract")
    for name in ("subject", "main_id", "base"):
        op.drop_column("contract", name)
