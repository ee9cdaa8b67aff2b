"""A quick canvas for batches: the calls ``press.py`` makes of a ReportLab canvas, written straight to a file.

What all documents of one template share is written once and kept as finished objects, always under the same numbers:
the template's font subsets, the color profile, the watermark. What belongs to one document (its pages, its own
characters, tags, metadata) follows behind. A document says and shows what ReportLab's would; only the bytes around it
differ. ReportLab stays the one that cuts fonts and gives characters their codes.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any, cast

from reportlab.pdfbase.ttfonts import SUBSETN

from loanhub.documents.archive import srgb_profile, xmp_packet
from loanhub.documents.flow import PAGE_HEIGHT, PAGE_WIDTH, Element
from loanhub.documents.linebreak import Line
from loanhub.documents.pdf_objects import CATALOG, INFO, Objects
from loanhub.documents.typeface import BaseFonts, FontFile, GlyphTable, font_file

BOX = f"[0 0 {PAGE_WIDTH:.4f} {PAGE_HEIGHT:.4f}]"
PRODUCER = "LoanHub 贷通"
LEVEL, LEVEL_KEPT = 4, 9
"""How hard streams are packed: one document's own (9 would save 4 % of them for twice the time), those all share."""
PAGES, FONTS, PROFILE = 2, 4, 5
PAGES_KEPT = 60
_KAPPA = 0.5523


def packed_stream(content: bytes, more: str = "", level: int = LEVEL) -> bytes:
    """Return a packed stream object; ``more`` are further entries of its dictionary."""
    packed = zlib.compress(content, level)
    return b"<</Filter/FlateDecode/Length %d%s>>\nstream\n%s\nendstream" % (
        len(packed),
        more.encode(),
        packed,
    )


def text_string(value: str) -> str:
    """Return a text as PDF writes one outside of pages."""
    return f"<feff{value.encode('utf-16-be').hex()}>"


def font_objects(
    font: FontFile, number: int, subset: Sequence[int], first: int, level: int = LEVEL
) -> list[bytes]:
    """Return the four objects of a font subset, the font itself first, numbered from ``first``."""
    face: Any = font.face
    name = (SUBSETN(number) + b"+" + face.name).decode()
    program = font.program(subset)
    text, widths = font.table(subset)
    flags = face.flags & ~32 | 4
    bbox = " ".join(f"{one:g}" for one in face.bbox)
    return [
        f"<</Type/Font/Subtype/TrueType/BaseFont/{name}/FirstChar 0/LastChar {len(subset) - 1}"
        f"/FontDescriptor {first + 1} 0 R/ToUnicode {first + 3} 0 R/Widths {widths.decode()}>>".encode(),
        f"<</Type/FontDescriptor/FontName/{name}/Ascent {face.ascent:g}/CapHeight {face.capHeight:g}/Descent {face.descent:g}"
        f"/Flags {flags}/FontBBox [{bbox}]/ItalicAngle {face.italicAngle:g}/MissingWidth {face.defaultWidth:g}"
        f"/StemV {face.stemV:g}/FontFile2 {first + 2} 0 R>>".encode(),
        packed_stream(program, f"/Length1 {len(program)}", level),
        packed_stream(text, level=level),
    ]


class Shared:
    """The objects every document of a batch begins with, and the offsets they stand at."""

    def __init__(self, base: BaseFonts) -> None:
        self.objects: list[bytes] = [packed_stream(srgb_profile(), "/N 3", LEVEL_KEPT)]
        self.fonts: dict[str, int] = {}
        self.counts: dict[str, int] = {}
        for key, (_, subsets) in base.places.items():
            self.counts[key] = len(subsets)
            for number, subset in enumerate(subsets):
                first = PROFILE + len(self.objects)
                self.fonts[f"{key}+{number}"] = first
                self.objects += font_objects(font_file(key), number, subset, first, LEVEL_KEPT)
        self.forms: dict[str, tuple[str, int]] = {}
        self.lines: dict[tuple[object, ...], Line] = {}
        self._packed: dict[str, bytes] = {}
        self._written: tuple[int, bytes, list[int]] | None = None

    def form(self, name: str, content: str) -> int | None:
        """Return the number of a form that is the same in every document; None when this one differs."""
        known = self.forms.get(name)
        if known is None and self._written is None:
            number = PROFILE + len(self.objects)
            self.objects.append(form_object(content))
            self.forms[name] = content, number
            return number
        return known[1] if known is not None and known[0] == content else None

    def packed(self, content: str) -> bytes:
        """Return the stream of a page; pages that do not differ from one document to the next are packed once."""
        found = self._packed.get(content)
        if found is None:
            found = packed_stream(content.encode("latin-1"))
            if len(self._packed) >= PAGES_KEPT:
                self._packed.clear()
            self._packed[content] = found
        return found

    def written(self, start: int) -> tuple[bytes, list[int]]:
        """Return the shared objects as they stand in a file from ``start`` on, and where each begins."""
        if self._written is None or self._written[0] != start:
            out, offsets, place = [], [], start
            for number, item in enumerate(self.objects, start=PROFILE):
                line = b"%d 0 obj\n%s\nendobj\n" % (number, item)
                out.append(line)
                offsets.append(place)
                place += len(line)
            self._written = start, b"".join(out), offsets
        return self._written[1], self._written[2]


def form_object(content: str) -> bytes:
    """Return a form XObject; it finds its fonts where the pages find theirs."""
    return packed_stream(
        content.encode("latin-1"), f"/Type/XObject/Subtype/Form/BBox {BOX}/Resources<</Font {FONTS} 0 R>>"
    )


class Sheets:
    """Stands in for ReportLab's canvas while one document of a batch is drawn."""

    def __init__(self, shared: Shared, table: GlyphTable) -> None:
        self._shared, self._table = shared, table
        self._code: list[str] = []
        self._pages: list[str] = []
        self._forms: dict[str, str] = {}
        self._outline: list[tuple[str, int, str]] = []
        self._marks: dict[str, tuple[int, int, int]] = {}
        self._form = ""
        self._facts: dict[str, str] = {}
        self._moment = ""

    # What press.py draws with ---------------------------------------------------------------------

    def addLiteral(self, text: str) -> None:  # noqa: N802 - ReportLab's names
        """Add operators."""
        self._code.append(text)

    def beginForm(self, name: str) -> None:  # noqa: N802
        """Begin a form."""
        self._form, self._code = name, []

    def endForm(self) -> None:  # noqa: N802
        """End the form."""
        self._forms[self._form], self._code = "\n".join(self._code), []

    def doForm(self, name: str) -> None:  # noqa: N802
        """Draw a form."""
        self._code.append(f"/{name} Do")

    def bookmarkPage(self, key: str, *, left: int, top: int, **_: Any) -> None:  # noqa: N802
        """Name a place on this page."""
        self._marks[key] = len(self._pages), left, top

    def addOutlineEntry(self, title: str, key: str, level: int) -> None:  # noqa: N802
        """Add a bookmark."""
        self._outline.append((title, level, key))

    def setFillGray(self, gray: float) -> None:  # noqa: N802
        """Choose the gray of text and surfaces."""
        self._code.append(f"{gray:g} g")

    def setStrokeGray(self, gray: float) -> None:  # noqa: N802
        """Choose the gray of lines."""
        self._code.append(f"{gray:g} G")

    def setLineWidth(self, width: float) -> None:  # noqa: N802
        """Choose the width of lines."""
        self._code.append(f"{width:g} w")

    def setDash(self, dash: list[int]) -> None:  # noqa: N802
        """Choose the dashes of lines."""
        self._code.append(f"[{' '.join(map(str, dash))}] 0 d")

    def lines(self, lines: Sequence[tuple[float, float, float, float]]) -> None:
        """Draw lines."""
        self._code.append(" ".join([f"{a:.2f} {b:.2f} m {c:.2f} {d:.2f} l" for a, b, c, d in lines]) + " S")

    def line(self, a: float, b: float, c: float, d: float) -> None:
        """Draw a line."""
        self.lines([(a, b, c, d)])

    def rect(self, x: float, y: float, width: float, height: float, stroke: int = 1, fill: int = 0) -> None:
        """Draw a rectangle."""
        ends = "B" if stroke and fill else "f" if fill else "S"
        self._code.append(f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re {ends}")

    def circle(self, x: float, y: float, radius: float) -> None:
        """Draw a circle."""
        r, k = radius, radius * _KAPPA
        self._code.append(
            f"{x + r:.2f} {y:.2f} m {x + r:.2f} {y + k:.2f} {x + k:.2f} {y + r:.2f} {x:.2f} {y + r:.2f} c "
            f"{x - k:.2f} {y + r:.2f} {x - r:.2f} {y + k:.2f} {x - r:.2f} {y:.2f} c "
            f"{x - r:.2f} {y - k:.2f} {x - k:.2f} {y - r:.2f} {x:.2f} {y - r:.2f} c "
            f"{x + k:.2f} {y - r:.2f} {x + r:.2f} {y - k:.2f} {x + r:.2f} {y:.2f} c s"
        )

    def saveState(self) -> None:  # noqa: N802
        """Remember how one draws."""
        self._code.append("q")

    def restoreState(self) -> None:  # noqa: N802
        """Draw as remembered."""
        self._code.append("Q")

    def translate(self, x: float, y: float) -> None:
        """Move the origin."""
        self._code.append(f"1 0 0 1 {x:.2f} {y:.2f} cm")

    def scale(self, x: float, y: float) -> None:
        """Change the scale."""
        self._code.append(f"{x:.5f} 0 0 {y:.5f} 0 0 cm")

    def rotate(self, degrees: float) -> None:
        """Turn by 30 degrees, as the watermark does."""
        assert degrees == 30
        self._code.append(".86603 .5 -.5 .86603 0 0 cm")

    def showPage(self) -> None:  # noqa: N802
        """End the page."""
        self._pages.append("\n".join(self._code))
        self._code = []

    # The file ---------------------------------------------------------------------------------------

    def finish(
        self, tree: Element, parents: list[list[Element]], *, title: str, author: str, subject: str, keywords: str,
        moment: str, issued: str,
    ) -> bytes:  # fmt: skip
        """Return the PDF; ``moment`` is the time of issue as PDF writes it, ``issued`` as ISO 8601."""
        head = b"%PDF-1.7\n%\x93\x8c\x8b\x9e\n"
        names: dict[str, str] = {}
        own_forms = []
        for name, content in self._forms.items():
            number = self._shared.form(name, content) if name != "head" else None
            if number is None:
                own_forms.append((name, content))
            else:
                names[name] = f"/{name} {number} 0 R"
        blob, offsets = self._shared.written(len(head))
        body = Objects(PROFILE + len(self._shared.objects), len(head) + len(blob))
        for name, content in own_forms:
            names[name] = f"/{name} {body.add(form_object(content))} 0 R"
        fonts = dict(self._shared.fonts)
        for name, (key, number, subset) in self._table.own_subsets().items():
            fonts[name] = body.many(self._own_font(key, number, subset))
        resources = f"<</Font {FONTS} 0 R/XObject<<{''.join(names.values())}>>>>"
        page_numbers = [body.reserve() for _ in self._pages]
        for index, content in enumerate(self._pages):
            stream = body.add(self._shared.packed(content))
            body.put(
                page_numbers[index],
                f"<</Type/Page/Parent {PAGES} 0 R/MediaBox {BOX}/Contents {stream} 0 R/Resources {resources}"
                f"/StructParents {index}/Tabs/S>>".encode(),
            )
        root = self._tags(body, tree, parents, page_numbers)
        outlines = self._bookmarks(body, page_numbers)
        packet = xmp_packet(title, author, subject, keywords, PRODUCER, issued)
        metadata = body.add(
            b"<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%s\nendstream" % (len(packet), packet)
        )
        body.put(
            CATALOG,
            f"<</Type/Catalog/Pages {PAGES} 0 R/Lang(zh-CN)/MarkInfo<</Marked true>>/Metadata {metadata} 0 R{outlines}"
            f"/StructTreeRoot {root} 0 R/ViewerPreferences<</DisplayDocTitle true/PrintScaling/None>>"
            f"/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)"
            f"/DestOutputProfile {PROFILE} 0 R>>]>>".encode(),
        )
        kids = " ".join(f"{number} 0 R" for number in page_numbers)
        body.put(PAGES, f"<</Type/Pages/Count {len(page_numbers)}/Kids[{kids}]>>".encode())
        body.put(
            INFO,
            f"<</Title{text_string(title)}/Author{text_string(author)}/Subject{text_string(subject)}/Keywords{text_string(keywords)}"
            f"/Creator{text_string(PRODUCER)}/Producer{text_string(PRODUCER)}/CreationDate(D:{moment}Z)/ModDate(D:{moment}Z)/Trapped/False>>".encode(),
        )
        body.put(
            FONTS, f"<<{''.join([f'/{name} {number} 0 R' for name, number in fonts.items()])}>>".encode()
        )
        return body.file(head + blob, dict(enumerate(offsets, start=PROFILE)))

    def _own_font(self, key: str, number: int, subset: Sequence[int]) -> Callable[[int], list[bytes]]:
        return lambda first: font_objects(font_file(key), number, subset, first)

    def _bookmarks(self, body: Objects, pages: list[int]) -> str:
        if not self._outline:
            return ""
        root, numbers = body.reserve(), [body.reserve() for _ in self._outline]
        children: dict[int, list[int]] = {-1: []}
        above: list[int] = []
        for place, (_, level, _) in enumerate(self._outline):
            while above and self._outline[above[-1]][1] >= level:
                above.pop()
            children.setdefault(above[-1] if above else -1, []).append(place)
            above.append(place)
        parent_of = {kid: parent for parent, kids in children.items() for kid in kids}
        for place, (title, _, key) in enumerate(self._outline):
            page, left, top = self._marks[key]
            siblings = children[parent_of[place]]
            at = siblings.index(place)
            parent = root if parent_of[place] == -1 else numbers[parent_of[place]]
            parts = [
                f"<</Title{text_string(title)}/Parent {parent} 0 R/Dest[{pages[page]} 0 R/XYZ {left} {top} 0]"
            ]
            if at:
                parts.append(f"/Prev {numbers[siblings[at - 1]]} 0 R")
            if at + 1 < len(siblings):
                parts.append(f"/Next {numbers[siblings[at + 1]]} 0 R")
            kids = children.get(place)
            if kids:
                parts.append(f"/First {numbers[kids[0]]} 0 R/Last {numbers[kids[-1]]} 0 R/Count -{len(kids)}")
            body.put(numbers[place], ("".join(parts) + ">>").encode())
        top_level = children[-1]
        body.put(
            root,
            f"<</Type/Outlines/First {numbers[top_level[0]]} 0 R/Last {numbers[top_level[-1]]} 0 R"
            f"/Count {len(top_level)}>>".encode(),
        )
        return f"/Outlines {root} 0 R/PageMode/UseNone"

    @staticmethod
    def _tags(body: Objects, tree: Element, parents: list[list[Element]], pages: list[int]) -> int:
        root, numbering = body.reserve(), body.reserve()
        numbers: dict[int, int] = {id(tree): body.reserve()}
        top = numbers[id(tree)]
        kids = [kid for kid in tree.kids if isinstance(kid, Element) and kid.kids]
        for kid in kids:
            numbers[id(kid)] = body.reserve()
        for kid in kids:
            marks = cast(list[tuple[int, int]], kid.kids)
            page, mark = marks[0]
            if len(marks) == 1:
                inner = str(mark)
            else:
                held = [
                    str(mark) if at == page else f"<</Type/MCR/Pg {pages[at]} 0 R/MCID {mark}>>"
                    for at, mark in marks
                ]
                inner = f"[{' '.join(held)}]"
            body.put(
                numbers[id(kid)],
                f"<</S/{kid.kind}/P {top} 0 R/Pg {pages[page]} 0 R/K {inner}>>".encode(),
            )
        listed = " ".join([f"{numbers[id(kid)]} 0 R" for kid in kids])
        body.put(top, f"<</S/Document/P {root} 0 R/K [{listed}]>>".encode())
        places = "".join(
            [
                f"{index}[{' '.join([f'{numbers[id(one)]} 0 R' for one in of_page])}]"
                for index, of_page in enumerate(parents)
            ]
        )
        body.put(numbering, f"<</Nums[{places}]>>".encode())
        body.put(
            root,
            f"<</Type/StructTreeRoot/K {top} 0 R/ParentTree {numbering} 0 R/ParentTreeNextKey {len(parents)}>>".encode(),
        )
        return root
