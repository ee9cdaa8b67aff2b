"""What the manager of the demo company took away 我的导出: two files, one that was stopped, one that could not be written."""

from __future__ import annotations

from datetime import datetime

from loanhub.domain.permissions import Scope
from loanhub.models import ExportJob
from loanhub.services import exports, reports
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.exports import ExportFormat, work

CUSTOMERS = ("number", "name", "phone", "city", "kind")
LOANS = ("number", "status", "principal_fen", "outstanding_principal_fen")


def build(manager: Actor, *, now: datetime) -> None:
    """Take two lists away, stop a third export, and let a fourth find its report deleted."""
    exports.ask(manager, "customers", {"keys": list(CUSTOMERS)}, reason="季度客户盘点", now=now)
    exports.ask(
        manager, "loans", {"keys": list(LOANS)}, reason="月末与总账核对", file_format=ExportFormat.CSV.value, now=now
    )  # fmt: skip
    stopped = _queued(manager, "customers", {"keys": list(CUSTOMERS)}, "客户", "试一下能不能带身份证号", now)
    exports.cancel(manager, export_id=stopped, now=now)
    definition = {"measures": ["new_leads"], "rows": ["channel"]}
    key = str(reports.create(manager, name="渠道明细（试）", definition=definition, key="", now=now))
    failing = _queued(manager, "report", {"source": key}, "报表「渠道明细（试）」", "", now)
    reports.delete(manager, key=key, now=now)
    work.run(failing, clock=lambda: now)


def _queued(
    owner: Actor, kind: str, question: dict[str, object], title: str, reason: str, now: datetime
) -> int:
    """Return an export that waits as a long one does; nothing the demo has is long enough to."""
    with transaction() as db:
        row = ExportJob(
            kind=kind, title=title, question=question, file_format=ExportFormat.XLSX.value, reason=reason, background=True,
            scope=int(Scope.ALL), file_name=f"{title}.xlsx", created_by_id=owner.actor_id, created_at=now,
        )  # fmt: skip
        db.add(row)
        db.flush()
        return row.id or 0
