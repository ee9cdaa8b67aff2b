"""Capture of leads: channels with cost models, cost entries, consents, API keys, webhooks and their deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GRANTED = {
    "admin": ("channels:edit",),
    "team_lead": ("channels:cost", "deliveries:mend"),
    "manager": ("channels:cost",),
    "finance": ("channels:cost",),
    "security_admin": ("api_keys:edit",),
}
"""What the shipped roles gain; a firm's own roles are its own affair."""
KINDS = {
    "douyin": "ads", "baidu_sem": "ads", "wechat_moments": "ads", "loan_market": "purchased", "website": "own",
    "referral": "referral", "telesales": "own", "field": "offline",
}  # fmt: skip
"""The kind of the channels every installation began with."""
ADDED = {
    "channel": (
        sa.Column("kind", sa.String(16), nullable=False, server_default="other"),
        sa.Column("cost_model", sa.String(16), nullable=False, server_default="per_lead"),
        sa.Column("cost_per_payout_fen", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("consent_version", sa.String(20), nullable=False, server_default=""),
        sa.Column("owner_rule", JSON, nullable=False, server_default="{}"),
        sa.Column("utm_source", sa.String(60), nullable=False, server_default=""),
        sa.Column("utm_medium", sa.String(60), nullable=False, server_default=""),
        sa.Column("utm_campaign", sa.String(60), nullable=False, server_default=""),
        sa.Column("note", sa.String(200), nullable=False, server_default=""),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    ),
    "lead": (sa.Column("door", sa.String(12), nullable=False, server_default=""),),
}
"""Columns added to tables that hold data already; existing rows take the default."""


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


def _name_kinds() -> None:
    channel = sa.table("channel", sa.column("code"), sa.column("kind"))
    for code, kind in KINDS.items():
        op.get_bind().execute(sa.update(channel).where(channel.c.code == code).values(kind=kind))


def _tables() -> None:
    op.create_table(
        "channel_cost",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_code", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("lead_count", sa.Integer(), nullable=False),
        sa.Column("spread_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_channel_cost_created_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_cost")),
    )
    op.create_index(op.f("ix_channel_cost_channel_code"), "channel_cost", ["channel_code"], unique=False)
    op.create_table(
        "refund_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("channel_code", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("claimed_by_id", sa.Integer(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_refund_claim_lead_id_lead")),
        sa.ForeignKeyConstraint(
            ["claimed_by_id"], ["app_user.id"], name=op.f("fk_refund_claim_claimed_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_refund_claim_decided_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_claim")),
    )
    op.create_index(op.f("ix_refund_claim_channel_code"), "refund_claim", ["channel_code"], unique=False)
    op.create_index(op.f("ix_refund_claim_lead_id"), "refund_claim", ["lead_id"], unique=False)
    op.create_index(op.f("ix_refund_claim_status"), "refund_claim", ["status"], unique=False)
    op.create_table(
        "lead_cost",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("channel_code", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("cost_id", sa.Integer(), nullable=True),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_cost_lead_id_lead")),
        sa.ForeignKeyConstraint(
            ["cost_id"], ["channel_cost.id"], name=op.f("fk_lead_cost_cost_id_channel_cost")
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["refund_claim.id"], name=op.f("fk_lead_cost_claim_id_refund_claim")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_cost")),
    )
    op.create_index(op.f("ix_lead_cost_cost_id"), "lead_cost", ["cost_id"], unique=False)
    op.create_index(op.f("ix_lead_cost_key"), "lead_cost", ["key"], unique=True)
    op.create_index(op.f("ix_lead_cost_lead_id"), "lead_cost", ["lead_id"], unique=False)
    op.create_table(
        "consent_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text_version", sa.String(20), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("body", sa.String(2000), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["app_user.id"], name=op.f("fk_consent_text_published_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_text")),
        sa.UniqueConstraint("text_version", "purpose", name=op.f("uq_consent_text_text_version")),
    )
    op.create_index(op.f("ix_consent_text_text_version"), "consent_text", ["text_version"], unique=False)
    op.create_table(
        "lead_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("text_version", sa.String(20), nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", sa.String(64), nullable=False),
        sa.Column("user_agent", sa.String(300), nullable=False),
        sa.Column("channel_code", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_consent_lead_id_lead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_consent")),
    )
    op.create_index(op.f("ix_lead_consent_lead_id"), "lead_consent", ["lead_id"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("channel_code", sa.String(32), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.Integer(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_ip", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_api_key_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by_id"], ["app_user.id"], name=op.f("fk_api_key_revoked_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
    )
    op.create_index(op.f("ix_api_key_prefix"), "api_key", ["prefix"], unique=True)
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_code", sa.String(32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("secret_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mapping", JSON, nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index(
        op.f("ix_webhook_endpoint_channel_code"), "webhook_endpoint", ["channel_code"], unique=True
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_code", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(100), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("mended_body", sa.Text(), nullable=True),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("issues", JSON, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_webhook_delivery_lead_id_lead")),
        sa.ForeignKeyConstraint(
            ["handled_by_id"], ["app_user.id"], name=op.f("fk_webhook_delivery_handled_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("channel_code", "message_id", name=op.f("uq_webhook_delivery_channel_code")),
    )
    op.create_index(op.f("ix_webhook_delivery_lead_id"), "webhook_delivery", ["lead_id"], unique=False)
    op.create_index(
        op.f("ix_webhook_delivery_received_at"), "webhook_delivery", ["received_at"], unique=False
    )
    op.create_index(op.f("ix_webhook_delivery_status"), "webhook_delivery", ["status", "id"], unique=False)


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column)
    _tables()
    _name_kinds()
    _grant()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
