"""Reports 报表: measures taken apart, asked for by anybody who may, saved, shared; every figure opens its records."""

from __future__ import annotations

from loanhub.services.reports._known import specs
from loanhub.services.reports.answering import READERS, answer, computed, text_of
from loanhub.services.reports.drill import drill, taken, whole, workbook_of
from loanhub.services.reports.edit import TOPIC, copy, create, delete, edit, restore
from loanhub.services.reports.ready import READY
from loanhub.services.reports.view import (
    Choice,
    ReportRow,
    ReportView,
    asks,
    catalogue,
    list_reports,
    look,
    run,
    sharing_options,
)

__all__ = [
    "READERS", "READY", "TOPIC", "Choice", "ReportRow", "ReportView", "answer", "asks", "catalogue", "computed", "copy",
    "create", "delete", "drill", "edit", "list_reports", "look", "restore", "run",
    "sharing_options", "specs", "taken", "text_of", "whole", "workbook_of",
]  # fmt: skip
