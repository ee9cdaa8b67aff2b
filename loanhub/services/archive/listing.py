"""The archive as a list 资料档案: every file in scope, what ends soon, what is held, what is missing, what was removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.archive import Rule, Verb
from loanhub.domain.choice import Choice
from loanhub.domain.documents import DocumentKind, label_of
from loanhub.domain.errors import NotFound
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Document, User
from loanhub.repositories.scope import visible_to
from loanhub.services import documents, lists
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.archive import _shared
from loanhub.services.files import ScanState, rights

MOST_MISSING = 100
SOON = timedelta(days=30)


class Tab(Choice):
    """The tabs of the archive."""

    ALL = "all", "全部"
    EXPIRING = "expiring", "30 天内到期"
    EXPIRED = "expired", "已过期"
    HELD = "held", "法律保留"
    REMOVED = "removed", "已移除"


@dataclass(frozen=True)
class FileRow:
    """A file as the archive lists it; ``state`` is '', 'expiring', 'expired', 'held' or 'removed'."""

    id: int = 0
    label: str = ""
    kind: str = ""
    file_name: str = ""
    size: str = ""
    icon: str = ""
    picture: bool = False
    look: str = "file"
    customer: str = ""
    customer_id: int = 0
    customer_number: str = ""
    version: str = ""
    until: str = ""
    state: str = ""
    state_label: str = ""
    by: str = ""
    at: str = ""
    at_title: str = ""


@dataclass(frozen=True)
class Listing:
    """One page of one tab; ``tabs`` are (code, label, count)."""

    tab: str
    tabs: tuple[tuple[str, str, int], ...]
    rows: tuple[FileRow, ...]
    total: int


def page(
    actor: Actor,
    *,
    tab: str = "",
    kind: str = "",
    text: str = "",
    offset: int = 0,
    limit: int = lists.PAGE_ROWS,
    now: datetime,
) -> Listing:
    """Return one page of the archive, newest first; replaced versions stand behind their newest.

    text: part of a file's name or label, of a customer's name, or a customer's number.

    Raises:
        NotPermitted: the actor lacks documents:read.
    """
    actor.require(Permission.DOCUMENTS_READ)
    chosen = next((one for one in Tab if one.value == tab), Tab.ALL)
    with reading() as db:
        every = _shared.rules_of_all(db)
        base = sa.and_(_shared.in_scope(actor, every), col(Document.replaced_by_id).is_(None))
        counts = tuple(
            (one.value, one.label, _count(db, sa.and_(base, condition_of(one, every, now)))) for one in Tab
        )
        condition = sa.and_(base, condition_of(chosen, every, now))
        if kind:
            condition = sa.and_(condition, col(Document.kind) == kind[:32])
        if text.strip():
            condition = sa.and_(condition, _matches(text.strip()[:40]))
        total = _count(db, condition)
        query = (
            sa.select(Document, Customer, col(User.name))
            .outerjoin(Customer, col(Customer.id) == col(Document.customer_id))
            .outerjoin(User, col(User.id) == col(Document.uploaded_by_id))
            .where(condition)
            .order_by(col(Document.created_at).desc(), col(Document.id).desc())
            .offset(max(0, offset))
            .limit(max(1, min(limit, 200)))
        )
        found = db.execute(query).all()
        held = _held_of(db, [row.id for row, _, _ in found])
        rows = tuple(
            _row(row, customer, by or "系统", every, row.id in held, now) for row, customer, by in found
        )
        return Listing(chosen.value, counts, rows, total)


def condition_of(tab: Tab, every: dict[str, Rule], now: datetime) -> sa.ColumnElement[bool]:
    """Return what a tab shows of the files in scope."""
    today, there = local(now).date(), col(Document.deleted_at).is_(None)
    if tab is Tab.REMOVED:
        return col(Document.deleted_at).is_not(None)
    if tab is Tab.EXPIRING:
        return sa.and_(there, _shared.ends_between(every, today, today + SOON))
    if tab is Tab.EXPIRED:
        return sa.and_(there, _shared.ends_between(every, None, today - timedelta(days=1)))
    if tab is Tab.HELD:
        return sa.and_(there, _shared.held_ids())
    return there


def _count(db: Session, condition: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.count()).select_from(Document).where(condition)).scalar_one())


def _matches(text: str) -> sa.ColumnElement[bool]:
    people = sa.select(col(Customer.id)).where(
        sa.or_(col(Customer.name).contains(text, autoescape=True), col(Customer.number) == text.upper())
    )
    return sa.or_(
        col(Document.file_name).contains(text, autoescape=True),
        col(Document.label).contains(text, autoescape=True),
        col(Document.customer_id).in_(people),
    )


def _held_of(db: Session, ids: list[int | None]) -> set[int]:
    query = sa.select(col(Document.id)).where(col(Document.id).in_(ids), _shared.held_ids())
    return {int(one) for one in db.execute(query).scalars() if one is not None}


def _row(
    row: Document, customer: Customer | None, by: str, every: dict[str, Rule], held: bool, now: datetime
) -> FileRow:
    today = local(now).date()
    until = _shared.last_day(row, every[row.kind], customer) if row.kind in every else row.expires_date
    state, words = "", ""
    if row.deleted_at is not None:
        state, words = "removed", f"{formats.day(local(row.deleted_at).date())} 移除"
    elif held:
        state, words = "held", "法律保留"
    elif until is not None and until < today:
        state, words = "expired", "已过期"
    elif until is not None and until <= today + SOON:
        state, words = "expiring", f"{(until - today).days} 天后到期"
    look = documents.look_of(row.media_type)
    icons = {
        "picture": "image",
        "pdf": "file-text",
        "audio": "mic",
        "video": "video",
        "file": "file-spreadsheet",
    }
    return FileRow(
        id=row.id or 0, label=row.label or label_of(row.kind), kind=label_of(row.kind), file_name=row.file_name,
        size=formats.file_size(row.size_bytes), icon=icons[look], picture=look == "picture", look=look,
        customer=customer.name if customer is not None else "—", customer_id=customer.id or 0 if customer is not None else 0,
        customer_number=customer.number if customer is not None else "", version=f"v{row.revision}",
        until=formats.day(until) if until is not None else "", state=state, state_label=words, by=by,
        at=formats.relative(row.created_at, now), at_title=formats.instant(row.created_at),
    )  # fmt: skip


@dataclass(frozen=True)
class Version:
    """One version of a document: who handed it in and when."""

    id: int
    name: str
    file_name: str
    by: str
    at: str
    size: str
    current: bool


@dataclass(frozen=True)
class Detail:
    """A document as its drawer shows it: the facts, its versions newest first, what the reader may do with it."""

    row: FileRow = FileRow()
    kind_code: str = ""
    versions: tuple[Version, ...] = ()
    scan: str = ""
    original: bool = False
    keep: str = ""
    hold: str = ""
    may_take: bool = False
    may_edit: bool = False
    removal_refused: str = ""


def show(actor: Actor, *, document_id: int, now: datetime) -> Detail:
    """Return a document with its versions and what the archive's rules say of it.

    Raises:
        NotFound, NotPermitted: see ``files.open_file``.
    """
    with reading() as db:
        row = rights.get_readable(db, actor, document_id, removed=True)
        if row.kind in _shared.OUTSIDE:
            raise NotFound("没有找到这份资料")
        every = _shared.rules_of_all(db)
        customer = db.get(Customer, row.customer_id) if row.customer_id else None
        series = row.series_id or row.id
        query = (
            sa.select(Document, col(User.name))
            .outerjoin(User, col(User.id) == col(Document.uploaded_by_id))
            .where(sa.or_(col(Document.series_id) == series, col(Document.id) == row.id), col(Document.purged_at).is_(None))
            .order_by(col(Document.revision).desc(), col(Document.id).desc())
        )  # fmt: skip
        found = db.execute(query).all()
        by = next((name for one, name in found if one.id == row.id), "") or "系统"
        held = rights.hold_on(db, row)
        rule = every.get(row.kind)
        own = row.uploaded_by_id == actor.user_id
        uploads = (
            actor.can(Permission.DOCUMENTS_UPLOAD) and row.deleted_at is None and row.replaced_by_id is None
        )
        refused = _shared.may_purge(db, row, today=local(now).date()) or ""
        return Detail(
            row=_row(row, customer, by, every, bool(held), now), kind_code=row.kind,
            versions=tuple(
                Version(
                    one.id or 0, f"v{one.revision}", one.file_name, name or "系统", formats.instant(one.created_at),
                    formats.file_size(one.size_bytes), one.replaced_by_id is None,
                )
                for one, name in found
            ),
            scan=ScanState(row.scan).label, original=bool(row.original_sha256), keep=refused, hold=held,
            may_take=own or rule is None or rule.allows(Verb.TAKE, actor.roles),
            may_edit=uploads and (rule is None or rule.allows(Verb.UPLOAD, actor.roles)) and row.kind != "contract",
            removal_refused=_shared.may_delete(db, row) or "",
        )  # fmt: skip


@dataclass(frozen=True)
class MissingRow:
    """A customer with an open application that lacks required documents; the link leads to the upload in place."""

    id: int
    customer: str
    number: str
    application: str
    product: str
    done: str
    missing: str
    link: str


def missing(actor: Actor, *, now: datetime) -> tuple[MissingRow, ...]:
    """Return open applications in scope that lack required documents, the newest hundred looked at 待补资料.

    Raises:
        NotPermitted: the actor lacks documents:read.
    """
    actor.require(Permission.DOCUMENTS_READ)
    if not actor.can(Permission.APPLICATIONS_READ):
        return ()
    over = ("rejected", "withdrawn", "funded")
    with reading() as db:
        query = (
            sa.select(Application, Customer)
            .join(Customer, col(Customer.id) == col(Application.customer_id))
            .where(visible_to(actor, Application), col(Application.status).not_in(over))
            .order_by(col(Application.id).desc())
            .limit(MOST_MISSING)
        )
        rows = []
        for application, customer in db.execute(query).all():
            found = documents.checklist_of(db, customer, application_id=application.id, now=now)
            if found.missing:
                rows.append(
                    MissingRow(
                        application.id or 0, customer.name, customer.number, application.number,
                        "、".join(found.products), f"{found.done} / {found.total}",
                        "、".join(slot.label for slot in found.missing), f"/customers/{customer.id}?tab=documents",
                    )
                )  # fmt: skip
        return tuple(rows)


def kinds_of(actor: Actor) -> list[tuple[str, str]]:
    """Return (code, label) of the kinds a reader may filter by."""
    with reading() as db:
        every = _shared.rules_of_all(db)
    open_ = [DocumentKind(kind) for kind, rule in every.items() if rule.allows(Verb.READ, actor.roles)]
    return [*((one.value, one.label) for one in open_), ("contract", "合同")]
