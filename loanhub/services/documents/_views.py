"""The files of a customer or an application 资料 as lists show them, and which of them an actor reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.documents import (
    DocumentKind,
    label_of,
    valid_until,
)
from loanhub.domain.errors import NotFound
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Document, User
from loanhub.repositories import customers as repository
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.archive._shared import rules_of_all
from loanhub.services.files import IMPORT_KIND

PENDING = "pending"
"""``Document.review`` of what a customer handed in by a link and nobody has looked at yet."""
_ICONS = {
    "picture": "image",
    "pdf": "file-text",
    "audio": "mic",
    "video": "video",
    "file": "file-spreadsheet",
}


@dataclass(frozen=True)
class DocumentView:
    """A stored file as lists show it; ``picture`` and ``pdf`` say what a preview may show."""

    id: int
    kind: str
    kind_label: str
    label: str
    file_name: str
    size_text: str
    icon: str
    picture: bool
    pdf: bool
    by: str
    at: str
    at_title: str
    look: str = "file"
    until: str = ""
    expired: bool = False
    revision: int = 1
    replaced: bool = False
    pending: bool = False


def list_of(
    actor: Actor, *, customer_id: int | None = None, application_id: int | None = None, now: datetime
) -> list[DocumentView]:
    """Return the files of a customer or of an application, newest first.

    Raises:
        NotFound: no such customer or application in the actor's scope.
        NotPermitted: the actor lacks documents:read.
    """
    with reading() as db:
        customer = None
        if customer_id is not None:
            customer = repository.get_visible(db, actor, customer_id)
        elif application_id is not None:
            get_application(db, actor, application_id)
        else:
            raise NotFound
        actor.require(Permission.DOCUMENTS_READ)
        return views_of(db, customer=customer, application_id=application_id, now=now)


def _of_record(customer: Customer, kind: str) -> date | None:
    """Return until when the record says an identity card or a business licence is valid."""
    if kind in (DocumentKind.ID_FRONT.value, DocumentKind.ID_BACK.value):
        return customer.id_valid_until
    if kind == DocumentKind.BUSINESS_LICENSE.value:
        stored = customer.profile.get("license_valid_until")
        return date.fromisoformat(str(stored)) if stored else None
    return None


def views_of(
    db: Session, *, customer: Customer | None = None, application_id: int | None = None, now: datetime
) -> list[DocumentView]:
    query = (
        sa.select(Document, col(User.name))
        .outerjoin(User, col(User.id) == col(Document.uploaded_by_id))
        .where(col(Document.deleted_at).is_(None), col(Document.kind) != IMPORT_KIND)
    )
    if application_id is not None:
        query = query.where(col(Document.application_id) == application_id)
    else:
        query = query.where(col(Document.customer_id) == (customer.id if customer is not None else 0))
    rows = db.execute(query.order_by(col(Document.id).desc()).limit(200)).all()
    lives = {kind: rule.life_days for kind, rule in rules_of_all(db).items()}
    return [
        view_of(
            row,
            by or ("客户" if row.review else "系统"),
            customer=customer,
            life_days=lives.get(row.kind),
            now=now,
        )
        for row, by in rows
    ]


def view_of(
    row: Document,
    by: str,
    *,
    customer: Customer | None = None,
    life_days: int | None = None,
    now: datetime,
) -> DocumentView:
    """Return the view of a stored file; with its customer the days of the record count for its validity."""
    until = valid_until(
        row.kind, given=row.expires_date, handed_in=local(row.created_at).date(),
        of_record=_of_record(customer, row.kind) if customer is not None else None, life_days=life_days,
    )  # fmt: skip
    look = look_of(row.media_type)
    picture = row.media_type.startswith("image/")
    pdf = row.media_type == "application/pdf"
    return DocumentView(
        id=row.id or 0, kind=row.kind, kind_label=label_of(row.kind), label=row.label or label_of(row.kind),
        file_name=row.file_name, size_text=formats.file_size(row.size_bytes),
        icon=_ICONS[look], picture=picture, pdf=pdf, by=by, at=formats.relative(row.created_at, now),
        at_title=formats.instant(row.created_at), look=look, until=until.isoformat() if until is not None else "",
        expired=until is not None and until < local(now).date(), revision=row.revision,
        replaced=row.replaced_by_id is not None, pending=row.review == PENDING,
    )  # fmt: skip


def look_of(media_type: str) -> str:
    """Return how a file is shown in place: picture, pdf, audio, video, or file for one that is only downloaded."""
    if media_type == "application/pdf":
        return "pdf"
    return {"image": "picture", "audio": "audio", "video": "video"}.get(media_type.partition("/")[0], "file")


def get_in_scope(db: Session, actor: Actor, document_id: int) -> Document:
    row = db.get(Document, document_id)
    if row is None or row.deleted_at is not None:
        raise NotFound("没有找到这个文件")
    own = row.uploaded_by_id == actor.user_id
    if row.customer_id is not None and not own:
        repository.get_visible(db, actor, row.customer_id)
    elif not own and not actor.reaches(owner_id=row.owner_id, department_id=row.department_id):
        raise NotFound("没有找到这个文件")
    return row


def get_application(db: Session, actor: Actor, application_id: int) -> Application:
    query = sa.select(Application).where(
        col(Application.id) == application_id, visible_to(actor, Application)
    )
    found: Application | None = db.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这笔申请，或你无权查看")
    return found
