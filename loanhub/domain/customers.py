"""Customers 客户: who they may be related to, and why somebody looks at a protected value in clear."""

from __future__ import annotations

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput


class RelationKind(Choice):
    """How another party stands to a customer 关系."""

    SPOUSE = "spouse", "配偶"
    PARENT = "parent", "父母"
    CHILD = "child", "子女"
    SIBLING = "sibling", "兄弟姐妹"
    GUARANTOR = "guarantor", "担保人"
    GUARANTEED = "guaranteed", "被担保人"
    LEGAL_REPRESENTATIVE = "legal_representative", "法定代表人"
    COMPANY = "company", "任职或持股企业"
    PARTNER = "partner", "合伙人"
    REFERRER = "referrer", "转介绍人"
    EMERGENCY = "emergency", "紧急联系人"
    OTHER = "other", "其他"


class RevealReason(Choice):
    """Why a protected value is shown in clear 查看事由."""

    CALL = "call", "电话回访"
    VISIT = "visit", "面签核对"
    DOCUMENTS = "documents", "资料补录"
    CONTRACT = "contract", "填写合同"
    LENDER = "lender", "向资方报送"
    COLLECTION = "collection", "催收联系"


REASON_LENGTH = 4
"""The fewest characters of a reason in one's own words."""


def reveal_reason(given: str) -> str:
    """Return the words the audit keeps for a reason, a code of :class:`RevealReason` or words of one's own.

    Raises:
        InvalidInput: nothing chosen, or own words of under four characters.
    """
    known = RevealReason.find(given) if given else None
    if known is not None:
        return known.label
    words = " ".join(given.split())[:200]
    if len(words) < REASON_LENGTH:
        raise InvalidInput(fields={"reason": f"请选择事由，或写明原因（至少 {REASON_LENGTH} 个字）"})
    return words
