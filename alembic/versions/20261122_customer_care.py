"""Customer 360: grade set by a person, dedicated manager, documents by stage; who exports customers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ADDED: dict[str, tuple[sa.Column[object], ...]] = {
    "customer": (
        sa.Column("computed_risk_grade", sa.Integer(), nullable=True),
        sa.Column("grade_is_manual", sa.Boolean(), nullable=False, server_default=sa.false()),
    ),
    "stage": (sa.Column("documents", JSON, nullable=False, server_default="[]"),),
}
"""Columns added to tables that hold data already; existing rows take the default."""
DOCUMENTS = {
    "review": ["id_front", "id_back", "business_license", "credit_authorization"],
    "match": ["income", "bank_flow", "tax", "credit_report"],
    "visit": ["spouse_id", "household", "marriage", "property", "vehicle", "purpose"],
    "approved": ["guarantor", "visit_photo"],
}
"""By the end of which stage of a board of leads a kind of document ought to be there."""
GRANTED = {
    "team_lead": ("customers:export", "customers:assign"),
    "manager": ("customers:export", "customers:assign"),
    "credit": ("customers:grade",),
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


def _documents_by_stage() -> None:
    stage = sa.table("stage", sa.column("code"), sa.column("pipeline_id"), sa.column("documents", JSON))
    pipeline = sa.table("pipeline", sa.column("id"), sa.column("entity"))
    of_leads = sa.select(pipeline.c.id).where(pipeline.c.entity == "lead")
    for code, kinds in DOCUMENTS.items():
        op.get_bind().execute(
            sa.update(stage)
            .where(stage.c.code == code, stage.c.pipeline_id.in_(of_leads))
            .values(documents=kinds)
        )


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column)
    op.execute("ALTER TABLE customer ADD COLUMN manager_id INTEGER REFERENCES app_user (id)")
    op.create_index(op.f("ix_customer_manager_id"), "customer", ["manager_id"], unique=False)
    # Until now every grade came out of a scorecard.
    op.execute("UPDATE customer SET computed_risk_grade = risk_grade")
    _documents_by_stage()
    _grant()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
