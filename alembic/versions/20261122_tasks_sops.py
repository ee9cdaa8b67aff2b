"""Follow-up sequences, and what to-dos need for deadlines in working time, escalation, recurrence and cancelling."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GRANTED = {"admin": ("sops:edit",), "manager": ("sops:edit",)}
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
        "sop_cursor",
        sa.Column("name", sa.String(24), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sop_cursor")),
    )
    op.create_table(
        "sop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("entity", sa.String(20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_sop_created_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sop")),
        sa.UniqueConstraint("name", name=op.f("uq_sop_name")),
    )
    op.create_table(
        "sop_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sop_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_sop_version_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["app_user.id"], name=op.f("fk_sop_version_published_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["sop_id"], ["sop.id"], name=op.f("fk_sop_version_sop_id_sop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sop_version")),
    )
    op.create_index(op.f("ix_sop_version_sop_id"), "sop_version", ["sop_id"], unique=False)
    op.create_index(op.f("ix_sop_version_state"), "sop_version", ["state"], unique=False)
    op.create_table(
        "sop_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sop_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("signal", sa.String(40), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("stage_code", sa.String(32), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_sop_run_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_sop_run_lead_id_lead")),
        sa.ForeignKeyConstraint(["sop_id"], ["sop.id"], name=op.f("fk_sop_run_sop_id_sop")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_sop_run_task_id_task")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["sop_version.id"], name=op.f("fk_sop_run_version_id_sop_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sop_run")),
        sa.UniqueConstraint("sop_id", "record_id", "signal", name=op.f("uq_sop_run_sop_id")),
    )
    op.create_index(op.f("ix_sop_run_customer_id"), "sop_run", ["customer_id"], unique=False)
    op.create_index(
        "ix_sop_run_due",
        "sop_run",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_sop_run_entered_at"), "sop_run", ["entered_at"], unique=False)
    op.create_index(op.f("ix_sop_run_lead_id"), "sop_run", ["lead_id"], unique=False)
    op.create_index(op.f("ix_sop_run_sop_id"), "sop_run", ["sop_id"], unique=False)
    op.create_index(op.f("ix_sop_run_state"), "sop_run", ["state"], unique=False)
    op.create_index(op.f("ix_sop_run_task_id"), "sop_run", ["task_id"], unique=False)
    op.create_index(op.f("ix_sop_run_version_id"), "sop_run", ["version_id"], unique=False)
    op.create_index(
        "ux_sop_run_live",
        "sop_run",
        ["sop_id", "record_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("task", sa.Column("clock", sa.String(12), nullable=False, server_default="natural"))
    op.add_column("task", sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("repeat", JSON, nullable=False, server_default="{}"))
    op.add_column("task", sa.Column("next_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("series_id", sa.Integer(), nullable=True))
    op.add_column("task", sa.Column("occurrence", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("task", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("sop_run_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_task_escalate_at"), "task", ["escalate_at"], unique=False)
    op.create_index(op.f("ix_task_next_at"), "task", ["next_at"], unique=False)
    op.create_index(op.f("ix_task_sop_run_id"), "task", ["sop_run_id"], unique=False)
    op.create_index("ux_task_series", "task", ["series_id", "occurrence"], unique=True)
    # A to-do edited in a form had got the code of another list of kinds.
    op.execute("UPDATE task SET kind = 'collect_documents' WHERE kind = 'documents'")
    _grant()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
