"""Fields, applications, contracts, loans of customer 360, each read when it is looked at 各页签."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.template import get_template
from loanhub.domain import formats
from loanhub.domain.catalogue import Access
from loanhub.domain.customers import fits, label_for
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.models import (
    Application,
    Contract,
    Customer,
    Loan,
    Product,
)
from loanhub.repositories import customers as repository
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

FIRM_GROUP = "经营信息"
"""First on a firm's page."""


@dataclass(frozen=True)
class ProfileField:
    """One field of the profile: text to show, value to edit, and what the reader may do with it."""

    key: str
    label: str
    text: str
    value: str
    component: str
    unit: str
    help: str
    required: bool
    editable: bool
    masked: bool
    revealable: bool
    options: list[dict[str, str]]


@dataclass(frozen=True)
class ProfileGroup:
    """A group of the profile 身份信息, 联系方式 …; ``filled`` of ``total`` fields hold something."""

    title: str
    fields: list[ProfileField]
    filled: int
    total: int
    editable: bool


def profile(actor: Actor, *, customer_id: int, now: datetime) -> list[ProfileGroup]:
    """Return the fields of a customer by group, masked for the reader.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        return profile_of(db, actor, customer, now=now)


def profile_of(db: Session, actor: Actor, customer: Customer, *, now: datetime) -> list[ProfileGroup]:
    """Return the profile of a customer already found; see :func:`profile`."""
    views = catalogue.present_record(db, actor, "customer", customer, now=now)
    known = catalogue.current(db)
    may_edit = actor.can(Permission.CUSTOMERS_EDIT)
    may_reveal = actor.can(Permission.CUSTOMERS_REVEAL)
    groups: dict[str, list[ProfileField]] = {FIRM_GROUP: []} if customer.kind == "company" else {}
    for key, view in views.items():
        spec = known.get("customer", key)
        if not spec.in_form or view.access == int(Access.NONE) or not fits(customer.kind, key):
            continue
        empty = view.text == formats.EMPTY
        groups.setdefault(view.group or "其他", []).append(
            ProfileField(
                key=key, label=label_for(customer.kind, key, view.label), text=view.text, value=view.value, component=view.component,
                unit=view.unit, help=view.help, required=view.required, editable=view.editable and may_edit,
                masked=view.masked and not empty, revealable=may_reveal and view.masked and not empty,
                options=[{"value": code, "label": label} for code, label in view.options],
            )
        )  # fmt: skip
    return [
        ProfileGroup(
            title, fields, sum(1 for f in fields if f.text != formats.EMPTY), len(fields),
            any(f.editable for f in fields),
        )
        for title, fields in groups.items()
        if fields
    ]  # fmt: skip


Rows = list[dict[str, str]]


def applications(actor: Actor, *, customer_id: int, now: datetime) -> Rows:
    """Return the customer's applications, newest first, as texts.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks applications:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.APPLICATIONS_READ)
        query = (
            sa.select(Application, col(Product.label))
            .outerjoin(Product, col(Product.id) == col(Application.product_id))
            .where(col(Application.customer_id) == customer_id)
            .order_by(col(Application.id).desc())
        )
        return [
            {
                "id": str(row.id), "number": row.number, "href": f"/applications/{row.id}", "product": product or "—",
                "amount": _plain(row.approved_amount_fen or row.amount_fen),
                "term": f"{row.term_months} 期" if row.term_months else "—", "status": row.status.label,
                "code": row.status.value, "score": formats.text(row.score),
                "date": formats.day(row.submitted_at or row.created_at),
            }
            for row, product in db.execute(query.limit(100)).all()
        ]  # fmt: skip


def contracts(actor: Actor, *, customer_id: int) -> Rows:
    """Return the customer's contracts, newest first, as texts.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks contracts:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CONTRACTS_READ)
        query = (
            sa.select(Contract)
            .where(col(Contract.customer_id) == customer_id)
            .order_by(col(Contract.id).desc())
        )
        return [
            {
                "id": str(row.id), "number": row.number, "href": f"/contracts/{row.id}",
                "amount": _plain(row.amount_fen) if row.base == LOAN_CONTRACT else "—",
                "rate": formats.annual_rate(row.annual_rate) if row.base == LOAN_CONTRACT else "",
                "term": f"{row.term_months} 期" if row.base == LOAN_CONTRACT else get_template(row.base).label, "status": row.status.label, "code": row.status.value,
                "copies": f"{row.copy_count} 份" if row.copy_count else "未打印",
                "date": formats.day(row.signed_date or row.created_at),
            }
            for row in db.execute(query.limit(100)).scalars()
        ]  # fmt: skip


def loans(actor: Actor, *, customer_id: int) -> Rows:
    """Return the customer's loans, newest first, as texts.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks loans:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.LOANS_READ)
        query = sa.select(Loan).where(col(Loan.customer_id) == customer_id).order_by(col(Loan.id).desc())
        return [
            {
                "id": str(row.id), "number": row.number, "href": f"/loans/{row.id}",
                "principal": _plain(row.principal_fen), "left": _plain(row.outstanding_principal_fen),
                "next": formats.day(row.next_due_date), "overdue": formats.overdue(row.dpd) if row.dpd else "",
                "status": row.status.label, "code": row.status.value, "date": formats.day(row.disbursed_date),
                "title": format_fen(row.outstanding_principal_fen),
            }
            for row in db.execute(query.limit(100)).scalars()
        ]  # fmt: skip


def _plain(fen: int | None) -> str:
    return formats.EMPTY if fen is None else format_plain(fen)
