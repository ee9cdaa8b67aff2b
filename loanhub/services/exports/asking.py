"""Ask for a list or a report as a file 导出: written while one waits, or queued when it is long."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.models import ExportJob
from loanhub.services import files
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._spreadsheet import ExportFormat
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.exports import work
from loanhub.services.exports._kind import ExportKind, Question, Source
from loanhub.services.exports.jobs import (
    LEASE,
    OPEN,
    ExportStatus,
    ExportView,
    get_own,
    kind_of,
    topic_of,
    view_of,
)

AT_ONCE = 2_000
"""Rows written while one waits; a longer export becomes a job in the background."""
UNDER_WAY = 3
"""Background exports one person may have at a time."""
REASON_LENGTH = 4


def ask(
    actor: Actor,
    kind: str,
    question: Question,
    *,
    file_format: str = ExportFormat.XLSX.value,
    reason: str = "",
    key: str = "",
    at_once: int | None = None,
    now: datetime,
) -> ExportView:
    """Write what ``question`` finds into a file only the actor may fetch; a long one is queued and told of when done.

    What is masked on the screen is masked in the file. It is kept for seven days, and whoever may no longer read as much
    as then does not get it. ``at_once``: how many rows are written while one waits, :data:`AT_ONCE` unless told.

    Raises:
        NotPermitted, NotFound: as the kind says.
        InvalidInput: an unknown format, no reason where one is wanted, nothing to export, or more than a file holds.
        Conflict: three exports of one's own are under way already.
    """
    chosen, wanted, words = kind_of(kind), ExportFormat.find(file_format), " ".join(reason.split())[:200]
    if wanted is None:
        raise InvalidInput(fields={"format": "请选择文件格式"})
    source = chosen.open(actor, question, now)
    if chosen.wants_reason and len(words) < REASON_LENGTH:
        raise InvalidInput(fields={"reason": f"写明用途，至少 {REASON_LENGTH} 个字"})
    long, worker = source.total > (AT_ONCE if at_once is None else at_once), secrets.token_hex(8)
    with transaction() as db:

        def begin() -> dict[str, object]:
            if long and _under_way(db, actor) >= UNDER_WAY:
                raise Conflict(f"你已有 {UNDER_WAY} 个导出在进行，等一个完成或停止后再试")
            job = _row(actor, chosen, source, question, wanted, words, now)
            job.background = long
            if not long:  # this process's own from the start; another takes it up only when this one dies
                job.status, job.started_at = ExportStatus.RUNNING.value, now
                job.tries, job.lease_owner, job.leased_until = 1, worker, now + LEASE
            db.add(job)
            db.flush()
            announce(db, topic_of(actor.user_id), status=job.status)
            return {"id": job.id or 0, "worker": worker}

        asked = [kind, dict(question), wanted.value, words]
        made = once(db, actor, "export.ask", key, asked, now=now, work=begin)
    number = int(str(made["id"]))
    if not long and made["worker"] == worker:
        work.write(number, worker, actor, source, lambda: now)
    with reading() as db:
        row = get_own(db, actor, number)
        if row.status == ExportStatus.FAILED.value:
            raise Conflict(row.problem)
        return view_of(row, now)


def again(actor: Actor, *, export_id: int, key: str = "", now: datetime) -> ExportView:
    """Ask once more for what an export was of, with the rights and the data of now.

    Raises:
        NotFound: no such export of this person's.
        Conflict: it is under way; and whatever :func:`ask` refuses.
    """
    with reading() as db:
        row = get_own(db, actor, export_id)
        if row.status in OPEN:
            raise Conflict("这次导出正在进行")
        kind, question, file_format, reason = row.kind, dict(row.question), row.file_format, row.reason
    return ask(actor, kind, question, file_format=file_format, reason=reason, key=key, now=now)


def _under_way(db: Session, actor: Actor) -> int:
    query = sa.select(sa.func.count()).select_from(ExportJob).where(
        col(ExportJob.created_by_id) == actor.actor_id, col(ExportJob.status).in_(OPEN), col(ExportJob.background),
    )  # fmt: skip
    return int(db.execute(query).scalar_one())


def _row(
    actor: Actor, kind: ExportKind, source: Source, question: Question, wanted: ExportFormat, words: str, now: datetime
) -> ExportJob:  # fmt: skip
    stamp = formats.local(now).strftime("%Y%m%d-%H%M")
    return ExportJob(
        kind=kind.code, title=source.title[:200], question=dict(question), file_format=wanted.value, reason=words,
        total=source.total, file_name=files.clean_name(f"{source.name}_{stamp}.{wanted.value}"),
        needs=[one.value for one in source.needs], scope=int(actor.scope), departments=sorted(actor.department_ids),
        created_by_id=actor.actor_id, created_at=now,
    )  # fmt: skip
