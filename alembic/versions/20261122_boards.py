"""Boards over applications and to-dos; a stage names where its cards may go and whether its limit is hard."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BOARDS: tuple[tuple[str, str, str, tuple[tuple[str, str, str, int, int], ...]], ...] = (
    (
        "applications", "申请看板", "application",
        (
            ("draft", "草稿", "lead", 72, 20), ("returned", "退回补充", "intent", 48, 30),
            ("first_review", "初审", "review", 24, 50), ("second_review", "复审", "match", 24, 60),
            ("final_review", "终审", "visit", 24, 70), ("approved", "已通过", "approved", 72, 90),
            ("contracted", "已出合同", "approved", 72, 95), ("funded", "已放款", "disbursed", 0, 100),
        ),
    ),
    (
        "tasks", "待办看板", "task",
        (
            ("todo", "待办", "lead", 72, 0), ("doing", "进行中", "review", 48, 0),
            ("waiting", "等待", "visit", 120, 0), ("done", "完成", "disbursed", 0, 0),
        ),
    ),
)  # fmt: skip
"""What a firm set up before this day gains; a new one gets it from its first start."""


def _boards() -> None:
    connection = op.get_bind()
    pipeline = sa.table(
        "pipeline", sa.column("id"), sa.column("code"), sa.column("label"), sa.column("entity"),
        sa.column("active", sa.Boolean()), sa.column("version"),
    )  # fmt: skip
    stage = sa.table(
        "stage", *(sa.column(name) for name in ("pipeline_id", "code", "label", "color", "sort", "dwell_target_hours",
                                               "wip_limit", "probability_percent", "hard_gate")),
        sa.column("required", JSON),
    )  # fmt: skip
    known = set(connection.execute(sa.select(pipeline.c.code)).scalars())
    if not known:
        return
    for code, label, entity, stages in BOARDS:
        if code in known:
            continue
        connection.execute(
            sa.insert(pipeline).values(code=code, label=label, entity=entity, active=True, version=1)
        )
        board = connection.execute(sa.select(pipeline.c.id).where(pipeline.c.code == code)).scalar_one()
        rows = [
            {
                "pipeline_id": board, "code": one, "label": name, "color": color, "sort": place,
                "dwell_target_hours": hours, "wip_limit": 0, "probability_percent": percent, "hard_gate": "",
                "required": [],
            }
            for place, (one, name, color, hours, percent) in enumerate(stages)
        ]  # fmt: skip
        connection.execute(sa.insert(stage), rows)


def upgrade() -> None:
    op.add_column("stage", sa.Column("next_codes", JSON, nullable=False, server_default="[]"))
    op.add_column("stage", sa.Column("wip_hard", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("task", sa.Column("state", sa.String(12), nullable=False, server_default="todo"))
    op.add_column("task", sa.Column("state_since", sa.DateTime(timezone=True), nullable=True))
    _boards()


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
