"""The list of customers 客户: what the filter shows, or what was chosen."""

from __future__ import annotations

from loanhub.domain.permissions import Permission
from loanhub.services.exports._kind import ExportKind
from loanhub.services.exports._list import ListExport, opener

LIST = ListExport(
    entity="customer", noun="客户", unit="位", needs=(Permission.CUSTOMERS_EXPORT, Permission.CUSTOMERS_READ), event="customers.exported",
)  # fmt: skip
KIND = ExportKind("customers", "客户", opener(LIST), wants_reason=True)
