"""A kind of document made of a case: when it fits, what it asks, how its data are put together, who signs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.data import ContractData, Party, from_json
from loanhub.documents.template import DocumentTemplate, get_template
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.customers import RelationKind
from loanhub.domain.identity import is_company_code
from loanhub.domain.papers import LOAN_CONTRACT, Answer
from loanhub.domain.signing import SignerRole
from loanhub.models import Application, Contract, Customer, CustomerRelation, Loan, Product
from loanhub.services.contracts._terms import party_of


@dataclass(frozen=True)
class Case:
    """What documents are made of: an application with its customer, and the contract and loan that came of it."""

    application: Application
    customer: Customer
    product: Product | None
    contract: Contract | None
    loan: Loan | None
    guarantors: tuple[tuple[int, Party], ...] = ()
    """(id of the relation, party) of those who stand in for the debt."""

    @property
    def main(self) -> ContractData:
        """Return the data the loan contract was printed from; empty ones while there is none."""
        if self.contract is None or not self.contract.frozen:
            return ContractData()
        return from_json(ContractData, self.contract.frozen)

    def party(self, relation_id: int) -> Party | None:
        """Return a guarantor by the id of the relation."""
        return dict(self.guarantors).get(relation_id)


@dataclass(frozen=True)
class Subject:
    """One document that fits: ``key`` tells it from others of its kind, ``label`` names what it is made for."""

    key: str = ""
    label: str = ""


@dataclass(frozen=True)
class Fit:
    """What fits a case now; with no subjects ``reason`` says why none, ``link`` where that is mended."""

    subjects: tuple[Subject, ...] = ()
    reason: str = ""
    link: str = ""


@dataclass(frozen=True)
class Signs:
    """Somebody who signs: ``label`` are the words above the place in the signature block."""

    role: SignerRole
    party: Party
    label: str


@dataclass(frozen=True)
class Making:
    """What a document is made with: its number, the day, and the answers of whoever makes it."""

    number: str
    now: datetime
    today: date
    dispute: Mapping[str, object]
    answers: Mapping[str, Answer]
    company_name: str = ""


@dataclass(frozen=True)
class PaperKind:
    """One kind; ``code`` is that of the built-in document. ``signers`` None: a notice that nobody signs with us.

    ``asks`` are keys of ``domain/papers.py``, ``begin`` their first answers; ``links`` say where a value that is
    missing is filled in, by the beginning of its key.
    """

    code: str
    prefix: str
    fits: Callable[[Session, Case, datetime], Fit]
    build: Callable[[Session, Case, Subject, Making], Any]
    asks: tuple[str, ...] = ()
    begin: Callable[[Session, Case, Subject, datetime], dict[str, str]] | None = None
    choices: Callable[[Case], dict[str, tuple[tuple[str, str], ...]]] | None = None
    signers: Callable[[Any], tuple[Signs, ...]] | None = None
    company_label: str = "甲方（出借人）"
    links: Mapping[str, str] = field(default_factory=dict)
    number_of: Callable[[Case], str] | None = None

    @property
    def template(self) -> DocumentTemplate:
        """Return the built-in document of this kind."""
        return get_template(self.code)


def guarantors_of(db: Session, customer_id: int) -> tuple[tuple[int, Party], ...]:
    """Return (relation id, party) of a customer's guarantors in force, oldest first."""
    query = (
        sa.select(CustomerRelation)
        .where(
            col(CustomerRelation.customer_id) == customer_id,
            col(CustomerRelation.kind) == RelationKind.GUARANTOR.value,
            col(CustomerRelation.ended_at).is_(None),
        )
        .order_by(col(CustomerRelation.id))
    )
    return tuple((int(row.id or 0), _party(db, row)) for row in db.execute(query).scalars())


def _party(db: Session, row: CustomerRelation) -> Party:
    other = db.get(Customer, row.related_id) if row.related_id else None
    if other is not None:
        known = party_of(other)
        return replace(
            known, address=known.address or row.address or "", phone=known.phone or _plain(row.phone)
        )
    company = is_company_code(row.id_number or "")
    return Party(
        name=row.name, kind="company" if company else "person",
        id_type="统一社会信用代码" if company else "居民身份证", id_number=row.id_number or "",
        phone=_plain(row.phone), address=row.address or "",
    )  # fmt: skip


def _plain(phone: str | None) -> str:
    return (phone or "").removeprefix("+86")


def need_contract(case: Case) -> Fit | None:
    """Return why a document that belongs to a loan contract does not fit yet, or None."""
    if case.product is not None and case.product.mode != "own":
        return Fit(reason="助贷业务由资方出借，这份文书由资方出具")
    if case.contract is None:
        return Fit(reason="先生成借款合同", link=f"/contracts?tab=waiting&application={case.application.id}")
    return None


def need_loan(case: Case) -> Fit | None:
    """Return why a document of a loan paid out does not fit yet, or None."""
    found = need_contract(case)
    if found is not None:
        return found
    if case.loan is None or case.loan.disbursed_date is None:
        return Fit(reason="放款之后才能出具")
    return None


def relations_link(case: Case) -> str:
    """Return where guarantors are written down."""
    return f"/customers/{case.customer.id}?tab=relations"


def main_of(db: Session, application_id: int) -> Contract | None:
    """Return the loan contract of an application that counts, or None."""
    query = sa.select(Contract).where(
        col(Contract.application_id) == application_id, col(Contract.base) == LOAN_CONTRACT,
        col(Contract.status) != ContractStatus.VOIDED,
    )  # fmt: skip
    found: Contract | None = db.execute(query.order_by(col(Contract.id).desc()).limit(1)).scalar_one_or_none()
    return found
