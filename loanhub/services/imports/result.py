"""After 导入: what became of each row and why, the refused rows as a sheet, undoing the whole."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, ImportBatch, ImportRow, Lead, User
from loanhub.repositories import imports as repository
from loanhub.repositories.scope import visible_to
from loanhub.services import catalogue as catalogues
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.imports import _batch
from loanhub.services.imports._plan import BatchStatus

UNDO_HOURS = 24
GROUPS: dict[str, tuple[str, ...]] = {
    "refused": ("refused",),
    "duplicate": ("duplicate", "touched", "filled"),
    "customer": ("attached", "told", "customer"),
    "warning": ("warning",),
    "cleaned": ("cleaned",),
    "ok": ("ok",),
}
"""The tables of the result page: group → outcomes of rows."""
OUTCOME_LABELS = {
    "refused": "未导入", "duplicate": "重复，已跳过", "touched": "记为重复进线", "filled": "补全了原线索",
    "attached": "已是客户，新线索挂到客户", "told": "已是客户，记到客户", "customer": "已是客户，已跳过",
    "warning": "请留意", "cleaned": "已规范", "ok": "正常",
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """An import that is over, or under way."""

    batch_id: int
    file_name: str
    status: str
    status_label: str
    row_count: int
    done: int
    created: int
    duplicates: int
    """Rows of known persons that became no lead."""
    groups: dict[str, int]
    owners: tuple[tuple[str, int], ...]
    can_undo: bool
    undo_until: str
    worked_on: int
    finished: str


def show(actor: Actor, *, batch_id: int, now: datetime) -> Result:
    """Return how an import went.

    Raises:
        NotFound: no such batch of the actor's.
        NotPermitted: the actor lacks leads:import.
    """
    with reading() as db:
        batch = _batch.own(db, actor, batch_id)
        actor.require(Permission.LEADS_IMPORT)
        counts = repository.count_rows(db, batch_id)
        deadline = _undo_until(batch)
        living = sa.select(sa.func.count()).select_from(Lead).where(
            col(Lead.import_batch_id) == batch_id, col(Lead.deleted_at).is_(None)
        )  # fmt: skip
        left = db.execute(living).scalar_one()
        free = db.execute(living.where(repository.untouched(batch_id))).scalar_one()
        return Result(
            batch_id=batch_id, file_name=batch.file_name, status=batch.status,
            status_label=BatchStatus(batch.status).label, row_count=batch.row_count, done=batch.done_count,
            created=batch.created_count, duplicates=batch.duplicate_count,
            groups={group: sum(counts.get(o, 0) for o in outcomes) for group, outcomes in GROUPS.items()},
            owners=_owners(db, actor, batch_id),
            can_undo=batch.status in ("done", "cancelled") and deadline is not None and now <= deadline and free > 0,
            undo_until=formats.instant(deadline) if deadline else "", worked_on=left - free,
            finished=formats.relative(batch.finished_at, now) if batch.finished_at else "",
        )  # fmt: skip


def _undo_until(batch: ImportBatch) -> datetime | None:
    return batch.finished_at + timedelta(hours=UNDO_HOURS) if batch.finished_at else None


def _owners(db: Session, actor: Actor, batch_id: int) -> tuple[tuple[str, int], ...]:
    """Return whose the leads became; whose customers were known stays blind, but for the reader's own."""
    blind = sa.and_(repository.attached(batch_id), sa.func.coalesce(col(Lead.owner_id), 0) != actor.user_id)
    name = sa.case((blind, "客户的负责人"), else_=sa.func.coalesce(col(User.name), "公海"))
    query = (
        sa.select(name.label("whose"), sa.func.count())
        .select_from(Lead)
        .outerjoin(User, col(User.id) == col(Lead.owner_id))
        .where(col(Lead.import_batch_id) == batch_id, col(Lead.deleted_at).is_(None))
        .group_by("whose")
        .order_by(sa.func.count().desc())
        .limit(20)
    )
    return tuple((str(owner), int(number)) for owner, number in db.execute(query).all())


@dataclass(frozen=True)
class IssueRow:
    """A remark on a row of the file; before and after are masked."""

    number: int
    field: str
    sentence: str
    before: str
    after: str
    outcome: str
    outcome_label: str
    lead_id: int
    known_id: int
    subject: str
    href: str
    """Where the lead or customer meant is shown; '' outside the reader's scope."""


def list_issues(
    actor: Actor, *, batch_id: int, group: str, offset: int = 0, limit: int = 50
) -> list[IssueRow]:
    """Return the rows of one group with their remarks, in file order: one line a remark.

    Raises:
        NotFound, NotPermitted: see :func:`show`.
    """
    with reading() as db:
        _batch.own(db, actor, batch_id)
        actor.require(Permission.LEADS_IMPORT)
        rows = repository.list_rows(
            db, batch_id, outcomes=GROUPS.get(group, ()), offset=offset, limit=min(limit, 200)
        )
        catalogue = catalogues.current(db)
        names = _seen_names(db, actor, Lead, [i for r in rows for i in (r.lead_id, r.duplicate_of_id) if i])
        customers = _seen_names(
            db, actor, Customer, [r.duplicate_customer_id for r in rows if r.duplicate_customer_id]
        )
        found = []
        for row in rows:
            wanted = {"refused": "refused", "warning": "warning", "cleaned": "cleaned"}.get(
                row.outcome, "duplicate"
            )
            lead_id = next((i for i in (row.lead_id, row.duplicate_of_id) if i in names), 0) or 0
            customer_id = row.duplicate_customer_id or 0
            href = f"/leads?lead={lead_id}" if lead_id else ""
            if not lead_id and customer_id in customers and actor.can(Permission.CUSTOMERS_READ):
                href = f"/customers/{customer_id}"
            remarks = [i for i in row.issues if i.get("kind") == wanted] or [{}]
            for remark in remarks:
                spec = catalogue.find("lead", remark.get("field", ""))
                found.append(
                    IssueRow(
                        number=row.row_number, field=spec.label if spec else "", sentence=remark.get("sentence", ""),
                        before=remark.get("before", ""), after=remark.get("after", ""), outcome=row.outcome,
                        outcome_label=OUTCOME_LABELS.get(row.outcome, row.outcome),
                        lead_id=row.lead_id if row.lead_id in names else 0,
                        known_id=row.duplicate_of_id if row.duplicate_of_id in names else 0,
                        subject=(names.get(lead_id) or customers.get(customer_id, "")) if href else "", href=href,
                    )
                )  # fmt: skip
        return found


def _seen_names(db: Session, actor: Actor, model: Any, ids: Sequence[int]) -> dict[int, str]:
    query = sa.select(model.id, model.name).where(model.id.in_(ids), visible_to(actor, model))
    return {int(row_id or 0): name for row_id, name in db.execute(query).all()}


def refused_workbook(actor: Actor, *, batch_id: int, now: datetime) -> tuple[str, bytes]:
    """Return the refused rows as the sheet they came in, with 行号 and 原因 added: (file name, xlsx).

    Texts stay texts: nothing that looks like a formula becomes one.

    Raises:
        NotFound, NotPermitted: see :func:`show`.
        Conflict: no row was refused.
    """
    with transaction() as db:
        batch = _batch.own(db, actor, batch_id)
        actor.require(Permission.LEADS_IMPORT)
        rows = repository.list_rows(db, batch_id, outcomes=("refused",), limit=100_000)
        if not rows:
            raise Conflict("没有未导入的行")
        content = _workbook(batch, rows)
        events.record(
            db, actor, "leads.exported", now=now, entity="import", entity_id=batch.id,
            summary=f"下载 {batch.file_name} 的 {len(rows)} 行未导入数据",
        )  # fmt: skip
        stem = batch.file_name.rpartition(".")[0] or batch.file_name
        return f"{stem}_未导入_{len(rows)}行.xlsx", content


def _workbook(batch: ImportBatch, rows: Sequence[ImportRow]) -> bytes:
    target = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet((batch.sheet or "线索")[:31].translate({ord(c): "_" for c in "[]:*?/\\'"}))
        bold = book.add_format({"bold": True})
        for place, header in enumerate([*batch.headers, "原行号", "未导入原因"]):
            sheet.write_string(0, place, header, bold)
        for line, row in enumerate(rows, start=1):
            cells = json.loads(row.raw or "[]")
            for place, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(line, place, cell)
                elif isinstance(cell, (int, float)) and abs(cell) < 1e10:
                    sheet.write_number(line, place, cell)
                elif cell is not None:
                    sheet.write_string(line, place, str(cell))
            reasons = [i["sentence"] for i in row.issues if i.get("kind") == "refused"]
            sheet.write_number(line, len(batch.headers), row.row_number)
            sheet.write_string(line, len(batch.headers) + 1, "；".join(reasons))
        sheet.freeze_panes(1, 0)
    return target.getvalue()


@dataclass(frozen=True)
class Undone:
    """What an undo took back, and the leads that stay because somebody has worked on them."""

    removed: int
    kept: tuple[tuple[int, str, str], ...]
    """(lead id, number, name)."""


def undo(actor: Actor, *, batch_id: int, now: datetime) -> Undone:
    """Take a whole import back within 24 hours: untouched leads go, those worked on stay and are named.

    Raises:
        NotFound, NotPermitted: see :func:`show`.
        Conflict: it is running, undone already, or too long ago.
    """
    with transaction() as db:
        batch = _batch.own(db, actor, batch_id, for_update=True)
        actor.require(Permission.LEADS_IMPORT)
        deadline = _undo_until(batch)
        if batch.status == BatchStatus.UNDONE.value:
            raise Conflict("这次导入已经撤销过了")
        if batch.status not in (BatchStatus.DONE.value, BatchStatus.CANCELLED.value) or deadline is None:
            raise Conflict("导入结束后才能撤销")
        if now > deadline:
            raise Conflict(f"导入已超过 {UNDO_HOURS} 小时，不能整批撤销")
        removed = repository.take_away(db, batch_id, now=now)
        stays = sa.select(col(Lead.id), col(Lead.number), col(Lead.name)).where(
            col(Lead.import_batch_id) == batch_id, col(Lead.deleted_at).is_(None)
        )
        kept = tuple((int(i or 0), number, name) for i, number, name in db.execute(stays.limit(200)).all())
        batch.status, batch.undone_at = BatchStatus.UNDONE.value, now
        batch.version += 1
        events.record(
            db, actor, "leads.import_undone", now=now, entity="import", entity_id=batch.id,
            summary=f"{batch.file_name}：撤回 {removed} 条，{len(kept)} 条已有人跟进，保留",
        )  # fmt: skip
        return Undone(removed, kept)


@dataclass(frozen=True)
class BatchLine:
    """An earlier import in the list."""

    id: int
    file_name: str
    status: str
    status_label: str
    created: int
    refused: int
    duplicates: int
    when: str


def list_recent(actor: Actor, *, now: datetime, limit: int = 10) -> list[BatchLine]:
    """Return the actor's newest imports.

    Raises:
        NotPermitted: the actor lacks leads:import.
    """
    actor.require(Permission.LEADS_IMPORT)
    with reading() as db:
        query = sa.select(ImportBatch).where(col(ImportBatch.created_by_id) == actor.user_id)
        rows = db.execute(query.order_by(col(ImportBatch.id).desc()).limit(limit)).scalars()
        return [
            BatchLine(
                id=b.id or 0, file_name=b.file_name, status=b.status, status_label=BatchStatus(b.status).label,
                created=b.created_count, refused=b.refused_count, duplicates=b.duplicate_count,
                when=formats.relative(b.created_at, now),
            )
            for b in rows
        ]  # fmt: skip
