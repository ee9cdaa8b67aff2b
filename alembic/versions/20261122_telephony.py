"""Calls of the telephone system, and whose desk an extension is on."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
KEYS = (
    ("owner_id", "app_user"), ("department_id", "department"), ("lead_id", "lead"), ("customer_id", "customer"),
    ("document_id", "document"), ("interaction_id", "interaction"),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "call_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("direction", sa.String(4), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.String(64), nullable=False),
        sa.Column("extension", sa.String(12), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(10), nullable=False),
        sa.Column("recording_url", sa.Text(), nullable=True),
        sa.Column("recording_state", sa.String(8), nullable=False),
        sa.Column("recording_tries", sa.Integer(), nullable=False),
        sa.Column("recording_at", INSTANT, nullable=True),
        sa.Column("recording_reason", sa.String(200), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("interaction_id", sa.Integer(), nullable=True),
        sa.Column("settled", sa.String(8), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_call_record_{column}_{table}"))
            for column, table in KEYS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_record")),
    )
    op.create_index("ix_call_record_open", "call_record", ["state", "settled", "id"])
    op.create_index(op.f("ix_call_record_call_id"), "call_record", ["call_id"], unique=True)
    for column in (
        "phone_index", "owner_id", "department_id", "lead_id", "customer_id", "started_at", "recording_state",
        "interaction_id",
    ):  # fmt: skip
        op.create_index(op.f(f"ix_call_record_{column}"), "call_record", [column])
    op.create_table(
        "agent_extension",
        sa.Column("extension", sa.String(12), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.Column("set_at", INSTANT, nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], ["app_user.id"], name=op.f(f"fk_agent_extension_{column}_app_user")
            )
            for column in ("user_id", "set_by_id")
        ),
        sa.PrimaryKeyConstraint("extension", name=op.f("pk_agent_extension")),
    )
    op.create_index(op.f("ix_agent_extension_user_id"), "agent_extension", ["user_id"], unique=True)


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
