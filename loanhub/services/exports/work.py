"""The writing of an export: piece by piece into an encrypted file; killed anywhere, another process writes it anew.

A lease on the job's row keeps two processes apart; each piece renews it. What half a file held is nowhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import LoanHubError
from loanhub.models import ExportJob
from loanhub.services import _storage, auth, events, files
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._notices import notify
from loanhub.services._spreadsheet import MEDIA, ExportFormat, Shown, write_book, write_csv
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.exports._kind import Source
from loanhub.services.exports.jobs import LEASE, OPEN, ExportStatus, kind_of, topic_of

log = structlog.get_logger(__name__)

TRIES = 3
"""How often an export is begun anew after a process died of it."""
BROKEN = "导出没有完成，原因已记录，可以再导一次或联系管理员"


class LeaseLost(RuntimeError):
    """This process was taken for dead, and another writes the file anew."""


class Stopped(RuntimeError):
    """Its owner stopped it."""


def run_due(clock: Callable[[], datetime]) -> int:
    """Write what is queued or was cut short, oldest first; returns how many were worked on."""
    worked = 0
    while True:
        now = clock()
        with reading() as db:
            free = sa.or_(col(ExportJob.leased_until).is_(None), col(ExportJob.leased_until) < now)
            query = sa.select(col(ExportJob.id)).where(col(ExportJob.status).in_(OPEN), free)
            found = db.execute(query.order_by(col(ExportJob.id)).limit(1)).scalar()
        if found is None:
            return worked
        worked += run(int(found), clock=clock)


def run(export_id: int, *, clock: Callable[[], datetime]) -> bool:
    """Write one export with its owner's rights of this moment; returns False when another process has it."""
    worker, now = secrets.token_hex(8), clock()
    with transaction() as db:
        job = db.get(ExportJob, export_id, with_for_update=True)
        if job is None or job.status not in OPEN or (job.leased_until is not None and job.leased_until > now):
            return False
        job.status, job.lease_owner, job.leased_until = ExportStatus.RUNNING.value, worker, now + LEASE
        job.started_at, job.tries, job.done = job.started_at or now, job.tries + 1, 0
        user_id, kind, question, tries = job.created_by_id or 0, job.kind, dict(job.question), job.tries
    if tries > TRIES:
        _fail(export_id, worker, f"试了 {TRIES} 次都中断了，请缩小范围再导一次", now)
        return True
    try:
        actor = auth.actor_for_user(user_id)
        source = kind_of(kind).open(actor, question, now)
    except LoanHubError as refusal:
        _fail(export_id, worker, refusal.sentence, clock())
        return True
    except Exception:  # a mistake of ours in one export must not stop those behind it
        log.exception("export_failed", export=export_id)
        _fail(export_id, worker, BROKEN, clock())
        return True
    return write(export_id, worker, actor, source, clock)


def write(export_id: int, worker: str, actor: Actor, source: Source, clock: Callable[[], datetime]) -> bool:
    """Write the rows of ``source`` and keep the file; returns False when the job is another process's by now."""
    paper = _storage.Scratch()
    try:
        with reading() as db:
            job = db.get(ExportJob, export_id)
            assert job is not None
            wanted, began = ExportFormat(job.file_format), job.created_at
        rows = _rows(export_id, worker, source, clock)
        title = (
            f"{source.line} · {source.total:,} {source.unit} · {actor.name} 导出于 {formats.instant(began)}"
        )
        count = (
            write_csv(paper, source.head, rows) if wanted is ExportFormat.CSV
            else write_book(paper, [(source.sheet, title, source.head, rows)])
        )  # fmt: skip
        stored = paper.keep()
        failpoint("export.before_finish")
        _finish(export_id, worker, actor, source, wanted, stored, count, clock())
    except LeaseLost:
        return False
    except Stopped:
        _stop(export_id, worker, clock())
    except LoanHubError as refusal:
        _fail(export_id, worker, refusal.sentence, clock())
    except Exception:  # a mistake of ours in one export must not stop those behind it
        log.exception("export_failed", export=export_id)
        _fail(export_id, worker, BROKEN, clock())
    finally:
        paper.close()
    return True


def _rows(
    export_id: int, worker: str, source: Source, clock: Callable[[], datetime]
) -> Iterator[Sequence[Shown]]:
    done = 0
    for piece in source.pieces():
        yield from piece
        done += len(piece)
        with transaction() as db:
            job = _held(db, export_id, worker, clock())
            if job.cancel_requested:
                raise Stopped
            job.done = min(done, job.total)
            announce(db, topic_of(job.created_by_id or 0), done=job.done)
        failpoint("export.after_piece")


def _held(db: Session, export_id: int, worker: str, now: datetime) -> ExportJob:
    job = db.get(ExportJob, export_id, with_for_update=True)
    if job is None or job.lease_owner != worker or job.status != ExportStatus.RUNNING.value:
        raise LeaseLost
    job.leased_until = now + LEASE
    return job


def _finish(
    export_id: int, worker: str, actor: Actor, source: Source, wanted: ExportFormat, stored: _storage.StoredFile,
    count: int, now: datetime,
) -> None:  # fmt: skip
    with transaction() as db:
        job = _held(db, export_id, worker, now)
        document = files.store_kept(
            db, actor, stored=stored, file_name=job.file_name, media_type=MEDIA[wanted], kind=files.EXPORT_KIND,
            label=source.title[:60], now=now, owner_id=actor.actor_id, department_id=actor.department_id,
        )  # fmt: skip
        job.status, job.finished_at, job.leased_until = ExportStatus.DONE.value, now, None
        job.file_id, job.size_bytes, job.done = document.id, stored.size_bytes, job.total
        # Rights and reach of the moment it was read in, should they have grown or shrunk since it was asked for.
        job.needs, job.scope = [one.value for one in source.needs], int(actor.scope)
        job.departments = sorted(actor.department_ids)
        event = events.record(
            db, actor, source.event, now=now, entity=source.entity,
            summary=f"{source.total:,} {source.unit} · {wanted.value.upper()}：{source.summary}"[:500],
            after={"列": "、".join(source.head)}, reason=job.reason,
        )  # fmt: skip
        failpoint("export.before_commit")
        if job.background:
            notify(
                db, actor.user_id, title=f"导出好了：{source.title}"[:100],
                text=f"{source.total:,} {source.unit}，文件保留 {files.EXPORT_DAYS} 天", link=f"/exports?export={export_id}",
                kind="job", event_id=event.id, now=now,
            )  # fmt: skip
        announce(db, topic_of(actor.user_id), status=job.status)


def _stop(export_id: int, worker: str, now: datetime) -> None:
    with transaction() as db:
        job = db.get(ExportJob, export_id, with_for_update=True)
        if job is not None and job.lease_owner == worker:
            job.status, job.finished_at, job.leased_until = ExportStatus.CANCELLED.value, now, None
            announce(db, topic_of(job.created_by_id or 0), status=job.status)


def _fail(export_id: int, worker: str, sentence: str, now: datetime) -> None:
    with transaction() as db:
        job = db.get(ExportJob, export_id, with_for_update=True)
        if job is None or job.lease_owner != worker:
            return
        job.status, job.problem, job.finished_at = ExportStatus.FAILED.value, sentence[:300], now
        job.leased_until = None
        if job.background:
            notify(
                db, job.created_by_id, title=f"没有导出成功：{job.title}"[:100], text=sentence[:100],
                link=f"/exports?export={export_id}", kind="job", now=now,
            )  # fmt: skip
        announce(db, topic_of(job.created_by_id or 0), status=job.status)
