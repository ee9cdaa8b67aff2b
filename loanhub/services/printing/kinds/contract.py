"""Contracts that are made already 已生成的合同: their stored bytes, as often as asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import Conflict
from loanhub.domain.permissions import Permission
from loanhub.models import Contract, Customer
from loanhub.repositories.contracts import get_visible
from loanhub.repositories.scope import visible_to
from loanhub.services import contracts
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.printing._kind import Paper, PaperKind, Source


def make(actor: Actor, record_id: int, key: str, now: datetime) -> Paper:
    """Return the contract's own bytes."""
    with reading() as db:
        contract = get_visible(db, actor, record_id)
        actor.require(Permission.CONTRACTS_PRINT)
        if contract.status is ContractStatus.VOIDED:
            raise Conflict("已作废的合同不能打印")
    name, content = contracts.open_pdf(actor, contract_id=record_id, record=False, now=now)
    return Paper(name, content, record_id)


def describe(db: Session, actor: Actor, ids: Sequence[int]) -> list[Source]:
    """Return the contracts of these ids in scope, in the given order."""
    query = (
        sa.select(col(Contract.id), col(Contract.number), col(Customer.name), col(Customer.id))
        .join(Customer, col(Customer.id) == col(Contract.customer_id))
        .where(col(Contract.id).in_(list(ids)), visible_to(actor, Contract))
    )
    found = {
        int(i): Source(int(i), number, name, f"/contracts/{i}", int(whose))
        for i, number, name, whose in db.execute(query).all()
    }
    return [found[one] for one in ids if one in found]


KIND = PaperKind("contract", "合同", Permission.CONTRACTS_PRINT, make, describe)
