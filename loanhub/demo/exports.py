"""What the manager of the demo company took away 我的导出: two files, one that was stopped, one that could not be written."""

from __future__ import annotations

from datetime import datetime

from loanhub.services import exports, reports
from loanhub.services._actor import Actor
from loanhub.services.exports import ExportFormat, work

CUSTOMERS = ("number", "name", "phone", "city", "kind")
LOANS = ("number", "status", "principal_fen", "outstanding_principal_fen")


def build(manager: Actor, *, now: datetime) -> None:
    """Take two lists away, stop a third export, and let a fourth find its report deleted."""
    exports.ask(manager, "customers", {"keys": list(CUSTOMERS)}, reason="季度客户盘点", now=now)
    exports.ask(
        manager, "loans", {"keys": list(LOANS)}, reason="月末与总账核对", file_format=ExportFormat.CSV.value, now=now
    )  # fmt: skip
    # Nothing the demo has is long: these two wait as a long export does.
    stopped = exports.ask(
        manager, "customers", {"keys": list(CUSTOMERS)}, reason="试一下能不能带身份证号", at_once=0, now=now
    )
    exports.cancel(manager, export_id=stopped.id, now=now)
    definition = {"measures": ["new_leads"], "rows": ["channel"]}
    key = str(reports.create(manager, name="渠道明细（试）", definition=definition, key="", now=now))
    failing = exports.ask(manager, "report", {"source": key}, at_once=0, now=now)
    reports.delete(manager, key=key, now=now)
    work.run(failing.id, clock=lambda: now)
