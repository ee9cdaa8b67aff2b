"""Queries on contracts and the applications they come from."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.models import Application, Contract, Disclosure
from loanhub.repositories.scope import Reader, visible_to


def get_visible(db: Session, reader: Reader, contract_id: int, *, for_update: bool = False) -> Contract:
    """Return a contract inside the reader's scope; raise NotFound when there is none such."""
    query = sa.select(Contract).where(col(Contract.id) == contract_id, visible_to(reader, Contract))
    if for_update:
        query = query.with_for_update()
    contract = db.execute(query).scalar_one_or_none()
    if contract is None:
        raise NotFound("没有找到这份合同，或你无权查看")
    return contract


def get_visible_application(
    db: Session, reader: Reader, application_id: int, *, for_update: bool = False
) -> Application:
    """Return an application inside the reader's scope; raise NotFound when there is none such."""
    query = sa.select(Application).where(col(Application.id) == application_id, visible_to(reader, Application))
    if for_update:
        query = query.with_for_update()
    application = db.execute(query).scalar_one_or_none()
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
