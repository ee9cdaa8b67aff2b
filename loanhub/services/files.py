"""Files people upload and download 资料: what may come in, who may take it out, and the trace it leaves."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import IO

import puremagic
import sqlalchemy as sa
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlmodel import Session, SQLModel, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.events import EVENT_TYPES
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Document, Event, Lead, Loan
from loanhub.repositories.scope import visible_to
from loanhub.services import _storage, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.settings import settings

IMPORT_KIND = "import"
"""Kind of a spreadsheet to import: it belongs to its uploader and to no record."""
STATEMENT_KIND = "statement"
"""Kind of a bank statement to read in; as private as an import."""
EXPORT_KIND = "export"
"""Kind of a list written to a file: only who made it may fetch it, for ``EXPORT_DAYS``."""
EXPORT_DAYS = 7
_OWN_KINDS = {IMPORT_KIND: Permission.LEADS_IMPORT, STATEMENT_KIND: Permission.STATEMENTS_IMPORT}
_ACTIVE_PDF = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA|SubmitForm|ImportData)\b")
_PHOTO_SIDE = 4096
SAME_LOOK_MINUTES = 10
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")


@dataclass(frozen=True)
class FileType:
    """A kind of file that may come in: extension, media type, what its first bytes must look like."""

    extension: str
    media_type: str
    magic: tuple[str, ...]
    group: str


TYPES = {
    one.extension: one
    for one in (
        FileType(".jpg", "image/jpeg", (".jpg", ".jpeg", ".jfif"), "photo"),
        FileType(".jpeg", "image/jpeg", (".jpg", ".jpeg", ".jfif"), "photo"),
        FileType(".png", "image/png", (".png",), "photo"),
        FileType(".webp", "image/webp", (".webp",), "photo"),
        FileType(".pdf", "application/pdf", (".pdf",), "pdf"),
        FileType(
            ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",), "sheet"
        ),
        FileType(".xls", "application/vnd.ms-excel", (".xls", ".ole", ".doc"), "sheet"),
        FileType(".csv", "text/csv", (), "sheet"),
        FileType(".mp3", "audio/mpeg", (".mp3", ".mpga", ".mp1", ".mp2"), "sound"),
        FileType(".m4a", "audio/mp4", (".m4a", ".mp4", ".m4b"), "sound"),
        FileType(".wav", "audio/wav", (".wav",), "sound"),
        FileType(".ogg", "audio/ogg", (".ogg", ".oga", ".opus"), "sound"),
        FileType(".mp4", "video/mp4", (".mp4", ".m4v", ".m4a"), "video"),
        FileType(".webm", "video/webm", (".webm", ".mkv"), "video"),
    )
}
_LINKS: dict[str, type[SQLModel]] = {
    "customer_id": Customer,
    "lead_id": Lead,
    "application_id": Application,
    "loan_id": Loan,
}


class WrongFile(InvalidInput):
    """The file cannot be accepted; the sentence says why and what can."""

    def __init__(self, sentence: str) -> None:
        super().__init__(fields={"file": sentence})


class QuotaReached(Conflict):
    """This person has uploaded as much as a day allows."""

    def __init__(self) -> None:
        super().__init__("今天上传的文件已达上限，请明天再传或联系管理员")


@dataclass(frozen=True)
class FileView:
    """A stored file as its readers see it."""

    id: int
    kind: str
    label: str
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    uploaded_by_id: int | None
    created_at: datetime

    @classmethod
    def of(cls, row: Document) -> FileView:
        """Return the view of a row."""
        return cls(
            id=row.id or 0,
            kind=row.kind,
            label=row.label,
            file_name=row.file_name,
            media_type=row.media_type,
            size_bytes=row.size_bytes,
            sha256=row.sha256,
            uploaded_by_id=row.uploaded_by_id,
            created_at=row.created_at,
        )


def limit_bytes(file_name: str) -> int:
    """Return how large a file of this name may be.

    Raises:
        WrongFile: files of this extension are not accepted.
    """
    current = settings()
    limits = {
        "photo": current.upload_photo_bytes,
        "pdf": current.upload_pdf_bytes,
        "sheet": current.upload_sheet_bytes,
        "sound": current.upload_pdf_bytes,
        "video": current.upload_video_bytes,
    }
    return limits[_type_of(file_name).group]


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
) -> FileView:
    """Check a file, clean it and store it, linked to the records it belongs to 上传资料.

    Photos are turned upright, re-encoded and lose their EXIF and place; PDFs with scripts or attachments and
    spreadsheets that are not what they say are refused. ``source`` is seekable.

    Raises:
        NotPermitted: without documents:upload (leads:import for kind ``import``, statements:import for ``statement``).
        NotFound: a linked record does not exist or lies outside the actor's scope.
        WrongFile: extension, content or size cannot be accepted.
        QuotaReached: more than ``upload_user_day_bytes`` since 24 hours.
    """
    actor.require(_OWN_KINDS.get(kind, Permission.DOCUMENTS_UPLOAD))
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
        owner_id, department_id = _owner_of(db, actor, links)
        _check_quota(db, actor, now=now)
    cleaned = _checked(source, _type_of(name))
    stored = _storage.put(cleaned)
    with transaction() as db:
        _owner_of(db, actor, links)
        row = Document(
            kind=kind[:32],
            label=label[:60],
            file_name=name,
            media_type=_type_of(name).media_type,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            owner_id=owner_id,
            department_id=department_id,
            uploaded_by_id=actor.actor_id,
            created_at=now,
            customer_id=customer_id,
            lead_id=lead_id,
            application_id=application_id,
            loan_id=loan_id,
        )
        db.add(row)
        db.flush()
        events.record(
            db, actor, "document.uploaded", now=now, entity="document", entity_id=row.id,
            customer_id=customer_id, lead_id=lead_id, summary=label or name,
        )  # fmt: skip
        return FileView.of(row)


def store_generated(
    db: Session,
    actor: Actor,
    *,
    content: bytes,
    file_name: str,
    media_type: str,
    kind: str,
    label: str,
    now: datetime,
    owner_id: int | None,
    department_id: int | None,
    customer_id: int | None = None,
    application_id: int | None = None,
    loan_id: int | None = None,
) -> Document:
    """Store a file the system made (a contract), inside the caller's transaction; the caller judged and records."""
    stored = _storage.put(io.BytesIO(content))
    row = Document(
        kind=kind, label=label, file_name=clean_name(file_name), media_type=media_type, sha256=stored.sha256,
        size_bytes=stored.size_bytes, owner_id=owner_id, department_id=department_id, customer_id=customer_id,
        application_id=application_id, loan_id=loan_id, uploaded_by_id=actor.actor_id, created_at=now,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row


def open_file(
    actor: Actor,
    *,
    document_id: int,
    now: datetime,
    preview: bool = False,
    span: tuple[int, int | None] | None = None,
) -> tuple[FileView, Iterator[bytes]]:
    """Return a file and its bytes for somebody who may see it; the look or download is recorded 查看、下载资料.

    ``span`` asks for a part, (first byte, last byte or None), as a player does that jumps: parts asked for within
    ``SAME_LOOK_MINUTES`` of a recorded one belong to the same look. A whole download is always recorded.

    Raises:
        NotFound: no such file, deleted, or outside the actor's scope and not uploaded by the actor.
        NotPermitted: without documents:read, for a file the actor did not upload.
    """
    with transaction() as db:
        row = db.get(Document, document_id)
        if row is None or row.deleted_at is not None or not _may_see(db, actor, row):
            raise NotFound("没有找到这个文件")
        if row.kind == EXPORT_KIND and row.created_at < now - timedelta(days=EXPORT_DAYS):
            raise NotFound("导出的文件只保留 7 天，请重新导出")
        if row.uploaded_by_id != actor.user_id:
            actor.require(Permission.DOCUMENTS_READ)
        if not ((preview or span is not None) and _looked_just_now(db, actor, document_id, now=now)):
            events.record(
                db, actor, "document.viewed" if preview else "document.downloaded", now=now, entity="document",
                entity_id=row.id, customer_id=row.customer_id, lead_id=row.lead_id,
                summary=f"{'查看' if preview else '下载'} {row.label or row.file_name}",
            )  # fmt: skip
        view = FileView.of(row)
    if span is None:
        return view, _storage.read(view.sha256)
    first, last = span
    last = view.size_bytes - 1 if last is None else min(last, view.size_bytes - 1)
    return view, _storage.read(view.sha256, first, max(0, last - first + 1))


def _looked_just_now(db: Session, actor: Actor, document_id: int, *, now: datetime) -> bool:
    query = sa.select(sa.literal(1)).where(
        col(Event.entity) == "document",
        col(Event.entity_id) == document_id,
        col(Event.actor_id) == actor.actor_id,
        col(Event.type).in_(("document.viewed", "document.downloaded")),
        col(Event.at) > now - timedelta(minutes=SAME_LOOK_MINUTES),
    )
    return db.execute(query.limit(1)).first() is not None


@dataclass(frozen=True)
class Look:
    """One line of a file's log: who did what with it."""

    by: str
    what: str
    at: str
    title: str


def looks_at(actor: Actor, *, document_id: int, now: datetime, limit: int = 20) -> list[Look]:
    """Return who uploaded, filed, looked at or took out a file, newest first 访问记录.

    Raises:
        NotFound, NotPermitted: see :func:`open_file`.
    """
    with reading() as db:
        row = db.get(Document, document_id)
        if row is None or row.deleted_at is not None or not _may_see(db, actor, row):
            raise NotFound("没有找到这个文件")
        if row.uploaded_by_id != actor.user_id:
            actor.require(Permission.DOCUMENTS_READ)
        query = (
            sa.select(Event)
            .where(col(Event.entity) == "document", col(Event.entity_id) == document_id)
            .order_by(col(Event.id).desc())
            .limit(limit)
        )
        return [
            Look(
                one.actor_name,
                EVENT_TYPES[one.type].label,
                formats.relative(one.at, now),
                formats.instant(one.at),
            )
            for one in db.execute(query).scalars()
        ]


def clean_name(file_name: str) -> str:
    """Return the last part of a file name without control characters, at most 120 characters with its extension."""
    last = PurePath(file_name.replace("\\", "/")).name
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    shown = re.sub(r'[<>:"|?*;]', "_", shown).strip(" .") or "file"
    path = PurePath(shown)
    return path.stem[: 120 - len(path.suffix)] + path.suffix


def _type_of(file_name: str) -> FileType:
    found = TYPES.get(PurePath(file_name).suffix.lower())
    if found is None:
        raise WrongFile(
            "只接受图片（JPG、PNG、WebP）、PDF、表格（XLSX、XLS、CSV）、录音（MP3、M4A、WAV、OGG）和视频（MP4、WebM）"
        )
    return found


def _checked(source: IO[bytes], file_type: FileType) -> IO[bytes]:
    source.seek(0, io.SEEK_END)
    size = source.tell()
    source.seek(0)
    if size == 0:
        raise WrongFile("文件是空的")
    limit = limit_bytes("x" + file_type.extension)
    if size > limit:
        raise WrongFile(f"文件超过 {limit // 1_048_576} MB")
    head = source.read(4096)
    source.seek(0)
    if file_type.magic:
        try:
            found = {match.extension.lower() for match in puremagic.magic_string(head)}
        except puremagic.PureError:
            found = set()
        if file_type.extension == ".xlsx" and head.startswith(_OLE):
            raise WrongFile("这个表格有打开密码，或其实是旧格式；请去掉密码、另存为 XLSX 后再传")
        if not found & set(file_type.magic):
            raise WrongFile(f"这个文件的内容不是 {file_type.extension[1:].upper()}")
    if file_type.group == "photo":
        return _photo(source, file_type)
    if file_type.group == "pdf":
        _refuse_active_pdf(source)
    elif file_type.extension == ".xlsx":
        _refuse_false_workbook(source)
    elif file_type.extension == ".csv" and b"\0" in head:
        raise WrongFile("这个文件的内容不是 CSV")
    source.seek(0)
    return source


def _photo(source: IO[bytes], file_type: FileType) -> IO[bytes]:
    """Decode and encode anew: nothing but the picture survives."""
    try:
        with Image.open(source, formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > settings().image_pixels:
                raise WrongFile("图片超过 4000 万像素，请缩小后再传")
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((_PHOTO_SIDE, _PHOTO_SIDE))
            format_ = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}[file_type.media_type]
            clean = upright.convert(
                "RGB" if format_ == "JPEG" or upright.mode not in ("RGBA", "LA", "P") else "RGBA"
            )
            clean.info.clear()
            target = io.BytesIO()
            clean.save(target, format_, quality=90)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise WrongFile("这张图片打不开，请重新拍摄或导出后再传") from error
    target.seek(0)
    return target


def _refuse_active_pdf(source: IO[bytes]) -> None:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    data = source.read()
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise WrongFile("这份 PDF 有密码，请去掉密码后再传")
        pages = len(reader.pages)
        # Names inside compressed object streams do not appear in the raw bytes: look at the objects too.
        objects = " ".join(str(reader.trailer["/Root"].get_object().keys()).split()).encode()  # type: ignore[union-attr]
        names = str(reader.trailer["/Root"].get_object().get("/Names", "")).encode()  # type: ignore[union-attr]
    except WrongFile:
        raise
    except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise WrongFile("这份 PDF 打不开，请重新导出后再传") from error
    if (
        pages == 0
        or _ACTIVE_PDF.search(data)
        or _ACTIVE_PDF.search(objects + names)
        or b"/OpenAction" in objects
    ):
        raise WrongFile("这份 PDF 含有脚本、附件或自动动作，请打印为普通 PDF 后再传")


def _refuse_false_workbook(source: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            large = sum(entry.file_size for entry in entries) > 40 * settings().upload_sheet_bytes
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise WrongFile("这个表格打不开，请重新另存为 XLSX 后再传") from error
    if "xl/workbook.xml" not in names:
        raise WrongFile("这个文件的内容不是 XLSX")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise WrongFile("表格里有宏，请另存为不带宏的 XLSX 后再传")
    if large or len(entries) > 5_000:
        raise WrongFile("表格展开后太大，请拆分后再传")


def _owner_of(db: Session, actor: Actor, links: dict[str, int | None]) -> tuple[int | None, int | None]:
    """Return owner and department of the first linked record; refuse what the actor may not see."""
    owner: tuple[int | None, int | None] | None = None
    for key, value in links.items():
        if value is None:
            continue
        found = _visible_owner(db, actor, _LINKS[key], value)
        if found is None:
            raise NotFound
        owner = owner or found
    return owner or (actor.actor_id, actor.department_id)


def _visible_owner(
    db: Session, actor: Actor, model: type[SQLModel], record_id: int
) -> tuple[int | None, int | None] | None:
    table = model.__table__.c  # type: ignore[attr-defined]
    condition = visible_to(actor, model)
    row = db.execute(
        sa.select(table.owner_id, table.department_id).where(table.id == record_id, condition)
    ).first()
    return (row[0], row[1]) if row else None


def _may_see(db: Session, actor: Actor, row: Document) -> bool:
    if row.uploaded_by_id == actor.user_id:
        return True
    linked = [(model, getattr(row, key)) for key, model in _LINKS.items() if getattr(row, key) is not None]
    if not linked:
        # Belongs to no record: an import or a report is its uploader's own.
        return row.kind not in (*_OWN_KINDS, EXPORT_KIND) and actor.reaches(
            owner_id=row.owner_id, department_id=row.department_id
        )
    # The owner of the record today decides, not the one at the time of the upload.
    return any(_visible_owner(db, actor, model, record_id) is not None for model, record_id in linked)


def _check_quota(db: Session, actor: Actor, *, now: datetime) -> None:
    used = db.execute(
        sa.select(sa.func.coalesce(sa.func.sum(Document.size_bytes), 0)).where(
            col(Document.uploaded_by_id) == actor.user_id, col(Document.created_at) > now - timedelta(days=1)
        )
    ).scalar_one()
    if int(used) >= settings().upload_user_day_bytes:
        raise QuotaReached
