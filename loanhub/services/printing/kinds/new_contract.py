"""Contracts of approved applications 批量生成合同: made once each, what cannot be made is named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer
from loanhub.repositories.scope import visible_to
from loanhub.services import contracts
from loanhub.services._actor import Actor
from loanhub.services._drawing import Drawing
from loanhub.services.printing._kind import Make, Paper, PaperKind, Source


def begin() -> Make:
    """Return what makes the contracts of one batch: template, fonts and fixed pages once for all of them."""
    drawing = Drawing()

    def made(actor: Actor, record_id: int, key: str, now: datetime) -> Paper:
        contract_id = contracts.create(actor, application_id=record_id, key=key, drawing=drawing, now=now)
        name, content = contracts.open_pdf(actor, contract_id=contract_id, record=False, now=now)
        return Paper(name, content, contract_id)

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
