"""Finding anything by a few letters 全局搜索: names, pinyin, numbers, phone tails; scope and mask aware."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from loanhub.domain import masking
from loanhub.domain.identity import check_mobile, normalize_number
from loanhub.domain.money import format_wan
from loanhub.domain.names import query_tokens, search_tokens
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Contract, Customer, Lead, Loan, SearchToken
from loanhub.models.encryption import blind_index, blind_index_tail
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

PER_GROUP = 8


def tokens_of(row: object) -> set[str]:
    """Return every token a lead or customer is found by: name, number, company; phone and ID as blind indexes."""
    tokens = search_tokens(getattr(row, "name", "") or "")
    tokens |= search_tokens(getattr(row, "company_name", "") or "")
    number = getattr(row, "number", "") or ""
    if number:
        tokens.add(number.lower())
    for attribute in ("phone_index", "phone_tail_index", "id_number_index", "id_number_tail_index"):
        value = getattr(row, attribute, None)
        if value:
            tokens.add(f"#{value}")
    return {token[:80] for token in tokens if token}


def index(db: Session, entity: str, row: SQLModel) -> None:
    """Write the search tokens of a lead or customer anew, in the transaction of its change."""
    entity_id = row.id  # type: ignore[attr-defined]
    wanted = tokens_of(row)
    query = sa.select(col(SearchToken.token)).where(
        col(SearchToken.entity) == entity, col(SearchToken.entity_id) == entity_id
    )
    known = set(db.execute(query).scalars())
    stale = known - wanted
    if stale:
        db.execute(
            sa.delete(SearchToken).where(
                col(SearchToken.entity) == entity,
                col(SearchToken.entity_id) == entity_id,
                col(SearchToken.token).in_(stale),
            )
        )
    fresh = wanted - known
    if fresh:
        insert = sa.insert(SearchToken.__table__)  # type: ignore[attr-defined]
        db.execute(insert, [{"token": t, "entity": entity, "entity_id": entity_id} for t in sorted(fresh)])


def index_many(db: Session, entity: str, rows: Iterable[tuple[int, object]]) -> None:
    """Write the search tokens of records that have none yet: (id, anything with the searched attributes)."""
    fresh = [
        {"token": token, "entity": entity, "entity_id": row_id}
        for row_id, row in rows
        for token in sorted(tokens_of(row))
    ]
    if fresh:
        db.execute(sa.insert(SearchToken.__table__), fresh)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Hit:
    """One result: where it leads and what a reader may see of it."""

    group: str
    title: str
    detail: str
    link: str
    icon: str


def _asked(text: str) -> list[str]:
    """Return the tokens of a query; whole phones, identity numbers and tails become blind indexes."""
    compact = normalize_number(text)
    if len(compact) == 4 and compact[:-1].isdigit():
        return [compact]
    mobile = check_mobile(text)
    if mobile.valid:
        return [f"#{blind_index('phone', mobile.normalized)}"]
    if len(compact) in (15, 18) and compact[:-1].isdigit():
        return [f"#{blind_index('id_number', compact)}"]
    return list(query_tokens(text))


def _ids(db: Session, entity: str, text: str) -> sa.Select[Any] | None:
    tokens = _asked(text)
    if not tokens:
        return None
    base = sa.select(col(SearchToken.entity_id)).where(col(SearchToken.entity) == entity)
    if len(tokens) == 1 and len(tokens[0]) == 4 and tokens[0][:-1].isdigit():
        tails = [f"#{blind_index_tail(kind, tokens[0])}" for kind in ("phone", "id_number")]
        return base.where(sa.or_(col(SearchToken.token).in_(tails), _prefix(tokens[0])))
    selects = [base.where(_prefix(token)) for token in tokens[:4]]
    query = selects[0]
    for other in selects[1:]:
        query = query.where(col(SearchToken.entity_id).in_(other))
    return query


def searched_ids(db: Session, entity: str, text: str) -> sa.Select[Any] | None:
    """Return the ids of leads or customers found by ``text``, as a subquery; None when nothing was asked."""
    return _ids(db, entity, text.strip()[:60])


def _prefix(token: str) -> sa.ColumnElement[bool]:
    if token.startswith("#"):
        return col(SearchToken.token) == token
    last = token[:-1] + chr(ord(token[-1]) + 1)
    return sa.and_(col(SearchToken.token) >= token, col(SearchToken.token) < last)


def find(actor: Actor, text: str, *, limit: int = PER_GROUP) -> list[Hit]:
    """Return the best hits by group for what was typed: customers, leads, loans, contracts, applications.

    Raises:
        NotPermitted: the actor lacks search:use.
    """
    actor.require(Permission.SEARCH_USE)
    text = text.strip()[:60]
    if not text:
        return []
    hits: list[Hit] = []
    with reading() as db:
        if actor.can(Permission.CUSTOMERS_READ):
            hits += _customers(db, actor, text, limit)
        if actor.can(Permission.LEADS_READ):
            hits += _leads(db, actor, text, limit)
        if any(c.isdigit() for c in text) or "-" in text:
            hits += _numbered(db, actor, text, limit)
    return hits


def _customers(db: Session, actor: Actor, text: str, limit: int) -> Iterable[Hit]:
    ids = _ids(db, "customer", text)
    if ids is None:
        return []
    query = (
        sa.select(Customer)
        .where(col(Customer.id).in_(ids), visible_to(actor, Customer))
        .order_by(
            (col(Customer.name) == text).desc(), sa.func.length(col(Customer.name)), col(Customer.id).desc()
        )
        .limit(limit)
    )
    return [
        Hit("客户", c.name, _line(c.phone, c.city, c.company_name), f"/customers/{c.id}", "user-round")
        for c in db.execute(query).scalars()
    ]


def _leads(db: Session, actor: Actor, text: str, limit: int) -> Iterable[Hit]:
    ids = _ids(db, "lead", text)
    if ids is None:
        return []
    query = (
        sa.select(Lead)
        .where(col(Lead.id).in_(ids), visible_to(actor, Lead))
        .order_by((col(Lead.name) == text).desc(), sa.func.length(col(Lead.name)), col(Lead.id).desc())
        .limit(limit)
    )
    return [
        Hit(
            "线索",
            lead.name,
            _line(lead.phone, lead.city, lead.number),
            f"/leads?lead={lead.id}",
            "user-plus",
        )
        for lead in db.execute(query).scalars()
    ]


def _line(phone: str | None, *parts: str) -> str:
    masked = masking.mask("phone", (phone or "").removeprefix("+86")) if phone else ""
    return " · ".join(part for part in (masked, *parts) if part)


def _numbered(db: Session, actor: Actor, text: str, limit: int) -> Iterable[Hit]:
    like = f"%{text.upper().replace('%', '').replace('_', '')}%"
    hits: list[Hit] = []
    if actor.can(Permission.LOANS_READ):
        loans = sa.select(Loan, Customer).join(Customer, col(Customer.id) == col(Loan.customer_id))
        loans = loans.where(col(Loan.number).like(like), visible_to(actor, Loan)).limit(limit)
        for loan, customer in db.execute(loans).all():
            detail = f"{customer.name} · {format_wan(loan.principal_fen)} · {loan.status.label}"
            hits.append(Hit("贷款", loan.number, detail, f"/loans/{loan.id}", "wallet"))
    if actor.can(Permission.CONTRACTS_READ):
        contracts = sa.select(Contract, Customer).join(
            Customer, col(Customer.id) == col(Contract.customer_id)
        )
        contracts = contracts.where(col(Contract.number).like(like), visible_to(actor, Contract)).limit(limit)
        for contract, customer in db.execute(contracts).all():
            detail = f"{customer.name} · {contract.status.label}"
            hits.append(Hit("合同", contract.number, detail, f"/contracts/{contract.id}", "file-text"))
    if actor.can(Permission.APPLICATIONS_READ):
        rows = sa.select(Application, Customer).join(
            Customer, col(Customer.id) == col(Application.customer_id)
        )
        rows = rows.where(col(Application.number).like(like), visible_to(actor, Application)).limit(limit)
        for application, customer in db.execute(rows).all():
            detail = f"{customer.name} · {application.status.label}"
            hits.append(Hit("申请", application.number, detail, f"/applications/{application.id}", "stamp"))
    return hits
