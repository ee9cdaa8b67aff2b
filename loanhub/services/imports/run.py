"""导入 itself: chunk by chunk, each one transaction, so that it can be watched, stopped and taken up again."""

from __future__ import annotations

import itertools
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import count, local
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, ImportBatch, ImportRow, Job, Lead, LeadTouch
from loanhub.services import catalogue as catalogues
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.imports import _batch
from loanhub.services.imports._context import Context, context_of
from loanhub.services.imports._helper import launched, rows_ready
from loanhub.services.imports._plan import TO_NOTE, BatchStatus, Options, Ownership, mark_repeats
from loanhub.services.imports._ready import ReadyRow
from loanhub.services.imports._rows import write_chunk

KIND = "leads.import"
CHUNK_ROWS = 5_000
LEASE = timedelta(seconds=60)


class NotConfirmed(InvalidInput):
    """Nobody has confirmed where the list comes from."""

    def __init__(self) -> None:
        super().__init__(fields={"consent": "请先确认名单来源合规、已取得客户授权"})


@dataclass(frozen=True)
class Progress:
    """How far an import is."""

    status: str
    done: int
    total: int
    created: int
    duplicates: int
    refused: int


def start(actor: Actor, *, batch_id: int, now: datetime) -> int:
    """Queue the import of a prepared batch and return its job's id; starting it twice returns the same job.

    Raises:
        NotFound: no such batch of the actor's.
        NotPermitted: the actor lacks leads:import (leads:assign to share the leads out).
        NotConfirmed: the origin of the list was not confirmed.
        InvalidInput: no column holds the phone number.
        Conflict: the import is over.
    """
    with transaction() as db:
        batch = _batch.own(db, actor, batch_id, for_update=True)
        actor.require(Permission.LEADS_IMPORT)
        job = _job(db, batch_id)
        if batch.status == BatchStatus.RUNNING.value and job is not None:
            return job.id or 0
        _batch.require_waiting(batch)
        options = _batch.options_of(db, batch)
        if options.owner is Ownership.TEAM:
            actor.require(Permission.LEADS_ASSIGN)
        if not options.consent:
            raise NotConfirmed
        if "phone" not in _batch.targets_of(batch):
            raise InvalidInput("还没有一列对应「手机号」，请回到字段映射选择")
        batch.status = BatchStatus.RUNNING.value
        batch.options = {**batch.options, "day": local(now).date().isoformat()}
        batch.version += 1
        job = Job(
            kind=KIND, arguments={"batch_id": batch_id}, status="queued", total=batch.row_count,
            created_by_id=actor.actor_id, created_at=now,
        )  # fmt: skip
        db.add(job)
        db.flush()
        events.record(
            db, actor, "leads.import_started", now=now, entity="import", entity_id=batch.id,
            summary=f"{batch.file_name}，{count(batch.row_count)} 行", after=_chosen(db, batch, options),
        )  # fmt: skip
        return job.id or 0


def _chosen(db: Session, batch: ImportBatch, options: Options) -> dict[str, object]:
    """Return how the list is imported and that its origin was confirmed: drafts may change until here, and no more."""
    labels = {spec.key: spec.label for spec in catalogues.current(db).for_import("lead")}
    chosen: dict[str, object] = {
        "名单来源": "已确认合规、已取得客户授权",
        "归属": options.owner.label, "重复线索": options.duplicates.label, "已是客户": options.customers.label,
        "列": "；".join(
            f"{header or '（没有列名）'}→{labels.get(target, '备注' if target == TO_NOTE else '不导入')}"
            for header, target in zip(batch.headers, _batch.targets_of(batch), strict=False)
        ),
    }  # fmt: skip
    if options.channel_code:
        channels = dict(catalogues.sources(db)["channel"])
        chosen["来源渠道"] = channels.get(options.channel_code, options.channel_code)
    for name, rows in (("改过的行", options.mended), ("不带的行", options.left_out)):
        if rows:
            chosen[name] = (
                f"{count(len(rows))} 行：{'、'.join(map(str, sorted(rows)[:20]))}{'…' if len(rows) > 20 else ''}"
            )
    return chosen


def run(
    actor: Actor,
    *,
    batch_id: int,
    clock: Callable[[], datetime],
    on_progress: Callable[[Progress], None] | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> Progress:
    """Import the rows that are left; the work goes on where an earlier run ended, and never does a row twice.

    Long: call it in a thread. ``clock`` is read once a chunk.

    Raises:
        NotFound, NotPermitted: see :func:`start`; asked again before each chunk's rows are written.
        Conflict: the import was not started, or another worker runs it now.
    """
    worker = secrets.token_hex(8)
    with transaction() as db:
        batch = _batch.own(db, actor, batch_id, for_update=True)
        actor.require(Permission.LEADS_IMPORT)
        if batch.status != BatchStatus.RUNNING.value:
            raise Conflict(f"这次导入{BatchStatus(batch.status).label}")
        _take(db, batch_id, worker, clock())
    with reading() as db:
        number = _batch.own(db, actor, batch_id).row_count
    with launched(number) as helper:
        with reading() as db:
            batch = _batch.own(db, actor, batch_id)
            sheet = _batch.sheet_of(db, batch)
            recipe = _batch.cleaning_of(db, batch, sheet, now=clock())
            context = context_of(db, actor, _batch.options_of(db, batch))
            done = batch.done_count
        rows = mark_repeats(rows_ready(recipe, context.places, sheet.rows, helper))
        _drop(rows, done)
        return _write(
            actor, batch_id, worker, rows, context, total=len(sheet.rows), done=done, clock=clock, on_progress=on_progress,
            chunk_rows=chunk_rows,
        )  # fmt: skip


def _drop(rows: Iterator[ReadyRow], number: int) -> None:
    """Pass over the rows an earlier run has written; what they are counts for the repeats among the others."""
    for _ in itertools.islice(rows, number):
        pass


def _write(
    actor: Actor, batch_id: int, worker: str, rows: Iterator[ReadyRow], context: Context, *, total: int, done: int,
    clock: Callable[[], datetime], on_progress: Callable[[Progress], None] | None, chunk_rows: int,
) -> Progress:  # fmt: skip
    while True:
        # Waited for before the transaction begins: nobody else may write meanwhile.
        chunk = list(itertools.islice(rows, chunk_rows))
        now = clock()
        with transaction() as db:
            batch = _batch.own(db, actor, batch_id, for_update=True)
            job = _job(db, batch_id)
            if job is None or job.lease_owner != worker or batch.done_count != done:
                raise Conflict("这次导入正由另一个进程处理")
            if done >= total or job.cancel_requested:
                _finish(db, actor, batch, job, cancelled=done < total, now=now)
            else:
                tally = write_chunk(db, actor, batch, chunk, context, now=now)
                batch.done_count += len(chunk)
                batch.created_count += tally.created
                batch.cleaned_count += tally.outcomes.get("cleaned", 0)
                batch.refused_count += tally.outcomes.get("refused", 0)
                batch.duplicate_count += sum(
                    tally.outcomes.get(o, 0) for o in ("duplicate", "touched", "filled", "told", "customer")
                )
                job.done, job.failed, job.leased_until = batch.done_count, batch.refused_count, now + LEASE
                announce(db, f"import:{batch_id}", done=batch.done_count)
            progress = _progress(batch)
        done = progress.done
        if on_progress is not None:
            on_progress(progress)
        if progress.status != BatchStatus.RUNNING.value:
            return progress


def _take(db: Session, batch_id: int, worker: str, now: datetime) -> None:
    job = _job(db, batch_id)
    if job is None:
        raise Conflict("这次导入还没有开始")
    if job.status == "running" and job.leased_until is not None and job.leased_until > now:
        raise Conflict("这次导入正在进行")
    job.status, job.lease_owner, job.leased_until = "running", worker, now + LEASE
    job.started_at = job.started_at or now
    job.tries += 1


def _finish(
    db: Session, actor: Actor, batch: ImportBatch, job: Job, *, cancelled: bool, now: datetime
) -> None:
    batch.status = (BatchStatus.CANCELLED if cancelled else BatchStatus.DONE).value
    batch.finished_at = job.finished_at = now
    batch.version += 1
    job.status = "cancelled" if cancelled else "done"
    job.leased_until = None
    job.result = {
        "created": batch.created_count,
        "refused": batch.refused_count,
        "duplicates": batch.duplicate_count,
    }
    summary = (
        f"{batch.file_name}：新建 {count(batch.created_count)}，重复 {count(batch.duplicate_count)}，"
        f"未导入 {count(batch.refused_count)}" + ("（中途停止）" if cancelled else "")
    )
    event = events.record(
        db, actor, "leads.import_finished", now=now, entity="import", entity_id=batch.id, summary=summary
    )
    for owner_id, number in _shares(db, batch).items():
        if owner_id != actor.user_id:
            notify(
                db, owner_id, title=f"导入的 {number} 条新线索分配给你", link="/leads", kind="lead", actionable=True,
                event_id=event.id, now=now,
            )  # fmt: skip
    for found, link in ((_repeats(db, batch), "/leads"), (_told(db, batch), "/customers")):
        for owner_id, number in found.items():
            if owner_id != actor.user_id:
                notify(
                    db, owner_id, title=f"你的 {number} 位客户在一份名单里重复进线", link=link, kind="lead", actionable=True,
                    event_id=event.id, now=now,
                )  # fmt: skip
    announce(db, f"import:{batch.id}", done=batch.done_count)


def _repeats(db: Session, batch: ImportBatch) -> Counter[int]:
    query = (
        sa.select(col(Lead.owner_id), sa.func.count())
        .join(LeadTouch, col(LeadTouch.lead_id) == col(Lead.id))
        .where(col(LeadTouch.import_batch_id) == batch.id, col(Lead.owner_id).is_not(None))
        .group_by(col(Lead.owner_id))
    )
    return Counter({int(owner or 0): int(number) for owner, number in db.execute(query).all()})


def _told(db: Session, batch: ImportBatch) -> Counter[int]:
    query = (
        sa.select(col(Customer.owner_id), sa.func.count())
        .join(ImportRow, col(ImportRow.duplicate_customer_id) == col(Customer.id))
        .where(col(ImportRow.batch_id) == batch.id, col(ImportRow.outcome) == "told", col(Customer.owner_id).is_not(None))
        .group_by(col(Customer.owner_id))
    )  # fmt: skip
    return Counter({int(owner or 0): int(number) for owner, number in db.execute(query).all()})


def _shares(db: Session, batch: ImportBatch) -> Counter[int]:
    query = (
        sa.select(col(Lead.owner_id), sa.func.count())
        .where(col(Lead.import_batch_id) == batch.id, col(Lead.owner_id).is_not(None))
        .group_by(col(Lead.owner_id))
    )
    return Counter({int(owner or 0): int(number) for owner, number in db.execute(query).all()})


def _job(db: Session, batch_id: int) -> Job | None:
    query = sa.select(Job).where(col(Job.kind) == KIND).order_by(col(Job.id).desc()).limit(200)
    query = query.execution_options(populate_existing=True)
    return next(
        (job for job in db.execute(query).scalars() if job.arguments.get("batch_id") == batch_id), None
    )


def cancel(actor: Actor, *, batch_id: int) -> None:
    """Ask a running import to stop after its present chunk; what is imported stays (and can be undone).

    Raises:
        NotFound: no such batch of the actor's.
        NotPermitted: the actor lacks leads:import.
        Conflict: it is not running.
    """
    with transaction() as db:
        batch = _batch.own(db, actor, batch_id, for_update=True)
        actor.require(Permission.LEADS_IMPORT)
        job = _job(db, batch_id)
        if batch.status != BatchStatus.RUNNING.value or job is None:
            raise Conflict(f"这次导入{BatchStatus(batch.status).label}，不需要停止")
        job.cancel_requested = True


def progress(actor: Actor, *, batch_id: int) -> Progress:
    """Return how far an import is; raise NotFound when it is not the actor's."""
    with reading() as db:
        return _progress(_batch.own(db, actor, batch_id))


def _progress(batch: ImportBatch) -> Progress:
    return Progress(
        batch.status,
        batch.done_count,
        batch.row_count,
        batch.created_count,
        batch.duplicate_count,
        batch.refused_count,
    )


def list_interrupted(now: datetime) -> list[tuple[int, int]]:
    """Return (batch id, user id) of imports that were started and that no worker holds: after a restart."""
    with reading() as db:
        query = sa.select(Job).where(
            col(Job.kind) == KIND,
            col(Job.status).in_(("queued", "running")),
            sa.or_(col(Job.leased_until).is_(None), col(Job.leased_until) < now),
        )
        found = []
        for job in db.execute(query.order_by(col(Job.id))).scalars():
            batch_id = job.arguments.get("batch_id")
            if isinstance(batch_id, int) and job.created_by_id:
                found.append((batch_id, job.created_by_id))
        return found
