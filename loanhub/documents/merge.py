"""Many PDFs in one for the printer 合并: each beginning on a right-hand page, its pages as they are in the stored file.

``join`` is what callers use: files of ours are put together from their objects (``assemble.py``); when one among them
is sealed or not of our making, PDFium imports them all.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable

import pypdfium2

from loanhub.documents.assemble import NotPlain, Part, assemble
from loanhub.documents.copies import with_notes
from loanhub.documents.flow import PAGE_HEIGHT, PAGE_WIDTH
from loanhub.documents.preview import _lock

_MADE = re.compile(rb"(/CreationDate\()D:\d{14}[+-]\d\d'\d\d'")
_NUMBER = re.compile(rb"/ID\s?\[<[0-9A-Fa-f]{32}><[0-9A-Fa-f]{32}>\]")
AT_ONCE = 8
"""Documents put in before the lock of PDFium is let go: somebody who looks at a page waits no longer than for these."""


def join(parts: Callable[[], Iterable[Part]], *, title: str = "", duplex: bool = True) -> tuple[bytes, int]:
    """Return (PDF, how many pages) of documents one after the other, each as often as it has notes.

    ``parts`` begins again from the first when it is called again. The same input gives the same bytes.

    Raises:
        UnprintableText, MissingGlyph: a note cannot be printed.
    """
    try:
        return assemble(parts(), title=title, duplex=duplex)
    except NotPlain:
        made = merge((copy for part in parts() for copy in with_notes(part.pdf, part.notes)), duplex=duplex)
        assert made is not None  # nobody stops it
        return made


def merge(
    pdfs: Iterable[bytes],
    *,
    copies: int = 1,
    duplex: bool = True,
    progress: Callable[[int], bool] | None = None,
) -> tuple[bytes, int] | None:
    """Return (PDF, how many pages) of documents one after the other, each ``copies`` times; None when stopped.

    ``duplex``: a blank page follows a document of an odd number of pages, so that the next begins on a new sheet.
    The same input gives the same bytes. ``progress`` is told after each document and returns False to stop.
    PDFium works outside Python's lock: other requests go on meanwhile.
    """
    with _lock:
        merged = pypdfium2.PdfDocument.new()
    try:
        batch: list[bytes] = []
        for place, pdf in enumerate(pdfs):
            batch.append(pdf)
            if len(batch) == AT_ONCE:
                _put_in(merged, batch, copies, duplex)
                batch = []
            if progress is not None and not progress(place + 1):
                return None
        _put_in(merged, batch, copies, duplex)
        target = io.BytesIO()
        with _lock:
            merged.save(target)
            return _settled(target.getvalue()), len(merged)
    finally:
        with _lock:
            merged.close()


def _settled(pdf: bytes) -> bytes:
    """Return the PDF without the hour of its saving and its chance number; lengths stay, so that no offset moves."""
    plain = _MADE.sub(rb"\1D:20260101000000+00'00'", pdf, count=1)
    plain = _NUMBER.sub(rb"/ID[<" + b"0" * 32 + rb"><" + b"0" * 32 + rb">]", plain)
    own = hashlib.sha256(plain).hexdigest()[:32].upper().encode()
    return plain.replace(
        b"/ID[<" + b"0" * 32 + b"><" + b"0" * 32 + b">]", b"/ID[<" + own + b"><" + own + b">]"
    )


def _put_in(merged: pypdfium2.PdfDocument, pdfs: list[bytes], copies: int, duplex: bool) -> None:
    with _lock:
        for pdf in pdfs:
            with pypdfium2.PdfDocument(pdf) as one:
                for _ in range(copies):
                    merged.import_pages(one)
                    if duplex and len(one) % 2:
                        merged.new_page(PAGE_WIDTH, PAGE_HEIGHT)
