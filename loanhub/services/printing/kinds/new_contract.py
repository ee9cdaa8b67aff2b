"""Contracts of approved applications 批量生成合同: made once each, what cannot be made is named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services._drawing import Drawing
from loanhub.services._transaction import transaction
from loanhub.services.contracts.create import create_in
from loanhub.services.printing._kind import Make, Paper, PaperKind, Source


def begin() -> Make:
    """Return what makes the contracts of one batch: template, fonts and fixed pages once for all of them."""
    drawing = Drawing()

    def made(actor: Actor, record_id: int, _key: str, now: datetime) -> Paper:
        # The item of the batch is the guard against a second one: it is marked in this very transaction.
        with transaction() as db:
            contract = create_in(
                db, actor, application_id=record_id, begin=local(now).date(), drawing=drawing, now=now
            )
            actor.require(Permission.CONTRACTS_READ)
            return Paper(
                f"{contract.number}.pdf",
                contract_id=contract.id,
                sha256=contract.pdf_sha256,
                pages=contract.page_count,
            )

    return made


def make(actor: Actor, record_id: int, key: str, now: datetime) -> Paper:
    """Make the contract of an application and return its bytes."""
    return begin()(actor, record_id, key, now)


def describe(db: Session, actor: Actor, ids: Sequence[int]) -> list[Source]:
    """Return the applications of these ids in scope, in the given order."""
    query = (
        sa.select(col(Application.id), col(Application.number), col(Customer.name), col(Customer.id))
        .join(Customer, col(Customer.id) == col(Application.customer_id))
        .where(col(Application.id).in_(list(ids)), visible_to(actor, Application))
    )
    rows = db.execute(query).all()
    found = {
        int(i): Source(int(i), number, name, f"/applications/{i}", int(whose))
        for i, number, name, whose in rows
    }
    return [found[one] for one in ids if one in found]


KIND = PaperKind("new_contract", "生成借款合同", Permission.CONTRACTS_CREATE, make, describe, begin=begin)
