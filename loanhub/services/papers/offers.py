"""What documents a case can have now 可出具的文书: those that fit, what each lacks, and those that were made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.template import missing
from loanhub.domain import formats
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.papers import ASKS
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Contract, Customer, Loan, Product
from loanhub.repositories import contracts as repository
from loanhub.repositories import loans as loan_repository
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._templates import in_use
from loanhub.services._transaction import reading
from loanhub.services.contracts.center import TONES
from loanhub.services.papers._data import kind_of, paper_kinds, title_of
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Subject, guarantors_of, main_of

DRAFT_NUMBER = "（出具时编号）"


@dataclass(frozen=True)
class Offered:
    """One document of the desk. ``missing`` are {label, link}; ``made_id`` is the one that was made, 0 for none.

    ``asks`` are {key, label, kind, value, help, required}, ``choices`` the options of those that have some.
    """

    code: str = ""
    subject: str = ""
    label: str = ""
    made_for: str = ""
    reason: str = ""
    link: str = ""
    missing: list[dict[str, str]] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    signed: bool = True
    template: str = ""
    made_id: int = 0
    made_number: str = ""
    made_status: str = ""
    made_tone: str = ""

    @property
    def ready(self) -> bool:
        """Return whether it can be made as it stands."""
        return not self.reason and not self.missing and not self.made_id


@dataclass(frozen=True)
class Desk:
    """The documents of one case: those that fit, and those that do not with the reason."""

    application_id: int = 0
    application: str = ""
    customer: str = ""
    customer_id: int = 0
    contract_id: int = 0
    contract: str = ""
    loan_id: int = 0
    loan: str = ""
    fitting: tuple[Offered, ...] = ()
    others: tuple[Offered, ...] = ()


def desk(
    actor: Actor, *, application_id: int = 0, contract_id: int = 0, loan_id: int = 0, now: datetime
) -> Desk:
    """Return what documents the case of an application, of its contract or of its loan can have now.

    Raises:
        NotFound: no such record in the actor's scope.
        NotPermitted: the actor lacks contracts:create.
    """
    with reading() as db:
        if loan_id:
            application_id = loan_repository.get_visible(db, actor, loan_id).application_id or 0
        elif contract_id:
            application_id = repository.get_visible(db, actor, contract_id).application_id
        application = repository.get_visible_application(db, actor, application_id)
        actor.require(Permission.CONTRACTS_CREATE)
        case = case_of(db, application)
        made = _made(db, application.id or 0)
        fitting: list[Offered] = []
        others: list[Offered] = []
        for kind in paper_kinds().values():
            fit = kind.fits(db, case, now)
            if not fit.subjects:
                others.append(_off(kind, fit))
            fitting += [
                _offer(db, case, kind, one, made.get((kind.code, one.key)), now) for one in fit.subjects
            ]
        return Desk(
            application_id=application.id or 0, application=application.number, customer=case.customer.name,
            customer_id=case.customer.id or 0, contract_id=(case.contract.id or 0) if case.contract else 0,
            contract=case.contract.number if case.contract else "", loan_id=(case.loan.id or 0) if case.loan else 0,
            loan=case.loan.number if case.loan else "", fitting=tuple(fitting), others=tuple(others),
        )  # fmt: skip


def case_of(db: Session, application: Application) -> Case:
    """Return the case of an application.

    Raises:
        NotFound: its customer is gone.
    """
    customer = db.get(Customer, application.customer_id)
    if customer is None:
        raise NotFound("没有找到这笔申请的客户")
    contract = main_of(db, application.id or 0)
    loan = None
    if contract is not None:
        query = sa.select(Loan).where(col(Loan.contract_id) == contract.id).order_by(col(Loan.id)).limit(1)
        loan = db.execute(query).scalar_one_or_none()
    product = db.get(Product, application.product_id) if application.product_id else None
    return Case(application, customer, product, contract, loan, guarantors_of(db, customer.id or 0))


def _made(db: Session, application_id: int) -> dict[tuple[str, str], Contract]:
    """Return the documents of an application that count, by (kind, subject)."""
    query = sa.select(Contract).where(
        col(Contract.application_id) == application_id, col(Contract.base).in_(list(paper_kinds())),
        col(Contract.status) != ContractStatus.VOIDED,
    )  # fmt: skip
    return {(row.base, row.subject): row for row in db.execute(query.order_by(col(Contract.id))).scalars()}


def find_made(db: Session, application_id: int, code: str, subject: str) -> Contract | None:
    """Return the document of this kind made for this very subject that counts, or None."""
    return _made(db, application_id).get((code, subject))


def _off(kind: PaperKind, fit: Fit) -> Offered:
    return Offered(code=kind.code, label=kind.template.label, reason=fit.reason, link=fit.link)


def _offer(
    db: Session, case: Case, kind: PaperKind, subject: Subject, made: Contract | None, now: datetime
) -> Offered:
    template = in_use(db, kind.code)
    values = kind.begin(db, case, subject, now) if kind.begin is not None else {}
    choices = kind.choices(case) if kind.choices is not None else {}
    options = {key: choices.get(key, ASKS[key].options) for key in kind.asks}
    return Offered(
        code=kind.code, subject=subject.key, label=kind.template.label, made_for=subject.label,
        missing=[] if made is not None else lacking(db, case, kind, subject, values, now),
        asks=list(kind.asks), answers={key: values.get(key, "") for key in kind.asks},
        choices={key: [{"value": code, "label": label} for code, label in some] for key, some in options.items() if some},
        signed=kind.signers is not None, template=f"{template.label} v{template.version}",
        made_id=(made.id or 0) if made is not None else 0, made_number=made.number if made is not None else "",
        made_status=made.status.label if made is not None else "", made_tone=TONES[made.status] if made is not None else "",
    )  # fmt: skip


def lacking(
    db: Session, case: Case, kind: PaperKind, subject: Subject, values: dict[str, str], now: datetime
) -> list[dict[str, str]]:
    """Return {key, label, link} of what a document lacks that is not asked for when it is made."""
    dispute = parameters.get(db, "dispute", now=now)
    making = Making(DRAFT_NUMBER, now, formats.local(now).date(), dispute, {})
    try:
        data = kind.build(db, case, subject, making)
    except InvalidInput:
        return []
    company = parameters.company(db, now=now)
    answered = _answered(kind)
    return [
        {"key": key, "label": label, "link": link_of(kind, case, key)}
        for key, label in missing(in_use(db, kind.code), data, company)
        if not key.startswith(answered)
    ]


def _answered(kind: PaperKind) -> tuple[str, ...]:
    """Return the beginnings of keys of a document's data that its questions answer."""
    of = {
        "owner": ("guarantor.name",) , "things": ("things",), "certificate": ("things",), "purpose": ("purpose",),
        "valid_from": ("valid_from",), "valid_to": ("valid_to",), "recipients": ("recipients",),
        "account_holder": ("account.",), "assignee_name": ("assignee.",), "agreement_date": ("agreement_date",),
        "fee_rate": ("fee_rate",),
    }  # fmt: skip
    return tuple(key for ask in kind.asks for key in of.get(ask, ())) or ("\0",)


def link_of(kind: PaperKind, case: Case, key: str) -> str:
    """Return the page where a missing value is filled in."""
    if key.startswith(("company", "repayment_account", "dispute")):
        return "/settings/company"
    place = next((where for begins, where in kind.links.items() if key.startswith(begins)), "")
    customer = f"/customers/{case.customer.id}"
    contract = (
        f"/contracts/{case.contract.id}"
        if case.contract is not None
        else f"/applications/{case.application.id}"
    )
    return {
        "relations": f"{customer}?tab=relations", "customer": f"{customer}?tab=profile",
        "application": f"/applications/{case.application.id}",
    }.get(place, f"{customer}?tab=profile" if key.startswith(("borrower", "debtor")) else contract)  # fmt: skip


__all__ = ["Desk", "Offered", "case_of", "desk", "find_made", "kind_of", "lacking", "link_of", "title_of"]
