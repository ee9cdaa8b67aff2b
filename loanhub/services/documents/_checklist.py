"""The checklist 资料清单: what must be handed in for the products under way, what is there, what no longer counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.documents import (
    GROUPS,
    DocumentKind,
    SlotState,
    required_kinds,
    slot_state,
)
from loanhub.domain.errors import NotFound
from loanhub.domain.formats import local
from loanhub.domain.leads import CLOSED_STATUSES
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Lead, Pipeline, Product, Stage
from loanhub.repositories import customers as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.documents._views import DocumentView, get_application, views_of

_OVER = (ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN, ApplicationStatus.FUNDED)


@dataclass(frozen=True)
class Slot:
    """One line of the checklist: a kind of document, whether it must be there, and the files that are, newest first.

    ``products`` are the products that ask for it, ``stage`` the stage by whose end it ought to be there, ``due``
    whether the customer's case has come that far. ``until`` is the last day the newest file counts. ``original`` is the
    application at which somebody saw the original 已收原件, where no file was handed in.
    """

    kind: str
    label: str
    required: bool
    files: tuple[DocumentView, ...]
    state: SlotState = SlotState.PRESENT
    products: tuple[str, ...] = ()
    stage: str = ""
    due: bool = False
    until: str = ""
    original: str = ""

    @property
    def missing(self) -> bool:
        """Return whether it must be there and is not, or is there and no longer counts."""
        return self.required and self.state in (SlotState.MISSING, SlotState.EXPIRED)


@dataclass(frozen=True)
class Checklist:
    """The checklist 资料清单 by group, (group label, slots); ``done`` of ``total`` required kinds are there, looked at, and count.

    ``products`` name what is asked for, empty for the basics; ``stage`` is where the case stands; ``application_id`` is the
    newest open application that asks, 0 without one.
    """

    groups: tuple[tuple[str, tuple[Slot, ...]], ...]
    done: int
    total: int
    products: tuple[str, ...] = ()
    stage: str = ""
    application_id: int = 0

    @property
    def missing(self) -> tuple[Slot, ...]:
        """Return what is still to be handed in 待补资料."""
        return tuple(slot for _, slots in self.groups for slot in slots if slot.missing)


def checklist(
    actor: Actor, *, customer_id: int | None = None, application_id: int | None = None, now: datetime
) -> Checklist:
    """Return what must be handed in and what is there: by the products of the customer's open applications.

    With an application only its product counts; files handed in for the customer count for each application.

    Raises:
        NotFound, NotPermitted: see :func:`list_of`.
    """
    with reading() as db:
        if application_id is not None:
            application = get_application(db, actor, application_id)
            found = db.get(Customer, application.customer_id)
            if found is None:
                raise NotFound
            customer = found
        elif customer_id is not None:
            customer = repository.get_visible(db, actor, customer_id)
        else:
            raise NotFound
        actor.require(Permission.DOCUMENTS_READ)
        return checklist_of(db, customer, application_id=application_id, now=now)


def checklist_of(
    db: Session, customer: Customer, *, application_id: int | None = None, now: datetime
) -> Checklist:
    """Return the checklist of a customer already found and judged; see :func:`checklist`."""
    today = local(now).date()
    asked, open_id = _asked(db, customer, application_id)
    required = set(
        required_kinds(
            [name for names in asked.values() for name in names], company=customer.kind == "company"
        )
    )
    stages, here = _stages(db, customer)
    files = views_of(db, customer=customer, now=now)
    originals = _originals(db, customer)
    by_kind: dict[str, list[DocumentView]] = {}
    for file in files:
        known = DocumentKind.find(file.kind)
        by_kind.setdefault((known or DocumentKind.OTHER).value, []).append(file)

    def slot(kind: DocumentKind) -> Slot:
        there = by_kind.get(kind.value, [])
        until = date.fromisoformat(there[0].until) if there and there[0].until else None
        due_at = next((n for n, (_, kinds) in enumerate(stages) if kind.value in kinds), None)
        return Slot(
            kind.value, kind.label, kind in required, tuple(there),
            state=slot_state(required=kind in required, there=bool(there) or kind.value in originals, until=until, today=today,
                             pending=bool(there) and there[0].pending),
            products=tuple(name for name, names in asked.items() if kind in required_kinds(names, company=False) and names),
            stage=stages[due_at][0] if due_at is not None else "",
            due=due_at is None or here is None or due_at <= here,
            until=formats.day(until) if until is not None else "",
            original="" if there else originals.get(kind.value, ""),
        )  # fmt: skip

    groups = tuple(
        (
            title,
            tuple(
                slot(kind)
                for kind in kinds
                if kind in required or kind.value in by_kind or kind.value in originals
            ),
        )
        for title, kinds in GROUPS
    )
    lines = [one for _, slots in groups for one in slots if one.required]
    return Checklist(
        tuple(group for group in groups if group[1]), sum(1 for one in lines if not one.missing and one.state is not SlotState.PENDING), len(required),
        products=tuple(name for name, names in asked.items() if names),
        stage=stages[here][0] if here is not None else "", application_id=open_id,
    )  # fmt: skip


def _asked(db: Session, customer: Customer, application_id: int | None) -> tuple[dict[str, list[str]], int]:
    """Return the kinds each product of an open application asks for, by the product's name; and the newest of these, or 0."""
    query = sa.select(col(Product.label), col(Product.required_documents), col(Application.id)).join(
        Application, col(Application.product_id) == col(Product.id)
    )
    if application_id is not None:
        query = query.where(col(Application.id) == application_id)
    else:
        query = query.where(
            col(Application.customer_id) == customer.id, col(Application.status).not_in(_OVER)
        )
    found = db.execute(query.order_by(col(Application.id))).all()
    newest = int(found[-1][2]) if found else 0
    if not found and application_id is None:
        # Nothing under way: what was asked for the loan last granted still has to be there.
        last = (
            sa.select(col(Product.label), col(Product.required_documents), col(Application.id))
            .join(Application, col(Application.product_id) == col(Product.id))
            .where(
                col(Application.customer_id) == customer.id,
                col(Application.status) == ApplicationStatus.FUNDED,
            )
        )
        found = db.execute(last.order_by(col(Application.id).desc()).limit(1)).all()
    return {str(label): list(names) for label, names, _ in found}, newest


def _originals(db: Session, customer: Customer) -> dict[str, str]:
    """Return the kinds somebody saw the original of, with the number of the application it was noted at."""
    query = sa.select(col(Application.number), col(Application.documents)).where(
        col(Application.customer_id) == customer.id
    )
    return {
        str(one.get("kind")): str(number)
        for number, ticked in db.execute(query.order_by(col(Application.id))).all()
        for one in ticked
    }


def _stages(db: Session, customer: Customer) -> tuple[list[tuple[str, tuple[str, ...]]], int | None]:
    """Return the stages of the customer's case, (label, kinds due by its end), and the place it stands at."""
    lead = (
        sa.select(col(Lead.pipeline_id), col(Lead.stage_code))
        .where(
            col(Lead.customer_id) == customer.id,
            col(Lead.deleted_at).is_(None),
            col(Lead.status).not_in(CLOSED_STATUSES),
        )
        .order_by(col(Lead.id).desc())
        .limit(1)
    )
    found = db.execute(lead).first()
    of = sa.select(Stage).order_by(col(Stage.sort))
    if found is not None:
        of = of.where(col(Stage.pipeline_id) == found[0])
    else:
        first = (
            sa.select(sa.func.min(col(Pipeline.id))).where(col(Pipeline.entity) == "lead").scalar_subquery()
        )
        of = of.where(col(Stage.pipeline_id) == first)
    rows = list(db.execute(of).scalars())
    stages = [(row.label, tuple(row.documents)) for row in rows]
    here = next((n for n, row in enumerate(rows) if found is not None and row.code == found[1]), None)
    return stages, here
