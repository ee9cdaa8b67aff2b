"""Files coming in 上传: checked, cleaned, scanned, stored once per content, linked to what they belong to."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import IO, NotRequired, TypedDict, Unpack

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.archive import Verb
from loanhub.domain.permissions import Permission
from loanhub.models import Document
from loanhub.services import _storage, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.files import rights
from loanhub.services.files.check import checked
from loanhub.services.files.scan import scan
from loanhub.services.files.types import (
    EXPORT_KIND,
    OWN_KINDS,
    FileView,
    QuotaReached,
    WrongFile,
    clean_name,
    type_of,
)
from loanhub.settings import settings


def upload(
    actor: Actor,
    *,
    source: IO[bytes],
    file_name: str,
    kind: str,
    now: datetime,
    label: str = "",
    customer_id: int | None = None,
    lead_id: int | None = None,
    application_id: int | None = None,
    loan_id: int | None = None,
    review: str = "",
) -> FileView:
    """Check a file, clean it and store it, linked to the records it belongs to 上传资料.

    Photos are turned upright, re-encoded and lose their EXIF and place; the bytes as they came are kept apart,
    encrypted. PDFs with scripts or attachments and spreadsheets that are not what they say are refused.
    ``source`` is seekable. review: ``pending`` while somebody of the house is to look at it 待核.

    Raises:
        NotPermitted: without documents:upload (leads:import for kind ``import``, statements:import for ``statement``),
            or the kind is closed to the actor's roles.
        NotFound: a linked record does not exist or lies outside the actor's scope.
        WrongFile: extension, content or size cannot be accepted, or the virus scanner found something.
        ScannerAway: a virus scanner is set up and does not answer.
        QuotaReached: more than ``upload_user_day_bytes`` since 24 hours.
    """
    actor.require(OWN_KINDS.get(kind, Permission.DOCUMENTS_UPLOAD))
    if kind == EXPORT_KIND:
        raise WrongFile("导出的文件不能上传")
    links = {
        "customer_id": customer_id,
        "lead_id": lead_id,
        "application_id": application_id,
        "loan_id": loan_id,
    }
    name = clean_name(file_name)
    with reading() as db:
        owner_id, department_id = rights.owner_of(db, actor, links)
        rights.check_kind(db, actor, kind, Verb.UPLOAD)
        _check_quota(db, actor, now=now)
    file_type = type_of(name)
    content = checked(source, file_type)
    state = scan(source)
    source.seek(0)
    original = _storage.put(source).sha256 if content is not source else ""
    stored = _storage.put(content)
    with transaction() as db:
        rights.owner_of(db, actor, links)
        row = Document(
            kind=kind[:32],
            label=label[:60],
            file_name=name,
            media_type=file_type.media_type,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            original_sha256=original if original != stored.sha256 else "",
            scan=state.value,
            owner_id=owner_id,
            department_id=department_id,
            uploaded_by_id=actor.actor_id,
            created_at=now,
            customer_id=customer_id,
            lead_id=lead_id,
            application_id=application_id,
            loan_id=loan_id,
            review=review,
        )
        db.add(row)
        db.flush()
        events.record(
            db, actor, "document.uploaded", now=now, entity="document", entity_id=row.id,
            customer_id=customer_id, lead_id=lead_id, summary=label or name,
        )  # fmt: skip
        return FileView.of(row)


class Filing(TypedDict):
    """What a file the system made is, and whose: as its row in ``document`` says."""

    file_name: str
    media_type: str
    kind: str
    label: str
    owner_id: int | None
    department_id: int | None
    customer_id: NotRequired[int | None]
    application_id: NotRequired[int | None]
    loan_id: NotRequired[int | None]


def store_generated(
    db: Session, actor: Actor, *, content: bytes, now: datetime, **filing: Unpack[Filing]
) -> Document:
    """Store a file the system made (a contract), inside the caller's transaction; the caller judged and records."""
    return store_kept(db, actor, stored=_storage.put(io.BytesIO(content)), now=now, **filing)


def store_kept(
    db: Session, actor: Actor, *, stored: _storage.StoredFile, now: datetime, **filing: Unpack[Filing]
) -> Document:
    """Give a file that lies in the store already its row; otherwise as :func:`store_generated`."""
    filing["file_name"] = clean_name(filing["file_name"])
    row = Document(
        **filing,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        uploaded_by_id=actor.actor_id,
        created_at=now,
    )
    db.add(row)
    db.flush()
    return row


def _check_quota(db: Session, actor: Actor, *, now: datetime) -> None:
    used = db.execute(
        sa.select(sa.func.coalesce(sa.func.sum(Document.size_bytes), 0)).where(
            col(Document.uploaded_by_id) == actor.user_id, col(Document.created_at) > now - timedelta(days=1)
        )
    ).scalar_one()
    if int(used) >= settings().upload_user_day_bytes:
        raise QuotaReached
