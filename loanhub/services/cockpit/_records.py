"""The records behind a number as lines: name as the reader may see it, detail, where it opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access, access, present
from loanhub.domain.catalogue.choices import InteractionKind
from loanhub.domain.permissions import Permission
from loanhub.models import (
    Application,
    CollectionCase,
    CollectionContact,
    CollectionPromise,
    Customer,
    Interaction,
    Lead,
    Loan,
    Payment,
    StageMove,
    Task,
)
from loanhub.services import catalogue
from loanhub.services._actor import Actor

RIGHTS = {
    "lead": Permission.LEADS_READ, "customer": Permission.CUSTOMERS_READ, "move": Permission.LEADS_READ,
    "application": Permission.APPLICATIONS_READ, "loan": Permission.LOANS_READ, "payment": Permission.LOANS_READ,
    "case": Permission.COLLECTIONS_READ, "promise": Permission.COLLECTIONS_READ, "contact": Permission.COLLECTIONS_READ,
    "follow_up": Permission.LEADS_READ, "task": Permission.TASKS_EDIT,
}  # fmt: skip
"""Who may read the records themselves; without it a reader sees the total alone."""
EXPORTS = {
    "lead": Permission.LEADS_EXPORT, "follow_up": Permission.LEADS_EXPORT, "task": Permission.LEADS_EXPORT, "move": Permission.LEADS_EXPORT, "customer": Permission.CUSTOMERS_EXPORT,
    "case": Permission.COLLECTIONS_ASSIGN, "promise": Permission.COLLECTIONS_ASSIGN,
    "contact": Permission.COLLECTIONS_ASSIGN,
}  # fmt: skip
"""Who may take the list away as a file; of the others, who reads reports."""
ENTITIES = {
    "lead": "线索", "customer": "客户", "application": "申请", "loan": "贷款", "payment": "还款", "move": "流转",
    "case": "案件", "promise": "承诺", "contact": "联系", "follow_up": "跟进", "task": "待办",
}  # fmt: skip
IDS_A_QUERY = 500
Line = tuple[int, str, str, str]


def export_right(entity: str) -> Permission:
    """Return what it takes to export records of a kind."""
    return EXPORTS.get(entity, Permission.REPORTS_READ)


def lines(db: Session, actor: Actor, entity: str, ids: list[int], now: datetime) -> dict[int, Line]:
    """Return by id (id, name, detail, link) of the records, names masked for the reader."""
    shown = _name_shower(
        db, actor, "lead" if entity in ("lead", "move", "follow_up", "task") else "customer", now
    )
    found: dict[int, Line] = {}
    for start in range(0, len(ids), IDS_A_QUERY):
        for row_id, name, detail, link in _READERS[entity](db, ids[start : start + IDS_A_QUERY]):
            found[row_id] = (row_id, shown(name), detail, link)
    return found


def _name_shower(db: Session, actor: Actor, entity: str, now: datetime) -> Callable[[str], str]:
    spec = catalogue.current(db).get(entity, "name")
    right = Access.READ if actor.is_system else access(spec, catalogue.rights_of(actor))
    return lambda name: present(spec, name, right, now)


def _leads(db: Session, ids: list[int]) -> list[Any]:
    rows = db.execute(sa.select(Lead).where(col(Lead.id).in_(ids))).scalars()
    return [(x.id, x.name, f"{x.number} · {x.status.label}", f"/leads?lead={x.id}") for x in rows]


def _customers(db: Session, ids: list[int]) -> list[Any]:
    rows = db.execute(sa.select(Customer).where(col(Customer.id).in_(ids))).scalars()
    return [(x.id, x.name, x.number, f"/customers/{x.id}") for x in rows]


def _named(model: Any, column: Any, ids: list[int]) -> Any:
    return (
        sa.select(model, col(Customer.name))
        .join(Customer, col(Customer.id) == column)
        .where(model.id.in_(ids))
    )


def _applications(db: Session, ids: list[int]) -> list[Any]:
    rows = db.execute(_named(Application, col(Application.customer_id), ids)).all()
    return [(x.id, name, f"{x.number} · {x.status.label}", f"/applications/{x.id}") for x, name in rows]


def _loans(db: Session, ids: list[int]) -> list[Any]:
    rows = db.execute(_named(Loan, col(Loan.customer_id), ids)).all()
    return [(x.id, name, f"{x.number} · {x.status.label}", f"/loans/{x.id}") for x, name in rows]


def _payments(db: Session, ids: list[int]) -> list[Any]:
    query = (
        sa.select(Payment, col(Loan.number), col(Customer.name))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(col(Payment.id).in_(ids))
    )
    return [(x.id, name, f"{number} · {formats.day(x.value_date)}", f"/loans/{x.loan_id}")
            for x, number, name in db.execute(query).all()]  # fmt: skip


def _moves(db: Session, ids: list[int]) -> list[Any]:
    query = (
        sa.select(StageMove, col(Lead.name), col(Lead.number))
        .join(Lead, col(Lead.id) == col(StageMove.lead_id))
        .where(col(StageMove.id).in_(ids))
    )
    return [(x.id, name, f"{number} · {formats.instant(x.at)} 离开", f"/leads?lead={x.lead_id}")
            for x, name, number in db.execute(query).all()]  # fmt: skip


def _cases(db: Session, ids: list[int]) -> list[Any]:
    rows = db.execute(_named(CollectionCase, col(CollectionCase.customer_id), ids)).all()
    return [
        (x.id, name, f"{x.number} · 立案 {formats.day(x.opened_on)}", f"/collections?case={x.id}")
        for x, name in rows
    ]


def _promises(db: Session, ids: list[int]) -> list[Any]:
    query = (
        sa.select(CollectionPromise, col(CollectionCase.number), col(Customer.name))
        .join(CollectionCase, col(CollectionCase.id) == col(CollectionPromise.case_id))
        .join(Customer, col(Customer.id) == col(CollectionCase.customer_id))
        .where(col(CollectionPromise.id).in_(ids))
    )
    return [(x.id, name, f"{number} · 承诺 {formats.day(x.due_date)}", f"/collections?case={x.case_id}")
            for x, number, name in db.execute(query).all()]  # fmt: skip


def _contacts(db: Session, ids: list[int]) -> list[Any]:
    query = (
        sa.select(CollectionContact, col(CollectionCase.number), col(Customer.name))
        .join(CollectionCase, col(CollectionCase.id) == col(CollectionContact.case_id))
        .join(Customer, col(Customer.id) == col(CollectionCase.customer_id))
        .where(col(CollectionContact.id).in_(ids))
    )
    return [(x.id, name, f"{number} · {formats.instant(x.at)}", f"/collections?case={x.case_id}")
            for x, number, name in db.execute(query).all()]  # fmt: skip


def _follow_ups(db: Session, ids: list[int]) -> list[Any]:
    query = (
        sa.select(Interaction, sa.func.coalesce(col(Lead.name), col(Customer.name), ""))
        .join(Lead, col(Lead.id) == col(Interaction.lead_id), isouter=True)
        .join(Customer, col(Customer.id) == col(Interaction.customer_id), isouter=True)
        .where(col(Interaction.id).in_(ids))
    )
    kinds = dict(InteractionKind.options())
    return [(x.id, name, f"{kinds.get(x.kind, x.kind)} · {formats.instant(x.at)}", _where(x.lead_id, x.customer_id))
            for x, name in db.execute(query).all()]  # fmt: skip


def _tasks(db: Session, ids: list[int]) -> list[Any]:
    query = (
        sa.select(Task, sa.func.coalesce(col(Lead.name), col(Customer.name), ""))
        .join(Lead, col(Lead.id) == col(Task.lead_id), isouter=True)
        .join(Customer, col(Customer.id) == col(Task.customer_id), isouter=True)
        .where(col(Task.id).in_(ids))
    )
    return [(x.id, name, f"{x.title} · {formats.instant(x.due_at)} 到期", _where(x.lead_id, x.customer_id) or "/tasks")
            for x, name in db.execute(query).all()]  # fmt: skip


def _where(lead_id: int | None, customer_id: int | None) -> str:
    return f"/leads?lead={lead_id}" if lead_id else f"/customers/{customer_id}" if customer_id else ""


_READERS: dict[str, Callable[[Session, list[int]], list[Any]]] = {
    "lead": _leads, "customer": _customers, "application": _applications, "loan": _loans, "payment": _payments,
    "move": _moves, "case": _cases, "promise": _promises, "contact": _contacts, "follow_up": _follow_ups,
    "task": _tasks,
}  # fmt: skip
