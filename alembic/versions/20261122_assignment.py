"""Assignment rules with turns and tallies, leave, skill groups; the clock of leads; who edits the rules."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
GRANTED = {"admin": ("assignments:edit",), "manager": ("assignments:edit",)}
"""What the shipped roles gain; a firm's own roles are its own affair."""
WATCHED = (
    "waiting", "not_reached", "contacted", "interested", "invited", "qualifying", "matching",
)  # fmt: skip
"""Statuses whose leads the clock watches."""


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


def _start_the_clock() -> None:
    """Watch the leads in work from now on: what lay untouched before the upgrade is not taken away at once."""
    connection = op.get_bind()
    instant = sa.DateTime(timezone=True)
    lead = sa.table(
        "lead", sa.column("owner_id"), sa.column("status"), sa.column("deleted_at"), sa.column("assigned_at", instant),
        sa.column("created_at", instant), sa.column("clock_at", instant),
    )  # fmt: skip
    setting = sa.table(
        "setting", sa.column("name"), sa.column("value", JSON), sa.column("valid_from", instant)
    )
    connection.execute(
        sa.update(lead)
        .where(lead.c.owner_id.is_not(None), lead.c.deleted_at.is_(None), lead.c.status.in_(WATCHED))
        .values(clock_at=sa.func.coalesce(lead.c.assigned_at, lead.c.created_at))
    )
    if connection.execute(sa.text("SELECT 1 FROM app_user LIMIT 1")).first() is not None:
        now = datetime.now(UTC)
        since = now if connection.dialect.name != "sqlite" else now.replace(tzinfo=None)
        epoch = datetime(2020, 1, 1, tzinfo=since.tzinfo)
        connection.execute(
            sa.insert(setting).values(name="public_pool", value={"since": now.isoformat()}, valid_from=epoch)
        )


def upgrade() -> None:
    op.create_table(
        "assignment_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(16), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_assignment_version_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["app_user.id"], name=op.f("fk_assignment_version_published_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_version")),
    )
    for column in ("number", "state"):
        op.create_index(op.f(f"ix_assignment_version_{column}"), "assignment_version", [column], unique=False)
    op.create_table(
        "assignment_turn",
        sa.Column("rule_key", sa.String(24), nullable=False),
        sa.Column("state", JSON, nullable=False),
        sa.PrimaryKeyConstraint("rule_key", name=op.f("pk_assignment_turn")),
    )
    op.create_table(
        "assignment_tally",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_assignment_tally_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_assignment_tally")),
    )
    op.create_table(
        "assignee",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=True),
        sa.Column("open_cap", sa.Integer(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_assignee_user_id_app_user")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_assignee")),
    )
    op.create_table(
        "skill_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(30), nullable=False),
        sa.Column("member_ids", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill_group")),
        sa.UniqueConstraint("name", name=op.f("uq_skill_group_name")),
    )
    op.create_table(
        "leave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(100), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_leave_user_id_app_user")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_leave_created_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
    )
    for column in ("user_id", "ends_at"):
        op.create_index(op.f(f"ix_leave_{column}"), "leave", [column], unique=False)
    op.create_table(
        "lead_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_notice_lead_id_lead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_notice")),
        sa.UniqueConstraint("lead_id", "kind", "since", name=op.f("uq_lead_notice_lead_id")),
    )
    op.create_index(op.f("ix_lead_notice_lead_id"), "lead_notice", ["lead_id"], unique=False)
    op.add_column("lead", sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lead", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_lead_clock_at"), "lead", ["clock_at"], unique=False)
    _grant()
    _start_the_clock()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
