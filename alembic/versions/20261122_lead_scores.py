"""Lead scores: versions of the rules, what each lead was given, how far the job came."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "lead_score_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_lead_score_version_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["app_user.id"], name=op.f("fk_lead_score_version_published_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_score_version")),
    )
    op.create_index(op.f("ix_lead_score_version_number"), "lead_score_version", ["number"])
    op.create_index(op.f("ix_lead_score_version_state"), "lead_score_version", ["state"])
    op.create_table(
        "lead_score",
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("temperature", sa.String(12), nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("fixed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_score_lead_id_lead")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_lead_score_by_id_app_user")),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_score")),
    )
    op.create_table(
        "lead_score_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("run_lead_id", sa.Integer(), nullable=False),
        sa.Column("run_done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_score_cursor")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
