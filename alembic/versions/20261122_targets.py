"""Targets of a month; who sets them, and who reads the figures of their own desk."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GRANTED = {
    "sales": ("figures:read",),
    "team_lead": ("figures:read", "targets:edit"),
    "credit": ("figures:read",),
    "finance": ("figures:read",),
    "collections": ("figures:read",),
    "manager": ("figures:read", "targets:edit"),
    "auditor": ("figures:read",),
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


def upgrade() -> None:
    op.create_table(
        "target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("measure", sa.String(32), nullable=False),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["set_by_id"], ["app_user.id"], name=op.f("fk_target_set_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
        sa.UniqueConstraint(
            "month",
            "measure",
            "level",
            "subject_id",
            name=op.f("uq_target_month"),
        ),
    )
    op.create_index(op.f("ix_target_month"), "target", ["month"])
    _grant()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
