"""The number of each copy printed on its pages 副本编号: laid over the stored file for the printer, which stays as it is."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject

from loanhub.documents.flow import PAGE_HEIGHT, PAGE_WIDTH
from loanhub.documents.sign_stamp import GRAY, Paper
from loanhub.documents.typeface import check_printable

FOOT, SIZE = 20.0, 7.0
"""Points from the lower edge, below the page's own foot; the size of the letters."""


def numbered(pdf: bytes, numbers: Sequence[int], *, note: str, duplex: bool = True) -> bytes:
    """Return the file once for each number, 第 n 份 and ``note`` at the foot of every page.

    ``duplex``: a blank page follows a copy of an odd number of pages, so that the next begins on a new sheet.

    Raises:
        UnprintableText, MissingGlyph: the note cannot be printed.
    """
    writer = PdfWriter()
    for place, number in enumerate(numbers):
        pages = _lay_over(writer, pdf, copy_note(number, note))
        if duplex and pages % 2 and place + 1 < len(numbers):
            writer.add_blank_page(PAGE_WIDTH, PAGE_HEIGHT)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_notes(pdf: bytes, notes: Sequence[str]) -> list[bytes]:
    """Return a copy of the file for each note, written at the foot of its pages; an empty one leaves it as it is."""
    return [_noted(pdf, note) if note else pdf for note in notes]


def _noted(pdf: bytes, note: str) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    _lay_over(writer, pdf, note)
    writer.write(out)
    return out.getvalue()


def _lay_over(writer: PdfWriter, pdf: bytes, note: str) -> int:
    """Append the pages with the note at their foot; return how many there are."""
    check_printable([note])
    reader = PdfReader(
        io.BytesIO(pdf)
    )  # anew for each: a page taken twice from one is one page with two numbers
    mark = PdfReader(io.BytesIO(_mark(note))).pages[0]
    for page in reader.pages:
        added = writer.add_page(page)
        added.merge_page(mark)
        added.pop(NameObject("/StructParents"), None)  # the tags name the pages of the stored file
    return len(reader.pages)


def copy_note(number: int, note: str) -> str:
    """Return what stands at the foot of a copy."""
    return f"第 {number} 份　{note}"


def _mark(text: str) -> bytes:
    paper = Paper(text)
    paper.write(text, 40, FOOT, SIZE, color=GRAY, width=PAGE_WIDTH - 80, align="right")
    return paper.done()
