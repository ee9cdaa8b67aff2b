"""The records a template can be tried on, and the data it would print of one 试填."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.data import AuthorizationData, BankAccount, BrokerageData, ContractData
from loanhub.documents.template import DocumentTemplate as Built
from loanhub.documents.template import get_template
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import NotFound
from loanhub.domain.formats import local
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Contract, Customer, Product
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import customers as customer_repository
from loanhub.repositories.scope import visible_to
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._templates import extra_values
from loanhub.services.contracts._terms import contract_data, offer_of, party_of
from loanhub.services.contracts.create import frozen_data
from loanhub.services.templates import records

SAMPLE = "sample"
SAMPLE_LABEL = "示例数据"
MOST = 60


@dataclass(frozen=True)
class Candidate:
    """A record a template can be tried on: its key, how it is called, and the page where its data are mended."""

    key: str
    label: str
    link: str = ""


def candidates(db: Session, actor: Actor, base: str, *, text: str = "", limit: int = MOST) -> list[Candidate]:
    """Return records in the actor's scope a template of this kind can be tried on, newest first; the sample last.

    ``text``: part of a number or of the customer's name.
    """
    kind, found = get_template(base).data_type, []
    source = records.source_of(base, kind)
    if source is not None and actor.can(source.permission):
        found += [Candidate(*one) for one in source.find(db, actor, base, text, limit)]
    if kind is ContractData and actor.can(Permission.CONTRACTS_READ):
        query = (
            sa.select(Contract, col(Customer.name))
            .join(Customer, col(Customer.id) == col(Contract.customer_id))
            .where(
                visible_to(actor, Contract),
                col(Contract.status) != ContractStatus.VOIDED,
                col(Contract.base) == LOAN_CONTRACT,
                records.like(col(Contract.number), text),
            )
            .order_by(col(Contract.id).desc())
        )
        found += [
            Candidate(f"contract:{row.id}", f"{row.number} · {name}", f"/contracts/{row.id}")
            for row, name in db.execute(query.limit(limit)).all()
        ]
    if kind in (ContractData, BrokerageData) and actor.can(Permission.APPLICATIONS_READ):
        application = (
            sa.select(Application, col(Customer.name))
            .join(Customer, col(Customer.id) == col(Application.customer_id))
            .join(Product, col(Product.id) == col(Application.product_id))
            .where(
                visible_to(actor, Application), col(Application.status) == ApplicationStatus.APPROVED,
                col(Product.mode) == ("own" if kind is ContractData else "brokered"),
                records.like(col(Application.number), text),
            )
            .order_by(col(Application.id).desc())
        )  # fmt: skip
        found += [
            Candidate(f"application:{row.id}", f"{row.number} · {name}", f"/applications/{row.id}")
            for row, name in db.execute(application.limit(limit)).all()
        ]
    if kind is AuthorizationData and actor.can(Permission.CUSTOMERS_READ):
        customer = (
            sa.select(Customer)
            .where(visible_to(actor, Customer), records.like(col(Customer.number), text))
            .order_by(col(Customer.id).desc())
        )
        found += [
            Candidate(f"customer:{row.id}", row.name, f"/customers/{row.id}?tab=profile")
            for row in db.execute(customer.limit(limit)).scalars()
        ]
    return [*found[:limit], Candidate(SAMPLE, SAMPLE_LABEL)]


def data_of(db: Session, actor: Actor, template: Built, key: str, *, base: str = "", now: datetime) -> Any:
    """Return the data this template would print of a record ("contract:12", "payment:3", "customer:5", "sample").

    ``base`` is the built-in document the template is of, its own code for a built-in one.

    Raises:
        NotFound: no such record in the actor's scope, or not one of this template's kind.
        NotPermitted: the actor may not read such records.
    """
    noun, _, number = key.partition(":")
    base = base or template.code
    if noun == SAMPLE:
        return template.sample
    record_id = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    kind = template.data_type
    source = records.source_of(base, kind)
    if source is not None and noun == source.noun:
        actor.require(source.permission)
        return source.data(db, actor, base, record_id, now)
    if noun == "contract" and kind is ContractData:
        contract = contract_repository.get_visible(db, actor, record_id)
        actor.require(Permission.CONTRACTS_READ)
        customer = db.get(Customer, contract.customer_id)
        application = db.get(Application, contract.application_id)
        extra = extra_values(db, template, customer=customer, application=application)
        return replace(frozen_data(contract), extra=extra)
    if noun == "application" and kind in (ContractData, BrokerageData):
        return _of_application(db, actor, template, record_id, now)
    if noun == "customer" and kind is AuthorizationData:
        person = customer_repository.get_visible(db, actor, record_id)
        actor.require(Permission.CUSTOMERS_READ)
        return authorization_data(person, now=now)
    raise NotFound("没有找到这条记录，或者它不适用于这个模板")


def _of_application(db: Session, actor: Actor, template: Built, record_id: int, now: datetime) -> Any:
    application = contract_repository.get_visible_application(db, actor, record_id)
    actor.require(Permission.APPLICATIONS_READ)
    customer = db.get(Customer, application.customer_id)
    product = db.get(Product, application.product_id) if application.product_id else None
    if customer is None or product is None or application.status is not ApplicationStatus.APPROVED:
        raise NotFound("这笔申请还没有通过，或者没有选择产品")
    if template.data_type is BrokerageData:
        return brokerage_data(db, application, customer, now=now)
    day = local(now).date()
    offer = offer_of(db, application, product, start=day, contract_day=day)
    data = contract_data(
        db, application, customer, offer, number="（生成时编号）", loan_number="（生成时编号）", now=now
    )
    return replace(data, extra=extra_values(db, template, customer=customer, application=application))


def authorization_data(customer: Customer, *, now: datetime) -> AuthorizationData:
    """Return what an authorization letter says of a customer; purpose and term are filled in by whoever makes it."""
    return AuthorizationData(
        contract_number="（生成时编号）", issued_at=now, signing_date=local(now).date(), person=party_of(customer),
        account=BankAccount(holder=customer.name, bank=customer.bank_name, number=customer.bank_card or ""),
    )  # fmt: skip


def brokerage_data(
    db: Session, application: Application, customer: Customer, *, now: datetime
) -> BrokerageData:
    """Return what a brokerage agreement says of an application; the fee is filled in by whoever makes it."""
    dispute = parameters.get(db, "dispute", now=now)
    return BrokerageData(
        contract_number="（生成时编号）", issued_at=now, signing_date=local(now).date(), client=party_of(customer),
        amount_fen=application.approved_amount_fen, purpose=application.purpose,
        account=parameters.repayment_account(db, now=now), dispute=str(dispute["kind"]),
        dispute_body=str(dispute["body"]),
    )  # fmt: skip


def link_of(key: str, candidate: str) -> str:
    """Return the page where a missing value is filled in."""
    noun, _, number = candidate.partition(":")
    if key.startswith(("company", "repayment_account", "dispute")):
        return "/settings/company"
    if noun == "customer":
        return f"/customers/{number}?tab=profile"
    if noun == "paper":
        return f"/contracts/{number}"
    return f"/{noun}s/{number}" if noun in ("contract", "application", "loan") else ""
