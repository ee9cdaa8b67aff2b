"""Documents of a customer or application 资料: what is there, what is missing, and what each file is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.archive import KEPT_KINDS, SINGLE, Verb
from loanhub.domain.documents import (
    GROUPS,
    DocumentKind,
    SlotState,
    label_of,
    required_kinds,
    slot_state,
    valid_until,
)
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.leads import CLOSED_STATUSES
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Document, Lead, Pipeline, Product, Stage, User
from loanhub.repositories import customers as repository
from loanhub.repositories.scope import visible_to
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.archive._shared import may_delete, rules_of_all
from loanhub.services.archive.keep import Kept, supersede
from loanhub.services.files import IMPORT_KIND, rights

_ICONS = {
    "picture": "image",
    "pdf": "file-text",
    "audio": "mic",
    "video": "video",
    "file": "file-spreadsheet",
}
KEEP: object = object()
"""A day that is not said stays what it was."""
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
    look: str = "file"
    until: str = ""
    expired: bool = False
    revision: int = 1
    replaced: bool = False


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
    """The checklist 资料清单 by group, (group label, slots); ``done`` of ``total`` required kinds are there and count.

    ``products`` name what is asked for, empty for the basics; ``stage`` is where the case stands.
    """

    groups: tuple[tuple[str, tuple[Slot, ...]], ...]
    done: int
    total: int
    products: tuple[str, ...] = ()
    stage: str = ""

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
        row = _get(db, actor, document_id)
        was = (row.customer_id, may_delete(db, row))
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
        row = _get(db, actor, document_id)
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
            _get_application(db, actor, application_id)
        else:
            raise NotFound
        actor.require(Permission.DOCUMENTS_READ)
        return _views(db, customer=customer, application_id=application_id, now=now)


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
    today = local(now).date()
    asked = _asked(db, customer, application_id)
    required = set(
        required_kinds(
            [name for names in asked.values() for name in names], company=customer.kind == "company"
        )
    )
    stages, here = _stages(db, customer)
    files = _views(db, customer=customer, now=now)
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
            state=slot_state(required=kind in required, there=bool(there) or kind.value in originals, until=until, today=today),
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
        tuple(group for group in groups if group[1]), sum(1 for one in lines if not one.missing), len(required),
        products=tuple(name for name, names in asked.items() if names),
        stage=stages[here][0] if here is not None else "",
    )  # fmt: skip


def _asked(db: Session, customer: Customer, application_id: int | None) -> dict[str, list[str]]:
    """Return the kinds each product of an open application asks for, by the product's name."""
    query = sa.select(col(Product.label), col(Product.required_documents)).join(
        Application, col(Application.product_id) == col(Product.id)
    )
    if application_id is not None:
        query = query.where(col(Application.id) == application_id)
    else:
        query = query.where(
            col(Application.customer_id) == customer.id, col(Application.status).not_in(_OVER)
        )
    found = db.execute(query.order_by(col(Application.id))).all()
    if not found and application_id is None:
        # Nothing under way: what was asked for the loan last granted still has to be there.
        last = (
            sa.select(col(Product.label), col(Product.required_documents))
            .join(Application, col(Application.product_id) == col(Product.id))
            .where(
                col(Application.customer_id) == customer.id,
                col(Application.status) == ApplicationStatus.FUNDED,
            )
        )
        found = db.execute(last.order_by(col(Application.id).desc()).limit(1)).all()
    return {str(label): list(names) for label, names in found}


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


def _of_record(customer: Customer, kind: str) -> date | None:
    """Return until when the record says an identity card or a business licence is valid."""
    if kind in (DocumentKind.ID_FRONT.value, DocumentKind.ID_BACK.value):
        return customer.id_valid_until
    if kind == DocumentKind.BUSINESS_LICENSE.value:
        stored = customer.profile.get("license_valid_until")
        return date.fromisoformat(str(stored)) if stored else None
    return None


def _views(
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
        view_of(row, by or "系统", customer=customer, life_days=lives.get(row.kind), now=now)
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
        replaced=row.replaced_by_id is not None,
    )  # fmt: skip


def look_of(media_type: str) -> str:
    """Return how a file is shown in place: picture, pdf, audio, video, or file for one that is only downloaded."""
    if media_type == "application/pdf":
        return "pdf"
    return {"image": "picture", "audio": "audio", "video": "video"}.get(media_type.partition("/")[0], "file")


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
