"""Many of our PDFs in one for the printer, put together from their objects 合并: nothing is parsed or packed anew.

A file of ours is a plain list of objects with a table of where each begins, so a page and what it draws with are taken as
they stand and only numbered anew. What documents have in common (font subsets, watermark, whole pages of fixed words)
is written once. A file that is built otherwise, one with a seal in it for example, is left to ``merge.py``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from loanhub.documents.bindery import BOX, LEVEL, PRODUCER, font_objects, packed_stream, text_string
from loanhub.documents.flow import PAGE_WIDTH
from loanhub.documents.linebreak import Span, set_lines
from loanhub.documents.typeface import SERIF, GlyphTable, check_printable, font_file

FOOT, SIZE, GRAY = 20.0, 7.0, 0.38
"""Points from the lower edge, below the page's own foot; the size of the letters of a copy's number, and their gray."""
CATALOG, PAGES, INFO, OUTLINES, FONTS, BLANK = 1, 2, 3, 4, 5, 6
_FIRST = 7

_REFERENCE = re.compile(rb"(\d+) 0 R\b")
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
_TABLE = re.compile(rb"xref\s+0 (\d+)\s+")
_ROOT = re.compile(rb"/Root (\d+) 0 R")
_PAGES = re.compile(rb"/Pages (\d+) 0 R")
_KIDS = re.compile(rb"/Kids\s*\[([^\]]*)\]")
_OWN = re.compile(rb"/(?:Parent \d+ 0 R|StructParents \d+|Tabs\s*/S)\s*")
_FORMS = re.compile(rb"/XObject\s*<<")
_RESOURCES = re.compile(rb"/Resources\s*<<")


@dataclass(frozen=True)
class Part:
    """A document of the merged file: its bytes, the bookmark that leads to it, and a line for the foot of each copy's pages.

    There are as many copies as ``notes``; an empty one leaves the foot as it is.
    """

    pdf: bytes
    title: str
    notes: tuple[str, ...] = ("",)


class NotPlain(ValueError):
    """A file whose objects cannot be taken as they stand: sealed, changed later, or not written by us."""


class _File:
    """A file of ours: its objects by number, and its pages in order."""

    def __init__(self, pdf: bytes) -> None:
        start, found = _START.search(pdf, max(0, len(pdf) - 64)), None
        if start is not None:
            found = _TABLE.match(pdf, int(start[1]))
        if start is None or found is None:
            raise NotPlain
        count, entries = int(found[1]), found.end()
        trailer = pdf[entries + 20 * count :]
        if b"/Prev" in trailer or b"/Encrypt" in trailer:
            raise NotPlain
        table = pdf[entries : entries + 20 * count]
        self._pdf = pdf
        self._at = [int(table[place : place + 10]) for place in range(0, 20 * count, 20)]
        ends = sorted([*self._at[1:], int(start[1])])
        self._end = dict(pairwise(ends))
        root = _ROOT.search(trailer)
        pages = _PAGES.search(self.object(int(root[1]))) if root is not None else None
        kids = _KIDS.search(self.object(int(pages[1]))) if pages is not None else None
        if kids is None:
            raise NotPlain
        self.pages = [int(one[1]) for one in _REFERENCE.finditer(kids[1])]

    def object(self, number: int) -> bytes:
        """Return an object without the lines around it."""
        start = self._at[number]
        whole = self._pdf[start : self._end[start]]
        head = b"%d 0 obj" % number
        if not whole.startswith(head):
            raise NotPlain
        return whole[len(head) : whole.rindex(b"endobj")].strip(b"\r\n ")


class _Book:
    """The merged file as it grows."""

    def __init__(self) -> None:
        self._next, self._size = _FIRST, 0
        self._out: list[bytes] = []
        self._offsets: dict[int, int] = {}
        self._known: dict[bytes, int] = {}
        self._hash = hashlib.sha256()
        self._write(b"%PDF-1.7\n%\x93\x8c\x8b\x9e\n")
        self.pages: list[int] = []
        self.marks: list[tuple[str, int]] = []
        self._glyphs = GlyphTable()

    def _write(self, content: bytes) -> None:
        self._out.append(content)
        self._hash.update(content)
        self._size += len(content)

    def put(self, number: int, content: bytes) -> None:
        """Write an object under its number."""
        self._offsets[number] = self._size
        self._write(b"%d 0 obj\n%s\nendobj\n" % (number, content))

    def add(self, content: bytes) -> int:
        """Write an object and return its number."""
        number, self._next = self._next, self._next + 1
        self.put(number, content)
        return number

    def once(self, content: bytes) -> int:
        """Write an object unless the very same stands there already; return its number."""
        key = hashlib.sha256(content).digest()
        if key not in self._known:
            self._known[key] = self.add(content)
        return self._known[key]

    def take(self, part: Part, *, duplex: bool) -> None:
        """Append the copies of a document."""
        file, mapped = _File(part.pdf), dict[int, bytes]()

        def moved(number: int) -> bytes:
            if number not in mapped:
                mapped[number] = b"%d 0 R" % self.once(renumbered(file.object(number)))
            return mapped[number]

        def renumbered(content: bytes) -> bytes:
            head, word, stream = content.partition(b"stream")
            return _REFERENCE.sub(lambda one: moved(int(one[1])), head) + word + stream

        bodies = []
        for number in file.pages:
            page = file.object(number)
            if not page.startswith(b"<<") or b"/Annots" in page:
                raise NotPlain
            bodies.append(renumbered(b"<</Parent PAGES" + _OWN.sub(b"", page[2:])))
        for place, note in enumerate(part.notes):
            if place == 0:
                self.marks.append((part.title, len(self.pages)))
            mark = self._form(note) if note else None
            for body in bodies:
                numbered = body if mark is None else self._marked(body, mark)
                self.pages.append(self.add(numbered.replace(b"/Parent PAGES", b"/Parent %d 0 R" % PAGES, 1)))
            if duplex and len(bodies) % 2:
                self.pages.append(self.add(b"<</Type/Page/Parent %d 0 R/MediaBox %s/Contents %d 0 R/Resources<<>>>>"
                                           % (PAGES, BOX.encode(), BLANK)))  # fmt: skip

    def _form(self, note: str) -> int:
        """Return the number of a form that writes a copy's number at the foot."""
        check_printable([note])
        line = set_lines((Span(note, SERIF),), self._glyphs, size=SIZE, width=PAGE_WIDTH - 80, align="right")[
            0
        ]
        content = f"{GRAY:g} g BT 1 0 0 1 {40 + line.offset:.2f} {FOOT:.2f} Tm {line.operators} ET"
        resources = f"/Type/XObject/Subtype/Form/BBox {BOX}/Resources<</Font {FONTS} 0 R>>"
        return self.add(packed_stream(content.encode("latin-1"), resources))

    def _marked(self, page: bytes, form: int) -> bytes:
        """Return a page that draws a form after everything else."""
        name = b"/LoanHubCopy %d 0 R " % form
        found = _FORMS.search(page)
        if found is not None:
            page = page[: found.end()] + name + page[found.end() :]
        else:
            found = _RESOURCES.search(page)
            if found is None:
                raise NotPlain
            page = page[: found.end()] + b"/XObject<<" + name + b">>" + page[found.end() :]
        before, after = self.once(packed_stream(b"q")), self.once(packed_stream(b"Q /LoanHubCopy Do"))
        changed, count = re.subn(
            rb"/Contents (\d+ 0 R)", rb"/Contents[%d 0 R \1 %d 0 R]" % (before, after), page
        )
        if count != 1:
            raise NotPlain
        return changed

    def finish(self, title: str) -> bytes:
        """Return the whole file."""
        fonts = []
        for name, (key, number, subset) in self._glyphs.own_subsets().items():
            first = self._next
            for content in font_objects(font_file(key), number, subset, first, LEVEL):
                self.add(content)
            fonts.append(f"/{name} {first} 0 R")
        self.put(FONTS, f"<<{''.join(fonts)}>>".encode())
        self.put(BLANK, packed_stream(b""))
        entries = range(self._next, self._next + len(self.marks))
        for place, (words, page) in enumerate(self.marks):
            near = f"/Prev {entries[place] - 1} 0 R" if place else ""
            near += f"/Next {entries[place] + 1} 0 R" if place + 1 < len(entries) else ""
            self.add(
                f"<</Title{text_string(words)}/Parent {OUTLINES} 0 R/Dest[{self.pages[page]} 0 R/Fit]{near}>>".encode()
            )
        self.put(
            OUTLINES,
            f"<</Type/Outlines/First {entries[0]} 0 R/Last {entries[-1]} 0 R/Count {len(entries)}>>".encode(),
        )
        kids = " ".join([f"{number} 0 R" for number in self.pages])
        self.put(PAGES, f"<</Type/Pages/Count {len(self.pages)}/Kids[{kids}]>>".encode())
        self.put(INFO, f"<</Title{text_string(title)}/Producer{text_string(PRODUCER)}>>".encode())
        self.put(
            CATALOG,
            f"<</Type/Catalog/Pages {PAGES} 0 R/Lang(zh-CN)/Outlines {OUTLINES} 0 R/PageMode/UseOutlines"
            f"/ViewerPreferences<</DisplayDocTitle true/PrintScaling/None>>>>".encode(),
        )
        place, own = self._size, self._hash.hexdigest()[:32]
        table = "".join([f"{self._offsets[number]:010d} 00000 n \n" for number in range(1, self._next)])
        self._out += [
            b"xref\n0 %d\n0000000000 65535 f \n" % self._next, table.encode(),
            f"trailer\n<</Size {self._next}/Root {CATALOG} 0 R/Info {INFO} 0 R/ID[<{own}><{own}>]>>\n"
            f"startxref\n{place}\n%%EOF\n".encode(),
        ]  # fmt: skip
        return b"".join(self._out)


def assemble(parts: Iterable[Part], *, title: str = "", duplex: bool = True) -> tuple[bytes, int]:
    """Return (PDF, how many pages) of documents one after the other, each as often as it has notes.

    ``duplex``: a blank page follows a copy of an odd number of pages, so that the next begins on a new sheet.
    The same input gives the same bytes.

    Raises:
        NotPlain: one of the files is not as we write them; see ``merge.py``.
        UnprintableText, MissingGlyph: a note cannot be printed.
    """
    book = _Book()
    for part in parts:
        try:
            book.take(part, duplex=duplex)
        except (IndexError, KeyError, ValueError, RecursionError) as fault:
            raise NotPlain from fault
    if not book.pages:
        raise NotPlain
    return book.finish(title), len(book.pages)
