"""Documents of a customer or application 资料: what is there, what is missing, and what each file is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.documents import GROUPS, DocumentKind, label_of, required_kinds
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Document, Product, User
from loanhub.repositories import customers as repository
from loanhub.repositories.scope import visible_to
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.files import IMPORT_KIND

_OVER = (ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN, ApplicationStatus.FUNDED)


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


@dataclass(frozen=True)
class Slot:
    """One line of the checklist: a kind of document, whether it must be there, and the files that are."""

    kind: str
    label: str
    required: bool
    files: tuple[DocumentView, ...]

    @property
    def missing(self) -> bool:
        """Return whether it must be there and is not."""
        return self.required and not self.files


@dataclass(frozen=True)
class Checklist:
    """The checklist 资料清单 by group, (group label, slots); ``done`` of ``total`` required kinds are there."""

    groups: tuple[tuple[str, tuple[Slot, ...]], ...]
    done: int
    total: int

    @property
    def missing(self) -> tuple[Slot, ...]:
        """Return what is still to be handed in 待补资料."""
        return tuple(slot for _, slots in self.groups for slot in slots if slot.missing)


def attach(
    actor: Actor,
    *,
    document_id: int,
    kind: str,
    label: str = "",
    customer_id: int | None = None,
    application_id: int | None = None,
    now: datetime,
) -> None:
    """Say what an uploaded file is and whose: its kind and label, and the record it belongs to.

    Raises:
        NotFound: no such file of the actor's or of a record in scope; no such customer or application.
        NotPermitted: the actor lacks documents:upload.
        InvalidInput: an unknown kind, or a label over 60 characters.
    """
    with transaction() as db:
        row = _get(db, actor, document_id)
        if customer_id is not None:
            customer = repository.get_visible(db, actor, customer_id)
            row.customer_id, row.owner_id, row.department_id = (
                customer.id,
                customer.owner_id,
                customer.department_id,
            )
        if application_id is not None:
            application = _get_application(db, actor, application_id)
            row.application_id, row.customer_id = application.id, application.customer_id
        actor.require(Permission.DOCUMENTS_UPLOAD)
        found = DocumentKind.find(kind)
        if found is None:
            raise InvalidInput(fields={"kind": "请选择资料类型"})
        if len(label.strip()) > 60:
            raise InvalidInput(fields={"label": "名称最多 60 个字"})
        before = label_of(row.kind)
        row.kind, row.label = found.value, label.strip() or found.label
        events.record(
            db, actor, "document.labeled", now=now, entity="document", entity_id=row.id,
            customer_id=row.customer_id, lead_id=row.lead_id, before={"资料类型": before},
            after={"资料类型": found.label}, summary=row.label,
        )  # fmt: skip


def remove(actor: Actor, *, document_id: int, reason: str = "", now: datetime) -> None:
    """Take a file out of the lists; its content and the record of it are kept for the audit.

    Raises:
        NotFound: no such file of the actor's or of a record in scope.
        NotPermitted: the actor lacks documents:upload.
        InvalidInput: it is a contract or an import, which are never removed here.
    """
    with transaction() as db:
        row = _get(db, actor, document_id)
        actor.require(Permission.DOCUMENTS_UPLOAD)
        if row.kind in ("contract", IMPORT_KIND):
            raise InvalidInput("合同和导入文件不能在这里移除")
        row.deleted_at = now
        events.record(
            db, actor, "document.removed", now=now, entity="document", entity_id=row.id,
            customer_id=row.customer_id, lead_id=row.lead_id, summary=row.label or row.file_name, reason=reason,
        )  # fmt: skip


def list_of(
    actor: Actor, *, customer_id: int | None = None, application_id: int | None = None, now: datetime
) -> list[DocumentView]:
    """Return the files of a customer or of an application, newest first.

    Raises:
        NotFound: no such customer or application in the actor's scope.
        NotPermitted: the actor lacks documents:read.
    """
    with reading() as db:
        if customer_id is not None:
            repository.get_visible(db, actor, customer_id)
        elif application_id is not None:
            _get_application(db, actor, application_id)
        else:
            raise NotFound
        actor.require(Permission.DOCUMENTS_READ)
        return _views(db, customer_id=customer_id, application_id=application_id, now=now)


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
            application = _get_application(db, actor, application_id)
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
    query = sa.select(col(Product.required_documents)).join(
        Application, col(Application.product_id) == col(Product.id)
    )
    if application_id is not None:
        query = query.where(col(Application.id) == application_id)
    else:
        query = query.where(
            col(Application.customer_id) == customer.id, col(Application.status).not_in(_OVER)
        )
    named = [name for names in db.execute(query).scalars() for name in names]
    required = set(required_kinds(named, company=customer.kind == "company"))
    files = _views(db, customer_id=customer.id, application_id=None, now=now)
    by_kind: dict[str, list[DocumentView]] = {}
    for file in files:
        known = DocumentKind.find(file.kind)
        by_kind.setdefault((known or DocumentKind.OTHER).value, []).append(file)
    groups = tuple(
        (
            title,
            tuple(
                Slot(kind.value, kind.label, kind in required, tuple(by_kind.get(kind.value, ())))
                for kind in kinds
                if kind in required or kind.value in by_kind
            ),
        )
        for title, kinds in GROUPS
    )
    done = sum(1 for kind in required if kind.value in by_kind)
    return Checklist(tuple(g for g in groups if g[1]), done, len(required))


def _views(
    db: Session, *, customer_id: int | None, application_id: int | None, now: datetime
) -> list[DocumentView]:
    query = (
        sa.select(Document, col(User.name))
        .outerjoin(User, col(User.id) == col(Document.uploaded_by_id))
        .where(col(Document.deleted_at).is_(None), col(Document.kind) != IMPORT_KIND)
    )
    if application_id is not None:
        query = query.where(col(Document.application_id) == application_id)
    else:
        query = query.where(col(Document.customer_id) == customer_id)
    rows = db.execute(query.order_by(col(Document.id).desc()).limit(200)).all()
    return [view_of(row, by or "系统", now=now) for row, by in rows]


def view_of(row: Document, by: str, *, now: datetime) -> DocumentView:
    """Return the view of a stored file."""
    picture = row.media_type.startswith("image/")
    pdf = row.media_type == "application/pdf"
    return DocumentView(
        id=row.id or 0, kind=row.kind, kind_label=label_of(row.kind), label=row.label or label_of(row.kind),
        file_name=row.file_name, size_text=formats.file_size(row.size_bytes),
        icon="image" if picture else ("file-text" if pdf else "file-spreadsheet"), picture=picture, pdf=pdf,
        by=by, at=formats.relative(row.created_at, now), at_title=formats.instant(row.created_at),
    )  # fmt: skip


def _get(db: Session, actor: Actor, document_id: int) -> Document:
    row = db.get(Document, document_id)
    if row is None or row.deleted_at is not None:
        raise NotFound("没有找到这个文件")
    own = row.uploaded_by_id == actor.user_id
    if row.customer_id is not None and not own:
        repository.get_visible(db, actor, row.customer_id)
    elif not own and not actor.reaches(owner_id=row.owner_id, department_id=row.department_id):
        raise NotFound("没有找到这个文件")
    return row


def _get_application(db: Session, actor: Actor, application_id: int) -> Application:
    query = sa.select(Application).where(
        col(Application.id) == application_id, visible_to(actor, Application)
    )
    found: Application | None = db.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这笔申请，或你无权查看")
    return found
