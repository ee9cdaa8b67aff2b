"""Products 产品: the shipped set, and the version in force."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.models import Product

DOCUMENTS = ["id_front", "id_back", "bank_flow", "credit_report", "business_license"]
ORDER = ["fee", "penalty", "compound", "interest", "principal"]

SHIPPED: tuple[dict[str, Any], ...] = (
    {"code": "personal_business", "label": "个人经营贷", "mode": "own", "kind": "credit", "method": "equal_installment",
     "min_amount_fen": 3_000_000, "max_amount_fen": 50_000_000, "min_annual_rate": Decimal("0.108"),
     "max_annual_rate": Decimal("0.12"), "terms_months": [12, 24, 36], "grace_days": 3,
     "prepayment_fee_rate": Decimal("0.01"), "prepayment_free_after": 6},
    {"code": "turnover", "label": "小微周转贷", "mode": "own", "kind": "credit", "method": "interest_only",
     "min_amount_fen": 5_000_000, "max_amount_fen": 100_000_000, "min_annual_rate": Decimal("0.096"),
     "max_annual_rate": Decimal("0.12"), "terms_months": [3, 6, 12], "grace_days": 3},
    {"code": "bridge", "label": "应急转贷", "mode": "own", "kind": "bridge", "method": "bullet",
     "min_amount_fen": 10_000_000, "max_amount_fen": 100_000_000, "min_annual_rate": Decimal("0.10"),
     "max_annual_rate": Decimal("0.12"), "terms_months": [1], "grace_days": 0},
    {"code": "housing_fund", "label": "公积金贷", "mode": "brokered", "lender": "示例城商银行", "kind": "credit",
     "method": "equal_installment", "min_amount_fen": 5_000_000, "max_amount_fen": 50_000_000,
     "min_annual_rate": Decimal("0.034"), "max_annual_rate": Decimal("0.055"), "terms_months": [12, 24, 36, 60]},
    {"code": "salary", "label": "工薪贷", "mode": "brokered", "lender": "示例股份银行", "kind": "credit",
     "method": "equal_installment", "min_amount_fen": 3_000_000, "max_amount_fen": 30_000_000,
     "min_annual_rate": Decimal("0.04"), "max_annual_rate": Decimal("0.08"), "terms_months": [12, 24, 36]},
    {"code": "tax", "label": "税贷通", "mode": "brokered", "lender": "示例农商银行", "kind": "credit",
     "method": "interest_only", "min_amount_fen": 10_000_000, "max_amount_fen": 300_000_000,
     "min_annual_rate": Decimal("0.036"), "max_annual_rate": Decimal("0.072"), "terms_months": [12]},
    {"code": "mortgage", "label": "房抵经营贷", "mode": "brokered", "lender": "示例银行", "kind": "mortgage",
     "method": "equal_installment", "min_amount_fen": 50_000_000, "max_amount_fen": 1_000_000_000,
     "min_annual_rate": Decimal("0.029"), "max_annual_rate": Decimal("0.042"), "terms_months": [60, 120, 240]},
    {"code": "car", "label": "车抵贷", "mode": "brokered", "lender": "示例融资租赁", "kind": "car",
     "method": "equal_installment", "min_amount_fen": 3_000_000, "max_amount_fen": 50_000_000,
     "min_annual_rate": Decimal("0.08"), "max_annual_rate": Decimal("0.14"), "terms_months": [12, 24, 36]},
)  # fmt: skip
"""Own products stay at or below four times the one-year LPR. Source: lending guide §3.7, §11."""


def install_products(db: Session, *, lender: str, now: datetime) -> dict[str, int]:
    """Write the shipped products that are missing; returns ids of the versions in force by code."""
    known = set(db.execute(sa.select(col(Product.code))).scalars())
    for spec in SHIPPED:
        if spec["code"] not in known:
            values = {
                "lender": lender, "interest_basis": "monthly", "allocation": ORDER, "created_at": now,
                "required_documents": DOCUMENTS if spec["mode"] == "own" else DOCUMENTS[:4], **spec,
            }  # fmt: skip
            db.add(Product(**values))
    db.flush()
    return {product.code: product.id or 0 for product in list_active(db)}


def list_active(db: Session) -> list[Product]:
    """Return the newest active version of each product, in order of creation."""
    query = sa.select(Product).where(col(Product.active)).order_by(col(Product.id))
    newest: dict[str, Product] = {}
    for product in db.execute(query).scalars():
        if product.code not in newest or product.revision > newest[product.code].revision:
            newest[product.code] = product
    return list(newest.values())


def get_active(db: Session, code: str) -> Product:
    """Return the version of a product in force; raise NotFound when it is not offered."""
    query = sa.select(Product).where(col(Product.code) == code, col(Product.active))
    found = db.execute(query.order_by(col(Product.revision).desc()).limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound("没有这个产品，或已下架")
    return found
