"""The loan engine: requests under dual control, day-end, bank statements, dated rate tables; the ledger proves its balance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SHIPPED_AT = datetime(2026, 11, 22, tzinfo=UTC)
APPEND_ONLY = ("ledger_proof", "loan_snapshot", "settlement_offer")
"""Rows of these tables are never changed or deleted; the database itself refuses."""

ZERO = "0"
ADDED: dict[str, tuple[sa.Column[object], ...]] = {
    "installment": (
        sa.Column("waived_principal_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("waived_interest_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("waived_fee_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("waived_penalty_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("penalty_from_date", sa.Date(), nullable=True),
        sa.Column("penalty_fixed_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("compound_fixed_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("last_free_day", sa.Date(), nullable=True),
        sa.Column("penalty_rate", sa.String(40), nullable=True),
        sa.Column("accrual_rate", sa.String(40), nullable=True),
        sa.Column("accrual_base", sa.Integer(), nullable=True),
    ),
    "loan": (
        sa.Column("accrued_interest_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("penalty_due_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("provision_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("class_floor", sa.String(16), nullable=False, server_default=""),
        sa.Column("class_reason", sa.String(300), nullable=False, server_default=""),
        sa.Column("events_floor", sa.String(16), nullable=False, server_default=""),
        sa.Column("extended", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("restructured", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("next_reprice_date", sa.Date(), nullable=True),
        sa.Column("written_off_date", sa.Date(), nullable=True),
        sa.Column("written_off_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
        sa.Column("recovered_fen", sa.BigInteger(), nullable=False, server_default=ZERO),
    ),
    "payment": (
        sa.Column(
            "detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False, server_default="{}"
        ),
    ),
    "product": (
        *(
            sa.Column(
                name, sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False, server_default="{}"
            )
            for name in ("terms", "servicing")
        ),
        sa.Column("draft", sa.Boolean(), nullable=False, server_default=sa.false()),
    ),
}  # fmt: skip
"""Columns added to tables that hold data already; existing rows take the default."""

GRANTED: dict[str, tuple[str, ...]] = {
    "credit": ("loans:approve", "rates:review"),
    "finance": (
        "loans:adjust", "loans:approve", "statements:import", "ledger:read", "ledger:close", "day_ends:run",
        "rates:edit",
    ),
    "collections": ("loans:adjust",),
    "manager": ("loans:approve", "loans:write_off", "ledger:read", "rates:review"),
    "admin": ("rates:edit",),
    "auditor": ("ledger:read",),
}  # fmt: skip
"""What the shipped roles gain; a firm's own roles are its own affair."""


def _grant() -> None:
    role = sa.table(
        "role", sa.column("code"),
        sa.column("permissions", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
    )  # fmt: skip
    connection = op.get_bind()
    for code, gained in GRANTED.items():
        held = connection.execute(
            sa.select(role.c.permissions).where(role.c.code == code)
        ).scalar_one_or_none()
        if held is not None:
            wanted = [*held, *(one for one in gained if one not in held)]
            connection.execute(sa.update(role).where(role.c.code == code).values(permissions=wanted))


LPR = (
    ("2019-08-20", "0.0425", "0.0485"), ("2019-09-20", "0.042", "0.0485"), ("2019-11-20", "0.0415", "0.048"),
    ("2020-02-20", "0.0405", "0.0475"), ("2020-04-20", "0.0385", "0.0465"), ("2021-12-20", "0.038", "0.0465"),
    ("2022-01-20", "0.037", "0.046"), ("2022-05-20", "0.037", "0.0445"), ("2022-08-22", "0.0365", "0.043"),
    ("2023-06-20", "0.0355", "0.042"), ("2023-08-21", "0.0345", "0.042"), ("2024-02-20", "0.0345", "0.0395"),
    ("2024-07-22", "0.0335", "0.0385"), ("2024-10-21", "0.031", "0.036"), ("2025-05-20", "0.03", "0.035"),
    ("2025-12-22", "0.03", "0.035"),
)  # fmt: skip
"""(effective from, one year, five years and more): the publications that changed it, and the last one known."""

GUIDANCE = "小额贷款公司综合融资成本管理工作指引（2025-12）"
CAPS = (
    ("小贷公司综合融资成本上限", "microloan", "0.24", None, "2025-12-24", None, "block", GUIDANCE, 0, False),
    (
        "小贷公司 4 倍 LPR 目标（2027 年底前）", "microloan", None, "4", "2025-12-24", "2027-12-31", "warn",
        f"{GUIDANCE}；一个月以内的过桥贷款可灵活", 1, False,
    ),
    (
        "小贷公司 4 倍 LPR 上限（2028 年起）", "microloan", None, "4", "2028-01-01", None, "block",
        f"{GUIDANCE}；一个月以内的过桥贷款可灵活", 1, False,
    ),
    (
        "助贷业务综合融资成本上限", "bank_with_platform", "0.24", None, "2025-10-01", None, "block",
        "金规〔2025〕9号（含增信服务费）", 0, False,
    ),
    (
        "民间借贷 4 倍 LPR 上限", "private", None, "4", "2020-08-20", None, "block",
        "最高人民法院民间借贷规定第二十五、二十八、二十九条（罚息与费用合计）", 0, True,
    ),
)  # fmt: skip
"""(label, lender, limit, multiple of the LPR, from, to, action, source, exempt months, covers penalty)."""


def _ship_rates() -> None:
    """Fill the rate tables with the rules known, and with the lines a firm had set for itself."""
    lpr = sa.table(
        "lpr_rate", sa.column("effective_from", sa.Date()), sa.column("one_year_rate"), sa.column("five_year_rate"),
        sa.column("entered_at", sa.DateTime(timezone=True)), sa.column("reviewed_at", sa.DateTime(timezone=True)),
        sa.column("version"),
    )  # fmt: skip
    shipped = {"entered_at": SHIPPED_AT, "reviewed_at": SHIPPED_AT, "version": 1}
    op.bulk_insert(
        lpr,
        [
            {
                "effective_from": date.fromisoformat(day),
                "one_year_rate": short,
                "five_year_rate": long,
                **shipped,
            }
            for day, short, long in LPR
        ],
    )
    names = (
        "label", "lender_type", "limit_rate", "lpr_multiple", "valid_from", "valid_to", "action", "source",
        "exempt_months", "covers_penalty",
    )  # fmt: skip
    cap = sa.table(
        "rate_cap", *(sa.column(name) for name in names if not name.startswith("valid")),
        sa.column("valid_from", sa.Date()), sa.column("valid_to", sa.Date()), sa.column("customer_kind"),
        sa.column("measure"), sa.column("entered_at", sa.DateTime(timezone=True)),
        sa.column("reviewed_at", sa.DateTime(timezone=True)), sa.column("version"),
    )  # fmt: skip
    rows = [dict(zip(names, one, strict=True)) for one in (*CAPS, *_own_lines())]
    for row in rows:
        for day in ("valid_from", "valid_to"):
            row[day] = date.fromisoformat(str(row[day])) if row[day] else None
        row |= {"customer_kind": "", "measure": "irr_times_periods", **shipped}
        op.execute(sa.insert(cap).values(row))


def _own_lines() -> list[tuple[object, ...]]:
    """Return as rows of the table the dated lines that stood in the company's parameters."""
    setting = sa.table(
        "setting", sa.column("name"), sa.column("valid_from", sa.DateTime(timezone=True)),
        sa.column("value", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
    )  # fmt: skip
    query = sa.select(setting.c.valid_from, setting.c.value).where(setting.c.name == "cost_cap")
    found = op.get_bind().execute(query.order_by(setting.c.valid_from)).all()
    days = [(start.replace(tzinfo=None) + timedelta(hours=8)).date() for start, _ in found]
    lines: list[tuple[object, ...]] = []
    for place, (_, value) in enumerate(found):
        ends = days[place + 1] - timedelta(days=1) if place + 1 < len(days) else None
        if ends is not None and ends < days[place]:
            continue
        source = str(value.get("source", ""))[:200] or "公司参数"
        for key, label, action in (("rate", "本公司上限", "block"), ("warn_rate", "本公司预警线", "warn")):
            if key in value:
                limits = (str(value[key]), None, days[place].isoformat(), ends.isoformat() if ends else None)
                lines.append((label, "microloan", *limits, action, source, 0, False))
    return lines


def _is_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def _guard(table: str) -> None:
    if _is_sqlite():
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION loanhub_append_only()"
        )


SUMS = (
    "(SELECT COALESCE(SUM(debit_fen), 0) {verb} NEW.total_fen OR COALESCE(SUM(credit_fen), 0) {verb} NEW.total_fen "
    "OR COUNT(*) = 0 FROM ledger_entry WHERE transaction_id = NEW.transaction_id)"
).replace("{verb}", "<>")


def _demand_balance() -> None:
    """A transaction owes a proof, a proof wants equal sides, and after it no entry comes (docs/decisions/0007)."""
    if _is_sqlite():
        op.execute(
            "CREATE TRIGGER ledger_transaction_owes AFTER INSERT ON ledger_transaction "
            "BEGIN INSERT INTO ledger_demand (transaction_id) VALUES (NEW.id); END"
        )
        op.execute(
            f"CREATE TRIGGER ledger_proof_balances BEFORE INSERT ON ledger_proof WHEN {SUMS} "
            "BEGIN SELECT RAISE(ABORT, 'ledger transaction does not balance'); END"
        )
        op.execute(
            "CREATE TRIGGER ledger_entry_before_proof BEFORE INSERT ON ledger_entry "
            "WHEN EXISTS (SELECT 1 FROM ledger_proof WHERE transaction_id = NEW.transaction_id) "
            "BEGIN SELECT RAISE(ABORT, 'ledger transaction is closed'); END"
        )
        op.execute(
            "CREATE TRIGGER ledger_demand_no_update BEFORE UPDATE ON ledger_demand "
            "BEGIN SELECT RAISE(ABORT, 'ledger_demand is append-only'); END"
        )
        op.execute(
            "CREATE TRIGGER ledger_demand_no_delete BEFORE DELETE ON ledger_demand "
            "BEGIN SELECT RAISE(ABORT, 'ledger_demand is append-only'); END"
        )
        return
    for name, body, table, when in (
        ("owes", "INSERT INTO ledger_demand (transaction_id) VALUES (NEW.id);", "ledger_transaction", "AFTER"),
        (
            "balances",
            f"IF {SUMS} THEN RAISE EXCEPTION 'ledger transaction does not balance'; END IF;",
            "ledger_proof", "BEFORE",
        ),
        (
            "before_proof",
            "IF EXISTS (SELECT 1 FROM ledger_proof WHERE transaction_id = NEW.transaction_id) "
            "THEN RAISE EXCEPTION 'ledger transaction is closed'; END IF;",
            "ledger_entry", "BEFORE",
        ),
    ):  # fmt: skip
        op.execute(
            f"CREATE FUNCTION loanhub_{table}_{name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_{name} {when} INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION loanhub_{table}_{name}()"
        )
    op.execute(
        "CREATE TRIGGER ledger_demand_append_only BEFORE UPDATE OR DELETE ON ledger_demand "
        "FOR EACH ROW EXECUTE FUNCTION loanhub_append_only()"
    )


def upgrade() -> None:
    op.create_table(
        "ledger_proof",
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_ledger_proof")),
    )
    op.create_table(
        "ledger_demand",
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_proof.transaction_id"],
            name="fk_ledger_demand_proof",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_ledger_demand")),
    )
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("layout", sa.String(24), nullable=False),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("account_tail", sa.String(8), nullable=False),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("opening_fen", sa.BigInteger(), nullable=True),
        sa.Column("closing_fen", sa.BigInteger(), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("imported_by_id", sa.Integer(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["imported_by_id"], ["app_user.id"], name=op.f("fk_bank_statement_imported_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
        sa.UniqueConstraint("sha256", name=op.f("uq_bank_statement_sha256")),
    )
    with op.batch_alter_table("bank_statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_statement_first_date"), ["first_date"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_statement_imported_at"), ["imported_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_statement_last_date"), ["last_date"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_statement_number"), ["number"], unique=True)

    op.create_table(
        "day_close",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("figures", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("difference_fen", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["app_user.id"], name=op.f("fk_day_close_closed_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_close")),
    )
    with op.batch_alter_table("day_close", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_day_close_business_date"), ["business_date"], unique=True)

    op.create_table(
        "day_end_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("next_loan_id", sa.Integer(), nullable=False),
        sa.Column("last_loan_id", sa.Integer(), nullable=False),
        sa.Column("loans", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("replayed", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("totals", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("lease_owner", sa.String(60), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_by_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["app_user.id"], name=op.f("fk_day_end_run_started_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_end_run")),
    )
    with op.batch_alter_table("day_end_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_day_end_run_business_date"), ["business_date"], unique=True)
        batch_op.create_index(batch_op.f("ix_day_end_run_status"), ["status"], unique=False)

    op.create_table(
        "lpr_rate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("one_year_rate", sa.String(40), nullable=False),
        sa.Column("five_year_rate", sa.String(40), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["app_user.id"], name=op.f("fk_lpr_rate_entered_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["app_user.id"], name=op.f("fk_lpr_rate_reviewed_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lpr_rate")),
    )
    with op.batch_alter_table("lpr_rate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lpr_rate_effective_from"), ["effective_from"], unique=True)

    op.create_table(
        "rate_cap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(60), nullable=False),
        sa.Column("lender_type", sa.String(24), nullable=False),
        sa.Column("customer_kind", sa.String(12), nullable=False),
        sa.Column("measure", sa.String(24), nullable=False),
        sa.Column("limit_rate", sa.String(40), nullable=True),
        sa.Column("lpr_multiple", sa.String(40), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("action", sa.String(8), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("exempt_months", sa.Integer(), nullable=False),
        sa.Column("covers_penalty", sa.Boolean(), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["app_user.id"], name=op.f("fk_rate_cap_entered_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["app_user.id"], name=op.f("fk_rate_cap_reviewed_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["rate_cap.id"], name=op.f("fk_rate_cap_replaces_id_rate_cap")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_cap")),
    )
    with op.batch_alter_table("rate_cap", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rate_cap_lender_type"), ["lender_type"], unique=False)
        batch_op.create_index(batch_op.f("ix_rate_cap_valid_from"), ["valid_from"], unique=False)

    op.create_table(
        "loan_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("loan_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.String(300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_loan_request_decided_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_request_loan_id_loan")),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["app_user.id"], name=op.f("fk_loan_request_requested_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_request")),
    )
    with op.batch_alter_table("loan_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loan_request_loan_id"), ["loan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_loan_request_number"), ["number"], unique=True)
        batch_op.create_index(batch_op.f("ix_loan_request_requested_at"), ["requested_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_loan_request_requested_by_id"), ["requested_by_id"], unique=False
        )
        batch_op.create_index("ix_loan_request_status", ["status", "id"], unique=False)

    op.create_table(
        "loan_snapshot",
        sa.Column("snapshot_date", sa.Date(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("outstanding_principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("overdue_principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("dpd", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.String(8), nullable=False),
        sa.Column("five_class", sa.String(16), nullable=False),
        sa.Column("provision_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_snapshot_loan_id_loan")),
        sa.PrimaryKeyConstraint("snapshot_date", "loan_id", name=op.f("pk_loan_snapshot")),
    )
    op.create_table(
        "parked_loan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_parked_loan_loan_id_loan")),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["app_user.id"], name=op.f("fk_parked_loan_resolved_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_loan")),
    )
    with op.batch_alter_table("parked_loan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parked_loan_business_date"), ["business_date"], unique=False)
        batch_op.create_index(batch_op.f("ix_parked_loan_loan_id"), ["loan_id"], unique=False)

    op.create_table(
        "settlement_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("loan_version", sa.Integer(), nullable=False),
        sa.Column("settle_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_settlement_offer_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["document.id"], name=op.f("fk_settlement_offer_file_id_document")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_settlement_offer_loan_id_loan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_offer")),
    )
    with op.batch_alter_table("settlement_offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_offer_loan_id"), ["loan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_offer_number"), ["number"], unique=True)

    op.create_table(
        "bank_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.String(80), nullable=False),
        sa.Column("booked_date", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=True),
        sa.Column("payer_name", sa.String(80), nullable=False),
        sa.Column("payer_account", sa.Text(), nullable=True),
        sa.Column("payer_account_index", sa.String(64), nullable=False),
        sa.Column("payer_account_tail", sa.String(8), nullable=False),
        sa.Column("remark", sa.String(200), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=True),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_bank_line_decided_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_bank_line_loan_id_loan")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_bank_line_payment_id_payment")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statement.id"], name=op.f("fk_bank_line_statement_id_bank_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_bank_line_transaction_id")),
    )
    with op.batch_alter_table("bank_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_line_booked_date"), ["booked_date"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_line_loan_id"), ["loan_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_bank_line_payer_account_index"), ["payer_account_index"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_bank_line_statement_id"), ["statement_id"], unique=False)
        batch_op.create_index("ix_bank_line_status", ["status", "booked_date"], unique=False)

    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "ix_installment_open_due", "installment", ["due_date", "loan_id"], unique=False,
        sqlite_where=sa.text("cleared_date IS NULL"), postgresql_where=sa.text("cleared_date IS NULL"),
    )  # fmt: skip
    op.create_index("ix_loan_next_reprice_date", "loan", ["next_reprice_date"], unique=False)
    # Not add_column: on SQLite that would rebuild the table and lose its append-only triggers.
    op.execute("ALTER TABLE payment ADD COLUMN request_id INTEGER REFERENCES loan_request (id)")
    op.create_index("ix_payment_request_id", "payment", ["request_id"], unique=True)

    # The ledger so far has to balance too: the trigger refuses the proof of one that does not.
    _demand_balance()
    op.execute(
        "INSERT INTO ledger_proof (transaction_id, total_fen) "
        "SELECT transaction_id, SUM(debit_fen) FROM ledger_entry GROUP BY transaction_id"
    )
    for table in APPEND_ONLY:
        _guard(table)
    _grant()
    _ship_rates()


def downgrade() -> None:
    raise NotImplementedError("money columns are not dropped; restore the backup made before the upgrade")
