"""One application as its page shows it 申请详情: request, score, rules, documents, path, records, what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import applications as rules
from loanhub.domain import formats
from loanhub.domain.applications import (
    EDITABLE,
    IN_REVIEW,
    LEVEL_OF,
    ApplicationEvent,
    ApplicationStatus,
)
from loanhub.domain.catalogue.choices import RISK_GRADES
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.schedule import method_label
from loanhub.models import Application, Approval, Contract, Customer, Event, Product, User
from loanhub.repositories import applications as repository
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.applications._path import ApprovalView, StepView, approval_of, path_of
from loanhub.services.applications._queue import TONES, Deadline, deadline_of
from loanhub.services.applications._score import ScoreView, score_of
from loanhub.services.applications._shared import (
    checklist,
    involved,
    regular_installment_fen,
)
from loanhub.services.catalogue import FieldView
from loanhub.services.events import EventView

FACTS = (
    "phone", "id_number", "birth_date", "city", "marital_status", "education", "company_name", "industry", "job_title",
    "monthly_income_fen", "bank_flow_fen", "monthly_debt_fen", "has_property", "property_value_fen", "firm_founded_date",
    "overdue_total", "inquiries_3m", "online_loans",
)  # fmt: skip
"""What a reviewer reads of the customer first; the rest stands on the customer's page."""


@dataclass(frozen=True)
class ApplicationView:
    """An application for one reader; every text is ready to show and masked."""

    id: int
    number: str
    version: int
    status: str
    status_label: str
    tone: str
    level_label: str
    customer_id: int
    customer: str
    customer_line: str
    risk: int
    risk_label: str
    product: str
    request_line: str
    mode_label: str
    amount: str
    amount_full: str
    term: str
    method: str
    rate: str
    installment: str
    purpose: str
    sales_opinion: str
    owner: str
    submitted_by: str
    submitted_at: str
    deadline: Deadline
    facts: tuple[tuple[str, str], ...]
    request: tuple[tuple[str, str], ...]
    result: tuple[tuple[str, str], ...]
    score: ScoreView
    documents: tuple[dict[str, object], ...]
    documents_done: int
    path: tuple[StepView, ...]
    approvals: tuple[ApprovalView, ...]
    history: tuple[EventView, ...]
    fields: tuple[FieldView, ...]
    last_opinion: str
    contract_id: int
    start_amount: str
    start_rate: str
    start_term: int
    terms: tuple[int, ...]
    can_decide: bool
    why_not: str
    can_edit: bool
    can_submit: bool
    can_withdraw: bool
    can_contract: bool
    can_open_customer: bool


def open_application(actor: Actor, *, application_id: int, now: datetime) -> ApplicationView:
    """Return one application with everything its page shows.

    Raises:
        NotFound: no such application in the actor's scope.
        NotPermitted: the actor lacks applications:read.
    """
    with reading() as db:
        application = repository.get_visible(db, actor, application_id)
        actor.require(Permission.APPLICATIONS_READ)
        customer = db.get(Customer, application.customer_id)
        assert customer is not None
        product = db.get(Product, application.product_id) if application.product_id else None
        return _view(db, actor, application, customer, product, now=now)


def _view(
    db: Session,
    actor: Actor,
    application: Application,
    customer: Customer,
    product: Product | None,
    *,
    now: datetime,
) -> ApplicationView:
    person = catalogue.present_record(db, actor, "customer", customer, now=now)
    own = catalogue.present_record(db, actor, "application", application, now=now)
    past = repository.list_approvals(db, application.id or 0)
    people = _names(db, application, past)
    documents = checklist(db, application, product)
    level = LEVEL_OF.get(application.status)
    why_not = _why_not(db, actor, application)
    editable = application.status in EDITABLE
    grades = dict(RISK_GRADES)
    amount = application.approved_amount_fen or application.amount_fen
    rate = application.approved_rate if application.approved_rate is not None else application.annual_rate
    contract = _contract_id(db, application.id or 0)
    return ApplicationView(
        id=application.id or 0,
        number=application.number,
        version=application.version,
        status=application.status.value,
        status_label=application.status.label,
        tone=TONES[application.status],
        level_label=level.label if level else "",
        customer_id=customer.id or 0,
        customer=person["name"].text,
        customer_line=" · ".join(
            t for t in (person["company_name"].text, person["job_title"].text) if t not in ("—", "***")
        ),
        risk=application.risk_grade or 0,
        risk_label=grades.get(str(application.risk_grade), ""),
        product=product.label if product else "未选产品",
        request_line=_request_line(application, product, people),
        mode_label=own["mode"].text,
        amount=_wan(application.amount_fen),
        amount_full=format_fen(application.amount_fen) if application.amount_fen else "",
        term=str(application.term_months or "—"),
        method=method_label(application.method) if application.method else "",
        rate=formats.percent(application.annual_rate),
        installment=_installment(application, product, now=now),
        purpose=application.purpose,
        sales_opinion=str(application.profile.get("sales_opinion") or ""),
        owner=people.get(application.owner_id or 0, ""),
        submitted_by=people.get(application.submitted_by_id or 0, ""),
        submitted_at=formats.relative(application.submitted_at, now) if application.submitted_at else "",
        deadline=deadline_of(application, now=now),
        facts=tuple((person[k].label, person[k].text) for k in FACTS if person[k].text not in ("—", "")),
        request=_request(own, product),
        result=_result(application),
        score=score_of(application),
        documents=tuple(documents),
        documents_done=sum(1 for row in documents if row["present"]),
        path=path_of(db, application, past, people, now=now),
        approvals=tuple(approval_of(row, people, now=now) for row in reversed(past)),
        history=_history(db, application.id or 0),
        fields=_form_fields(db, own) if editable else (),
        last_opinion=past[-1].opinion
        if past and application.status in (ApplicationStatus.RETURNED, ApplicationStatus.REJECTED)
        else "",
        contract_id=contract,
        start_amount=format_plain(amount) if amount else "",
        start_rate=formats.percent(rate).removesuffix("%") if rate is not None else "",
        start_term=application.approved_term_months or application.term_months or 0,
        terms=tuple(product.terms_months) if product else (),
        can_decide=why_not == "",
        why_not=why_not,
        can_edit=editable and actor.can(Permission.APPLICATIONS_EDIT),
        can_submit=editable and actor.can(Permission.APPLICATIONS_SUBMIT),
        can_withdraw=(application.status, ApplicationEvent.WITHDRAW) in rules.MOVES
        and actor.can(Permission.APPLICATIONS_SUBMIT),
        can_contract=application.status is ApplicationStatus.APPROVED
        and actor.can(Permission.CONTRACTS_CREATE),
        can_open_customer=actor.can(Permission.CUSTOMERS_READ)
        and actor.reaches(owner_id=customer.owner_id, department_id=customer.department_id),
    )


def _wan(amount_fen: int | None) -> str:
    """Return the amount in 万 with two decimals, halves up: 85.00."""
    return (
        formats.EMPTY if not amount_fen else str((Decimal(amount_fen) / 1_000_000).quantize(Decimal("0.01")))
    )


def _installment(application: Application, product: Product | None, *, now: datetime) -> str:
    if (
        product is None
        or not application.amount_fen
        or not application.term_months
        or application.annual_rate is None
    ):
        return ""
    try:
        payment = regular_installment_fen(
            product, amount_fen=application.amount_fen, term_months=application.term_months,
            rate=application.annual_rate, start=formats.local(now).date(),
        )  # fmt: skip
    except InvalidInput:  # a draft may hold terms no schedule can be built from yet
        return ""
    return format_fen(payment)


def _request_line(application: Application, product: Product | None, people: dict[int, str]) -> str:
    parts = [product.label if product else "未选产品"]
    if application.purpose:
        parts.append(f"用途 {application.purpose}")
    who = people.get(application.submitted_by_id or application.owner_id or 0, "")
    if who:
        parts.append(f"{who} 提交" if application.submitted_by_id else f"{who} 经办")
    return " · ".join(parts)


def _request(own: dict[str, FieldView], product: Product | None) -> tuple[tuple[str, str], ...]:
    keys = (
        "purpose", "repayment_source", "guarantee", "collateral", "collateral_value_fen", "pledge_kind", "pledge",
        "pledge_value_fen", "senior_balance_fen", "applied_elsewhere", "wanted_date",
    )  # fmt: skip
    rows = [(own[key].label, own[key].text) for key in keys if own[key].text not in ("—", "")]
    if product is not None:
        rows.insert(0, ("资方", product.lender))
    return tuple(rows)


def _result(application: Application) -> tuple[tuple[str, str], ...]:
    if application.approved_amount_fen is None:
        return ()
    rows = [
        ("批复金额", format_fen(application.approved_amount_fen)),
        ("批复期限", f"{application.approved_term_months} 个月"),
        ("年化利率", formats.percent(application.approved_rate)),
    ]
    if application.conditions:
        rows.append(("附加条件", application.conditions.replace("\n", "；")))
    return tuple(rows)


def _why_not(db: Session, actor: Actor, application: Application) -> str:
    """Return why this actor may not decide now, or an empty text."""
    if application.status not in IN_REVIEW:
        return f"申请现在是「{application.status.label}」"
    if not actor.can(Permission.APPLICATIONS_APPROVE):
        return f"等待{application.status.label.removesuffix('中')}，由风控审批"
    past = repository.list_approvals(db, application.id or 0)
    current = repository.current_round(db, application.id or 0)
    try:
        rules.check_four_eyes(
            approver_id=actor.user_id,
            involved=involved(db, application),
            decided_before={a.by_id for a in past if a.round == current},
        )
    except LoanHubError as refusal:
        return refusal.sentence
    return ""


def _names(db: Session, application: Application, past: list[Approval]) -> dict[int, str]:
    ids = {
        application.owner_id,
        application.submitted_by_id,
        application.created_by_id,
        application.decided_by_id,
    }
    ids |= {row.by_id for row in past}
    query = sa.select(col(User.id), col(User.name)).where(col(User.id).in_([i for i in ids if i]))
    return {int(user_id or 0): str(name) for user_id, name in db.execute(query).all()}


def _contract_id(db: Session, application_id: int) -> int:
    query = (
        sa.select(col(Contract.id))
        .where(
            col(Contract.application_id) == application_id,
            col(Contract.base) == LOAN_CONTRACT,
            col(Contract.status) != "voided",
        )
        .order_by(col(Contract.id).desc())
        .limit(1)
    )
    return int(db.execute(query).scalar() or 0)


def _history(db: Session, application_id: int) -> tuple[EventView, ...]:
    query = (
        sa.select(Event)
        .where(col(Event.entity) == "application", col(Event.entity_id) == application_id)
        .order_by(col(Event.id).desc())
        .limit(40)
    )
    return tuple(EventView.of(event) for event in db.execute(query).scalars())


DERIVED = frozenset({"customer_id", "mode", "method"})
"""Form fields that follow from the customer and the product."""


def _form_fields(db: Session, own: dict[str, FieldView]) -> tuple[FieldView, ...]:
    wanted = [spec.key for spec in catalogue.current(db).for_form("application")]
    return tuple(own[key] for key in wanted if key not in DERIVED)
