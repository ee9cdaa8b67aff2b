"""Exports whose time is over 过期的导出: their bytes are destroyed, the line of the list and the audit log stay."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.models import Document, ExportJob
from loanhub.services import _storage, files
from loanhub.services._transaction import reading, transaction
from loanhub.services.archive.keep import destroyed
from loanhub.services.files.rights import hold_on

AT_ONCE = 200


def expire(*, now: datetime) -> int:
    """Destroy the exported files older than seven days that no hold keeps; returns how many."""
    last, gone = 0, 0
    while True:
        with reading() as db:
            query = sa.select(col(Document.id)).where(
                col(Document.kind) == files.EXPORT_KIND, col(Document.purged_at).is_(None),
                col(Document.created_at) < now - timedelta(days=files.EXPORT_DAYS), col(Document.id) > last,
            )  # fmt: skip
            ids = [int(one) for one in db.execute(query.order_by(col(Document.id)).limit(AT_ONCE)).scalars()]
        if not ids:
            return gone
        gone += sum(_expire(one, now) for one in ids)
        last = ids[-1]


def _expire(document_id: int, now: datetime) -> bool:
    with transaction() as db:
        row = db.get(Document, document_id, with_for_update=True)
        if row is None or row.purged_at is not None or hold_on(db, row):
            return False
        unused = destroyed(db, row, now=now)
        db.execute(sa.update(ExportJob).where(col(ExportJob.file_id) == document_id).values(gone_at=now))
    for digest in unused:
        _storage.delete(digest)
    return True
