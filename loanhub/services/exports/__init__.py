"""Lists and reports as files 导出: one primitive for all; long ones are jobs, every one is recorded and kept for seven days."""

from __future__ import annotations

from loanhub.services._spreadsheet import ExportFormat
from loanhub.services.exports.asking import AT_ONCE, again, ask
from loanhub.services.exports.jobs import (
    ExportStatus,
    ExportView,
    cancel,
    kinds,
    list_exports,
    show,
    topic_of,
)

__all__ = [
    "AT_ONCE", "ExportFormat", "ExportStatus", "ExportView", "again", "ask", "cancel", "kinds", "list_exports", "show",
    "topic_of",
]  # fmt: skip
