"""Files going out 查看与下载: to whom they may go, with the reader's watermark, and the trace each look leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.archive import Verb
from loanhub.domain.choice import Choice
from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import NotFound
from loanhub.domain.events import EVENT_TYPES
from loanhub.models import Document, Event, User
from loanhub.services import _storage, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.files import exported, pictures, rights, watermark
from loanhub.services.files.types import EXPORT_DAYS, EXPORT_KIND, FileView

SAME_LOOK_MINUTES = 10


class Use(Choice):
    """What a file is fetched for; the code is the end of the event's type."""

    VIEW = "viewed", "查看"
    TAKE = "downloaded", "下载"
    PRINT = "printed", "打印"


def open_file(
    actor: Actor,
    *,
    document_id: int,
    now: datetime,
    preview: bool = False,
    printing: bool = False,
    span: tuple[int, int | None] | None = None,
) -> tuple[FileView, Iterator[bytes]]:
    """Return a file and its bytes for somebody who may have it; the look, download or print is recorded 查看、下载、打印.

    What a customer handed in goes out with the reader's name, the time and the tail of the account across it (pictures
    and PDFs); the view is then ``marked``, its size that of the marked bytes, and ``span`` is not heeded.
    ``span`` asks for a part, (first byte, last byte or None), as a player does that jumps: parts asked for within
    ``SAME_LOOK_MINUTES`` of a recorded one belong to the same look. A whole download is always recorded.

    Raises:
        NotFound: no such file, deleted, or outside the actor's scope and not uploaded by the actor.
        NotPermitted: without documents:read, for a file the actor did not upload; or the kind is closed to the actor's
            roles (a refused download is recorded).
    """
    use = Use.PRINT if printing else Use.VIEW if preview else Use.TAKE
    with transaction() as db:
        row = _get(db, actor, document_id, now=now)
        closed = _closed(db, actor, row) if use is not Use.VIEW else None
        again = (preview or span is not None) and _looked_just_now(db, actor, document_id, now=now)
        if closed is not None or not again or printing:
            what = "document.refused" if closed is not None else f"document.{use.value}"
            events.record(
                db, actor, what, now=now, entity="document",
                entity_id=row.id, customer_id=row.customer_id, lead_id=row.lead_id,
                summary=f"{use.label} {row.label or row.file_name}",
            )  # fmt: skip
        view, mark = FileView.of(row), mark_of(db, actor, row, now=now)
    if closed is not None:
        raise closed
    if mark:
        content = watermark.marked(_storage.read_all(view.sha256), view.media_type, mark)
        return replace(view, marked=True, size_bytes=len(content)), iter([content])
    if span is None:
        return view, _storage.read(view.sha256)
    first, last = span
    last = view.size_bytes - 1 if last is None else min(last, view.size_bytes - 1)
    return view, _storage.read(view.sha256, first, max(0, last - first + 1))


def thumbnail(actor: Actor, *, document_id: int, now: datetime) -> bytes:
    """Return a small blurred JPEG of a picture for a list; no look is recorded, since nothing can be read.

    Raises:
        NotFound, NotPermitted: see :func:`open_file`; NotFound too for a file that is no picture.
    """
    with reading() as db:
        row = _get(db, actor, document_id, now=now)
        if not row.media_type.startswith("image/"):
            raise NotFound("没有缩略图")
        digest = row.sha256
    return pictures.thumbnail(_storage.read_all(digest))


def mark_of(db: Session, actor: Actor, row: Document, *, now: datetime) -> str:
    """Return the watermark a file goes out with: name, time, tail of the account; empty for one that carries none.

    Files the system made (contracts, exports) and imports go out as they are: their bytes are what was signed or read in.
    """
    plain = row.media_type == "application/pdf" or row.media_type.startswith("image/")
    if DocumentKind.find(row.kind) is None or not plain:
        return ""
    login = db.execute(sa.select(col(User.login)).where(col(User.id) == actor.user_id)).scalar() or "system"
    return f"{actor.name} {str(login)[-4:]} {formats.instant(now)}"


def _get(db: Session, actor: Actor, document_id: int, *, now: datetime) -> Document:
    row = rights.get_readable(db, actor, document_id)
    if row.kind == EXPORT_KIND and row.created_at < now - timedelta(days=EXPORT_DAYS):
        raise NotFound("导出的文件只保留 7 天，请重新导出")
    if row.kind == EXPORT_KIND:
        exported.check(db, actor, document_id)
    return row


def _closed(db: Session, actor: Actor, row: Document) -> rights.KindClosed | None:
    if row.uploaded_by_id == actor.user_id:
        return None
    try:
        rights.check_kind(db, actor, row.kind, Verb.TAKE)
    except rights.KindClosed as refusal:
        return refusal
    return None


def _looked_just_now(db: Session, actor: Actor, document_id: int, *, now: datetime) -> bool:
    query = sa.select(sa.literal(1)).where(
        col(Event.entity) == "document",
        col(Event.entity_id) == document_id,
        col(Event.actor_id) == actor.actor_id,
        col(Event.type).in_(("document.viewed", "document.downloaded")),
        col(Event.at) > now - timedelta(minutes=SAME_LOOK_MINUTES),
    )
    return db.execute(query.limit(1)).first() is not None


@dataclass(frozen=True)
class Look:
    """One line of a file's log: who did what with it."""

    by: str
    what: str
    at: str
    title: str


def looks_at(actor: Actor, *, document_id: int, now: datetime, limit: int = 20) -> list[Look]:
    """Return who uploaded, filed, looked at, printed or took out a file, or tried to, newest first 访问记录.

    Raises:
        NotFound, NotPermitted: see :func:`open_file`.
    """
    with reading() as db:
        rights.get_readable(db, actor, document_id, removed=True)
        query = (
            sa.select(Event)
            .where(col(Event.entity) == "document", col(Event.entity_id) == document_id)
            .order_by(col(Event.id).desc())
            .limit(limit)
        )
        return [
            Look(
                one.actor_name,
                EVENT_TYPES[one.type].label,
                formats.relative(one.at, now),
                formats.instant(one.at),
            )
            for one in db.execute(query).scalars()
        ]
