"""Queries on contracts and the applications they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import NotFound
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.models import Application, Contract, Customer, Disclosure, PrintLog, Product, User
from loanhub.repositories.scope import Reader, visible_to


def get_visible(db: Session, reader: Reader, contract_id: int, *, for_update: bool = False) -> Contract:
    """Return a contract inside the reader's scope; raise NotFound when there is none such."""
    query = sa.select(Contract).where(col(Contract.id) == contract_id, visible_to(reader, Contract))
    if for_update:
        query = query.with_for_update()
    contract: Contract | None = db.execute(query).scalar_one_or_none()
    if contract is None:
        raise NotFound("没有找到这份合同，或你无权查看")
    return contract


def get_visible_application(
    db: Session, reader: Reader, application_id: int, *, for_update: bool = False
) -> Application:
    """Return an application inside the reader's scope; raise NotFound when there is none such."""
    query = sa.select(Application).where(
        col(Application.id) == application_id, visible_to(reader, Application)
    )
    if for_update:
        query = query.with_for_update()
    application: Application | None = db.execute(query).scalar_one_or_none()
    if application is None:
        raise NotFound("没有找到这笔申请，或你无权查看")
    return application


def find_confirmed_disclosure(db: Session, application_id: int, terms_hash: str) -> Disclosure | None:
    """Return the confirmed disclosure sheet of these very terms, or None."""
    query = sa.select(Disclosure).where(
        col(Disclosure.application_id) == application_id,
        col(Disclosure.terms_hash) == terms_hash,
        col(Disclosure.confirmed_at).is_not(None),
    )
    return db.execute(query.limit(1)).scalar_one_or_none()


def find_by_number(db: Session, number: str) -> Contract | None:
    """Return the contract of this number whoever asks, or None: for the public check of a printed one."""
    return db.execute(sa.select(Contract).where(col(Contract.number) == number)).scalar_one_or_none()


def of_base(*, papers: bool = False) -> sa.ColumnElement[bool]:
    """Return the condition of loan contracts, or of the other documents of their cases."""
    main = col(Contract.base) == LOAN_CONTRACT
    return ~main if papers else main


def list_papers(db: Session, reader: Reader, application_id: int) -> list[Contract]:
    """Return the other documents of an application the reader sees, newest first."""
    query = sa.select(Contract).where(
        col(Contract.application_id) == application_id, of_base(papers=True), visible_to(reader, Contract)
    )
    return list(db.execute(query.order_by(col(Contract.id).desc())).scalars())


def find_valid_of(db: Session, application_id: int) -> Contract | None:
    """Return the contract of an application that is not void, or None; there is at most one."""
    query = sa.select(Contract).where(
        col(Contract.application_id) == application_id,
        of_base(),
        col(Contract.status) != ContractStatus.VOIDED,
    )
    found: Contract | None = db.execute(query.limit(1)).scalar_one_or_none()
    return found


def _waiting(reader: Reader) -> sa.ColumnElement[bool]:
    """Return the condition of approved own-money applications; needs the join with Product."""
    return sa.and_(
        col(Application.status) == ApplicationStatus.APPROVED,
        col(Product.mode) == "own",
        visible_to(reader, Application),
    )


def count_waiting(db: Session, reader: Reader) -> int:
    """Return how many approved applications of our own money the reader sees without a contract 待出合同."""
    query = (
        sa.select(sa.func.count())
        .select_from(Application)
        .join(Product, col(Product.id) == col(Application.product_id))
    )
    return int(db.execute(query.where(_waiting(reader))).scalar_one())


def list_waiting(
    db: Session,
    reader: Reader,
    *,
    text: str = "",
    owner_id: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> tuple[list[tuple[Application, Customer, Product, str | None]], int, int]:
    """Return (rows, how many, their approved fen) of what waits for a contract, the longest waiting first."""
    condition = _waiting(reader)
    if text.strip():
        condition = sa.and_(condition, _named(col(Application.number), text))
    if owner_id is not None:
        condition = sa.and_(condition, col(Application.owner_id) == owner_id)

    def joined(query: Any) -> Any:
        return (
            query.select_from(Application)
            .join(Customer, col(Customer.id) == col(Application.customer_id))
            .join(Product, col(Product.id) == col(Application.product_id))
            .where(condition)
        )

    amount = sa.func.coalesce(sa.func.sum(col(Application.approved_amount_fen)), 0)
    total, fen = db.execute(joined(sa.select(sa.func.count(), amount))).one()
    query = joined(sa.select(Application, Customer, Product, col(User.name))).outerjoin(
        User, col(User.id) == col(Application.owner_id)
    )
    order = (sa.func.coalesce(col(Application.decided_at), col(Application.updated_at)), col(Application.id))
    rows = db.execute(query.order_by(*order).offset(offset).limit(limit)).all()
    return [(a, c, p, owner) for a, c, p, owner in rows], int(total), int(fen)


def list_with_names(
    db: Session, reader: Reader, ids: Sequence[int]
) -> list[tuple[Contract, Customer, str | None]]:
    """Return (contract, customer, owner's name) of those of these contracts the reader sees, in any order."""
    query = (
        sa.select(Contract, Customer, col(User.name))
        .join(Customer, col(Customer.id) == col(Contract.customer_id))
        .outerjoin(User, col(User.id) == col(Contract.owner_id))
        .where(col(Contract.id).in_(ids), visible_to(reader, Contract))
    )
    return [(contract, customer, owner) for contract, customer, owner in db.execute(query).all()]


def customers_named(db: Session, reader: Reader, text: str, *, limit: int) -> list[int]:
    """Return the customers whose name holds the text and who have a contract the reader sees."""
    query = (
        sa.select(col(Contract.customer_id))
        .join(Customer, col(Customer.id) == col(Contract.customer_id))
        .where(visible_to(reader, Contract), col(Customer.name).contains(text, autoescape=True))
    )
    return [int(one) for one in db.execute(query.distinct().limit(limit)).scalars()]


def _named(number: Any, text: str) -> sa.ColumnElement[bool]:
    wanted = text.strip()[:40]
    return sa.or_(
        number.contains(wanted.upper(), autoescape=True), col(Customer.name).contains(wanted, autoescape=True)
    )


def owner_ids(reader: Reader) -> Any:
    """Return the subquery of the ids of those who own contracts or applications the reader sees."""
    return (
        sa.select(col(Contract.owner_id))
        .where(visible_to(reader, Contract), col(Contract.owner_id).is_not(None))
        .union(
            sa.select(col(Application.owner_id)).where(
                visible_to(reader, Application),
                col(Application.owner_id).is_not(None),
                col(Application.status) == ApplicationStatus.APPROVED,
            )
        )
    )


def confirmed_terms(db: Session, application_ids: Sequence[int]) -> frozenset[tuple[int, str]]:
    """Return (application id, hash of the terms) of the confirmed disclosure sheets of these applications."""
    query = sa.select(col(Disclosure.application_id), col(Disclosure.terms_hash)).where(
        col(Disclosure.application_id).in_(application_ids), col(Disclosure.confirmed_at).is_not(None)
    )
    return frozenset((int(application_id), str(terms)) for application_id, terms in db.execute(query).all())


def list_prints(db: Session, contract_id: int) -> list[tuple[PrintLog, str | None]]:
    """Return the printings of a contract with the name of who printed, newest first."""
    query = (
        sa.select(PrintLog, col(User.name))
        .outerjoin(User, col(User.id) == col(PrintLog.by_id))
        .where(col(PrintLog.contract_id) == contract_id)
        .order_by(col(PrintLog.id).desc())
    )
    return [(log, name) for log, name in db.execute(query).all()]
