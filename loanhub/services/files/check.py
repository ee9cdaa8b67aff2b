"""What a file really is 文件检查: first bytes, size, what hides inside PDFs and workbooks."""

from __future__ import annotations

import io
import re
import zipfile
from typing import IO, Any

import puremagic

from loanhub.services.files import pictures
from loanhub.services.files.types import FileType, WrongFile, limit_bytes
from loanhub.settings import settings

_ACTIVE_PDF = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)\b")
_ACTIVE_KEYS = frozenset({"/JavaScript", "/JS", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA", "/AA"})
_ACTIVE_VALUES = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/EmbeddedFile", "/RichMedia"}
)
_STREAMS = re.compile(rb"\bstream\r?\n.*?endstream", re.DOTALL)
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
MOST_OBJECTS = 100_000
MOST_PAGES = 2_000
ACTIVE = "这份 PDF 含有脚本、附件或自动动作，请打印为普通 PDF 后再传"


def checked(source: IO[bytes], file_type: FileType) -> IO[bytes]:
    """Return what may be stored of a file: a photo cleaned, anything else as it is.

    Raises:
        WrongFile: empty, too large, not what its name says, or with something inside that acts by itself.
    """
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
        _check_magic(head, file_type)
    if file_type.group == "photo":
        return pictures.cleaned(source, file_type)
    if file_type.group == "pdf":
        _refuse_active_pdf(source)
    elif file_type.extension == ".xlsx":
        _refuse_false_workbook(source)
    elif file_type.extension == ".csv" and b"\0" in head:
        raise WrongFile("这个文件的内容不是 CSV")
    source.seek(0)
    return source


def _check_magic(head: bytes, file_type: FileType) -> None:
    try:
        found = {match.extension.lower() for match in puremagic.magic_string(head)}
    except puremagic.PureError:
        found = set()
    if file_type.extension == ".xlsx" and head.startswith(_OLE):
        raise WrongFile("这个表格有打开密码，或其实是旧格式；请去掉密码、另存为 XLSX 后再传")
    if not found & set(file_type.magic):
        raise WrongFile(f"这个文件的内容不是 {file_type.extension[1:].upper()}")


def _refuse_active_pdf(source: IO[bytes]) -> None:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    data = source.read()
    # What stands in the open is looked at as bytes: a reader that repairs a broken file may find more than the table says.
    if _ACTIVE_PDF.search(_STREAMS.sub(b"", data)):
        raise WrongFile(ACTIVE)
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise WrongFile("这份 PDF 有密码，请去掉密码后再传")
        pages = len(reader.pages)
        active = _acts(reader)
    except WrongFile:
        raise
    except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, RecursionError, OSError, AssertionError) as error:  # fmt: skip
        raise WrongFile("这份 PDF 打不开，请重新导出后再传") from error
    if active:
        raise WrongFile(ACTIVE)
    if not 0 < pages <= MOST_PAGES:
        raise WrongFile("这份 PDF 没有页" if not pages else f"这份 PDF 超过 {MOST_PAGES} 页，请拆分后再传")


def _acts(reader: Any) -> bool:
    """Return whether any object acts by itself, those in compressed object streams and with escaped names included."""
    from pypdf.generic import IndirectObject

    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MOST_OBJECTS:
        raise WrongFile("这份 PDF 太复杂，请打印为普通 PDF 后再传")
    found = [reader.trailer.get("/Root")]
    for number, generation in numbers:
        if number and generation < 65_535:
            found.append(reader.get_object(IndirectObject(number, generation, reader)))
    return any(_is_active(one, 0) for one in found)


def _is_active(value: Any, depth: int) -> bool:
    if depth > 40:
        raise WrongFile("这份 PDF 太复杂，请打印为普通 PDF 后再传")
    if isinstance(value, dict):
        if _ACTIVE_KEYS & set(value):
            return True
        for key in value:
            inner = value.raw_get(key) if hasattr(value, "raw_get") else value[key]
            if key in ("/S", "/Type", "/Subtype") and str(inner) in _ACTIVE_VALUES:
                return True
            if _is_active(inner, depth + 1):
                return True
    elif isinstance(value, list):
        return any(_is_active(one, depth + 1) for one in list.__iter__(value))
    return False


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
