"""The archive's rules, holds and versions; batches of documents to print; who may pack, hold and rule."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GRANTED = {
    "team_lead": ("documents:export",),
    "credit": ("documents:export",),
    "contracts": ("documents:export",),
    "manager": ("documents:export",),
    "security_admin": ("archives:hold", "archives:rules"),
    "auditor": ("archives:hold",),
}
"""What the shipped roles gain; a firm's own roles are its own affair."""


def _grant() -> None:
    role = sa.table("role", sa.column("code"), sa.column("permissions", JSON))
    connection = op.get_bind()
    for code, gained in GRANTED.items():
        held = connection.execute(
            sa.select(role.c.permissions).where(role.c.code == code)
        ).scalar_one_or_none()
        if held is not None:
            wanted = [*held, *(one for one in gained if one not in held)]
            connection.execute(sa.update(role).where(role.c.code == code).values(permissions=wanted))


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _indexes(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def _document_columns() -> None:
    op.add_column("document", sa.Column("original_sha256", sa.String(64), nullable=False, server_default=""))
    op.add_column("document", sa.Column("series_id", sa.Integer(), nullable=True))
    op.add_column("document", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("document", sa.Column("replaced_by_id", sa.Integer(), nullable=True))
    op.add_column("document", sa.Column("scan", sa.String(16), nullable=False, server_default=""))
    op.add_column("document", sa.Column("reminded_for", sa.Date(), nullable=True))
    op.add_column("document", sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    _indexes("document", "original_sha256", "series_id")
    op.add_column("print_log", sa.Column("reason", sa.String(200), nullable=False, server_default=""))
    op.add_column("print_log", sa.Column("batch_id", sa.Integer(), nullable=True))


def upgrade() -> None:
    _document_columns()
    op.create_table(
        "document_rule",
        _number("id"), _text("kind", 32),
        sa.Column("read_roles", JSON, nullable=False), sa.Column("upload_roles", JSON, nullable=False),
        sa.Column("take_roles", JSON, nullable=False),
        _number("life_days"), _number("remind_days"), _number("retention_years"),
        _number("updated_by_id", nullable=True), _instant("updated_at"), _number("version"),
        _key("document_rule", "updated_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_rule")),
    )  # fmt: skip
    op.create_index(op.f("ix_document_rule_kind"), "document_rule", ["kind"], unique=True)
    op.create_table(
        "legal_hold",
        _number("id"), _number("customer_id", nullable=True), _number("document_id", nullable=True),
        _text("reason", 300), _number("set_by_id", nullable=True), _instant("set_at"),
        _text("release_reason", 300), _number("released_by_id", nullable=True), _instant("released_at", nullable=True),
        _key("legal_hold", "customer_id", "customer"), _key("legal_hold", "document_id", "document"),
        _key("legal_hold", "set_by_id", "app_user"), _key("legal_hold", "released_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )  # fmt: skip
    _indexes("legal_hold", "customer_id", "document_id", "set_at")
    op.create_table(
        "print_batch",
        _number("id"), _text("kind", 32), _text("title", 100), _text("status", 16), _text("order", 16),
        sa.Column("duplex", sa.Boolean(), nullable=False), _number("copies"), _text("reason", 200),
        sa.Column("options", JSON, nullable=False), _number("total"), _number("done"), _number("refused"),
        _number("page_count"), _number("sheet_count"), _number("merged_file_id", nullable=True),
        _number("archive_file_id", nullable=True), _text("problem", 300),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False), _number("printed_count"),
        _text("lease_owner", 60), _instant("leased_until", nullable=True), _number("created_by_id", nullable=True),
        _instant("created_at"), _instant("started_at", nullable=True), _instant("finished_at", nullable=True),
        _number("version"),
        _key("print_batch", "merged_file_id", "document"), _key("print_batch", "archive_file_id", "document"),
        _key("print_batch", "created_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_batch")),
    )  # fmt: skip
    _indexes("print_batch", "kind", "status", "created_by_id", "created_at")
    op.create_table(
        "print_batch_item",
        _number("id"), _number("batch_id"), _number("place"), _number("record_id"), _text("label", 100),
        _text("status", 16), _text("problem", 300), sa.Column("missing", JSON, nullable=False), _text("link", 200),
        _text("file_name", 120), _text("sha256", 64), _number("contract_id", nullable=True), _text("customer", 100),
        _number("page_count"), _number("first_copy"),
        _key("print_batch_item", "batch_id", "print_batch"), _key("print_batch_item", "contract_id", "contract"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_batch_item")),
        sa.UniqueConstraint("batch_id", "place", name=op.f("uq_print_batch_item_batch_id")),
    )  # fmt: skip
    _indexes("print_batch_item", "batch_id")
    _grant()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
