"""A PDF file, written object by object: streams, fonts, and the bytes in the end.

Why not ReportLab's canvas: docs/decisions/0006-documents.md. Same input, same bytes: nothing here reads a
clock or a random number, and the file identifier is a digest of the content.
"""

import hashlib
import struct
import zlib
from datetime import datetime

from loanhub.documents.typeface import BaseSubset, FontFile, subset_tag, unicode_map, width_array


def text_string(text: str) -> bytes:
    """Return a PDF text string (UTF-16, hexadecimal, so nothing in it needs escaping)."""
    return b"<feff" + text.encode("utf-16-be").hex().encode() + b">"


def pdf_date(moment: datetime) -> bytes:
    """Return ``(D:20260115093000Z)`` of an instant in UTC."""
    return b"(D:" + moment.strftime("%Y%m%d%H%M%SZ").encode() + b")"


class PdfFile:
    """Objects numbered as they are added; ``finish`` writes them with object and reference streams."""

    def __init__(self) -> None:
        self._plain: dict[int, bytes] = {}
        self._streams: dict[int, bytes] = {}
        self._next = 1

    def reserve(self) -> int:
        """Return a number to refer to before the object is known."""
        self._next += 1
        return self._next - 1

    def put(self, number: int, body: bytes) -> int:
        """Set the body of a reserved object."""
        self._plain[number] = body
        return number

    def add(self, body: bytes) -> int:
        """Add an object that is not a stream; return its number."""
        return self.put(self.reserve(), body)

    def add_stream(
        self, data: bytes, entries: bytes = b"", *, deflated: bool = False, plain: bool = False
    ) -> int:
        """Add a stream, deflating the data unless it already is or must stay plain; return its number."""
        number = self.reserve()
        body = data if deflated or plain else zlib.compress(data, 6)
        filtered = b"" if plain else b"/Filter/FlateDecode"
        self._streams[number] = (
            b"<<%b%b/Length %d>>\nstream\n" % (entries, filtered, len(body)) + body + b"\nendstream"
        )
        return number

    def finish(self, *, catalog: int, info: int) -> bytes:
        """Return the file; ``catalog`` and ``info`` are the numbers of those two objects."""
        header = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
        parts, position, table = [header], len(header), {0: (0, 0, 65535)}
        # The information dictionary stays outside the object stream: some readers look for it by scanning.
        outside = {info}
        for number, body in [*((n, self._plain[n]) for n in outside), *self._streams.items()]:
            written = b"%d 0 obj\n" % number + body + b"\nendobj\n"
            table[number] = (1, position, 0)
            parts.append(written)
            position += len(written)
        packed = [(number, body) for number, body in self._plain.items() if number not in outside]
        for start in range(0, len(packed), 200):
            holder = self.reserve()
            index, bodies, offset = [], [], 0
            for place, (number, body) in enumerate(packed[start : start + 200]):
                table[number] = (2, holder, place)
                index.append(b"%d %d" % (number, offset))
                bodies.append(body)
                offset += len(body) + 1
            first = b" ".join(index) + b"\n"
            content = zlib.compress(first + b"\n".join(bodies), 6)
            written = (
                b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n"
                % (holder, len(index), len(first), len(content))
                + content
                + b"\nendstream\nendobj\n"
            )
            table[holder] = (1, position, 0)
            parts.append(written)
            position += len(written)
        digest = hashlib.md5(b"".join(parts), usedforsecurity=False).hexdigest().encode()
        last = self.reserve()
        table[last] = (1, position, 0)
        rows = zlib.compress(b"".join(struct.pack(">BIH", *table[n]) for n in range(last + 1)), 9)
        parts.append(
            b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]"
            b"/Filter/FlateDecode/Length %d>>\nstream\n"
            % (last, last + 1, catalog, info, digest, digest, len(rows))
            + rows
            + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % position
        )
        return b"".join(parts)


def add_base_font(file: PdfFile, base: BaseSubset) -> int:
    """Embed a template's base subset, codes equal to its glyph numbers; return the font's number."""
    program = file.add_stream(base.program, b"/Length1 %d" % base.program_length, deflated=True)
    to_unicode = file.add_stream(base.to_unicode, deflated=True)
    return _add_font(file, base.file, base.tag, program, to_unicode, b"/Identity", base.widths)


def add_extra_font(file: PdfFile, font: FontFile, used: dict[int, str]) -> int:
    """Embed what one document needs beyond the base; ``used`` maps glyph numbers to characters."""
    glyphs = sorted(used)
    program = font.subset([0, *glyphs])
    places = bytearray(2 * (glyphs[-1] + 1))
    for place, glyph in enumerate(glyphs, start=1):
        struct.pack_into(">H", places, 2 * glyph, place)
    mapping = b" %d 0 R" % file.add_stream(bytes(places))
    stream = file.add_stream(program, b"/Length1 %d" % len(program))
    to_unicode = file.add_stream(unicode_map([(glyph, used[glyph]) for glyph in glyphs]))
    widths = width_array([(glyph, font.widths[glyph]) for glyph in glyphs])
    tag = subset_tag("".join(used[glyph] for glyph in glyphs))
    return _add_font(file, font, tag, stream, to_unicode, mapping, widths)


def _add_font(
    file: PdfFile, font: FontFile, tag: str, program: int, to_unicode: int, mapping: bytes, widths: bytes
) -> int:
    name = f"/{tag}+{font.postscript_name}".encode()
    descriptor = file.add(
        b"<</Type/FontDescriptor/FontName%b/Flags 4/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight %d/StemV 80/FontFile2 %d 0 R>>"
        % (name, *font.bounds, font.ascent, font.descent, font.cap_height, program)
    )
    descendant = file.add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont%b/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/FontDescriptor %d 0 R/DW 1000/W[%b]/CIDToGIDMap%b>>"
        % (name, descriptor, widths, mapping)
    )
    return file.add(
        b"<</Type/Font/Subtype/Type0/BaseFont%b/Encoding/Identity-H/DescendantFonts[%d 0 R]"
        b"/ToUnicode %d 0 R>>" % (name, descendant, to_unicode)
    )
