"""Collection cases, contacts, promises, strategies; their board; who may work on them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OPEN = sa.text("closed_on IS NULL")
GRANTED = {
    "collections": (
        "collections:read", "collections:contact", "collections:assign", "collections:legal", "boards:read", "boards:move",
    ),
    "team_lead": ("collections:read",),
    "finance": ("collections:read",),
    "credit": ("collections:read",),
    "manager": ("collections:read", "collections:assign", "collections:legal"),
    "auditor": ("collections:read",),
}  # fmt: skip
"""What the shipped roles gain; a firm's own roles are its own affair."""
STAGES = (
    ("todo", "待联系", "lead", 24), ("contacting", "联系中", "intent", 72), ("promised", "承诺还款", "match", 0),
    ("visit", "外访", "visit", 168), ("legal", "法务", "review", 0), ("closed", "已结案", "disbursed", 0),
)  # fmt: skip
"""The board of a firm set up before this day; a new one gets it from its first start."""


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


def _board() -> None:
    connection = op.get_bind()
    pipeline = sa.table(
        "pipeline", sa.column("id"), sa.column("code"), sa.column("label"), sa.column("entity"),
        sa.column("active", sa.Boolean()), sa.column("version"),
    )  # fmt: skip
    known = set(connection.execute(sa.select(pipeline.c.code)).scalars())
    if not known or "collections" in known:
        return
    connection.execute(
        sa.insert(pipeline).values(
            code="collections", label="催收看板", entity="collection_case", active=True, version=1
        )
    )
    board = connection.execute(sa.select(pipeline.c.id).where(pipeline.c.code == "collections")).scalar_one()
    stage = sa.table(
        "stage", *(sa.column(name) for name in ("pipeline_id", "code", "label", "color", "sort", "dwell_target_hours",
                                               "wip_limit", "probability_percent", "hard_gate")),
        sa.column("required", JSON),
    )  # fmt: skip
    rows = [
        {
            "pipeline_id": board, "code": code, "label": label, "color": color, "sort": place,
            "dwell_target_hours": hours, "wip_limit": 0, "probability_percent": 0, "hard_gate": "", "required": [],
        }
        for place, (code, label, color, hours) in enumerate(STAGES)
    ]  # fmt: skip
    connection.execute(sa.insert(stage), rows)


def upgrade() -> None:
    op.create_table(
        "collection_strategy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("criteria", JSON, nullable=False),
        sa.Column("approach", sa.String(10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("script", sa.String(500), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["app_user.id"], name=op.f("fk_collection_strategy_updated_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_strategy")),
    )
    _case()
    _contact()
    _promise()
    _grant()
    _board()


def _case() -> None:
    name = "collection_case"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("product_code", sa.String(32), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("stage_entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("strategy_id", sa.Integer(), nullable=True),
        sa.Column("approach", sa.String(10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("contact_count", sa.Integer(), nullable=False),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promise_due_date", sa.Date(), nullable=True),
        sa.Column("promise_fen", sa.BigInteger(), nullable=True),
        sa.Column("broken_promises", sa.Integer(), nullable=False),
        sa.Column("hold_reason", sa.String(16), nullable=False),
        sa.Column("hold_until", sa.Date(), nullable=True),
        sa.Column("legal_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("close_reason", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{name}_{column}_{table}"))
            for column, table in (
                ("loan_id", "loan"), ("customer_id", "customer"), ("strategy_id", "collection_strategy"),
                ("owner_id", "app_user"), ("department_id", "department"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip
    for column in (
        "loan_id",
        "customer_id",
        "product_code",
        "stage",
        "owner_id",
        "department_id",
        "created_at",
    ):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column], unique=False)
    op.create_index(op.f(f"ix_{name}_number"), name, ["number"], unique=True)
    op.create_index(
        "uq_collection_case_open_loan",
        name,
        ["loan_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("ix_collection_case_queue", name, ["closed_on", "priority"], unique=False)


def _contact() -> None:
    name = "collection_contact"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("direction", sa.String(4), nullable=False),
        sa.Column("party", sa.String(10), nullable=False),
        sa.Column("relation_id", sa.Integer(), nullable=True),
        sa.Column("number_index", sa.String(64), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{name}_{column}_{table}"))
            for column, table in (
                ("case_id", "collection_case"), ("customer_id", "customer"), ("relation_id", "customer_relation"),
                ("by_id", "app_user"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip
    for column in ("case_id", "number_index"):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column], unique=False)
    op.create_index("ix_collection_contact_customer_at", name, ["customer_id", "at"], unique=False)


def _promise() -> None:
    name = "collection_promise"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{name}_{column}_{table}"))
            for column, table in (("case_id", "collection_case"), ("loan_id", "loan"), ("by_id", "app_user"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    for column in ("case_id", "loan_id", "due_date", "status"):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the backup made before the upgrade")
