"""Fonts as a document sees them: which file has a character, how wide it is, how ReportLab encodes it.

A face is a main font file with fallbacks. ReportLab cuts each font into subsets of 255 characters. The
characters a template always uses get their places once, the most frequent first (so that a line seldom
changes its subset), and keep them in every document: lines set once stay valid, and these subsets are cut and
deflated once per process. Whatever else a document needs (names, addresses) goes into subsets of its own.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.ttfonts import SUBSETN, TTFont

from loanhub.domain.errors import InvalidInput

FONT_FOLDER = Path(__file__).parent / "fonts"
FILES = {
    "S": "LoanHubSerif-Regular.ttf",
    "H": "LoanHubSans-SemiBold.ttf",
    "A": "LoanHubSerif-RareA.ttf",
    "B": "LoanHubSerif-RareB.ttf",
    "C": "LoanHubSerif-RareC.ttf",
}
FALLBACKS = {"S": ("S", "A", "C", "B"), "H": ("H", "A", "C", "B")}
SERIF, SANS = "S", "H"


class MissingGlyph(InvalidInput):
    """Some characters are in none of our fonts: printing would leave them blank."""

    def __init__(self, characters: Iterable[str]) -> None:
        named = "、".join(f"「{character}」(U+{ord(character):04X})" for character in characters)
        super().__init__(f"这些字符无法打印，请改用规范字形或联系管理员补字：{named}")


class UnprintableText(InvalidInput):
    """The text holds control or layout characters, which a document must not carry."""

    def __init__(self, characters: Iterable[str]) -> None:
        named = "、".join(f"U+{ord(character):04X}" for character in characters)
        super().__init__(f"文字中有不可打印的控制字符，请删除后重试：{named}")


class _Deflate(pdfdoc.PDFStreamFilterZCompress):  # type: ignore[misc]
    """ReportLab's deflating filter, which remembers the streams it is told to keep."""

    def __init__(self) -> None:
        self._kept: dict[bytes, bytes] = {}

    def keep(self, content: bytes) -> None:
        self._kept[content] = zlib.compress(content, 9)

    def encode(self, text: bytes) -> bytes:
        return self._kept.get(text) or zlib.compress(text, 6)


class FontFile(TTFont):  # type: ignore[misc]
    """One committed TrueType file, read once per process and shared by all documents.

    ``glyphs`` are the characters it has; ``widths`` their widths in thousandths of an em.
    """

    def __init__(self, key: str, name: str) -> None:
        super().__init__(f"LoanHub{key}", str(FONT_FOLDER / name), asciiReadable=False, shapable=False)
        face, self.key = self.face, key
        self.glyphs: dict[str, int] = {chr(code): glyph for code, glyph in face.charToGlyph.items()}
        self.widths: dict[str, int] = {chr(code): round(width) for code, width in face.charWidths.items()}
        self._deflate = _Deflate()
        self._programs: dict[tuple[int, ...], bytes] = {}
        self._tables: dict[tuple[int, ...], tuple[bytes, bytes]] = {}
        self._cut = face.makeSubset
        face.makeSubset = self._program
        face.get_table = cache(
            face.get_table
        )  # each call copied a whole table, megabytes of outlines among them
        self._mend_advances()
        pdfmetrics.registerFont(self)

    def _mend_advances(self) -> None:
        """Give the glyphs after the last full metric their advance in units of the font.

        ReportLab keeps that of the page there (1000 for 400), and an embedded font that disagrees with the widths of its
        page is no PDF/A (6.2.11.5).
        """
        face = self.face
        full = int.from_bytes(face.get_table("hhea")[34:36], "big")
        advance = face.hmetrics[full - 1][0]
        face.hmetrics[full:] = [(advance, bearing) for _, bearing in face.hmetrics[full:]]

    def keep(self, subset: Sequence[int]) -> None:
        """Cut and deflate a subset that many documents will embed; never one with somebody's data."""
        codes = tuple(subset)
        self._programs[codes], self._tables[codes] = self._cut(subset), self._list(subset)
        self._deflate.keep(self._programs[codes])
        self._deflate.keep(self._tables[codes][0])

    def program(self, subset: Sequence[int]) -> bytes:
        """Return the font program of a subset."""
        return self._program(subset)

    def table(self, subset: Sequence[int]) -> tuple[bytes, bytes]:
        """Return the text map and the widths of a subset."""
        return self._tables.get(tuple(subset)) or self._list(subset)

    def _program(self, subset: Sequence[int]) -> bytes:
        return self._programs.get(tuple(subset)) or bytes(self._cut(subset))

    def _list(self, subset: Sequence[int]) -> tuple[bytes, bytes]:
        """Return the text map and the widths of a subset."""
        widths = [str(self.widths.get(chr(point), 0)) for point in subset]
        return unicode_map(subset), f"[{' '.join(widths)}]".encode()

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - ReportLab's name
        """Add the subsets to the document, with what we keep of them and our own text maps.

        ReportLab writes characters beyond U+FFFF into the text map as five digits, which no reader
        understands: such names could not be searched or copied.
        """
        subsets = self.state[doc].subsets
        # Our own writer calls a font by its key; on a canvas of ReportLab's it has a name of the document's.
        names = [self.getSubsetInternalName(number, doc)[1:] for number in range(len(subsets))]
        super().addObjects(doc)
        for number, subset in enumerate(subsets):
            name = (SUBSETN(number) + b"+" + self.face.name).decode()
            program = doc.idToObject[f"fontFile:{self.face.filename}({name})"]
            text = doc.idToObject[f"toUnicodeCMap:{name}"]
            font = doc.idToObject[names[number]]
            text.content, font.Widths = self._tables.get(tuple(subset)) or self._list(subset)
            program.filters = text.filters = [self._deflate]


def unicode_map(subset: Sequence[int]) -> bytes:
    """Return the map from codes to text (UTF-16) that makes a subset searchable and copyable."""
    pairs = [(code, chr(point)) for code, point in enumerate(subset) if point]
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo <</Registry(Adobe)/Ordering(UCS)/Supplement 0>> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <00> <ff> endcodespacerange",
    ]
    for start in range(0, len(pairs), 100):
        part = pairs[start : start + 100]
        lines.append(f"{len(part)} beginbfchar")
        lines += [f"<{code:02x}> <{character.encode('utf-16-be').hex()}>" for code, character in part]
        lines.append("endbfchar")
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()


@cache
def font_file(key: str) -> FontFile:
    """Return the font file with this key; the rare ones are read only when a rare character asks."""
    return FontFile(key, FILES[key])


def find_file(face: str, character: str) -> str | None:
    """Return the key of the first font file of the face that has the character, or None."""
    return next((key for key in FALLBACKS[face] if character in font_file(key).glyphs), None)


def check_printable(texts: Iterable[str]) -> None:
    """Refuse texts with characters that would print as nothing.

    Raises:
        UnprintableText: control, bidirectional, private-use or unassigned layout characters.
        MissingGlyph: characters no font file has; each is named.
    """
    known = font_file(SERIF).glyphs
    characters = sorted(one for one in set().union(*texts) if one not in known and one != "\n")
    hidden = [character for character in characters if not character.isprintable()]
    if hidden:
        raise UnprintableText(hidden[:10])
    missing = [character for character in characters if find_file(SERIF, character) is None]
    if missing:
        raise MissingGlyph(missing[:20])


class Glyph(NamedTuple):
    """A character as a page writes it: font subset, hexadecimal code, width in 1/1000 em.

    ``own``: its place belongs to this document, not to the template.
    """

    font: str
    code: str
    width: int
    own: bool


class Latin(NamedTuple):
    """The figures and Latin letters of a template's first subset, for whole cells at a time.

    ``known`` are their bytes, ``codes`` turns them into what a page writes, ``widths`` are in 1/1000 em by byte.
    """

    font: str
    known: bytes
    codes: bytes
    widths: tuple[int, ...]


@dataclass(frozen=True)
class BaseFonts:
    """Where a template's characters have their places: ReportLab's assignments and ours, by font file."""

    places: Mapping[str, tuple[dict[int, int], list[list[int]]]]
    glyphs: Mapping[str, dict[str, Glyph]]

    @cached_property
    def latin(self) -> Latin:
        """Return the ASCII characters of the serif's first subset."""
        font, codes, widths = f"{SERIF}+0", bytearray(256), [0] * 256
        found = [
            (ord(character), glyph)
            for character, glyph in self.glyphs.get(SERIF, {}).items()
            if character.isascii() and glyph.font == font
        ]
        for code, glyph in found:
            codes[code], widths[code] = int(glyph.code, 16), glyph.width
        return Latin(font, bytes(code for code, _ in found), bytes(codes), tuple(widths))


def build_base(counts: Mapping[str, Counter[str]]) -> BaseFonts:
    """Return the base subsets of these characters, the most frequent of each font file first.

    Figures and Latin letters come before all others, so that an amount never changes its subset.
    """
    places, glyphs = {}, {}
    for key, counter in counts.items():
        if not counter:
            continue
        font, table = font_file(key), GlyphTable()
        order = sorted(counter, key=lambda c: (not c.isascii(), -counter[c], c))
        glyphs[key] = {c: table.find(key, c)._replace(own=False) for c in order if c in font.glyphs}
        state = font.state.pop(table)
        for subset in state.subsets:
            font.keep(subset)
        places[key] = (state.assignments, state.subsets)
    return BaseFonts(places, glyphs)


class GlyphTable:
    """Finds the glyphs of one document: those of its template, and places of its own for the others."""

    def __init__(self, base: BaseFonts | None = None) -> None:
        self._faces: dict[str, Mapping[str, Glyph]] = {"S": {}, "H": {}}
        self._own: dict[tuple[str, str], Glyph] = {}
        self._kept: dict[str, int] = {}
        self.latin = base.latin if base is not None else None
        if base is not None:
            self._faces.update(base.glyphs)
            for key, (assignments, subsets) in base.places.items():
                font = font_file(key)
                self._kept[key] = len(subsets)
                state = font.state[self] = TTFont.State(False, font)
                state.assignments, state.subsets = dict(assignments), list(subsets)
                state.nextCode = len(subsets) << 8  # further characters begin a subset of their own

    def face(self, face: str) -> Mapping[str, Glyph]:
        """Return the template's glyphs of a face; use ``find`` for a character that is not there."""
        return self._faces[face]

    def find(self, face: str, character: str) -> Glyph:
        """Return the glyph of a character, from the main file or a fallback.

        Raises:
            MissingGlyph: no font file has it.
        """
        known = self._faces[face].get(character) or self._own.get((face, character))
        if known is None:
            key = find_file(face, character)
            if key is None:
                raise MissingGlyph([character])
            font = font_file(key)
            ((subset, code),) = font.splitString(character, self)
            known = Glyph(f"{key}+{subset}", code.hex(), font.widths[character], True)
            self._own[face, character] = known
        return known

    def hand_over(self, doc: Any) -> None:
        """Give the places assigned here to a ReportLab document, which will embed the subsets."""
        for key in FILES:
            state = font_file(key).state.pop(self, None) if key in "SH" or self._uses(key) else None
            if state is None:
                continue
            font = font_file(key)
            state.internalName = key
            font.state[doc] = state
            doc.fontMapping[font.fontName] = f"/{key}"
            doc.delayedFonts.append(font)

    def own_subsets(self) -> dict[str, tuple[str, int, list[int]]]:
        """Return this document's own subsets by name, (font file, number, characters), and forget them in the fonts."""
        found: dict[str, tuple[str, int, list[int]]] = {}
        for key in FILES:
            state = font_file(key).state.pop(self, None) if key in "SH" or self._uses(key) else None
            if state is None:
                continue
            kept = self._kept.get(key, 0)
            for number, subset in enumerate(state.subsets):
                if number >= kept:
                    found[f"{key}+{number}"] = key, number, subset
        return found

    def _uses(self, key: str) -> bool:
        return any(glyph.font[0] == key for glyph in self._own.values())


class Census(GlyphTable):
    """Counts the characters that are set: what a template's sample needs, and how often."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, Counter[str]] = {"S": Counter(), "H": Counter()}

    def find(self, face: str, character: str) -> Glyph:
        """Return the glyph, and count it."""
        self.counts[face][character] += 1
        return super().find(face, character)
