"""Versions, moves, holds and the end of a document 版本、移动、保留、销毁."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.archive import TRASH_DAYS, Verb
from loanhub.domain.documents import DocumentKind, label_of
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Document, LegalHold, PrintBatchItem, User
from loanhub.repositories import customers as customer_rows
from loanhub.services import _storage, events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.archive._shared import OUTSIDE, may_delete, may_purge, reason_of
from loanhub.services.files import pictures, rights
from loanhub.services.files.types import FileView

PURGE_AT_ONCE = 200


class Kept(Conflict):
    """A rule of the archive forbids removing this file; the sentence says which."""


def supersede(
    db: Session, actor: Actor, old: Document, new: Document, *, reason: str = "", now: datetime
) -> None:
    """Make ``new`` the next version of ``old``; the older one stays, with who handed it in and when.

    Raises:
        Conflict: ``old`` has been replaced already, or is the same file.
    """
    if old.replaced_by_id is not None or old.id == new.id:
        raise Conflict("这份资料已有更新的版本，请刷新后再试")
    old.series_id = old.series_id or old.id
    new.series_id, new.revision = old.series_id, old.revision + 1
    old.replaced_by_id = new.id
    new.kind, new.label = old.kind, new.label or old.label
    for key in ("customer_id", "application_id", "loan_id", "lead_id", "owner_id", "department_id"):
        setattr(new, key, getattr(old, key))
    events.record(
        db, actor, "document.replaced", now=now, entity="document", entity_id=new.id, customer_id=new.customer_id,
        lead_id=new.lead_id, before={"版本": f"v{old.revision}", "文件": old.file_name},
        after={"版本": f"v{new.revision}", "文件": new.file_name}, summary=new.label or label_of(new.kind), reason=reason,
    )  # fmt: skip


def replace(actor: Actor, *, document_id: int, by_id: int, reason: str = "", now: datetime) -> None:
    """Put an uploaded file in a document's place as its next version 更新版本.

    Raises:
        NotFound: one of them does not exist or lies outside the actor's scope.
        NotPermitted: without documents:upload, or the kind is closed to the actor.
        Conflict: the document has a newer version already.
    """
    with transaction() as db:
        old = rights.get_readable(db, actor, document_id, for_update=True)
        new = rights.get_readable(db, actor, by_id, for_update=True)
        actor.require(Permission.DOCUMENTS_UPLOAD)
        rights.check_kind(db, actor, old.kind, Verb.UPLOAD)
        if old.kind in OUTSIDE or old.kind == "contract" or new.uploaded_by_id != actor.user_id:
            raise InvalidInput("只能用自己刚上传的文件更新资料")
        supersede(db, actor, old, new, reason=reason.strip()[:200], now=now)


def adjust(
    actor: Actor,
    *,
    document_id: int,
    turn: int = 0,
    cut: tuple[int, int, int, int] = (0, 0, 0, 0),
    now: datetime,
) -> FileView:
    """Turn and cut a picture by hand; the result is its next version, what was there stays.

    ``turn``: degrees clockwise; ``cut``: thousandths off left, top, right and bottom of the turned picture.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`replace`.
        InvalidInput: it is no picture, nothing was asked for, or too little would be left.
    """
    with reading() as db:
        old = rights.get_readable(db, actor, document_id)
        actor.require(Permission.DOCUMENTS_UPLOAD)
        rights.check_kind(db, actor, old.kind, Verb.UPLOAD)
        if not old.media_type.startswith("image/"):
            raise InvalidInput("只有图片可以旋转和裁剪")
        if not turn % 360 and not any(cut):
            raise InvalidInput("先旋转或裁剪，再保存")
    stored = _storage.put(
        pictures.adjusted(_storage.read_all(old.sha256), old.media_type, turn=turn, cut=cut)
    )
    with transaction() as db:
        old = rights.get_readable(db, actor, document_id, for_update=True)
        new = Document(
            kind=old.kind, label=old.label, file_name=old.file_name, media_type=old.media_type, sha256=stored.sha256,
            size_bytes=stored.size_bytes, original_sha256=old.original_sha256 or old.sha256, scan=old.scan,
            expires_date=old.expires_date, uploaded_by_id=actor.actor_id, created_at=now,
        )  # fmt: skip
        db.add(new)
        db.flush()
        done = "、".join(word for word, was in (("旋转", turn % 360), ("裁剪", any(cut))) if was)
        supersede(db, actor, old, new, reason=done, now=now)
        return FileView.of(new)


def move(
    actor: Actor, *, document_id: int, customer_number: str = "", kind: str = "", reason: str, now: datetime
) -> None:
    """Move a document with all its versions to another customer or kind, for a reason 移动资料.

    Raises:
        NotFound: no such document or customer in the actor's scope.
        NotPermitted: without documents:upload, or one of the kinds is closed to the actor.
        Conflict: a hold is on it, or it is a contract.
        InvalidInput: no reason, an unknown kind, or nothing changes.
    """
    words = reason_of(reason)
    with transaction() as db:
        row = rights.get_readable(db, actor, document_id, for_update=True)
        actor.require(Permission.DOCUMENTS_UPLOAD)
        refusal = may_delete(db, row)
        if refusal:
            raise Kept(refusal.replace("移除", "移动"))
        target = DocumentKind.find(kind) if kind else DocumentKind.find(row.kind)
        if target is None:
            raise InvalidInput(fields={"kind": "请选择资料类型"})
        rights.check_kind(db, actor, row.kind, Verb.UPLOAD)
        rights.check_kind(db, actor, target.value, Verb.UPLOAD)
        customer = _customer(db, actor, customer_number) if customer_number.strip() else None
        if target.value == row.kind and (customer is None or customer.id == row.customer_id):
            raise InvalidInput(fields={"customer": "没有变化：换一个客户或类型"})
        was = db.get(Customer, row.customer_id) if row.customer_id else None
        before, old_customer = (
            {"资料类型": label_of(row.kind), "客户": was.number if was else ""},
            row.customer_id,
        )
        for one in _series(db, row):
            one.kind = target.value
            if customer is not None:
                one.customer_id, one.application_id, one.loan_id, one.lead_id = customer.id, None, None, None
                one.owner_id, one.department_id = customer.owner_id, customer.department_id
        after = {"资料类型": target.label, "客户": customer.number if customer else before["客户"]}
        for customer_id in {old_customer, row.customer_id}:
            events.record(
                db, actor, "document.moved", now=now, entity="document", entity_id=row.id, customer_id=customer_id,
                before=before, after=after, summary=row.label or row.file_name, reason=words,
            )  # fmt: skip


def restore(actor: Actor, *, document_id: int, now: datetime) -> None:
    """Bring back a file that was removed less than 30 days ago 找回.

    Raises:
        NotFound, NotPermitted: see :func:`replace`.
        Conflict: it was not removed, or too long ago.
    """
    with transaction() as db:
        row = rights.get_readable(db, actor, document_id, removed=True, for_update=True)
        actor.require(Permission.DOCUMENTS_UPLOAD)
        if row.deleted_at is None:
            raise Conflict("这份资料没有被移除")
        if row.deleted_at < now - timedelta(days=TRASH_DAYS):
            raise Conflict(f"移除已超过 {TRASH_DAYS} 天，不能找回")
        row.deleted_at = None
        events.record(
            db, actor, "document.labeled", now=now, entity="document", entity_id=row.id,
            customer_id=row.customer_id, lead_id=row.lead_id, summary=f"找回 {row.label or row.file_name}",
        )  # fmt: skip


@dataclass(frozen=True)
class HoldView:
    """A hold in words; the customer's name is masked, since those who set holds need not read customers."""

    id: int
    target: str
    reason: str
    set_by: str
    set_at: str
    released: str
    alive: bool


def hold(
    actor: Actor, *, customer_number: str = "", document_id: int | None = None, reason: str, now: datetime
) -> int:
    """Order that a document, or everything of a customer, be kept 设置法律保留; returns the hold's id.

    Raises:
        NotPermitted: without archives:hold.
        NotFound: no such document or customer.
        Conflict: a hold is on it already.
        InvalidInput: no reason, or neither a document nor a customer.
    """
    words = reason_of(reason)
    actor.require(Permission.ARCHIVES_HOLD)
    with transaction() as db:
        customer = None
        if document_id is None:
            if not customer_number.strip():
                raise InvalidInput(fields={"customer": "填客户编号"})
            customer = _customer_by_number(db, customer_number)
        elif db.get(Document, document_id) is None:
            raise NotFound("没有找到这份资料")
        target = (
            col(LegalHold.customer_id) == customer.id
            if customer is not None
            else col(LegalHold.document_id) == document_id
        )
        if db.execute(sa.select(LegalHold).where(target, col(LegalHold.released_at).is_(None))).first():
            raise Conflict("已经在法律保留中")
        row = LegalHold(
            customer_id=customer.id if customer is not None else None, document_id=document_id, reason=words,
            set_by_id=actor.actor_id, set_at=now,
        )  # fmt: skip
        db.add(row)
        db.flush()
        _record_hold(db, actor, "document.held", row, words, now=now)
        return row.id or 0


def release(actor: Actor, *, hold_id: int, reason: str, now: datetime) -> None:
    """End a hold, for a reason 解除法律保留.

    Raises:
        NotPermitted: without archives:hold.
        NotFound: no such hold in force.
        InvalidInput: no reason.
    """
    words = reason_of(reason)
    actor.require(Permission.ARCHIVES_HOLD)
    with transaction() as db:
        row = db.get(LegalHold, hold_id, with_for_update=True)
        if row is None or row.released_at is not None:
            raise NotFound("没有找到生效中的保留")
        row.released_at, row.released_by_id, row.release_reason = now, actor.actor_id, words
        _record_hold(db, actor, "document.released", row, words, now=now)


def list_holds(actor: Actor) -> list[HoldView]:
    """Return the holds, those in force first.

    Raises:
        NotPermitted: without archives:hold.
    """
    actor.require(Permission.ARCHIVES_HOLD)
    with reading() as db:
        query = (
            sa.select(LegalHold, Customer, Document, col(User.name))
            .outerjoin(Customer, col(Customer.id) == col(LegalHold.customer_id))
            .outerjoin(Document, col(Document.id) == col(LegalHold.document_id))
            .outerjoin(User, col(User.id) == col(LegalHold.set_by_id))
            .order_by(col(LegalHold.released_at).is_not(None), col(LegalHold.id).desc())
            .limit(200)
        )
        found = []
        for row, customer, document, by in db.execute(query).all():
            target = (
                f"{customer.number} {mask(MaskKind.NAME, customer.name)} 的全部资料"
                if customer is not None
                else f"{label_of(document.kind)} #{document.id}" if document is not None else ""
            )  # fmt: skip
            ended = (
                f"{formats.day(local(row.released_at).date())} 解除：{row.release_reason}"
                if row.released_at
                else ""
            )
            found.append(
                HoldView(row.id or 0, target, row.reason, by or "系统", formats.instant(row.set_at), ended, row.released_at is None)
            )  # fmt: skip
        return found


def purge(*, now: datetime, limit: int = PURGE_AT_ONCE) -> int:
    """Destroy the content of removed files whose time is over; the rows and their history stay. Returns how many.

    Bytes that another file still names are kept: they go with the last one.
    """
    last, gone = 0, 0
    while True:
        with reading() as db:
            query = (
                sa.select(col(Document.id))
                .where(
                    col(Document.deleted_at) < now - timedelta(days=TRASH_DAYS), col(Document.purged_at).is_(None),
                    col(Document.id) > last,
                )
                .order_by(col(Document.id))
                .limit(limit)
            )  # fmt: skip
            ids = [int(one) for one in db.execute(query).scalars()]
        if not ids:
            return gone
        gone += sum(_purge(one, now=now) for one in ids)
        last = ids[-1]


def _purge(document_id: int, *, now: datetime) -> bool:
    with transaction() as db:
        row = db.get(Document, document_id, with_for_update=True)
        if (
            row is None
            or row.purged_at is not None
            or may_purge(db, row, today=local(now).date()) is not None
        ):
            return False
        if any(_storage.in_use(one) for one in _digests(row)):
            return False  # somebody hands the same content in at this moment; tomorrow is another day
        unused = destroyed(db, row, now=now)
    for digest in unused:
        _storage.delete(digest)
    return True


def _digests(row: Document) -> set[str]:
    return {one for one in (row.sha256, row.original_sha256) if one}


def destroyed(db: Session, row: Document, *, now: datetime) -> list[str]:
    """Note that a file's content is gone, and return what no other names: deleted from the store after the commit."""
    row.purged_at = now
    db.flush()
    events.record(
        db, SYSTEM, "document.purged", now=now, entity="document", entity_id=row.id,
        customer_id=row.customer_id, lead_id=row.lead_id, summary=row.label or row.file_name,
    )  # fmt: skip
    return [one for one in _digests(row) if not references(db, one)]


def references(db: Session, digest: str) -> int:
    """Return how many files name this content: as their own, as their original, or as a document of a batch."""
    either = sa.or_(col(Document.sha256) == digest, col(Document.original_sha256) == digest)
    query = sa.select(sa.func.count()).select_from(Document).where(either, col(Document.purged_at).is_(None))
    printed = (
        sa.select(sa.func.count()).select_from(PrintBatchItem).where(col(PrintBatchItem.sha256) == digest)
    )
    return int(db.execute(query).scalar_one()) + int(db.execute(printed).scalar_one())


def _series(db: Session, row: Document) -> list[Document]:
    if row.series_id is None:
        return [row]
    query = sa.select(Document).where(
        sa.or_(col(Document.series_id) == row.series_id, col(Document.id) == row.series_id)
    )
    return list(db.execute(query).scalars())


def _customer(db: Session, actor: Actor, number: str) -> Customer:
    found = _customer_by_number(db, number)
    return customer_rows.get_visible(db, actor, found.id or 0)


def _customer_by_number(db: Session, number: str) -> Customer:
    query = sa.select(Customer).where(col(Customer.number) == number.strip().upper()[:40])
    found: Customer | None = db.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这个客户编号")
    return found


def _record_hold(db: Session, actor: Actor, what: str, row: LegalHold, words: str, *, now: datetime) -> None:
    document = db.get(Document, row.document_id) if row.document_id else None
    events.record(
        db, actor, what, now=now, entity="document", entity_id=row.document_id,
        customer_id=row.customer_id or (document.customer_id if document is not None else None),
        summary="客户的全部资料" if row.customer_id else label_of(document.kind) if document is not None else "", reason=words,
    )  # fmt: skip
