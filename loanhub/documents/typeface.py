"""Fonts as a document sees them: which file has a character, how wide it is, and the subset to embed.

A face is a main font file with fallbacks. The glyphs a template always uses go into one *base* subset, built
and deflated once per template and process; whatever else a document needs (names, addresses) goes into small
per-document subsets. Codes never depend on the other text of the document, so encoded lines can be cached.
"""

import hashlib
import struct
import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont

from loanhub.domain.errors import InvalidInput

FONT_FOLDER = Path(__file__).parent / "fonts"


class FontFile:
    """One committed TrueType file, read once: code points, widths in thousandths of an em, outlines."""

    def __init__(self, key: str, name: str) -> None:
        self.key = key
        font = TTFont(FONT_FOLDER / name, lazy=True)
        self.postscript_name = str(font["name"].getDebugName(6))
        scale = 1000 // font["head"].unitsPerEm
        order = font.getReverseGlyphMap()
        metrics = font["hmtx"].metrics
        self._order = font.getGlyphOrder()
        self.glyphs: dict[str, int] = {chr(code): order[glyph] for code, glyph in font.getBestCmap().items()}
        self.widths = [metrics[glyph][0] * scale for glyph in self._order]
        self._bearings = [metrics[glyph][1] for glyph in self._order]
        self._offsets = list(font["loca"].locations)
        self._outlines: bytes = font.reader["glyf"]
        self._head: bytes = font.reader["head"]
        self._hhea: bytes = font.reader["hhea"]
        self._maxp: bytes = font.reader["maxp"]
        self._scale = scale
        head = font["head"]
        self.bounds = tuple(value * scale for value in (head.xMin, head.yMin, head.xMax, head.yMax))
        self.ascent, self.descent = font["hhea"].ascent * scale, font["hhea"].descent * scale
        self.cap_height = font["OS/2"].sCapHeight * scale
        font.close()

    def subset(self, glyphs: list[int]) -> bytes:
        """Return a TrueType font whose glyph n is ``glyphs[n]`` of this file; the first must be .notdef."""
        offsets, parts, position = array("I", [0]), [], 0
        for glyph in glyphs:
            outline = self._outlines[self._offsets[glyph] : self._offsets[glyph + 1]]
            outline += b"\0" * (-len(outline) % 2)
            parts.append(outline)
            position += len(outline)
            offsets.append(position)
        offsets.byteswap()
        count = len(glyphs)
        metrics = b"".join(
            struct.pack(">Hh", self.widths[glyph] // self._scale, self._bearings[glyph]) for glyph in glyphs
        )
        head = self._head[:8] + b"\0\0\0\0" + self._head[12:50] + struct.pack(">h", 1) + self._head[52:]
        return _assemble(
            {
                b"glyf": b"".join(parts),
                b"head": head,
                b"hhea": self._hhea[:34] + struct.pack(">H", count),
                b"hmtx": metrics,
                b"loca": offsets.tobytes(),
                b"maxp": self._maxp[:4] + struct.pack(">H", count) + self._maxp[6:],
            }
        )


def _assemble(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = count.bit_length() - 1
    search = 16 << power
    header = struct.pack(">IHHHH", 0x00010000, count, search, power, count * 16 - search)
    directory, body, position = [], [], 12 + 16 * count
    for tag, data in sorted(tables.items()):
        padded = data + b"\0" * (-len(data) % 4)
        words = array("I", padded)
        words.byteswap()
        directory.append(struct.pack(">4sIII", tag, sum(words) & 0xFFFFFFFF, position, len(data)))
        body.append(padded)
        position += len(padded)
    return header + b"".join(directory) + b"".join(body)


@cache
def font_file(key: str) -> FontFile:
    """Return the font file with this key; the rare ones are read only when a rare character asks."""
    return FontFile(key, FILES[key])


FILES = {
    "S": "LoanHubSerif-Regular.ttf",
    "H": "LoanHubSans-SemiBold.ttf",
    "A": "LoanHubSerif-RareA.ttf",
    "B": "LoanHubSerif-RareB.ttf",
}
FALLBACKS = {"S": ("S", "A", "B"), "H": ("H", "A", "B")}
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


def find_file(face: str, character: str) -> str | None:
    """Return the key of the first font file of the face that has the character, or None."""
    return next((key for key in FALLBACKS[face] if character in font_file(key).glyphs), None)


def check_printable(texts: Iterable[str]) -> None:
    """Refuse texts with characters that would print as nothing.

    Raises:
        UnprintableText: control, bidirectional, private-use or unassigned layout characters.
        MissingGlyph: characters no font file has; each is named.
    """
    characters = sorted(set().union(*texts) - font_file(SERIF).glyphs.keys() - {"\n"})
    hidden = [character for character in characters if not character.isprintable()]
    if hidden:
        raise UnprintableText(hidden[:10])
    missing = [character for character in characters if find_file(SERIF, character) is None]
    if missing:
        raise MissingGlyph(missing[:20])


class Glyph(NamedTuple):
    """A character as it is written into a page: font resource, hexadecimal code, width in 1/1000 em."""

    font: str
    code: str
    width: int
    file: str
    place: int


@dataclass(frozen=True)
class BaseSubset:
    """A template's own subset of one font file, ready to embed."""

    file: FontFile
    glyphs: tuple[int, ...]
    characters: tuple[str, ...]
    program: bytes
    program_length: int
    to_unicode: bytes
    widths: bytes
    tag: str


def build_base(key: str, characters: Iterable[str]) -> BaseSubset:
    """Return the deflated subset of a font file with these characters, in code point order."""
    file = font_file(key)
    held = tuple(sorted(character for character in set(characters) if character in file.glyphs))
    glyphs = (0, *(file.glyphs[character] for character in held))
    program = file.subset(list(glyphs))
    return BaseSubset(
        file,
        glyphs,
        held,
        zlib.compress(program, 9),
        len(program),
        zlib.compress(unicode_map(list(enumerate(held, start=1))), 9),
        width_array([(code, file.widths[glyph]) for code, glyph in enumerate(glyphs)]),
        subset_tag("".join(held)),
    )


def width_array(widths: list[tuple[int, int]]) -> bytes:
    """Return the PDF array of the codes whose width is not a whole em."""
    return b"".join(b"%d[%d]" % pair for pair in widths if pair[1] != 1000)


def subset_tag(characters: str) -> str:
    """Return the six letters before a subset's name; they depend on what it holds and nothing else."""
    digest = hashlib.md5(characters.encode(), usedforsecurity=False).digest()
    return "".join(chr(65 + byte % 26) for byte in digest[:6])


def unicode_map(pairs: list[tuple[int, str]]) -> bytes:
    """Return the ToUnicode map that makes text searchable and copyable."""
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo <</Registry(Adobe)/Ordering(UCS)/Supplement 0>> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <ffff> endcodespacerange",
    ]
    for start in range(0, len(pairs), 100):
        part = pairs[start : start + 100]
        lines.append(f"{len(part)} beginbfchar")
        lines += [f"<{code:04x}> <{character.encode('utf-16-be').hex()}>" for code, character in part]
        lines.append("endbfchar")
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()


class GlyphTable:
    """Turns characters into codes for one template; filled as characters are met."""

    def __init__(self, bases: dict[str, BaseSubset]) -> None:
        self.bases = bases
        self._faces: dict[str, dict[str, Glyph]] = {"S": {}, "H": {}}
        for key, base in bases.items():
            for code, character in enumerate(base.characters, start=1):
                glyph = base.glyphs[code]
                self._faces[key][character] = Glyph(
                    f"{key}0", f"{code:04x}", base.file.widths[glyph], key, glyph
                )

    def face(self, face: str) -> dict[str, Glyph]:
        """Return the face's table; use ``find`` for a character it has not met."""
        return self._faces[face]

    def find(self, face: str, character: str) -> Glyph:
        """Return the glyph of a character, from the base subset, the main file or a fallback.

        Raises:
            MissingGlyph: no font file has it.
        """
        known = self._faces[face].get(character)
        if known is None:
            key = find_file(face, character)
            if key is None:
                raise MissingGlyph([character])
            file = font_file(key)
            index = file.glyphs[character]
            known = Glyph(f"{key}1", f"{index:04x}", file.widths[index], key, index)
            if len(self._faces[face]) < 20_000:
                self._faces[face][character] = known
        return known
