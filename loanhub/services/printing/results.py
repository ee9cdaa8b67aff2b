"""What a batch gave: the merged file and the archive as they are stored, and the merged file of one printing, its copies numbered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.documents.assemble import Part
from loanhub.documents.copies import copy_note
from loanhub.documents.merge import join
from loanhub.domain import formats
from loanhub.domain.errors import NotFound
from loanhub.models import Contract, Document, PrintLog, User
from loanhub.services import _storage, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.printing.batches import get_own, in_order


def open_result(actor: Actor, *, batch_id: int, archive: bool = False, now: datetime) -> tuple[str, bytes]:
    """Return (file name, bytes) of the merged PDF, or of the archive of single ones: always those stored when it finished.

    Raises:
        NotFound, NotPermitted: see :func:`get_own`; NotFound too when it has none.
    """
    with transaction() as db:
        batch = get_own(db, actor, batch_id)
        document = db.get(Document, batch.archive_file_id if archive else batch.merged_file_id)
        if document is None:
            raise NotFound("这个批次还没有文件")
        events.record(
            db, actor, "print_batch.downloaded", now=now, entity="print_batch", entity_id=batch_id,
            summary=f"{batch.title} · {'ZIP' if archive else '合并 PDF'}",
        )  # fmt: skip
        return document.file_name, _storage.read_all(document.sha256)


def open_print(actor: Actor, *, batch_id: int) -> tuple[str, bytes]:
    """Return (file name, PDF) of the last printing of a batch: each copy of a contract with its own number at the foot.

    The stored files stay as they are; the pages are theirs, 骑缝 marks and all. Documents without a print log carry no number.

    Raises:
        NotFound, NotPermitted: see :func:`get_own`; NotFound too when no printing was recorded.
    """
    with reading() as db:
        batch = get_own(db, actor, batch_id)
        if not batch.printed_count:
            raise NotFound("这个批次还没有登记打印")
        query = (
            sa.select(PrintLog, col(Contract.number), col(User.name))
            .join(Contract, col(Contract.id) == col(PrintLog.contract_id))
            .outerjoin(User, col(User.id) == col(PrintLog.by_id))
            .where(col(PrintLog.batch_id) == batch_id)
        )
        logs = {
            (log.contract_id, log.first_copy): (log, number, by or "")
            for log, number, by in db.execute(query)
        }
        rows, copies, duplex, title = in_order(db, batch), batch.copies, batch.duplex, batch.title
    made = []
    for row in rows:
        found = logs.get((row.contract_id, row.first_copy))
        notes: tuple[str, ...] = ("",) * copies
        if found is not None:
            log, number, by = found
            words = f"{number}　{formats.instant(log.at)} 打印" + (f"　{by}" if by else "")
            notes = tuple(copy_note(one, words) for one in range(log.first_copy, log.first_copy + log.copies))
        made.append((row.sha256, f"{row.file_name.removesuffix('.pdf')} {row.customer}".strip(), notes))

    def parts() -> Iterator[Part]:
        for sha256, name, notes in made:
            yield Part(_storage.read_all(sha256), name, notes)

    return f"{title}-打印.pdf", join(parts, title=title, duplex=duplex)[0]
