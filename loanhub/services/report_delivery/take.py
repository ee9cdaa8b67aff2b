"""Take a report or a board out of the page: as PDF or spreadsheet, kept for its taker alone, and recorded."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput
from loanhub.domain.report_schedule import Paper
from loanhub.models import Document
from loanhub.services import events, files
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.report_delivery._target import (
    Contents,
    contents,
    opened,
    pdf,
    xlsx,
)

MEDIA = {
    Paper.PDF: "application/pdf",
    Paper.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def take(actor: Actor, *, target: str, form: str, now: datetime) -> tuple[int, str]:
    """Write a report (``report:12``) or a board (``board:3``) to a file only the actor may fetch, for seven days.

    Returns the document's id and name.

    Raises:
        NotFound: none such that the actor finds.
        NotPermitted: the actor opens no reports.
        InvalidInput: no such form, or a text that cannot be printed.
    """
    paper = Paper.find(form)
    found = opened(actor, target, now=now)
    if paper is None:
        raise InvalidInput(fields={"form": "请选择 PDF 或 Excel"})
    made = contents(found, actor, actor, now=now)
    content = content_of(made, paper, actor, now=now)
    with transaction() as db:
        document = store(db, actor, made.title, paper, content, now=now)
        events.record(
            db, actor, "report.taken", now=now, entity="report", summary=f"{made.title} · {paper.label}"[:500]
        )
        return document.id or 0, document.file_name


def content_of(made: Contents, paper: Paper, reader: Actor, *, now: datetime) -> bytes:
    """Return the bytes of a form of it."""
    return pdf(made, reader, now=now) if paper is Paper.PDF else xlsx(made)


def store(db: Session, reader: Actor, title: str, paper: Paper, content: bytes, *, now: datetime) -> Document:
    """Keep a file for its reader alone."""
    return files.store_generated(
        db, reader, content=content, file_name=f"{title.replace('/', '／')}_{formats.local(now):%Y%m%d-%H%M}.{paper.value}",
        media_type=MEDIA[paper], kind=files.EXPORT_KIND, label=title[:60], now=now, owner_id=reader.actor_id,
        department_id=reader.department_id,
    )  # fmt: skip
