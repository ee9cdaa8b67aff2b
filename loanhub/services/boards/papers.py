"""Documents a board asks for 资料条件: what a lead still lacks to enter a stage, and handing it in from the board."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.documents import DocumentKind, required_kinds, valid_until
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import documents_due
from loanhub.models import Customer, Document, Lead, Product
from loanhub.services import documents, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.boards._rules import BoardRules


def lacking(db: Session, lead: Lead, rules: BoardRules, to: str, *, now: datetime) -> tuple[str, ...]:
    """Return the kinds of documents a lead still has to bring to enter a stage, in checklist order.

    Asked are those of the strict stages before it which the checklist requires: of the customer it has become, else
    those of the product it names. An expired document does not count.
    """
    due = documents_due(rules.stages.values(), to)
    if not due:
        return ()
    customer = db.get(Customer, lead.customer_id) if lead.customer_id is not None else None
    if customer is not None:
        found = documents.checklist_of(db, customer, now=now)
        return tuple(slot.kind for slot in found.missing if slot.kind in due)
    there = _kinds_of_lead(db, lead, today=local(now).date())
    named = sa.select(col(Product.required_documents)).where(
        col(Product.code) == lead.product_code, col(Product.active)
    )
    asked = db.execute(named.limit(1)).scalar_one_or_none() if lead.product_code else None
    wanted = required_kinds(asked or (), company=False)
    return tuple(kind.value for kind in wanted if kind.value in due and kind.value not in there)


def _kinds_of_lead(db: Session, lead: Lead, *, today: date) -> set[str]:
    query = sa.select(Document).where(col(Document.lead_id) == lead.id, col(Document.deleted_at).is_(None))
    there = set()
    for file in db.execute(query).scalars():
        until = valid_until(file.kind, given=file.expires_date, handed_in=local(file.created_at).date())
        if until is None or until >= today:
            there.add(file.kind)
    return there


def hand_in(actor: Actor, *, lead_id: int, document_id: int, kind: str, now: datetime) -> None:
    """Say which document a file uploaded from the board is, and whose: the lead's, and the customer's it has become.

    Raises:
        NotFound: no such lead in the actor's scope, or no such file of the actor's own that belongs to nothing yet.
        NotPermitted: the actor lacks documents:upload.
        InvalidInput: an unknown kind.
    """
    with transaction() as db:
        from loanhub.services.boards.entities.lead import ENTITY  # the cards ask for papers themselves

        lead, _ = ENTITY.lock(db, actor, lead_id)
        actor.require(ENTITY.read)
        actor.require(Permission.DOCUMENTS_UPLOAD)
        file = db.get(Document, document_id)
        if (
            file is None
            or file.deleted_at is not None
            or file.uploaded_by_id != actor.user_id
            or _belongs(file)
        ):
            raise NotFound("没有找到这个文件，请重新上传")
        found = DocumentKind.find(kind)
        if found is None:
            raise InvalidInput("请选择资料类型")
        file.kind, file.label = found.value, found.label
        file.lead_id, file.customer_id = lead.id, lead.customer_id
        file.owner_id, file.department_id = lead.owner_id, lead.department_id
        events.record(
            db, actor, "document.labeled", now=now, entity="document", entity_id=file.id,
            customer_id=lead.customer_id, lead_id=lead.id, after={"资料类型": found.label}, summary=found.label,
        )  # fmt: skip


def _belongs(file: Document) -> bool:
    links = (file.customer_id, file.lead_id, file.application_id, file.loan_id)
    return file.kind != DocumentKind.OTHER.value or any(one is not None for one in links)
