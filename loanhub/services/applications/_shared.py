"""What the application use cases share: facts for the score, the document checklist, the installment."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from loanhub.domain.applications import AmountAuthority
from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_wan
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import InterestBasis, Terms
from loanhub.models import Application, Customer, Product
from loanhub.repositories.applications import document_kinds
from loanhub.services import catalogue, parameters


def authority(db: Session, *, now: datetime) -> AmountAuthority:
    """Return up to which amounts each level decides."""
    known = parameters.get(db, "approval_authority", now=now)
    return AmountAuthority(int(known["first_fen"]), int(known["second_fen"]))


def customer_facts(db: Session, customer: Customer) -> dict[str, Any]:
    """Return the catalogue values of a customer by key, as the scorecard and the hard rules read them."""
    return {
        spec.key: catalogue.read_value(customer, spec) for spec in catalogue.current(db).fields("customer")
    }


def regular_installment_fen(
    product: Product, *, amount_fen: int, term_months: int, rate: Decimal, start: date
) -> int:
    """Return the first payment of the asked-for loan; refuse terms that no schedule can be built from."""
    terms = Terms(
        method=product.method, principal_fen=amount_fen, disburse_date=start, annual_rate=rate,
        periods=term_months, interest_basis=InterestBasis(product.interest_basis),
    )  # fmt: skip
    return build_schedule(terms)[0].payment_fen


def checklist(db: Session, application: Application, product: Product | None) -> list[dict[str, object]]:
    """Return the required documents: kind, label, present, and how (a stored file, or the original seen)."""
    required = list(product.required_documents) if product else []
    stored = document_kinds(db, customer_id=application.customer_id, application_id=application.id or 0)
    ticked = {str(item.get("kind")): str(item.get("note", "")) for item in application.documents}
    rows: list[dict[str, object]] = []
    for kind in required:
        known = DocumentKind.find(kind)
        rows.append(
            {
                "kind": kind,
                "label": known.label if known else kind,
                "present": kind in stored or kind in ticked,
                "how": "已上传" if kind in stored else ("已收原件" if kind in ticked else "待补"),
                "note": ticked.get(kind, ""),
            }
        )
    return rows


def check_against_product(application: Application, product: Product) -> dict[str, str]:
    """Return a sentence for each figure outside the product's limits, by field key."""
    errors: dict[str, str] = {}
    amount, term, rate = application.amount_fen, application.term_months, application.annual_rate
    if not amount:
        errors["amount_fen"] = "请填写申请金额"
    elif amount > product.max_amount_fen:
        errors["amount_fen"] = f"超过本产品上限 {format_wan(product.max_amount_fen)}"
    elif amount < product.min_amount_fen:
        errors["amount_fen"] = f"低于本产品下限 {format_wan(product.min_amount_fen)}"
    if not term:
        errors["term_months"] = "请填写申请期限"
    elif product.terms_months and term not in product.terms_months:
        allowed = "、".join(str(t) for t in product.terms_months)
        errors["term_months"] = f"本产品期限可选 {allowed} 个月"
    if rate is None:
        errors["annual_rate"] = "请填写年利率"
    elif not product.min_annual_rate <= rate <= product.max_annual_rate:
        span = f"{format_percent(product.min_annual_rate)}–{format_percent(product.max_annual_rate)}"
        errors["annual_rate"] = f"本产品年利率为 {span}"
    if not application.purpose:
        errors["purpose"] = "请填写贷款用途"
    return errors


def need_customer_facts(customer: Customer) -> dict[str, str]:
    """Return a sentence for each identity fact an application cannot be submitted without."""
    errors: dict[str, str] = {}
    if not customer.phone:
        errors["customer.phone"] = "客户还没有手机号"
    if not customer.id_number:
        errors["customer.id_number"] = "客户还没有证件号码"
    return errors


def raise_if(errors: dict[str, str]) -> None:
    """Raise InvalidInput when there is anything at fault."""
    if errors:
        raise InvalidInput(fields=errors)
