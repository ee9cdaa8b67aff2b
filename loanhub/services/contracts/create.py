"""Make a contract 生成合同: data frozen, rendered once, stored; what is missing is listed, never printed blank."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.data import ContractData, from_json, to_json
from loanhub.documents.preview import page_count
from loanhub.documents.template import missing
from loanhub.domain import applications as application_rules
from loanhub.domain.applications import ApplicationEvent, ApplicationStatus
from loanhub.domain.contracts import ContractStatus, contract_number, loan_number
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.models import Application, Contract, Customer, Lead, Product
from loanhub.repositories.contracts import get_visible_application
from loanhub.services import boards, events, files, parameters, search
from loanhub.services._actor import Actor
from loanhub.services._drawing import Drawing, draw
from loanhub.services._idempotency import once
from loanhub.services._numbering import current_number, next_number
from loanhub.services._templates import extra_values, in_use
from loanhub.services._transaction import kept, reading, transaction
from loanhub.services.contracts._terms import check_cap, contract_data, offer_of, start_date_of
from loanhub.settings import settings

TEMPLATE = LOAN_CONTRACT


@dataclass(frozen=True)
class Missing:
    """One value a contract cannot do without, and the page where it is filled in."""

    key: str
    label: str
    link: str


@dataclass(frozen=True)
class Preparation:
    """What stands before a contract: what is missing, what it would say, whether the cost is near the cap."""

    application_id: int
    customer_id: int
    missing: tuple[Missing, ...]
    warning: str
    amount_text: str
    total_interest_text: str
    first_payment_text: str
    cost_text: str


def prepare(actor: Actor, *, application_id: int, start: date | None = None, now: datetime) -> Preparation:
    """Return what a contract of this application would lack and say; writes nothing.

    Raises:
        NotFound: no such application in the actor's scope.
        NotPermitted: the actor lacks contracts:create.
        Conflict: it is not approved, is brokered, or costs more than the cap.
        InvalidInput: the product takes a fee before it may.
    """
    with reading() as db:
        application, customer, product = _subject(db, actor, application_id)
        day = local(now).date()
        offer = offer_of(db, application, product, start=start_date_of(start, now=now), contract_day=day)
        warning = check_cap(db, offer, customer_kind=customer.kind, now=now)
        sample = contract_data(
            db,
            application,
            customer,
            offer,
            number=_next(db, now),
            loan_number=loan_number(_next(db, now)),
            now=now,
        )
        template = in_use(db, TEMPLATE)
        extra = extra_values(db, template, customer=customer, application=application)
        lacking = missing(template, replace(sample, extra=extra), parameters.company(db, now=now))
        return Preparation(
            application_id=application_id,
            customer_id=customer.id or 0,
            missing=tuple(
                Missing(key, label, page_of(key, customer.id or 0, f"/applications/{application.id}"))
                for key, label in lacking
            ),
            warning=warning,
            amount_text=format_fen(offer.terms.principal_fen),
            total_interest_text=format_fen(sum(row.interest_fen for row in offer.rows)),
            first_payment_text=format_fen(offer.rows[0].payment_fen),
            cost_text=format_percent(offer.costs.cost.apr_simple_rate),
        )


def create(
    actor: Actor,
    *,
    application_id: int,
    start: date | None = None,
    signing_place: str = "",
    key: str = "",
    now: datetime,
) -> int:
    """Make the loan contract of an approved application and return its id.

    The number is gap-free a day; data and template version are frozen; the PDF is rendered once and stored.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`prepare`.
        MissingData: values it needs are empty, each named.
    """
    with transaction() as db:
        begin = start_date_of(start, now=now)

        def work() -> dict[str, object]:
            made = create_in(
                db, actor, application_id=application_id, begin=begin, signing_place=signing_place, now=now
            )
            return {"id": made.id}

        return int(
            str(once(db, actor, "contracts.create", key, [application_id, begin], now=now, work=work)["id"])
        )


def create_in(
    db: Session,
    actor: Actor,
    *,
    application_id: int,
    begin: date,
    signing_place: str = "",
    drawing: Drawing | None = None,
    now: datetime,
) -> Contract:
    """Make the contract in the caller's transaction, which sees to it that nothing is made twice; see :func:`create`.

    ``drawing`` is that of the batch it is one of.
    """
    application, customer, product = _subject(db, actor, application_id, for_update=True)
    day = local(now).date()
    offer = offer_of(db, application, product, start=begin, contract_day=day)
    check_cap(db, offer, customer_kind=customer.kind, now=now)
    code = str(parameters.get(db, "contract_code", now=now)["company"])
    number = contract_number(code, "JK", day, next_number(db, f"contract:JK:{day:%Y}"))
    data = contract_data(
        db, application, customer, offer, number=number, loan_number=loan_number(number), now=now,
        signing_place=signing_place,
    )  # fmt: skip
    return _store(db, actor, application, customer, data, drawing, now=now)


def _store(
    db: Session,
    actor: Actor,
    application: Application,
    customer: Customer,
    data: ContractData,
    drawing: Drawing | None,
    *,
    now: datetime,
) -> Contract:
    template = in_use(db, TEMPLATE)
    data = replace(data, extra=extra_values(db, template, customer=customer, application=application))
    pdf = draw(
        drawing, template, data, company=parameters.company(db, now=now),
        watermark="演示数据" if settings().demo_mode else "",
        verify_url=f"{settings().origin}/verify/{data.contract_number}",
    )  # fmt: skip
    document = files.store_generated(
        db, actor, content=pdf, file_name=f"{data.contract_number}.pdf", media_type="application/pdf",
        kind="contract", label=f"借款合同 {data.contract_number}", now=now, owner_id=application.owner_id,
        department_id=application.department_id, customer_id=customer.id, application_id=application.id,
    )  # fmt: skip
    assert data.terms.principal_fen is not None and data.terms.annual_rate is not None
    contract = Contract(
        number=data.contract_number, application_id=application.id or 0, customer_id=customer.id or 0,
        template_code=template.code, template_revision=template.version, status=ContractStatus.TO_SIGN,
        amount_fen=data.terms.principal_fen, annual_rate=data.terms.annual_rate,
        term_months=application.approved_term_months or 0, method=application.method,
        start_date=data.terms.start_date, end_date=data.terms.end_date,
        data={"terms_hash": data.quote_version}, file_id=document.id, pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        page_count=page_count(pdf), owner_id=application.owner_id, department_id=application.department_id,
        created_by_id=actor.actor_id, created_at=now, updated_at=now,
    )  # fmt: skip
    contract.frozen = to_json(data)
    db.add(contract)
    application.status = application_rules.move(application.status, ApplicationEvent.CONTRACT)
    application.updated_at = now
    application.version += 1
    db.flush()
    assert contract.id is not None
    search.index_many(db, "contract", [(contract.id, contract)])
    lead = db.get(Lead, application.lead_id) if application.lead_id else None
    events.record(
        db, actor, "contract.created", now=now, entity="contract", entity_id=contract.id,
        customer_id=customer.id, lead_id=application.lead_id,
        summary=f"{contract.number} · {format_fen(contract.amount_fen)}", flush=False,
    )  # fmt: skip
    if lead is not None:
        boards.advance(db, actor, lead, "approved", reason="已生成合同", now=now)
    return contract


def _subject(
    db: Session, actor: Actor, application_id: int, *, for_update: bool = False
) -> tuple[Application, Customer, Product]:
    application = get_visible_application(db, actor, application_id, for_update=for_update)
    actor.require(Permission.CONTRACTS_CREATE)
    if application.status is not ApplicationStatus.APPROVED:
        made = db.execute(
            sa.select(col(Contract.number)).where(
                col(Contract.application_id) == application_id,
                col(Contract.base) == TEMPLATE,
                col(Contract.status) != ContractStatus.VOIDED,
            )
        ).scalar()
        if made:
            raise Conflict(f"这笔申请已生成合同 {made}")
        raise Conflict(f"申请现在是「{application.status.label}」，通过审批后才能生成合同")
    customer = db.get(Customer, application.customer_id)
    product_id = application.product_id
    product = kept(db, ("product", product_id), lambda: db.get(Product, product_id)) if product_id else None
    if customer is None or product is None:
        raise InvalidInput("申请还没有选择产品")
    if product.mode != "own":
        raise Conflict("助贷产品由资方出借，不在这里生成借款合同")
    return application, customer, product


def _next(db: Session, now: datetime) -> str:
    day = local(now).date()
    code = str(parameters.get(db, "contract_code", now=now)["company"])
    return contract_number(code, "JK", day, current_number(db, f"contract:JK:{day:%Y}") + 1)


def page_of(key: str, customer_id: int, otherwise: str) -> str:
    """Return the page where a missing value of a document is filled in: the borrower's, the firm's, or another."""
    if key.startswith(("borrower", "disbursement_account")):
        return f"/customers/{customer_id}?tab=profile" if customer_id else otherwise
    if key.startswith(("company", "repayment_account", "dispute")):
        return "/settings/company"
    return otherwise


def frozen_data(contract: Contract) -> ContractData:
    """Return the data a loan contract was printed from, as it was frozen; empty ones for another document."""
    if contract.base != TEMPLATE:
        return ContractData(contract_number=contract.number)
    return from_json(ContractData, contract.frozen or json.dumps({}))
