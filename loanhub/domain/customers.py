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
    BENEFICIAL_OWNER = "beneficial_owner", "受益所有人"
    COMPANY = "company", "任职或持股企业"
    PARTNER = "partner", "合伙人"
    REFERRER = "referrer", "转介绍人"
    EMERGENCY = "emergency", "紧急联系人"
    OTHER = "other", "其他"


class ConsentPurpose(Choice):
    """What a person agrees to 授权用途; each is asked for and withdrawn on its own.

    Source: lending guide §9 (单独同意 for sensitive data, for passing data on, and for marketing).
    """

    PERSONAL = "personal", "个人信息处理"
    SENSITIVE = "sensitive", "敏感个人信息处理"
    CREDIT_REPORT = "credit_report", "征信查询"
    LENDER = "lender", "向合作机构提供"
    MARKETING = "marketing", "营销联系"


class ConsentWay(Choice):
    """How consent was given 授权方式."""

    PAPER = "paper", "书面签署"
    ELECTRONIC = "electronic", "电子签署"
    SMS = "sms", "短信验证码"
    RECORDING = "recording", "录音确认"


PERSON_ONLY = frozenset(
    {"id_type", "gender", "birth_date", "marital_status", "education", "household_region", "dependents", "housing",
     "residence_years", "occupation", "employment", "company_name", "employer_kind", "job_title", "joined_date",
     "work_region", "monthly_income_fen", "salary_payment", "payroll_fen", "other_income_fen",
     "household_income_fen", "has_housing_fund", "housing_fund_base_fen", "housing_fund_monthly_fen",
     "housing_fund_rate", "housing_fund_months", "has_social_insurance", "social_insurance_base_fen",
     "social_insurance_months", "firm_share_rate", "firm_legal_person"}
)  # fmt: skip
"""Fields that say nothing of a firm."""
COMPANY_ONLY = frozenset(
    {
        "legal_representative",
        "license_valid_until",
        "registered_capital_fen",
        "registered_address",
        "business_scope",
    }
)
"""Fields that say nothing of a person."""
COMPANY_LABELS = {
    "name": "企业名称", "id_number": "统一社会信用代码", "id_valid_until": "登记证件有效期至", "phone": "联系电话",
    "city": "所在城市", "address": "经营地址",
}  # fmt: skip
"""What fields both have are called on a firm's page."""
LICENSE_WARNING_DAYS = 60
"""A licence ending within so many days is shown as a warning."""


def fits(kind: str, key: str) -> bool:
    """Return whether a field has a meaning for a customer of this kind (``person``, ``company``)."""
    return key not in (PERSON_ONLY if kind == "company" else COMPANY_ONLY)


def label_for(kind: str, key: str, label: str) -> str:
    """Return what a field is called on the page of a customer of this kind."""
    return COMPANY_LABELS.get(key, label) if kind == "company" else label


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
