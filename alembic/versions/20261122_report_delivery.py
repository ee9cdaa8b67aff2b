"""Reports that are sent by a timetable, what became of each, and boards of reports."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def upgrade() -> None:
    op.create_table(
        "report_subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(60), nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("every", sa.String(8), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("working_days", sa.Boolean(), nullable=False),
        sa.Column("formats", JSON, nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("user_ids", JSON, nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        _at("next_at", nullable=True),
        _at("last_at", nullable=True),
        sa.Column("last_result", sa.String(200), nullable=False),
        sa.Column("lease_owner", sa.String(40), nullable=False),
        _at("leased_until", nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        _at("created_at"),
        _at("updated_at"),
        _at("ended_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _key("report_subscription", "owner_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_subscription")),
    )
    _index("report_subscription", "target", "next_at", "owner_id")
    op.create_table(
        "report_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        _at("due_at"),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("pdf_id", sa.Integer(), nullable=True),
        sa.Column("xlsx_id", sa.Integer(), nullable=True),
        _at("created_at"),
        _key("report_delivery", "subscription_id", "report_subscription"),
        _key("report_delivery", "user_id", "app_user"),
        _key("report_delivery", "pdf_id", "document"),
        _key("report_delivery", "xlsx_id", "document"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_delivery")),
        sa.UniqueConstraint("subscription_id", "due_at", "user_id", name="uq_report_delivery_once"),
    )
    _index("report_delivery", "subscription_id", "user_id")
    op.create_table(
        "report_board",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("tiles", JSON, nullable=False),
        sa.Column("shared_with", sa.String(60), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        _at("created_at"),
        _at("updated_at"),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        _at("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _key("report_board", "owner_id", "app_user"),
        _key("report_board", "updated_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_board")),
    )
    _index("report_board", "shared_with", "owner_id")


def downgrade() -> None:
    """Drop what was added."""
    for table in ("report_board", "report_delivery", "report_subscription"):
        op.drop_table(table)
