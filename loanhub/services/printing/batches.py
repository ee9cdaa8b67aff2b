"""A batch of documents 批量出具: begun, looked at, stopped, tried again, given out for printing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.discovery import discover
from loanhub.domain import formats
from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.models import Contract, PrintBatch, PrintBatchItem, PrintLog
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction
from loanhub.services.printing._kind import MOST, PaperKind

COPIES_AT_ONCE = 20


class BatchStatus(Choice):
    """Where a batch stands."""

    QUEUED = "queued", "排队中"
    RUNNING = "running", "生成中"
    DONE = "done", "已完成"
    CANCELLED = "cancelled", "已停止"
    FAILED = "failed", "没有完成"


class ItemStatus(Choice):
    """Where one document of a batch stands."""

    WAITING = "waiting", "等待"
    DONE = "done", "已出"
    REFUSED = "refused", "缺资料"


class Order(Choice):
    """In which order the documents lie in the merged file."""

    CHOSEN = "chosen", "按选择的顺序"
    NUMBER = "number", "按编号"
    CUSTOMER = "customer", "按客户分组"


def kinds() -> dict[str, PaperKind]:
    """Return the kinds of documents that can be made by the many, by code."""
    return discover("loanhub.services.printing.kinds", "KIND")


def kind_of(code: str) -> PaperKind:
    """Return a kind.

    Raises:
        InvalidInput: there is none of this code.
    """
    found = kinds().get(code)
    if found is None:
        raise InvalidInput(fields={"kind": "请选择文书"})
    return found


def start(
    actor: Actor,
    *,
    kind: str,
    record_ids: Sequence[int] = (),
    first: date | None = None,
    last: date | None = None,
    order: str = Order.CHOSEN.value,
    copies: int = 1,
    duplex: bool = True,
    key: str = "",
    now: datetime,
) -> int:
    """Queue a batch of chosen records, or of those the kind finds between two days; returns its id.

    Records outside the actor's scope are left out. The work is done in the background, see ``work.run``.

    Raises:
        NotPermitted: the actor lacks the permission of the kind.
        InvalidInput: an unknown kind, nothing found, more than 2,000, or not between 1 and 20 copies.
    """
    chosen, placed = kind_of(kind), next((one for one in Order if one.value == order), Order.CHOSEN)
    actor.require(chosen.permission)
    if not 1 <= copies <= COPIES_AT_ONCE:
        raise InvalidInput(fields={"copies": f"份数要在 1 到 {COPIES_AT_ONCE} 之间"})
    if first is not None and last is not None and first > last:
        raise InvalidInput(fields={"last": "结束日期要不早于开始日期"})
    with transaction() as db:

        def work() -> dict[str, object]:
            ids = list(dict.fromkeys(record_ids))
            if not ids and chosen.find is not None:
                ids = chosen.find(db, actor, first or date(1970, 1, 1), last or date(9999, 1, 1))
            if len(ids) > MOST:
                raise InvalidInput(f"一批最多 {MOST:,} 份，请缩小范围")
            sources = chosen.describe(db, actor, ids)
            if not sources:
                raise InvalidInput(fields={"kind": f"没有可以出{chosen.label}的记录，换个范围再试"})
            batch = PrintBatch(
                kind=kind, title=f"{chosen.label} {len(sources):,} 份", order=placed.value, duplex=duplex, copies=copies,
                total=len(sources), created_by_id=actor.actor_id, created_at=now,
                options={"first": first.isoformat() if first else "", "last": last.isoformat() if last else ""},
            )  # fmt: skip
            db.add(batch)
            db.flush()
            for place, one in enumerate(sources):
                db.add(
                    PrintBatchItem(
                        batch_id=batch.id or 0, place=place, record_id=one.record_id, label=one.label,
                        customer=one.customer, link=one.link,
                    )
                )  # fmt: skip
            events.record(
                db,
                actor,
                "print_batch.started",
                now=now,
                entity="print_batch",
                entity_id=batch.id,
                summary=batch.title,
            )
            return {"id": batch.id or 0}

        request = [kind, list(record_ids), first, last, order, copies, duplex]
        return int(str(once(db, actor, "print_batch.start", key, request, now=now, work=work)["id"]))


def get_own(db: Session, actor: Actor, batch_id: int, *, for_update: bool = False) -> PrintBatch:
    """Return a batch of the actor's own; whoever lost the permission of its kind does not see it.

    Raises:
        NotFound: no such batch of this person's.
        NotPermitted: the actor lacks the permission of its kind.
    """
    batch = db.get(PrintBatch, batch_id, with_for_update=for_update or None)
    if batch is None or batch.created_by_id != actor.actor_id:
        raise NotFound("没有找到这个批次")
    actor.require(kind_of(batch.kind).permission)
    return batch


def cancel(actor: Actor, *, batch_id: int, now: datetime) -> None:
    """Stop a batch before its next document; what was made stays made.

    Raises:
        NotFound, NotPermitted: see :func:`get_own`.
        Conflict: it is finished.
    """
    with transaction() as db:
        batch = get_own(db, actor, batch_id, for_update=True)
        if batch.status not in (BatchStatus.QUEUED.value, BatchStatus.RUNNING.value):
            raise Conflict(f"这个批次{BatchStatus(batch.status).label}")
        batch.cancel_requested = True
        if batch.status == BatchStatus.QUEUED.value:
            batch.status, batch.finished_at = BatchStatus.CANCELLED.value, now


def retry(actor: Actor, *, batch_id: int, now: datetime) -> None:
    """Take a stopped or incomplete batch up again: what was refused is tried once more, what is made stays.

    Raises:
        NotFound, NotPermitted: see :func:`get_own`.
        Conflict: it is under way, or nothing is left to make.
    """
    with transaction() as db:
        batch = get_own(db, actor, batch_id, for_update=True)
        if batch.status in (BatchStatus.QUEUED.value, BatchStatus.RUNNING.value):
            raise Conflict("这个批次正在生成")
        left = col(PrintBatchItem.status) != ItemStatus.DONE.value
        mine = col(PrintBatchItem.batch_id) == batch_id
        count = db.execute(
            sa.select(sa.func.count()).select_from(PrintBatchItem).where(mine, left)
        ).scalar_one()
        if not count and batch.status == BatchStatus.DONE.value:
            raise Conflict("这个批次已全部完成")
        db.execute(
            sa.update(PrintBatchItem).where(mine, left)
            .values(status=ItemStatus.WAITING.value, problem="", missing=[])
        )  # fmt: skip
        batch.status, batch.cancel_requested, batch.refused, batch.problem = (
            BatchStatus.QUEUED.value,
            False,
            0,
            "",
        )
        batch.done = batch.total - int(count)
        batch.finished_at = batch.leased_until = None
        batch.version += 1


def give(actor: Actor, *, batch_id: int, reason: str = "", now: datetime) -> tuple[int, int]:
    """Record the printing of a batch and number the copies of its contracts; returns (printings of it, copies printed).

    A contract that was printed before needs a reason 补打原因.

    Raises:
        NotFound, NotPermitted: see :func:`get_own`.
        Conflict: nothing was made.
        InvalidInput: a reason is needed.
    """
    words = reason.strip()[:200]
    with transaction() as db:
        batch = get_own(db, actor, batch_id, for_update=True)
        if batch.merged_file_id is None:
            raise Conflict("这个批次还没有可以打印的文件")
        query = (
            sa.select(PrintBatchItem, Contract)
            .outerjoin(Contract, col(Contract.id) == col(PrintBatchItem.contract_id))
            .where(col(PrintBatchItem.batch_id) == batch_id, col(PrintBatchItem.status) == ItemStatus.DONE.value)
            .order_by(col(PrintBatchItem.contract_id), col(PrintBatchItem.id))
            .with_for_update(of=PrintBatchItem)
        )  # fmt: skip
        rows = db.execute(query).all()
        again = batch.printed_count > 0 or any(one is not None and one.copy_count for _, one in rows)
        if again and len(words) < 2:
            raise InvalidInput(fields={"reason": "其中有打印过的文书，写一下补打原因"})
        for item, contract in rows:
            if contract is None:
                continue
            item.first_copy = contract.copy_count + 1
            contract.copy_count += batch.copies
            db.add(
                PrintLog(
                    contract_id=contract.id or 0, copies=batch.copies, first_copy=item.first_copy, by_id=actor.actor_id,
                    at=now, reason=words, batch_id=batch_id,
                )
            )  # fmt: skip
            span = (
                f"第 {item.first_copy} 份"
                if batch.copies == 1
                else f"第 {item.first_copy}–{contract.copy_count} 份"
            )
            events.record(
                db, actor, "contract.printed", now=now, entity="contract", entity_id=contract.id,
                customer_id=contract.customer_id, summary=f"{contract.number} {span}", reason=words, flush=False,
            )  # fmt: skip
        batch.printed_count += 1
        batch.version += 1
        events.record(
            db, actor, "print_batch.printed", now=now, entity="print_batch", entity_id=batch_id,
            summary=f"{batch.title}，第 {batch.printed_count} 次打印", reason=words,
        )  # fmt: skip
        return batch.printed_count, batch.copies * len(rows)


def in_order(db: Session, batch: PrintBatch) -> list[PrintBatchItem]:
    """Return what was made, in the order it lies in the merged file."""
    query = sa.select(PrintBatchItem).where(
        col(PrintBatchItem.batch_id) == batch.id, col(PrintBatchItem.status) == ItemStatus.DONE.value
    )
    rows = list(db.execute(query.order_by(col(PrintBatchItem.place))).scalars())
    if batch.order == Order.NUMBER.value:
        rows.sort(key=lambda one: one.file_name)
    elif batch.order == Order.CUSTOMER.value:
        rows.sort(key=lambda one: (one.customer, one.file_name))
    return rows


@dataclass(frozen=True)
class BatchView:
    """A batch as its list and its progress show it."""

    id: int = 0
    title: str = ""
    status: str = ""
    status_label: str = ""
    tone: str = ""
    total: int = 0
    done: int = 0
    refused: int = 0
    percent: int = 0
    pages: str = ""
    order: str = ""
    created: str = ""
    created_at: str = ""
    took: str = ""
    problem: str = ""
    printed: int = 0
    running: bool = False
    ready: bool = False
    unfinished: bool = False


@dataclass(frozen=True)
class ItemView:
    """A document that could not be made, and why; ``missing`` are {label, link}."""

    id: int
    label: str
    customer: str
    link: str
    problem: str
    missing: list[dict[str, str]]


_TONES = {
    "queued": "closed",
    "running": "visit",
    "done": "approved",
    "cancelled": "closed",
    "failed": "overdue",
}


def list_batches(actor: Actor, *, now: datetime, limit: int = 50) -> list[BatchView]:
    """Return the actor's own batches, newest first."""
    with reading() as db:
        query = (
            sa.select(PrintBatch)
            .where(col(PrintBatch.created_by_id) == actor.actor_id)
            .order_by(col(PrintBatch.id).desc())
            .limit(limit)
        )
        allowed = {code for code, kind in kinds().items() if actor.can(kind.permission)}
        return [_view(one, now) for one in db.execute(query).scalars() if one.kind in allowed]


def show(actor: Actor, *, batch_id: int, now: datetime) -> tuple[BatchView, list[ItemView]]:
    """Return a batch and what could not be made of it.

    Raises:
        NotFound, NotPermitted: see :func:`get_own`.
    """
    with reading() as db:
        batch = get_own(db, actor, batch_id)
        query = (
            sa.select(PrintBatchItem)
            .where(col(PrintBatchItem.batch_id) == batch_id, col(PrintBatchItem.status) == ItemStatus.REFUSED.value)
            .order_by(col(PrintBatchItem.place))
            .limit(500)
        )  # fmt: skip
        refused = [
            ItemView(one.id or 0, one.label, one.customer, one.link, one.problem, list(one.missing))
            for one in db.execute(query).scalars()
        ]
        return _view(batch, now), refused


def _view(row: PrintBatch, now: datetime) -> BatchView:
    status = BatchStatus(row.status)
    took = ""
    if row.started_at is not None and row.finished_at is not None:
        took = f"用时 {max(1, round((row.finished_at - row.started_at).total_seconds()))} 秒"
    return BatchView(
        id=row.id or 0, title=row.title, status=row.status, status_label=status.label, tone=_TONES[row.status],
        total=row.total, done=row.done, refused=row.refused, percent=100 * row.done // max(1, row.total),
        pages=f"{row.page_count:,} 页 · {row.sheet_count:,} 张" if row.page_count else "",
        order=Order(row.order).label + (" · 双面" if row.duplex else " · 单面"),
        created=formats.relative(row.created_at, now), created_at=formats.instant(row.created_at), took=took,
        problem=row.problem, printed=row.printed_count,
        running=status in (BatchStatus.QUEUED, BatchStatus.RUNNING), ready=row.merged_file_id is not None,
        unfinished=status in (BatchStatus.CANCELLED, BatchStatus.FAILED) or (status is BatchStatus.DONE and row.refused > 0),
    )  # fmt: skip
