"""Document templates of the firm's own and their versions; who may write and who may publish them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GRANTED = {
    "contracts": ("templates:edit", "templates:publish"),
    "manager": ("templates:publish",),
    "credit": ("templates:publish",),
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


def _user(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["app_user.id"], name=op.f(f"fk_{table}_{column}_app_user"))


def upgrade() -> None:
    op.create_table(
        "document_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("base", sa.String(40), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _user("document_template", "created_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_template")),
    )
    for column in ("base", "is_default"):
        op.create_index(op.f(f"ix_document_template_{column}"), "document_template", [column], unique=False)
    op.create_table(
        "template_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("edited_by_id", sa.Integer(), nullable=True),
        sa.Column("tested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tested_count", sa.Integer(), nullable=False),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_note", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"], ["document_template.id"],
            name=op.f("fk_template_version_template_id_document_template"),
        ),
        _user("template_version", "edited_by_id"),
        _user("template_version", "submitted_by_id"),
        _user("template_version", "reviewed_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_version")),
        sa.UniqueConstraint("template_id", "number", name=op.f("uq_template_version_template_id")),
    )  # fmt: skip
    for column in ("template_id", "status"):
        op.create_index(op.f(f"ix_template_version_{column}"), "template_version", [column], unique=False)
    _grant()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
