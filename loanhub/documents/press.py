"""From pages of boxes to the bytes of a PDF: running heads, watermark, QR, tags, bookmarks, metadata.

The file follows PDF/A-2 (every font embedded, an output intent, XMP equal to the information dictionary, no
transparency) and PDF/UA's core (tagged in reading order, language, title shown).
"""

import struct
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from xml.sax.saxutils import escape

import segno

from loanhub.documents.flow import (
    BOTTOM,
    LEFT,
    MILLIMETER,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    RIGHT,
    TEXT_WIDTH,
    TOP,
    Box,
    Element,
    break_pages,
)
from loanhub.documents.linebreak import Line, Span, set_lines
from loanhub.documents.pdf import PdfFile, add_base_font, add_extra_font, pdf_date, text_string
from loanhub.documents.typeface import SERIF, GlyphTable, font_file

PRODUCER = "LoanHub 贷通"


@dataclass(frozen=True, kw_only=True)
class Running:
    """What stands around the text of every page, and what the file says about itself."""

    title: str
    author: str
    head_left: str
    head_right: str
    issued_at: datetime
    watermark: str = ""
    verify_url: str = ""
    seam_marks: bool = False


class _Page:
    """One page's operators; opens and closes marked content as elements change."""

    def __init__(self, index: int, used: dict[str, dict[int, str]]) -> None:
        self.index = index
        self.parents: list[Element] = []
        self._used = used
        self._out: list[bytes] = []
        self._open: Element | None = None

    def artifact(self, operators: bytes) -> None:
        """Draw what is not content."""
        self._close()
        self._out.append(b"/Artifact BMC q %bQ EMC\n" % operators)

    def text(self, x: float, y: float, line: Line, element: Element | None) -> None:
        """Draw a line of text as content of an element, or as an artifact."""
        if not line.operators:
            return
        for key, glyph, character in line.extra:
            self._used.setdefault(key, {})[glyph] = character
        drawn = b"BT 1 0 0 1 %.2f %.2f Tm %bET\n" % (x, y, line.operators)
        if element is None:
            self.artifact(drawn)
            return
        if element is not self._open:
            self._close()
            number = len(self.parents)
            self.parents.append(element)
            element.kids.append((self.index, number))
            kind = element.kind.encode()
            self._out.append(b"/%b<</MCID %d>>BDC\n" % (kind, number))
            self._open = element
        self._out.append(drawn)

    def _close(self) -> None:
        if self._open is not None:
            self._out.append(b"EMC\n")
            self._open = None

    def content(self) -> bytes:
        self._close()
        return b"".join(self._out)


def print_pages(boxes: list[Box], tree: Element, table: GlyphTable, running: Running) -> bytes:
    """Return the PDF of these boxes."""
    layout = break_pages(boxes)
    used: dict[str, dict[int, str]] = {}
    pages: list[_Page] = []
    bookmarks: list[tuple[int, str, int, float]] = []
    for index, placed in enumerate(layout):
        page = _Page(index, used)
        _surround(page, index, len(layout), table, running)
        for distance, box, repeated in placed:
            top = PAGE_HEIGHT - TOP - distance
            if box.graphics:
                page.artifact(b"1 0 0 1 %.2f %.2f cm %b" % (LEFT, top, box.graphics))
            for x, y, line, element in ((t.x, t.y, t.line, t.element) for t in box.texts):
                page.text(LEFT + x, top - y, line, None if repeated else element)
            if box.title:
                bookmarks.append((box.level, box.title, index, top))
        pages.append(page)
    return _assemble(pages, tree, table, running, used, bookmarks)


def _surround(page: _Page, index: int, count: int, table: GlyphTable, running: Running) -> None:
    if running.watermark:
        for line, graphics in _watermark(running.watermark, table):
            for key, glyph, character in line.extra:
                page._used.setdefault(key, {})[glyph] = character
            page.artifact(graphics)
    head = PAGE_HEIGHT - 17 * MILLIMETER
    left = _line(running.head_left, table, "left", 8.5)
    right = _line(running.head_right, table, "right", 8.5)
    gray = b"0.3 g "
    page.artifact(gray + b"BT 1 0 0 1 %.2f %.2f Tm %bET " % (LEFT, head, left.operators))
    page.artifact(gray + b"BT 1 0 0 1 %.2f %.2f Tm %bET " % (LEFT + right.offset, head, right.operators))
    rule = head - 6
    page.artifact(b"0.6 G 0.5 w %.2f %.2f m %.2f %.2f l S " % (LEFT, rule, PAGE_WIDTH - RIGHT, rule))
    foot = _line(f"第 {index + 1} 页\u3000共 {count} 页", table, "center", 8.5)
    page.artifact(
        gray
        + b"BT 1 0 0 1 %.2f %.2f Tm %bET " % (LEFT + foot.offset, BOTTOM - 11 * MILLIMETER, foot.operators)
    )
    for line in (left, right, foot):
        for key, glyph, character in line.extra:
            page._used.setdefault(key, {})[glyph] = character
    if running.verify_url and index == count - 1:
        page.artifact(_verification(running.verify_url, table, page))
    if running.seam_marks and count > 1:
        page.artifact(_seam(index, count))


def _line(text: str, table: GlyphTable, align: str, size: float) -> Line:
    lines = set_lines((Span(text, SERIF),), table, size=size, width=TEXT_WIDTH, align=align)
    return lines[0]


def _watermark(text: str, table: GlyphTable) -> list[tuple[Line, bytes]]:
    size = 34.0 if len(text) <= 10 else 20.0
    line = set_lines((Span(text),), table, size=size, width=PAGE_WIDTH * 1.2, align="left")[0]
    drawn = []
    for row in range(4):
        x = PAGE_WIDTH / 2 - line.width * 0.42 + (-60 if row % 2 else 60)
        y = PAGE_HEIGHT * (0.12 + 0.23 * row)
        drawn.append(
            (
                line,
                b"0.94 g BT 0.866 0.5 -0.5 0.866 %.2f %.2f Tm %bET "
                % (x, y - line.width * 0.2, line.operators),
            )
        )
    return drawn


def _seam(index: int, count: int) -> bytes:
    """Return this page's slice of the 骑缝 mark at the outer edge: fanned out, the slices make one bar."""
    slice_height = 60.0 / count
    y = PAGE_HEIGHT / 2 + 30 - slice_height * (index + 1)
    return b"0.55 g %.2f %.2f 7 %.2f re f " % (PAGE_WIDTH - 7, y, slice_height) + (
        b"0.7 G 0.3 w [1 2] 0 d %.2f %.2f 7 60 re S " % (PAGE_WIDTH - 7, PAGE_HEIGHT / 2 - 30)
    )


@lru_cache(maxsize=64)
def _qr(url: str) -> tuple[int, bytes]:
    matrix = segno.make(url, error="m", micro=False).matrix
    runs = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            if row[x]:
                end = x
                while end < len(row) and row[end]:
                    end += 1
                runs.append(b"%d %d %d 1 re " % (x, len(matrix) - 1 - y, end - x))
                x = end
            else:
                x += 1
    return len(matrix), b"".join(runs) + b"f "


def _verification(url: str, table: GlyphTable, page: _Page) -> bytes:
    modules, runs = _qr(url)
    side = 13.5 * MILLIMETER
    unit = side / modules
    x, y = PAGE_WIDTH - RIGHT - side, 8 * MILLIMETER
    caption = set_lines((Span("扫码核验真伪"),), table, size=7.5, width=80, align="right")[0]
    for key, glyph, character in caption.extra:
        page._used.setdefault(key, {})[glyph] = character
    return b"q %.4f 0 0 %.4f %.2f %.2f cm 0 g %bQ " % (
        unit,
        unit,
        x,
        y,
        runs,
    ) + b"0.3 g BT 1 0 0 1 %.2f %.2f Tm %bET " % (x - 86 + caption.offset, y + 4, caption.operators)


def _assemble(
    pages: list[_Page],
    tree: Element,
    table: GlyphTable,
    running: Running,
    used: dict[str, dict[int, str]],
    bookmarks: list[tuple[int, str, int, float]],
) -> bytes:
    file = PdfFile()
    catalog, info, page_tree, root = file.reserve(), file.reserve(), file.reserve(), file.reserve()
    fonts = [b"/%b0 %d 0 R" % (key.encode(), add_base_font(file, base)) for key, base in table.bases.items()]
    fonts += [
        b"/%b1 %d 0 R" % (key.encode(), add_extra_font(file, font_file(key), used[key]))
        for key in sorted(used)
    ]
    resources = file.add(b"<</Font<<%b>>/ProcSet[/PDF/Text]>>" % b"".join(fonts))
    numbers = []
    for page in pages:
        content = file.add_stream(page.content())
        numbers.append(
            file.add(
                b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %.2f %.2f]/Resources %d 0 R/Contents %d 0 R"
                b"/StructParents %d/Tabs/S>>"
                % (page_tree, PAGE_WIDTH, PAGE_HEIGHT, resources, content, page.index)
            )
        )
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    file.put(page_tree, b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(numbers), kids))
    _tags(file, root, tree, pages, numbers)
    outline = _outline(file, bookmarks, numbers)
    metadata = file.add_stream(_xmp(running), b"/Type/Metadata/Subtype/XML", plain=True)
    profile = file.add_stream(srgb_profile(), b"/N 3", plain=True)
    intent = (
        b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)"
        b"/DestOutputProfile %d 0 R>>"
    )
    file.put(
        catalog,
        b"<</Type/Catalog/Pages %d 0 R/Outlines %d 0 R/PageMode/UseNone/Lang(zh-CN)/MarkInfo<</Marked true>>"
        b"/StructTreeRoot %d 0 R/Metadata %d 0 R/OutputIntents[%b]/ViewerPreferences<</DisplayDocTitle true"
        b"/PrintScaling/None>>>>" % (page_tree, outline, root, metadata, intent % profile),
    )
    moment = pdf_date(running.issued_at)
    file.put(
        info,
        b"<</Title%b/Author%b/Producer%b/CreationDate%b/ModDate%b>>"
        % (text_string(running.title), text_string(running.author), text_string(PRODUCER), moment, moment),
    )
    return file.finish(catalog=catalog, info=info)


def _tags(file: PdfFile, root: int, tree: Element, pages: list[_Page], numbers: list[int]) -> None:
    references: dict[int, int] = {}

    def number(node: Element) -> int:
        key = id(node)
        if key not in references:
            references[key] = file.reserve()
        return references[key]

    def write(node: Element, parent: int) -> None:
        own, kids = number(node), []
        first = next((kid[0] for kid in node.kids if isinstance(kid, tuple)), None)
        for kid in node.kids:
            if isinstance(kid, Element):
                if kid.kids:
                    kids.append(b"%d 0 R" % number(kid))
                    write(kid, own)
            elif kid[0] == first:
                kids.append(b"%d" % kid[1])
            else:
                kids.append(b"<</Type/MCR/Pg %d 0 R/MCID %d>>" % (numbers[kid[0]], kid[1]))
        page = b"/Pg %d 0 R" % numbers[first] if first is not None else b""
        kind = node.kind.encode()
        scope = b"/A<</O/Table/Scope/%b>>" % (node.note or "Column").encode() if node.kind == "TH" else b""
        file.put(own, b"<</S/%b/P %d 0 R%b/K[%b]%b>>" % (kind, parent, page, b" ".join(kids), scope))

    write(tree, root)
    parents = b"".join(
        b"%d[%b]" % (page.index, b" ".join(b"%d 0 R" % number(node) for node in page.parents))
        for page in pages
    )
    parent_tree = file.add(b"<</Nums[%b]>>" % parents)
    file.put(
        root,
        b"<</Type/StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>"
        % (number(tree), parent_tree, len(pages)),
    )


def _outline(file: PdfFile, bookmarks: list[tuple[int, str, int, float]], numbers: list[int]) -> int:
    root = file.reserve()
    items = [file.reserve() for _ in bookmarks]
    for place, (_, title, page, top) in enumerate(bookmarks):
        before = b"/Prev %d 0 R" % items[place - 1] if place else b""
        after = b"/Next %d 0 R" % items[place + 1] if place + 1 < len(items) else b""
        file.put(
            items[place],
            b"<</Title%b/Parent %d 0 R%b%b/Dest[%d 0 R/XYZ %.1f %.1f 0]>>"
            % (text_string(title), root, before, after, numbers[page], LEFT, top + 8),
        )
    ends = b"/First %d 0 R/Last %d 0 R/Count %d" % (items[0], items[-1], len(items)) if items else b""
    file.put(root, b"<</Type/Outlines%b>>" % ends)
    return root


def _xmp(running: Running) -> bytes:
    moment = running.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
        "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(running.title)}</rdf:li></rdf:Alt>'
        "</dc:title>"
        f"<dc:creator><rdf:Seq><rdf:li>{escape(running.author)}</rdf:li></rdf:Seq></dc:creator>"
        f"<pdf:Producer>{PRODUCER}</pdf:Producer><xmp:CreateDate>{moment}</xmp:CreateDate>"
        f"<xmp:ModifyDate>{moment}</xmp:ModifyDate></rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    ).encode()


@cache
def srgb_profile() -> bytes:
    """Return a minimal ICC version 2 profile of sRGB (primaries adapted to D50, one gamma of 2.2).

    Source: ICC.1:2001-04 §6 and IEC 61966-2-1; written here so that no profile file has to be shipped.
    """

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    def color(x: float, y: float, z: float) -> bytes:
        return b"XYZ \0\0\0\0" + fixed(x, y, z)

    name = b"sRGB\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + b"\0" * 78,
        b"cprt": b"text\0\0\0\0CC0\0",
        b"wtpt": color(0.9505, 1.0, 1.0891),
        b"rXYZ": color(0.4361, 0.2225, 0.0139),
        b"gXYZ": color(0.3851, 0.7169, 0.0971),
        b"bXYZ": color(0.1431, 0.0606, 0.7141),
    }
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256))
    entries, body, position = [], [], 128 + 4 + 12 * (len(tags) + 3)
    for tag, data in [*tags.items(), (b"rTRC", curve)]:
        entries.append(struct.pack(">4sII", tag, position, len(data)))
        if tag == b"rTRC":
            entries += [struct.pack(">4sII", other, position, len(data)) for other in (b"gTRC", b"bTRC")]
        padded = data + b"\0" * (-len(data) % 4)
        body.append(padded)
        position += len(padded)
    head = struct.pack(">I4sI4s4s4s", position, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + fixed(0.9642, 1.0, 0.8249)
    head += b"\0" * (128 - len(head))
    return head + struct.pack(">I", len(entries)) + b"".join(entries) + b"".join(body)
