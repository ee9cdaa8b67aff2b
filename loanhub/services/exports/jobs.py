"""Exports as their owner sees them 我的导出: listed, looked at, stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.discovery import discover
from loanhub.domain import formats
from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, NotFound
from loanhub.models import Document, ExportJob
from loanhub.services import files
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.exports._kind import ExportKind

LISTED = 100
LEASE = timedelta(minutes=2)
"""How long an export is its process's own without a sign of life; a piece of rows takes far less."""


class ExportStatus(Choice):
    """Where an export stands."""

    QUEUED = "queued", "排队中"
    RUNNING = "running", "导出中"
    DONE = "done", "已完成"
    CANCELLED = "cancelled", "已停止"
    FAILED = "failed", "没有完成"


OPEN = (ExportStatus.QUEUED.value, ExportStatus.RUNNING.value)
_TONES = {"queued": "closed", "running": "visit", "done": "approved", "cancelled": "closed", "failed": "overdue"}  # fmt: skip


@dataclass(frozen=True)
class ExportView:
    """An export as its list and its progress show it; ``href`` fetches the file while it is kept, '' otherwise."""

    id: int = 0
    title: str = ""
    what: str = ""
    status: str = ""
    status_label: str = ""
    tone: str = ""
    done: str = ""
    percent: int = 0
    rows: str = ""
    size: str = ""
    created: str = ""
    created_at: str = ""
    until: str = ""
    problem: str = ""
    reason: str = ""
    file_name: str = ""
    href: str = ""
    running: bool = False
    stopping: bool = False
    again: bool = False


def kinds() -> dict[str, ExportKind]:
    """Return what can be written to a file, by code."""
    return discover("loanhub.services.exports.kinds", "KIND")


def kind_of(code: str) -> ExportKind:
    """Return a kind.

    Raises:
        NotFound: there is none of this code.
    """
    found = kinds().get(code)
    if found is None:
        raise NotFound("没有这种导出")
    return found


def topic_of(user_id: int) -> str:
    """Return the live topic of a person's exports."""
    return f"exports:{user_id}"


def get_own(db: Session, actor: Actor, export_id: int, *, for_update: bool = False) -> ExportJob:
    """Return an export of the actor's own.

    Raises:
        NotFound: no such export of this person's.
    """
    row = db.get(ExportJob, export_id, with_for_update=for_update or None)
    if row is None or row.created_by_id != actor.actor_id:
        raise NotFound("没有找到这次导出")
    return row


def cancel(actor: Actor, *, export_id: int, now: datetime) -> None:
    """Stop an export of one's own before its next piece; nothing of it is kept.

    Raises:
        NotFound: no such export of this person's.
        Conflict: it is finished.
    """
    with transaction() as db:
        row = get_own(db, actor, export_id, for_update=True)
        if row.status not in OPEN:
            raise Conflict(f"这次导出{ExportStatus(row.status).label}")
        row.cancel_requested = True
        if row.status == ExportStatus.QUEUED.value:
            row.status, row.finished_at = ExportStatus.CANCELLED.value, now
        announce(db, topic_of(actor.user_id), status=row.status)


def show(actor: Actor, *, export_id: int, now: datetime) -> ExportView:
    """Return an export of one's own.

    Raises:
        NotFound: no such export of this person's.
    """
    with reading() as db:
        return view_of(get_own(db, actor, export_id), now)


def list_exports(actor: Actor, *, now: datetime) -> list[ExportView]:
    """Return one's own exports, newest first, with the files made without a job (a chart's numbers, a bundle of documents)."""
    with reading() as db:
        jobs = db.execute(
            sa.select(ExportJob).where(col(ExportJob.created_by_id) == actor.actor_id)
            .order_by(col(ExportJob.id).desc()).limit(LISTED)
        ).scalars().all()  # fmt: skip
        alone = db.execute(
            sa.select(Document).where(
                col(Document.uploaded_by_id) == actor.actor_id, col(Document.kind) == files.EXPORT_KIND,
                col(Document.created_at) > now - timedelta(days=files.EXPORT_DAYS), col(Document.purged_at).is_(None),
                col(Document.deleted_at).is_(None), ~sa.exists().where(col(ExportJob.file_id) == col(Document.id)),
            ).order_by(col(Document.id).desc()).limit(LISTED)
        ).scalars().all()  # fmt: skip
        views = [(one.created_at, view_of(one, now)) for one in jobs]
        views += [(one.created_at, _file_view(one, now)) for one in alone]
    return [one for _, one in sorted(views, key=lambda pair: pair[0], reverse=True)][:LISTED]


def _file_view(row: Document, now: datetime) -> ExportView:
    return ExportView(
        title=row.label, what="文件", status="done", status_label=ExportStatus.DONE.label, tone=_TONES["done"],
        percent=100, size=formats.file_size(row.size_bytes), created=formats.relative(row.created_at, now),
        created_at=formats.instant(row.created_at), until=_until(row.created_at), file_name=row.file_name,
        href=f"/api/files/{row.id}",
    )  # fmt: skip


def _until(made: datetime) -> str:
    return f"保留到 {formats.local(made + timedelta(days=files.EXPORT_DAYS)):%m-%d %H:%M}"


def view_of(row: ExportJob, now: datetime) -> ExportView:
    """Return an export as it is listed."""
    status, made = ExportStatus(row.status), row.finished_at or row.created_at
    kept = row.file_id is not None and row.gone_at is None and made > now - timedelta(days=files.EXPORT_DAYS)
    running = status in (ExportStatus.QUEUED, ExportStatus.RUNNING)
    label = "已过期" if status is ExportStatus.DONE and not kept else status.label
    return ExportView(
        id=row.id or 0, title=row.title, what=kind_of(row.kind).label if row.kind in kinds() else "", status=row.status,
        status_label="正在停止" if running and row.cancel_requested else label,
        tone="closed" if label == "已过期" else _TONES[row.status], done=f"{row.done:,} / {row.total:,}",
        percent=100 if status is ExportStatus.DONE else 100 * row.done // max(1, row.total), rows=f"{row.total:,}" if row.total else "",
        size=formats.file_size(row.size_bytes) if row.size_bytes else "", created=formats.relative(row.created_at, now),
        created_at=formats.instant(row.created_at), until=_until(made) if kept else "", problem=row.problem,
        reason=row.reason, file_name=row.file_name, href=f"/api/files/{row.file_id}" if kept else "", running=running,
        stopping=running and row.cancel_requested, again=not running and not kept,
    )  # fmt: skip
