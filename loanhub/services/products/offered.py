"""Products 产品: the shipped set, and the version in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.documents import label_of
from loanhub.domain.errors import NotFound
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.schedule import method_label
from loanhub.models import Product
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

ORDER = ["fee", "penalty", "compound", "interest", "principal"]

_IDENTITY = ["id_front", "id_back", "credit_authorization", "credit_report"]
_BUSINESS = [*_IDENTITY, "bank_flow", "business_license"]
_AGES = {"min_age": 22, "max_age": 60, "max_age_at_maturity": 65}
_FIRM = {**_AGES, "min_firm_years": 1}


def _service_fee(rate: str) -> list[dict[str, object]]:
    return [
        {"code": "service", "label": "居间服务费", "timing": "upfront", "rate": rate, "collector": "本公司"}
    ]


SHIPPED: tuple[dict[str, Any], ...] = (
    {"code": "personal_business", "label": "个人经营贷", "mode": "own", "kind": "credit", "method": "equal_installment",
     "min_amount_fen": 3_000_000, "max_amount_fen": 50_000_000, "min_annual_rate": Decimal("0.108"),
     "max_annual_rate": Decimal("0.12"), "terms_months": [12, 24, 36], "grace_days": 3,
     "prepayment_fee_rate": Decimal("0.01"), "prepayment_free_after": 6, "required_documents": _BUSINESS,
     "admission": _FIRM},
    {"code": "turnover", "label": "小微周转贷", "mode": "own", "kind": "credit", "method": "interest_only",
     "min_amount_fen": 5_000_000, "max_amount_fen": 100_000_000, "min_annual_rate": Decimal("0.096"),
     "max_annual_rate": Decimal("0.12"), "terms_months": [3, 6, 12], "grace_days": 3,
     "terms": {"lpr": {"reprice": "january"}},
     "required_documents": [*_BUSINESS, "purpose"], "admission": _FIRM},
    {"code": "bridge", "label": "应急转贷", "mode": "own", "kind": "bridge", "method": "bullet",
     "min_amount_fen": 10_000_000, "max_amount_fen": 100_000_000, "min_annual_rate": Decimal("0.10"),
     "max_annual_rate": Decimal("0.12"), "terms_months": [1], "grace_days": 0,
     "required_documents": [*_BUSINESS, "purpose"], "admission": _FIRM},
    {"code": "housing_fund", "label": "公积金贷", "mode": "brokered", "lender": "示例城商银行", "kind": "fund",
     "method": "equal_installment", "min_amount_fen": 5_000_000, "max_amount_fen": 50_000_000,
     "min_annual_rate": Decimal("0.034"), "max_annual_rate": Decimal("0.055"), "terms_months": [12, 24, 36, 60],
     "required_documents": [*_IDENTITY, "income"], "fees": _service_fee("0.015"),
     "admission": {**_AGES, "min_fund_months": 12}},
    {"code": "salary", "label": "工薪贷", "mode": "brokered", "lender": "示例股份银行", "kind": "salary",
     "method": "equal_installment", "min_amount_fen": 3_000_000, "max_amount_fen": 30_000_000,
     "min_annual_rate": Decimal("0.04"), "max_annual_rate": Decimal("0.08"), "terms_months": [12, 24, 36],
     "required_documents": [*_IDENTITY, "income", "bank_flow"], "fees": _service_fee("0.02"), "admission": _AGES},
    {"code": "tax", "label": "税贷通", "mode": "brokered", "lender": "示例农商银行", "kind": "tax",
     "method": "interest_only", "min_amount_fen": 10_000_000, "max_amount_fen": 300_000_000,
     "min_annual_rate": Decimal("0.036"), "max_annual_rate": Decimal("0.072"), "terms_months": [12],
     "required_documents": [*_BUSINESS, "tax"], "fees": _service_fee("0.02"),
     "admission": {**_AGES, "min_firm_years": 2}},
    {"code": "mortgage", "label": "房抵经营贷", "mode": "brokered", "lender": "示例银行", "kind": "mortgage",
     "method": "equal_installment", "min_amount_fen": 50_000_000, "max_amount_fen": 1_000_000_000,
     "min_annual_rate": Decimal("0.029"), "max_annual_rate": Decimal("0.042"), "terms_months": [60, 120, 240],
     "required_documents": [*_BUSINESS, "property", "marriage"], "fees": _service_fee("0.01"),
     "admission": {"min_age": 22, "max_age": 65, "max_age_at_maturity": 75, "max_ltv_percent": 70}},
    {"code": "second_mortgage", "label": "房产二押贷", "mode": "brokered", "lender": "示例消费金融", "kind": "mortgage",
     "method": "equal_installment", "min_amount_fen": 10_000_000, "max_amount_fen": 300_000_000,
     "min_annual_rate": Decimal("0.06"), "max_annual_rate": Decimal("0.10"), "terms_months": [36, 60, 120],
     "required_documents": [*_IDENTITY, "bank_flow", "property", "marriage"], "fees": _service_fee("0.02"),
     "admission": {**_AGES, "max_ltv_percent": 70}},
    {"code": "car", "label": "车抵贷", "mode": "brokered", "lender": "示例融资租赁", "kind": "car",
     "method": "equal_installment", "min_amount_fen": 3_000_000, "max_amount_fen": 50_000_000,
     "min_annual_rate": Decimal("0.08"), "max_annual_rate": Decimal("0.14"), "terms_months": [12, 24, 36],
     "required_documents": [*_IDENTITY, "vehicle"], "fees": _service_fee("0.03"), "admission": _AGES},
)  # fmt: skip
"""Own products stay at or below four times the one-year LPR. Source: lending guide §3.7, §5.3, §11."""


def install_products(db: Session, *, lender: str, now: datetime) -> dict[str, int]:
    """Write the shipped products that are missing; returns ids of the versions in force by code."""
    known = set(db.execute(sa.select(col(Product.code))).scalars())
    for spec in SHIPPED:
        if spec["code"] not in known:
            values = {
                "lender": lender, "interest_basis": "monthly", "allocation": ORDER, "created_at": now,
                **spec,
            }  # fmt: skip
            db.add(Product(**values))
    db.flush()
    return {product.code: product.id or 0 for product in list_active(db)}


def list_active(db: Session, *, today: date | None = None) -> list[Product]:
    """Return the newest active version of each product, in order of creation.

    With ``today`` only those offered on that day; ``valid_until`` is the first day it is no longer.
    """
    query = sa.select(Product).where(col(Product.active)).order_by(col(Product.id))
    if today is not None:
        query = query.where(
            sa.or_(col(Product.valid_from).is_(None), col(Product.valid_from) <= today),
            sa.or_(col(Product.valid_until).is_(None), col(Product.valid_until) > today),
        )
    newest: dict[str, Product] = {}
    for product in db.execute(query).scalars():
        if product.code not in newest or product.revision > newest[product.code].revision:
            newest[product.code] = product
    return list(newest.values())


def get_active(db: Session, code: str) -> Product:
    """Return the version of a product in force; raise NotFound when it is not offered."""
    query = sa.select(Product).where(col(Product.code) == code, col(Product.active))
    found: Product | None = db.execute(
        query.order_by(col(Product.revision).desc()).limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("没有这个产品，或已下架")
    return found


_ADMISSION = {
    "min_firm_years": "经营满 {} 年",
    "min_fund_months": "公积金连续缴存 {} 个月",
    "max_ltv_percent": "抵押率不超过 {}%",
}


def eligibility(product: Product) -> str:
    """Return whom the product admits, as one line 准入条件; its regions last."""
    rules = product.admission
    parts = []
    if rules.get("min_age") and rules.get("max_age"):
        parts.append(f"{rules['min_age']}–{rules['max_age']} 岁")
    if rules.get("max_age_at_maturity"):
        parts.append(f"到期不超过 {rules['max_age_at_maturity']} 岁")
    parts += [words.format(rules[key]) for key, words in _ADMISSION.items() if rules.get(key)]
    parts.append("、".join(product.regions) if product.regions else "不限地区")
    return " · ".join(parts)


@dataclass(frozen=True)
class ProductView:
    """A product as it is offered."""

    code: str
    label: str
    mode: str
    mode_label: str
    lender: str
    amounts: str
    rates: str
    terms: tuple[int, ...]
    terms_text: str
    method_label: str
    eligibility: str
    documents: tuple[str, ...]


def view_of(product: Product) -> ProductView:
    """Return a product with its figures as texts."""
    mode = Mode.find(product.mode)
    least, most = formats.percent(product.min_annual_rate), formats.percent(product.max_annual_rate)
    return ProductView(
        code=product.code, label=product.label, mode=product.mode, mode_label=mode.label if mode else "",
        lender=product.lender, amounts=f"{format_wan(product.min_amount_fen)} ～ {format_wan(product.max_amount_fen)}",
        rates=f"年化 {least} ～ {most}", terms=tuple(product.terms_months),
        terms_text="、".join(str(t) for t in product.terms_months) + " 个月",
        method_label=method_label(product.method), eligibility=eligibility(product),
        documents=tuple(label_of(kind) for kind in product.required_documents),
    )  # fmt: skip


def list_offered(actor: Actor, *, today: date) -> list[ProductView]:
    """Return the products offered today, own ones first.

    Raises:
        NotPermitted: the actor lacks products:read.
    """
    actor.require(Permission.PRODUCTS_READ)
    with reading() as db:
        found = list_active(db, today=today)
        return [view_of(p) for p in sorted(found, key=lambda p: (p.mode != Mode.OWN.value, p.id or 0))]
