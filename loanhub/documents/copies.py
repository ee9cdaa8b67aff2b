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
    check_printable([note])
    writer = PdfWriter()
    for place, number in enumerate(numbers):
        reader = PdfReader(
            io.BytesIO(pdf)
        )  # anew for each: a page taken twice from one is one page with two numbers
        mark = PdfReader(io.BytesIO(_mark(f"第 {number} 份　{note}"))).pages[0]
        for page in reader.pages:
            added = writer.add_page(page)
            added.merge_page(mark)
            added.pop(NameObject("/StructParents"), None)  # the tags name the pages of the stored file
        if duplex and len(reader.pages) % 2 and place + 1 < len(numbers):
            writer.add_blank_page(PAGE_WIDTH, PAGE_HEIGHT)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _mark(text: str) -> bytes:
    paper = Paper(text)
    paper.write(text, 40, FOOT, SIZE, color=GRAY, width=PAGE_WIDTH - 80, align="right")
    return paper.done()
