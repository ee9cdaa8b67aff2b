"""The list of loans 借据: what the filter shows, or what was chosen."""

from __future__ import annotations

from loanhub.domain.permissions import Permission
from loanhub.services.exports._kind import ExportKind
from loanhub.services.exports._list import ListExport, opener

LIST = ListExport(
    entity="loan", noun="借据", unit="笔", needs=(Permission.LOANS_EXPORT, Permission.LOANS_READ), event="loans.exported",
    names_customer=True,
)  # fmt: skip
KIND = ExportKind("loans", "借据", opener(LIST), wants_reason=True)
