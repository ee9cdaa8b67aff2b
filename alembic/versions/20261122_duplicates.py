"""Possible doubles, merges that can be undone, rulings on contested records, the recycle bin; who may."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEEPING = ("leads:merge", "customers:merge", "leads:delete", "customers:delete", "rulings:decide")
GRANTED = {"team_lead": KEEPING, "manager": KEEPING}
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


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["app_user.id"], name=op.f(f"fk_{table}_{column}_app_user"))


def _pairs() -> None:
    op.create_table(
        "duplicate_pair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("left_entity", sa.String(12), nullable=False),
        sa.Column("left_id", sa.Integer(), nullable=False),
        sa.Column("right_entity", sa.String(12), nullable=False),
        sa.Column("right_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("certainty", sa.String(8), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        _instant("decided_at", nullable=True),
        sa.Column("note", sa.String(300), nullable=False),
        _instant("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        _person("duplicate_pair", "decided_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pair")),
        sa.UniqueConstraint(
            "left_entity", "left_id", "right_entity", "right_id", name=op.f("uq_duplicate_pair_left_entity")
        ),
    )
    op.create_index("ix_duplicate_pair_right", "duplicate_pair", ["right_entity", "right_id"])
    op.create_index("ix_duplicate_pair_queue", "duplicate_pair", ["status", "score", "id"])


def _merges() -> None:
    op.create_table(
        "record_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(12), nullable=False),
        sa.Column("survivor_id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("pair_id", sa.Integer(), nullable=True),
        sa.Column("changes", sa.Text(), nullable=True),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        _instant("merged_at"),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        _instant("undone_at", nullable=True),
        sa.Column("undo_reason", sa.String(300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pair_id"], ["duplicate_pair.id"], name=op.f("fk_record_merge_pair_id_duplicate_pair")
        ),
        _person("record_merge", "by_id"),
        _person("record_merge", "undone_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_merge")),
    )
    op.create_index("ix_record_merge_survivor", "record_merge", ["entity", "survivor_id"])
    op.create_index("ix_record_merge_merged", "record_merge", ["entity", "merged_id"])
    op.create_index(op.f("ix_record_merge_merged_at"), "record_merge", ["merged_at"])
    op.create_table(
        "merge_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merge_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["record_merge.id"], name=op.f("fk_merge_move_merge_id_record_merge")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_move")),
    )
    op.create_index(op.f("ix_merge_move_merge_id"), "merge_move", ["merge_id"])


def _rulings() -> None:
    op.create_table(
        "ownership_ruling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(12), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("claimant_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("claim", sa.String(500), nullable=False),
        sa.Column("channel_code", sa.String(32), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("winner_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(500), nullable=False),
        _instant("protected_until", nullable=True),
        sa.Column("credits", JSON, nullable=False),
        _instant("opened_at"),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        _instant("decided_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_person("ownership_ruling", c) for c in ("claimant_id", "owner_id", "winner_id", "decided_by_id")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_ownership_ruling_department_id_department")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ownership_ruling")),
    )
    op.create_index("ix_ownership_ruling_record", "ownership_ruling", ["entity", "entity_id"])
    for column in ("claimant_id", "owner_id", "department_id", "status", "opened_at"):
        op.create_index(op.f(f"ix_ownership_ruling_{column}"), "ownership_ruling", [column])


def _bin() -> None:
    op.create_table(
        "recycle_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(16), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("deleted_by_id", sa.Integer(), nullable=True),
        _instant("deleted_at"),
        _instant("purge_at"),
        sa.Column("restored_by_id", sa.Integer(), nullable=True),
        _instant("restored_at", nullable=True),
        _instant("purged_at", nullable=True),
        sa.Column("held", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_person("recycle_item", c) for c in ("owner_id", "deleted_by_id", "restored_by_id")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_recycle_item_department_id_department")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recycle_item")),
    )
    op.create_index("ix_recycle_item_record", "recycle_item", ["entity", "entity_id"])
    for column in ("owner_id", "department_id", "deleted_by_id", "deleted_at", "purge_at"):
        op.create_index(op.f(f"ix_recycle_item_{column}"), "recycle_item", [column])


def upgrade() -> None:
    _pairs()
    _merges()
    _rulings()
    _bin()
    for table in ("lead", "customer"):
        op.add_column(table, sa.Column("merged_into_id", sa.Integer(), nullable=True))
        op.create_index(op.f(f"ix_{table}_merged_into_id"), table, ["merged_into_id"])
    for table in ("task", "saved_view"):
        op.add_column(table, sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    _grant()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
