"""Documents a customer hands in 资料: their kinds, grouped as the checklist shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from loanhub.domain.choice import Choice


class DocumentKind(Choice):
    """What a file is 资料类型; stored in ``Document.kind``, and named so by ``Product.required_documents``."""

    ID_FRONT = "id_front", "身份证正面"
    ID_BACK = "id_back", "身份证反面"
    SPOUSE_ID = "spouse_id", "配偶身份证"
    HOUSEHOLD = "household", "户口本"
    MARRIAGE = "marriage", "婚姻证明"
    INCOME = "income", "收入证明"
    BANK_FLOW = "bank_flow", "银行流水"
    PROPERTY = "property", "房产证"
    VEHICLE = "vehicle", "行驶证"
    BUSINESS_LICENSE = "business_license", "营业执照"
    TAX = "tax", "纳税证明"
    CREDIT_AUTHORIZATION = "credit_authorization", "征信授权书"
    CREDIT_REPORT = "credit_report", "征信报告"
    PURPOSE = "purpose", "用途证明"
    GUARANTOR = "guarantor", "担保人资料"
    VISIT_PHOTO = "visit_photo", "面签照片"
    CONTRACT_SCAN = "contract_scan", "合同扫描件"
    OTHER = "other", "其他资料"


_K = DocumentKind

GROUPS: tuple[tuple[str, tuple[DocumentKind, ...]], ...] = (
    ("身份", (_K.ID_FRONT, _K.ID_BACK, _K.SPOUSE_ID, _K.HOUSEHOLD, _K.MARRIAGE)),
    ("收入与资产", (_K.INCOME, _K.BANK_FLOW, _K.PROPERTY, _K.VEHICLE)),
    ("经营与征信", (_K.BUSINESS_LICENSE, _K.TAX, _K.CREDIT_AUTHORIZATION, _K.CREDIT_REPORT)),
    ("业务", (_K.PURPOSE, _K.GUARANTOR, _K.VISIT_PHOTO, _K.CONTRACT_SCAN, _K.OTHER)),
)
"""The groups of the checklist, in order."""

PERSON_BASICS = (_K.ID_FRONT, _K.ID_BACK, _K.CREDIT_AUTHORIZATION, _K.INCOME, _K.BANK_FLOW)
COMPANY_BASICS = (_K.BUSINESS_LICENSE, _K.ID_FRONT, _K.CREDIT_AUTHORIZATION, _K.BANK_FLOW, _K.TAX)
"""What every customer hands in while no application names a product that says more."""

LIFE_DAYS = {_K.CREDIT_REPORT: 30, _K.INCOME: 180, _K.BANK_FLOW: 90}
"""How long a kind counts after it was handed in, unless its file says otherwise; other kinds do not age.

Source: design/mockups 06c (征信报告 30 天有效); common practice of lenders for the other two.
"""
EXPIRY_WARNING_DAYS = 15
"""A document ending within so many days is shown as about to expire."""


class SlotState(Choice):
    """Where one line of the checklist stands 资料状态."""

    PRESENT = "present", "已交"
    EXPIRING = "expiring", "即将过期"
    EXPIRED = "expired", "已过期"
    PENDING = "pending", "待核"
    MISSING = "missing", "待补"
    OPTIONAL = "optional", "非必需"


def valid_until(
    kind: str,
    *,
    given: date | None,
    handed_in: date,
    of_record: date | None = None,
    life_days: int | None = None,
) -> date | None:
    """Return the last day a document counts: the day its file names, that of the record (identity card, licence), or by its kind.

    ``life_days`` is what the firm decided for the kind, 0 for one that does not age; None leaves it to ``LIFE_DAYS``.
    """
    found = DocumentKind.find(kind)
    if given is not None or of_record is not None:
        return given or of_record
    days = LIFE_DAYS.get(found) if found is not None and life_days is None else life_days
    return handed_in + timedelta(days=days) if days else None


def slot_state(
    *, required: bool, there: bool, until: date | None, today: date, pending: bool = False
) -> SlotState:
    """Return where a line stands; ``until`` is the last day the newest file counts, None for one that does not age.

    ``pending``: the newest file came from the customer and nobody has looked at it yet.
    """
    if not there:
        return SlotState.MISSING if required else SlotState.OPTIONAL
    if pending:
        return SlotState.PENDING
    if until is not None and until < today:
        return SlotState.EXPIRED
    if until is not None and (until - today).days <= EXPIRY_WARNING_DAYS:
        return SlotState.EXPIRING
    return SlotState.PRESENT


def required_kinds(named: Iterable[str], *, company: bool) -> tuple[DocumentKind, ...]:
    """Return the kinds that must be there, in checklist order: those products name, else the basics.

    A product may name a kind by code or by its Chinese name; a name that is no kind is left out.
    """
    by_label = {kind.label: kind for kind in DocumentKind}
    known = {DocumentKind.find(name) or by_label.get(name) for name in named}
    wanted = {kind for kind in known if kind is not None}
    if not wanted:
        wanted = set(COMPANY_BASICS if company else PERSON_BASICS)
    return tuple(kind for _, kinds in GROUPS for kind in kinds if kind in wanted)


def label_of(kind: str) -> str:
    """Return the Chinese name of a kind; files of other origin (contracts, imports) keep a general one."""
    found = DocumentKind.find(kind)
    return found.label if found else {"contract": "合同"}.get(kind, DocumentKind.OTHER.label)
