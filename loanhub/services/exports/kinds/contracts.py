"""The list of contracts 合同: what the filter shows, or what was chosen."""

from __future__ import annotations

from loanhub.domain.permissions import Permission
from loanhub.services.exports._kind import ExportKind
from loanhub.services.exports._list import ListExport, opener

LIST = ListExport(
    entity="contract", noun="合同", unit="份", needs=(Permission.CONTRACTS_EXPORT, Permission.CONTRACTS_READ), event="contracts.exported",
    names_customer=True,
)  # fmt: skip
KIND = ExportKind("contracts", "合同", opener(LIST), wants_reason=True)
