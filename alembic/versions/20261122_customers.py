"""Customer 360: score history, consents, computed tags, related parties that end; the scores already given."""

from __future__ import annotations

import json
import re

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ADDED: dict[str, tuple[sa.Column[object], ...]] = {
    "customer": (
        sa.Column("address_index", sa.String(64), nullable=True),
        sa.Column("auto_tags", JSON, nullable=False, server_default="[]"),
        sa.Column("rfm_recency", sa.Integer(), nullable=True),
        sa.Column("rfm_frequency", sa.Integer(), nullable=True),
        sa.Column("rfm_monetary", sa.Integer(), nullable=True),
        sa.Column("value_segment", sa.String(20), nullable=False, server_default=""),
        sa.Column("tag_facts", JSON, nullable=False, server_default="{}"),
        sa.Column("tagged_on", sa.Date(), nullable=True),
    ),
    "customer_relation": (
        sa.Column("id_number", sa.Text(), nullable=True),
        sa.Column("id_number_index", sa.String(64), nullable=True),
        sa.Column("share_rate", sa.String(40), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    ),
}
"""Columns added to tables that hold data already; existing rows take the default."""

INDEXES = (
    ("customer", "address_index"), ("customer", "value_segment"), ("customer_relation", "id_number_index"),
)  # fmt: skip
SCORE = re.compile(r"评分 (\d{1,4})")
ROWS = 1000


def _tables() -> None:
    op.create_table(
        "score_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("risk_grade", sa.Integer(), nullable=True),
        sa.Column("model_version", sa.String(40), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_score_record_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_score_record_application_id_application")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_score_record_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_record")),
    )
    op.create_index("ix_score_record_customer_at", "score_record", ["customer_id", "at"], unique=False)
    op.create_index(op.f("ix_score_record_application_id"), "score_record", ["application_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("given_date", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_consent_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_consent_document_id_document")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_consent_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_customer_id"), "consent", ["customer_id"], unique=False)
    op.create_index(op.f("ix_consent_purpose"), "consent", ["purpose"], unique=False)


def _backfill_scores() -> None:
    """Take the scores given so far out of the events; only the last round of an application still has its reasons."""
    connection = op.get_bind()
    event = sa.table(
        "event",
        *[
            sa.column(name)
            for name in ("id", "type", "entity_id", "customer_id", "actor_id", "at", "summary")
        ],
    )
    application = sa.table(
        "application", *[sa.column(n) for n in ("id", "score", "risk_grade", "submitted_at")],
        sa.column("score_reasons", JSON),
    )  # fmt: skip
    record = sa.table(
        "score_record",
        *[sa.column(n) for n in ("customer_id", "application_id", "at", "source", "score", "risk_grade", "model_version", "by_id")],
        sa.column("reasons", JSON),
    )  # fmt: skip
    known_users = set(connection.execute(sa.text("SELECT id FROM app_user")).scalars())
    last = 0
    while True:
        rows = connection.execute(
            sa.select(event, application.c.score, application.c.risk_grade, application.c.submitted_at,
                      application.c.score_reasons)
            .join(application, application.c.id == event.c.entity_id)
            .where(event.c.type == "application.submitted", event.c.customer_id.is_not(None), event.c.id > last)
            .order_by(event.c.id)
            .limit(ROWS)
        ).all()  # fmt: skip
        if not rows:
            return
        last = rows[-1].id
        fresh = []
        for row in rows:
            found = SCORE.search(row.summary or "")
            if found is None:
                continue
            score = int(found.group(1))
            newest = row.submitted_at == row.at and row.score == score
            parts = row.score_reasons if newest else []
            parts = json.loads(parts) if isinstance(parts, str) else (parts or [])
            model = next((p for p in parts if p.get("part") == "model"), {})
            fresh.append(
                {
                    "customer_id": row.customer_id, "application_id": row.entity_id, "at": row.at,
                    "source": "scorecard", "score": score, "risk_grade": row.risk_grade if newest else None,
                    "model_version": str(model.get("version", ""))[:40],
                    "by_id": row.actor_id if row.actor_id in known_users else None,
                    "reasons": [
                        {"label": p["label"], "words": p["words"], "effect": p["effect"]}
                        for p in parts if p.get("part") == "reason"
                    ],
                }
            )  # fmt: skip
        if fresh:
            connection.execute(sa.insert(record), fresh)


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column)
    for table, name in INDEXES:
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name], unique=False)
    _tables()
    _backfill_scores()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
