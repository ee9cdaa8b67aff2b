"""Many documents in one archive 打包下载: each with the reader's watermark, for a reason, recorded one by one."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain import formats
from loanhub.domain.archive import Verb
from loanhub.domain.documents import label_of
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Document, Event
from loanhub.services import _storage, events, files
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.archive import _shared
from loanhub.services.files import give, watermark
from loanhub.settings import settings

MOST = 200
MOST_BYTES = 300 * 1_048_576
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


def pack(
    actor: Actor,
    *,
    document_ids: Sequence[int],
    reason: str,
    progress: Callable[[int, int], bool] | None = None,
    now: datetime,
) -> tuple[int, int]:
    """Write chosen documents into one ZIP only the actor may fetch for seven days; returns (document id, how many).

    What the reader's roles may not take out is left out; ``progress`` is told (done, total), False stops.

    Raises:
        NotPermitted: the actor lacks documents:export or documents:read.
        InvalidInput: no reason, nothing chosen that may be taken out, or more than 200 files or 300 MB.
        Conflict: stopped, or ``exports_per_day`` reached.
    """
    words = _shared.reason_of(reason)
    actor.require(Permission.DOCUMENTS_EXPORT)
    actor.require(Permission.DOCUMENTS_READ)
    with reading() as db:
        _check_day(actor, now)
        every = _shared.rules_of_all(db)
        query = (
            sa.select(Document, Customer)
            .outerjoin(Customer, col(Customer.id) == col(Document.customer_id))
            .where(
                _shared.in_scope(actor, every), col(Document.deleted_at).is_(None),
                col(Document.id).in_(list(document_ids)[: MOST + 1]),
            )
            .order_by(col(Document.customer_id), col(Document.id))
        )  # fmt: skip
        found = [
            (row, customer, give.mark_of(db, actor, row, now=now))
            for row, customer in db.execute(query).all()
            if row.kind not in every or every[row.kind].allows(Verb.TAKE, actor.roles)
        ]
    if not found:
        raise InvalidInput("没有可以打包的资料：请重新选择")
    if len(found) > MOST or sum(row.size_bytes for row, _, _ in found) > MOST_BYTES:
        raise InvalidInput(f"一次最多打包 {MOST} 份、{MOST_BYTES // 1_048_576} MB，请分批")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for place, (row, customer, mark) in enumerate(found):
            content = _storage.read_all(row.sha256)
            if mark:
                content = watermark.marked(content, row.media_type, mark)
            archive.writestr(_name(row, customer), content)
            if progress is not None and not progress(place + 1, len(found)):
                raise Conflict("已停止打包，没有留下文件")
    stamp = formats.local(now).strftime("%Y%m%d-%H%M")
    with transaction() as db:
        made = files.store_generated(
            db, actor, content=target.getvalue(), file_name=f"资料_{stamp}.zip", media_type="application/zip",
            kind=files.EXPORT_KIND, label="资料打包", now=now, owner_id=actor.actor_id, department_id=actor.department_id,
        )  # fmt: skip
        for row, _, _ in found:
            events.record(
                db, actor, "document.downloaded", now=now, entity="document", entity_id=row.id,
                customer_id=row.customer_id, lead_id=row.lead_id, summary=f"打包下载 {row.label or row.file_name}",
                reason=words,
            )  # fmt: skip
        events.record(
            db,
            actor,
            "documents.exported",
            now=now,
            entity="document",
            summary=f"{len(found)} 份资料",
            reason=words,
        )
        return made.id or 0, len(found)


def _name(row: Document, customer: Customer | None) -> str:
    folder = f"{customer.number} {customer.name}" if customer is not None else "未归客户"
    return f"{_safe(folder)}/{_safe(label_of(row.kind))}/{row.id}_{_safe(row.file_name)}"


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text).strip(" .") or "_"


def _check_day(actor: Actor, now: datetime) -> None:
    with reading() as db:
        query = sa.select(sa.func.count()).select_from(Event).where(
            col(Event.type) == "documents.exported", col(Event.actor_id) == actor.actor_id,
            col(Event.at) > now - timedelta(days=1),
        )  # fmt: skip
        if int(db.execute(query).scalar_one()) >= settings().exports_per_day:
            raise Conflict(f"今天已经打包 {settings().exports_per_day} 次，明天再来或请主管协助")
