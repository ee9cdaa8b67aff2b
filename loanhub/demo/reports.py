"""Reports 报表 of the demo company: some that its people made and shared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from loanhub.services import reports
from loanhub.services._actor import Actor

MADE: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "周一例会 · 进线", "周一例会看：近 30 天各渠道每周进线", "all",
        {"measures": ["new_leads"], "rows": ["week"], "columns": ["channel"], "period": {"code": "last_30_days"}, "chart": "stacked"},
    ),
    (
        "大额放款", "件均 20 万以上的贷款，按产品和城市", "role:manager",
        {"measures": ["disbursed_amount", "disbursed_count"], "rows": ["product", "city"], "period": {"code": "last_12_months"},
         "criteria": {"loan": {"field": "principal_fen", "op": "gte", "value": 20_000_000}}, "top": 10, "chart": "bar"},
    ),
    (
        "逾期余额 · 部门", "各部门当前逾期本金与逾期率", "all",
        {"measures": ["overdue_principal", "overdue_rate", "outstanding_principal"], "rows": ["department"], "chart": "bar"},
    ),
)  # fmt: skip


def build(manager: Actor, *, now: datetime) -> None:
    """Make the reports."""
    for name, note, shared_with, definition in MADE:
        reports.create(manager, name=name, note=note, definition=definition, shared_with=shared_with, now=now)
