"""Signing on a screen: rounds, signers with their evidence, certificates of the company's seal."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signing_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("issuer", sa.String(200), nullable=False),
        sa.Column("serial", sa.String(80), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_certificate")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_signing_certificate_created_by_id_app_user")
        ),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_signing_certificate_fingerprint")),
    )
    op.create_index(op.f("ix_signing_certificate_kind"), "signing_certificate", ["kind"], unique=False)
    op.create_table(
        "signing_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("provider_ref", sa.String(80), nullable=False),
        sa.Column("source_document_id", sa.Integer(), nullable=False),
        sa.Column("shown_sha256", sa.String(64), nullable=False),
        sa.Column("signed_document_id", sa.Integer(), nullable=True),
        sa.Column("signed_sha256", sa.String(64), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=True),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(300), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_round")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_signing_round_contract_id_contract")
        ),
        sa.ForeignKeyConstraint(
            ["signed_document_id"], ["document.id"], name=op.f("fk_signing_round_signed_document_id_document")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_signing_round_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["source_document_id"], ["document.id"], name=op.f("fk_signing_round_source_document_id_document")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["signing_certificate.id"],
            name=op.f("fk_signing_round_certificate_id_signing_certificate"),
        ),
    )
    op.create_index(op.f("ix_signing_round_signed_sha256"), "signing_round", ["signed_sha256"], unique=False)
    op.create_index(op.f("ix_signing_round_provider_ref"), "signing_round", ["provider_ref"], unique=False)
    op.create_index(op.f("ix_signing_round_contract_id"), "signing_round", ["contract_id"], unique=False)
    op.create_index(op.f("ix_signing_round_created_at"), "signing_round", ["created_at"], unique=False)
    op.create_index(op.f("ix_signing_round_status"), "signing_round", ["status"], unique=False)
    op.create_table(
        "signer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("person", sa.Boolean(), nullable=False),
        sa.Column("needs_sheet", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("code_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("codes_sent", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device_hash", sa.String(64), nullable=False),
        sa.Column("session_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sheet_shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sheet_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sheet_ink", sa.Text(), nullable=True),
        sa.Column("pages_read", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ink", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("evidence_sha256", sa.String(64), nullable=False),
        sa.Column("refused_reason", sa.String(300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signer")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["signing_round.id"], name=op.f("fk_signer_round_id_signing_round")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_signer_customer_id_customer")
        ),
    )
    op.create_index(op.f("ix_signer_round_id"), "signer", ["round_id"], unique=False)
    op.create_index(op.f("ix_signer_status"), "signer", ["status"], unique=False)
    op.create_index(op.f("ix_signer_token_hash"), "signer", ["token_hash"], unique=True)


def downgrade() -> None:
    for name in ("signer", "signing_round", "signing_certificate"):
        op.drop_table(name)
