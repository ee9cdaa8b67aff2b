"""What the application use cases share: facts for the score, the document checklist, the installment."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.applications import LEVEL_OF, Admission, AmountAuthority
from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.identity import check_resident_id, check_uscc
from loanhub.domain.money import format_wan
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.schedule import build_schedule, totals
from loanhub.domain.repayment.terms import InterestBasis, Terms
from loanhub.models import Application, Customer, Lead, Notification, Product
from loanhub.repositories import applications as repository
from loanhub.services import catalogue, parameters
from loanhub.services._transaction import announce


def authority(db: Session, *, now: datetime) -> AmountAuthority:
    """Return up to which amounts each level decides."""
    known = parameters.get(db, "approval_authority", now=now)
    return AmountAuthority(int(known["first_fen"]), int(known["second_fen"]))


def customer_facts(db: Session, customer: Customer, *, today: date) -> dict[str, Any]:
    """Return the catalogue values of a customer by key, as the scorecard and the hard rules read them.

    Joined by what only the other records know: customers sharing the bank card, days since the last rejection.
    """
    facts = {
        spec.key: catalogue.read_value(customer, spec) for spec in catalogue.current(db).fields("customer")
    }
    facts["sharing_card"] = repository.count_sharing_card(db, customer)
    rejected_at = repository.last_rejection(db, customer.id or 0)
    facts["days_since_rejection"] = (today - local(rejected_at).date()).days if rejected_at else None
    return facts


def regular_installment_fen(
    product: Product, *, amount_fen: int, term_months: int, rate: Decimal, start: date
) -> int:
    """Return the mean monthly payment of the asked-for loan in fen, rounded up.

    The mean, so that interest-only and bullet loans count with their principal.

    Raises:
        InvalidInput: no schedule can be built from these terms.
    """
    terms = Terms(
        method=product.method, principal_fen=amount_fen, disburse_date=start, annual_rate=rate,
        periods=term_months, interest_basis=InterestBasis(product.interest_basis),
    )  # fmt: skip
    return -(-totals(build_schedule(terms)).payment_fen // term_months)


def checklist(db: Session, application: Application, product: Product | None) -> list[dict[str, object]]:
    """Return the required documents: kind, label, present, and how (a stored file, or the original seen)."""
    required = list(product.required_documents) if product else []
    stored = repository.document_kinds(
        db, customer_id=application.customer_id, application_id=application.id or 0
    )
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


def need_customer_facts(
    customer: Customer, product: Product, term_months: int, *, today: date
) -> dict[str, str]:
    """Return a sentence for each identity fact an application cannot be submitted without.

    A resident's age is asked at application and at maturity. Source: lending guide §1.1.
    """
    errors: dict[str, str] = {}
    if not customer.name:
        errors["customer.name"] = "客户还没有姓名"
    if not customer.phone:
        errors["customer.phone"] = "客户还没有手机号"
    if not customer.id_number:
        errors["customer.id_number"] = "客户还没有证件号码"
    elif customer.id_type in ("id_card", "hmt_residence"):
        verdict = check_resident_id(customer.id_number, today=today)
        if not verdict.valid or verdict.birth_date is None:
            errors["customer.id_number"] = verdict.sentence or "证件号码不对"
        else:
            refusal = Admission.parse(product.admission).refusal(
                birth_date=verdict.birth_date, term_months=term_months, today=today
            )
            if refusal:
                errors["customer.age"] = refusal
    elif customer.id_type == "uscc":
        company = check_uscc(customer.id_number)
        if not company.valid:
            errors["customer.id_number"] = company.sentence or "统一社会信用代码不对"
    if customer.id_valid_until is not None and customer.id_valid_until < today:
        errors["customer.id_valid_until"] = "客户的证件已过期，更新后再提交"
    return errors


def involved(db: Session, application: Application) -> set[int | None]:
    """Return who may not decide it 审贷分离: who drafted, owns or submitted it, and who owns the lead."""
    lead = db.get(Lead, application.lead_id) if application.lead_id else None
    return {
        application.owner_id, application.created_by_id, application.submitted_by_id, lead.owner_id if lead else None,
    }  # fmt: skip


def reviewers(db: Session, application: Application) -> list[tuple[int, str]]:
    """Return (id, name) of everybody who may decide it at the level where it stands."""
    if application.status not in LEVEL_OF:
        return []
    past = repository.list_approvals(db, application.id or 0)
    current = repository.current_round(db, application.id or 0)
    barred = involved(db, application) | {a.by_id for a in past if a.round == current}
    return [(user_id, name) for user_id, name in repository.list_approvers(db) if user_id not in barred]


def close_notices(db: Session, application: Application, *, now: datetime) -> None:
    """Mark the inbox messages about this application as done: somebody has dealt with it."""
    db.execute(
        sa.update(Notification)
        .where(
            col(Notification.entity) == "application", col(Notification.entity_id) == application.id,
            col(Notification.kind) == "approval", col(Notification.done_at).is_(None),
        )
        .values(done_at=now)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    announce(db, "applications", id=application.id)


def raise_if(errors: dict[str, str]) -> None:
    """Raise InvalidInput when there is anything at fault."""
    if errors:
        raise InvalidInput(fields=errors)
