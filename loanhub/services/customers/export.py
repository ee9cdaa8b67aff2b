"""The list of customers as a file 导出客户: what the filter shows or what was chosen, masked as on the screen, recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access, FieldSpec, access
from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import Customer
from loanhub.repositories.scope import visible_to
from loanhub.services import catalogue, events, files, lists
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services._spreadsheet import Cell, workbook
from loanhub.services._transaction import reading, transaction

MOST = 20_000
"""Rows of one file; a larger list is filtered first."""
PIECE = 500
"""Rows read in one transaction: a long export holds nobody up."""
REASON_LENGTH = 4
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula at the start of a cell (OWASP, CSV injection)."""


class ExportFormat(Choice):
    """The kinds of file an export may be."""

    XLSX = "xlsx", "Excel（XLSX）"
    CSV = "csv", "CSV（UTF-8）"


_MEDIA = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.CSV: "text/csv",
}


class ExportStopped(Conflict):
    """Whoever asked for the export stopped it; nothing was kept."""

    def __init__(self) -> None:
        super().__init__("已停止导出，没有留下文件")


@dataclass(frozen=True)
class Export:
    """A finished export: the file to fetch at ``/api/files/<id>``, its name and how many rows it holds."""

    document_id: int
    file_name: str
    rows: int


def export(
    actor: Actor,
    *,
    keys: Sequence[str],
    raw_criteria: object = None,
    text: str = "",
    ids: Sequence[int] = (),
    sort: str = "",
    descending: bool = True,
    file_format: str = ExportFormat.XLSX.value,
    reason: str,
    progress: Callable[[int, int], bool] | None = None,
    now: datetime,
) -> Export:
    """Write the customers ``ids``, or without them all the list shows, into a file only the actor may fetch.

    Columns are those of ``keys``, each as this reader may see it: what is masked on the screen is masked here.
    ``progress`` is told (done, total) after each piece and returns False to stop. The file is kept for seven days.

    Raises:
        NotPermitted: the actor lacks customers:export or customers:read.
        InvalidInput: no reason, an unknown format, nothing to export, or more than 20,000 rows.
        ExportStopped: ``progress`` said so.
    """
    words, wanted = _checked(actor, reason, file_format)
    with reading() as db:
        numbers, sentence = _wanted(db, actor, raw_criteria, text, ids, sort, descending, now)
        specs = _specs(db, actor, keys)
    rows: list[list[Cell]] = []
    for start in range(0, len(numbers), PIECE):
        with reading() as db:
            rows += _rows(db, actor, specs, numbers[start : start + PIECE], now)
        if progress is not None and not progress(min(start + PIECE, len(numbers)), len(numbers)):
            raise ExportStopped
    stamp = formats.local(now).strftime("%Y%m%d-%H%M")
    name, head = f"客户_{stamp}.{wanted.value}", _head(specs, wanted)
    title = f"客户 · {sentence or '全部'} · {len(rows):,} 位 · {actor.name} 导出于 {formats.instant(now)}"
    content = _csv(head, rows) if wanted is ExportFormat.CSV else workbook([("客户", title, head, rows)])
    with transaction() as db:
        document = files.store_generated(
            db, actor, content=content, file_name=name, media_type=_MEDIA[wanted], kind=files.EXPORT_KIND,
            label="客户导出", now=now, owner_id=actor.actor_id, department_id=actor.department_id,
        )  # fmt: skip
        event = events.record(
            db, actor, "customers.exported", now=now, entity="customer",
            summary=f"{len(rows):,} 位客户 · {wanted.value.upper()}：{sentence or '全部'}"[:500],
            after={"列": "、".join(head)}, reason=words,
        )  # fmt: skip
        if len(rows) > lists.PAGE_ROWS:
            notify(
                db, actor.user_id, title=f"客户导出好了，{len(rows):,} 位", text="文件保留 7 天",
                link=f"/api/files/{document.id}", kind="system", event_id=event.id, now=now,
            )  # fmt: skip
        return Export(document.id or 0, name, len(rows))


def plan(
    actor: Actor,
    *,
    raw_criteria: object = None,
    text: str = "",
    ids: Sequence[int] = (),
    file_format: str = ExportFormat.XLSX.value,
    reason: str,
    now: datetime,
) -> int:
    """Return how many rows such an export would hold, after every check of :func:`export`; nothing is written."""
    _checked(actor, reason, file_format)
    with reading() as db:
        return len(_wanted(db, actor, raw_criteria, text, ids, "", True, now)[0])


def _checked(actor: Actor, reason: str, file_format: str) -> tuple[str, ExportFormat]:
    actor.require(Permission.CUSTOMERS_EXPORT)
    actor.require(Permission.CUSTOMERS_READ)
    words, wanted = " ".join(reason.split())[:200], ExportFormat.find(file_format)
    if wanted is None:
        raise InvalidInput(fields={"format": "请选择文件格式"})
    if len(words) < REASON_LENGTH:
        raise InvalidInput(fields={"reason": f"写明用途，至少 {REASON_LENGTH} 个字"})
    return words, wanted


def _wanted(
    db: Session,
    actor: Actor,
    raw_criteria: object,
    text: str,
    ids: Sequence[int],
    sort: str,
    descending: bool,
    now: datetime,
) -> tuple[list[int], str]:
    """Return the ids to write in the order of the list, and what they are in words; refuse none and too many."""
    if ids:
        chosen = sorted({int(one) for one in ids})[: MOST + 1]
        # The filter may have changed since they were chosen: what counts is the choice, within what one sees.
        condition, sentence = sa.and_(visible_to(actor, Customer), col(Customer.id).in_(chosen)), ""
    else:
        condition, sentence = lists.select_ids(
            db, actor, "customer", raw_criteria=raw_criteria, text=text, now=now
        )
    order = lists.order_of(catalogue.current(db), actor, "customer", Customer, sort, descending)
    found = db.execute(
        sa.select(col(Customer.id)).where(condition).order_by(*order).limit(MOST + 1)
    ).scalars()
    numbers = [int(one or 0) for one in found]
    if not numbers:
        raise InvalidInput("没有可以导出的客户")
    if len(numbers) > MOST:
        raise InvalidInput(f"超过 {MOST:,} 位客户，一次导不出来，先加筛选条件")
    return numbers, f"选中的 {len(numbers)} 位" if ids else sentence


def _specs(db: Session, actor: Actor, keys: Sequence[str]) -> list[tuple[FieldSpec, Access]]:
    known, rights = catalogue.current(db), catalogue.rights_of(actor)
    specs = [spec for key in keys if (spec := known.find("customer", key)) is not None and spec.in_export]
    allowed = [(spec, access(spec, rights)) for spec in specs]
    return [(spec, right) for spec, right in allowed if right is not Access.NONE]


def _rows(
    db: Session,
    actor: Actor,
    specs: Sequence[tuple[FieldSpec, Access]],
    numbers: Sequence[int],
    now: datetime,
) -> list[list[Cell]]:
    options = catalogue.sources(db)
    rights = {spec.key: right for spec, right in specs}
    asked = [spec for spec, _ in specs]
    # Asked for within the scope again: a customer handed over while the export ran is left out.
    query = sa.select(Customer).where(visible_to(actor, Customer), col(Customer.id).in_(numbers))
    found: dict[int, Any] = {row.id or 0: row for row in db.execute(query).scalars()}
    rows: list[list[Cell]] = []
    for number in numbers:
        row = found.get(number)
        if row is None:
            continue
        texts = lists.texts_of(row, asked, rights, now, options)
        rows.append(
            [
                int(value)
                if spec.kind == "money" and right >= Access.READ
                and (value := catalogue.read_value(row, spec)) is not None
                else texts[spec.key]
                for spec, right in specs
            ]
        )  # fmt: skip
    return rows


def _head(specs: Sequence[tuple[FieldSpec, Access]], wanted: ExportFormat) -> list[str]:
    return [f"{spec.label}（元）" if spec.kind == "money" else spec.label for spec, _ in specs]


def _csv(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return UTF-8 with the mark Excel needs; a cell a spreadsheet would run begins with an apostrophe."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([harmless(one) for one in head])
    for row in rows:
        writer.writerow([f"{one / 100:.2f}" if isinstance(one, int) else harmless(one) for one in row])
    return "\ufeff".encode() + target.getvalue().encode()


def harmless(text: str) -> str:
    """Return a text no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_ACTIVE) else text
