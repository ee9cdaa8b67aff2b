"""The background work of a batch: a few documents a transaction, then the merged file; killed anywhere, it goes on.

A lease on the batch's row keeps two processes apart; it is renewed in the transaction that marks documents done.
"""

from __future__ import annotations

import io
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col

from loanhub.documents.assemble import Part
from loanhub.documents.merge import join
from loanhub.documents.preview import page_count
from loanhub.documents.template import MissingData
from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.models import PrintBatch, PrintBatchItem
from loanhub.services import _storage, auth, events, files
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._notices import notify
from loanhub.services._transaction import announce, attempt, keep_reads, reading, transaction
from loanhub.services.archive import PRINT_KIND
from loanhub.services.contracts.create import page_of
from loanhub.services.printing._kind import Make
from loanhub.services.printing.batches import BatchStatus, ItemStatus, in_order, kind_of

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
"""How long a batch is its process's own without a sign of life; a document or a step of the merging takes far less."""

DOCUMENTS_AT_ONCE = 8
HELD_SECONDS = 0.1
"""A transaction makes a few documents, and begins none after this long: others wait for the database's writer meanwhile."""


class LeaseLost(RuntimeError):
    """This process was taken for dead, and another goes on with its batch; what it committed stands."""


def run_due(clock: Callable[[], datetime]) -> int:
    """Work off what is queued or was cut short, oldest first; returns how many batches ended."""
    ended = 0
    while True:
        now = clock()
        with reading() as db:
            free = sa.or_(col(PrintBatch.leased_until).is_(None), col(PrintBatch.leased_until) < now)
            query = sa.select(col(PrintBatch.id)).where(
                col(PrintBatch.status).in_((BatchStatus.QUEUED.value, BatchStatus.RUNNING.value)), free
            )
            found = db.execute(query.order_by(col(PrintBatch.id)).limit(1)).scalar()
        if found is None:
            return ended
        ended += run(int(found), clock=clock)


def run(batch_id: int, *, clock: Callable[[], datetime]) -> bool:
    """Make the documents of a batch that are left and merge them; returns False when another process has it.

    The requester's rights of this moment count: a batch of somebody who left stops. Long: call it in a thread.
    """
    worker = secrets.token_hex(8)
    if not _take(batch_id, worker, clock()):
        return False
    try:
        with reading() as db:
            batch = db.get(PrintBatch, batch_id)
            assert batch is not None
            user_id, kind = batch.created_by_id or 0, kind_of(batch.kind)
        actor = auth.actor_for_user(user_id)
        actor.require(kind.permission)
        make = kind.begin() if kind.begin is not None else kind.make
        while _some(batch_id, worker, actor, make, clock()):
            pass
        with reading() as db:
            status = db.execute(
                sa.select(col(PrintBatch.status)).where(col(PrintBatch.id) == batch_id)
            ).scalar()
        if status == BatchStatus.RUNNING.value:
            _merge(batch_id, worker, actor, clock)
    except LeaseLost:
        return False
    except LoanHubError as refusal:
        _fail(batch_id, worker, refusal.sentence, clock())
    return True


def _take(batch_id: int, worker: str, now: datetime) -> bool:
    with transaction() as db:
        batch = db.get(PrintBatch, batch_id, with_for_update=True)
        if batch is None or batch.status not in (BatchStatus.QUEUED.value, BatchStatus.RUNNING.value):
            return False
        if batch.leased_until is not None and batch.leased_until > now:
            return False
        batch.status, batch.lease_owner, batch.leased_until = BatchStatus.RUNNING.value, worker, now + LEASE
        batch.started_at = batch.started_at or now
        return True


def _held(db: Session, batch_id: int, worker: str, now: datetime) -> PrintBatch:
    batch = db.get(PrintBatch, batch_id, with_for_update=True)
    if batch is None or batch.lease_owner != worker:
        raise LeaseLost
    batch.leased_until = now + LEASE
    return batch


def _some(batch_id: int, worker: str, actor: Actor, make: Make, now: datetime) -> bool:
    """Make the next documents; returns False when none is left or the batch was stopped."""
    with transaction() as db:
        keep_reads(db)
        batch = _held(db, batch_id, worker, now)
        if batch.cancel_requested:
            batch.status, batch.finished_at, batch.leased_until = BatchStatus.CANCELLED.value, now, None
            _tell(db, batch, actor, f"{batch.title}：已停止，完成 {batch.done - batch.refused} 份", now)
            return False
        items = _waiting(db, batch_id)
        begun, done = time.monotonic(), 0
        for item in items:
            _make_one(db, batch, item, actor, make, now)
            done += 1
            if time.monotonic() - begun > HELD_SECONDS:
                break
        batch.done += done
        announce(db, f"print_batch:{batch_id}", done=batch.done)
    failpoint("print_batch.after_commit")
    return bool(items)


def _waiting(db: Session, batch_id: int) -> list[PrintBatchItem]:
    query = sa.select(PrintBatchItem).where(
        col(PrintBatchItem.batch_id) == batch_id, col(PrintBatchItem.status) == ItemStatus.WAITING.value
    )
    return list(db.execute(query.order_by(col(PrintBatchItem.place)).limit(DOCUMENTS_AT_ONCE)).scalars())


def _make_one(
    db: Session, batch: PrintBatch, item: PrintBatchItem, actor: Actor, make: Make, now: datetime
) -> None:
    """Make one document, or note why it could not be made; the others go on."""
    try:
        with attempt(db):
            paper = make(actor, item.record_id, f"batch-{batch.id}-{item.place}", now)
            failpoint("print_batch.after_document")
    except LoanHubError as refusal:
        _refuse(db, batch, item, actor, refusal)
        return
    except Exception:  # a mistake of ours in one document must not stop the hundreds behind it
        log.exception("document_failed", batch=batch.id, item=item.id)
        _refuse(db, batch, item, actor, Conflict("这份文书没有生成成功，原因已记录，可以重试或联系管理员"))
        return
    item.sha256 = paper.sha256 or _storage.put(io.BytesIO(paper.content)).sha256
    item.file_name, item.contract_id = paper.file_name[:120], paper.contract_id
    item.page_count, item.status = paper.pages or page_count(paper.content), ItemStatus.DONE.value


def _refuse(
    db: Session, batch: PrintBatch, item: PrintBatchItem, actor: Actor, refusal: LoanHubError
) -> None:
    """Note why one document could not be made."""
    sentence = refusal.sentence
    if isinstance(refusal, InvalidInput) and refusal.fields and not isinstance(refusal, MissingData):
        sentence = "；".join(refusal.fields.values())
    item.status, item.problem = ItemStatus.REFUSED.value, sentence[:300]
    if isinstance(refusal, MissingData):
        customer_id = _customer_of(db, actor, batch, item)
        item.missing = [
            {"label": label, "link": page_of(key, customer_id, item.link)} for key, label in refusal.missing
        ]
    batch.refused += 1


def _customer_of(db: Session, actor: Actor, batch: PrintBatch, item: PrintBatchItem) -> int:
    """Return whose document it is to be, 0 when the actor does not read customers."""
    if not actor.can(Permission.CUSTOMERS_READ):
        return 0
    found = kind_of(batch.kind).describe(db, actor, [item.record_id])
    return found[0].customer_id if found else 0


def _merge(batch_id: int, worker: str, actor: Actor, clock: Callable[[], datetime]) -> None:
    with reading() as db:
        batch = db.get(PrintBatch, batch_id)
        assert batch is not None
        rows, copies = in_order(db, batch), batch.copies
    if not rows:
        _fail(batch_id, worker, "没有一份能出具，逐项补全后可以再试", clock())
        return
    packed = io.BytesIO()

    def parts() -> Iterator[Part]:
        packed.seek(0)
        packed.truncate()
        bodies = _read(rows, packed, lambda: _renew(batch_id, worker, clock()))
        for row, body in zip(rows, bodies, strict=True):
            name = f"{row.file_name.removesuffix('.pdf')} {row.customer}".strip()
            yield Part(body, name, ("",) * copies)

    content, count = join(parts, title=batch.title, duplex=batch.duplex)
    failpoint("print_batch.before_finish")
    now = clock()
    with transaction() as db:
        batch = _held(db, batch_id, worker, now)
        made = [
            files.store_generated(
                db, actor, content=body, file_name=f"批次{batch_id}_{len(rows)}份.{suffix}", media_type=media, kind=PRINT_KIND,
                label=batch.title[:60], now=now, owner_id=actor.actor_id, department_id=actor.department_id,
            )
            for body, suffix, media in ((content, "pdf", "application/pdf"), (packed.getvalue(), "zip", "application/zip"))
        ]  # fmt: skip
        batch.merged_file_id, batch.archive_file_id = made[0].id, made[1].id
        batch.page_count, batch.sheet_count = count, -(-count // 2) if batch.duplex else count
        batch.status, batch.finished_at, batch.leased_until = BatchStatus.DONE.value, now, None
        batch.version += 1
        words = f"{batch.title}：完成 {len(rows)} 份" + (
            f"，{batch.refused} 份缺资料" if batch.refused else ""
        )
        events.record(
            db,
            actor,
            "print_batch.finished",
            now=now,
            entity="print_batch",
            entity_id=batch_id,
            summary=words,
        )
        _tell(db, batch, actor, words, now)


def _read(rows: list[PrintBatchItem], packed: io.BytesIO, renew: Callable[[], None]) -> Iterator[bytes]:
    """Yield the stored documents, writing each into the archive on its way and keeping the lease alive."""
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for place, row in enumerate(rows):
            content = _storage.read_all(row.sha256)
            # A set date: the same documents make the same archive.
            entry = zipfile.ZipInfo(f"{place + 1:04}_{row.file_name}", (2026, 1, 1, 0, 0, 0))
            archive.writestr(entry, content)
            if place % 100 == 99:
                renew()
            yield content


def _renew(batch_id: int, worker: str, now: datetime) -> None:
    with transaction() as db:
        _held(db, batch_id, worker, now)


def _fail(batch_id: int, worker: str, sentence: str, now: datetime) -> None:
    with transaction() as db:
        batch = db.get(PrintBatch, batch_id, with_for_update=True)
        if batch is None or batch.lease_owner != worker:
            return
        batch.status, batch.problem = BatchStatus.FAILED.value, sentence[:300]
        batch.finished_at, batch.leased_until = now, None
        batch.version += 1
        notify(
            db, batch.created_by_id, title=f"{batch.title}：没有完成", text=sentence[:100],
            link=f"/contracts/batches?batch={batch_id}", kind="job", now=now,
        )  # fmt: skip
        announce(db, f"print_batch:{batch_id}", done=batch.done)


def _tell(db: Session, batch: PrintBatch, actor: Actor, words: str, now: datetime) -> None:
    notify(
        db,
        actor.actor_id,
        title=words[:100],
        link=f"/contracts/batches?batch={batch.id}",
        kind="job",
        now=now,
    )
    announce(db, f"print_batch:{batch.id}", done=batch.done)
