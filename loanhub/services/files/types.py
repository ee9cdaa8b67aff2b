"""Kinds of files that may come in 文件类型: extensions, first bytes, limits, and what a name may look like."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import Document
from loanhub.settings import settings

IMPORT_KIND = "import"
"""Kind of a spreadsheet to import: it belongs to its uploader and to no record."""
STATEMENT_KIND = "statement"
"""Kind of a bank statement to read in; as private as an import."""
EXPORT_KIND = "export"
"""Kind of a list written to a file: only who made it may fetch it, for ``EXPORT_DAYS``."""
EXPORT_DAYS = 7
OWN_KINDS = {IMPORT_KIND: Permission.LEADS_IMPORT, STATEMENT_KIND: Permission.STATEMENTS_IMPORT}


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
    """A stored file as its readers see it; ``marked``: what is sent carries the reader's watermark, always whole."""

    id: int
    kind: str
    label: str
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    uploaded_by_id: int | None
    created_at: datetime
    marked: bool = False

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
    return limits[type_of(file_name).group]


def clean_name(file_name: str) -> str:
    """Return the last part of a file name without control characters, at most 120 characters with its extension."""
    last = PurePath(file_name.replace("\\", "/")).name
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    shown = re.sub(r'[<>:"|?*;]', "_", shown).strip(" .") or "file"
    path = PurePath(shown)
    return path.stem[: 120 - len(path.suffix)] + path.suffix


def type_of(file_name: str) -> FileType:
    """Return the type a file's name claims.

    Raises:
        WrongFile: files of this extension are not accepted.
    """
    found = TYPES.get(PurePath(file_name).suffix.lower())
    if found is None:
        raise WrongFile(
            "只接受图片（JPG、PNG、WebP）、PDF、表格（XLSX、XLS、CSV）、录音（MP3、M4A、WAV、OGG）和视频（MP4、WebM）"
        )
    return found
