"""Saying what a file is and whose, and taking it out of the lists."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.archive import KEPT_KINDS, SINGLE, Verb
from loanhub.domain.documents import (
    DocumentKind,
    label_of,
)
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Document
from loanhub.repositories import customers as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.archive._shared import may_delete
from loanhub.services.archive.keep import Kept, supersede
from loanhub.services.documents._views import PENDING, get_application, get_in_scope
from loanhub.services.files import rights

KEEP: object = object()
"""A day that is not said stays what it was."""


def attach(
    actor: Actor,
    *,
    document_id: int,
    kind: str,
    label: str = "",
    customer_id: int | None = None,
    application_id: int | None = None,
    expires: date | object | None = KEEP,
    now: datetime,
) -> None:
    """Say what an uploaded file is and whose: its kind and label, the record it belongs to, the last day it counts.

    ``expires`` None takes a day given before off; left out it stays.

    Raises:
        NotFound: no such file of the actor's or of a record in scope; no such customer or application.
        NotPermitted: the actor lacks documents:upload.
        Kept: it is of a kind that is always kept, or a hold is on it and it would leave its customer.
        InvalidInput: an unknown kind, or a label over 60 characters.
    """
    with transaction() as db:
        row = get_in_scope(db, actor, document_id)
        was = (row.customer_id, may_delete(db, row))
        if customer_id is not None:
            customer = repository.get_visible(db, actor, customer_id)
            row.customer_id, row.owner_id, row.department_id = (
                customer.id,
                customer.owner_id,
                customer.department_id,
            )
        if application_id is not None:
            application = get_application(db, actor, application_id)
            row.application_id, row.customer_id = application.id, application.customer_id
        actor.require(Permission.DOCUMENTS_UPLOAD)
        found = DocumentKind.find(kind)
        if found is None:
            raise InvalidInput(fields={"kind": "请选择资料类型"})
        if len(label.strip()) > 60:
            raise InvalidInput(fields={"label": "名称最多 60 个字"})
        rights.check_kind(db, actor, found.value, Verb.UPLOAD)
        _check_kept(row, was, found.value)
        before: dict[str, object] = {"资料类型": label_of(row.kind)}
        row.kind, row.label = found.value, label.strip() or found.label
        older = _current_single(db, row, found)
        if older is not None:
            supersede(db, actor, older, row, now=now)
        after: dict[str, object] = {"资料类型": found.label}
        if expires is not KEEP:
            day = expires if isinstance(expires, date) else None
            if day is not None and day < local(row.created_at).date() - timedelta(days=3660):
                raise InvalidInput(fields={"expires": "有效期不对，检查一下年份"})
            if day != row.expires_date:
                before["有效期至"], after["有效期至"] = formats.day(row.expires_date), formats.day(day)
            row.expires_date = day
        events.record(
            db, actor, "document.labeled", now=now, entity="document", entity_id=row.id,
            customer_id=row.customer_id, lead_id=row.lead_id, before=before, after=after, summary=row.label,
        )  # fmt: skip


def remove(actor: Actor, *, document_id: int, reason: str = "", now: datetime) -> None:
    """Take a file out of the lists; its content and the record of it are kept for the audit.

    Raises:
        NotFound: no such file of the actor's or of a record in scope.
        NotPermitted: the actor lacks documents:upload.
        Kept: a hold is on it, or it is of a kind that is always kept (contracts, imports).
    """
    with transaction() as db:
        row = get_in_scope(db, actor, document_id)
        actor.require(Permission.DOCUMENTS_UPLOAD)
        refusal = may_delete(db, row)
        if refusal:
            raise Kept(refusal)
        row.deleted_at = now
        if row.replaced_by_id is None and row.series_id is not None:
            _bring_back_older(db, row)
        events.record(
            db, actor, "document.removed", now=now, entity="document", entity_id=row.id,
            customer_id=row.customer_id, lead_id=row.lead_id, summary=row.label or row.file_name, reason=reason,
        )  # fmt: skip


def review(actor: Actor, *, document_id: int, accepted: bool, reason: str = "", now: datetime) -> None:
    """Say of a file a customer handed in by a link 待核 that it is good, or take it out of the lists with the reason.

    One that is good takes the place of an older one where a customer has one of its kind.

    Raises:
        NotFound: no such file of a record in scope.
        NotPermitted: the actor lacks documents:upload.
        Conflict: nothing waits, somebody was quicker.
        InvalidInput: refused without a reason.
    """
    words = reason.strip()[:200]
    if not accepted and len(words) < 2:
        raise InvalidInput(fields={"reason": "写一下退回的原因"})
    with transaction() as db:
        row = get_in_scope(db, actor, document_id)
        actor.require(Permission.DOCUMENTS_UPLOAD)
        if row.review != PENDING:
            raise Conflict("这份资料已经核对过了")
        row.review = ""
        if accepted:
            found = DocumentKind.find(row.kind)
            older = _current_single(db, row, found) if found is not None else None
            if older is not None:
                supersede(db, actor, older, row, now=now)
        else:
            row.deleted_at = now
        events.record(
            db, actor, "document.reviewed", now=now, entity="document", entity_id=row.id, customer_id=row.customer_id,
            lead_id=row.lead_id, summary=f"{row.label or label_of(row.kind)} {'核对通过' if accepted else '退回'}",
            reason=words,
        )  # fmt: skip


def _check_kept(row: Document, was: tuple[int | None, str | None], kind: str) -> None:
    """Refuse what would take a file out of its keeping: another kind or another customer makes it one that may go.

    ``was`` is the customer before and why it might not be removed then.
    """
    customer_id, refusal = was
    if refusal is None:
        return
    moved = customer_id is not None and row.customer_id != customer_id
    if moved or (row.kind in KEPT_KINDS and row.kind != kind):
        raise Kept(refusal.replace("移除", "改动"))


def _current_single(db: Session, row: Document, kind: DocumentKind) -> Document | None:
    """Return the document this one takes the place of: kinds a customer has one of have versions."""
    if kind not in SINGLE or row.customer_id is None or row.series_id is not None:
        return None
    query = sa.select(Document).where(
        col(Document.customer_id) == row.customer_id, col(Document.kind) == kind.value, col(Document.id) < row.id,
        col(Document.deleted_at).is_(None), col(Document.replaced_by_id).is_(None),
    )  # fmt: skip
    return db.execute(query.order_by(col(Document.id).desc()).limit(1)).scalar_one_or_none()


def _bring_back_older(db: Session, row: Document) -> None:
    """Make the version before a removed one the newest again."""
    query = sa.select(Document).where(col(Document.replaced_by_id) == row.id)
    for older in db.execute(query).scalars():
        older.replaced_by_id = None
    row.series_id, row.revision = None, 1
