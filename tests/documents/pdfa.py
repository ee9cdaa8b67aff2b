"""What of PDF/A-2 can be read off a file: a second reading of ours, beside what other programs say.

Not a whole validator: what ISO 19005-2 asks of a file of ours (embedded simple fonts, device gray and RGB, no scripts,
no attachments). Preflight of Apache PDFBox found the same of 1b, where the two parts agree.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pypdf
from fontTools.ttLib import TTFont
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject, StreamObject

_FORBIDDEN = {
    "/JavaScript",
    "/JS",
    "/AA",
    "/XFA",
    "/TR",
    "/HTP",
    "/OPI",
    "/PS",
    "/Ref",
    "/EmbeddedFiles",
    "/FFilter",
    "/FDecodeParms",
}
_ACTIONS = {"/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Rendition", "/Trans", "/GoTo3DView", "/JavaScript"}  # fmt: skip
_PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC, _XMP, _PDF = (
    "{http://purl.org/dc/elements/1.1/}",
    "{http://ns.adobe.com/xap/1.0/}",
    "{http://ns.adobe.com/pdf/1.3/}",
)


def faults(pdf: bytes) -> list[str]:
    """Return what a file does against PDF/A-2u, as short sentences; nothing when it keeps to it."""
    return sorted(set(_faults(pdf)))


def _faults(pdf: bytes) -> Iterator[str]:
    if not re.match(rb"%PDF-1\.[0-7]\r?\n%[\x80-\xff]{4}", pdf):
        yield "6.1.2 header"
    if not re.search(rb"%%EOF\r?\n?$", pdf):
        yield "6.1.3 something after the end of the file"
    for found in re.finditer(rb"endstream", pdf):
        if pdf[found.start() - 1 : found.start()] not in (b"\n", b"\r"):
            yield "6.1.7 endstream not on a line of its own"
    reader = pypdf.PdfReader(io.BytesIO(pdf), strict=True)
    if "/ID" not in reader.trailer:
        yield "6.1.3 no file identifier"
    if "/Encrypt" in reader.trailer:
        yield "6.1.3 encrypted"
    catalog = reader.trailer["/Root"]
    yield from _objects(reader.trailer)
    yield from _intent(catalog)
    yield from _metadata(reader, catalog)
    for page in reader.pages:
        yield from _page(page, reader)
    if catalog.get("/AcroForm", {}).get("/NeedAppearances"):
        yield "6.4.1 appearances left to the reader"


def _objects(trailer: Any) -> Iterator[str]:
    seen: set[int] = set()
    waiting: list[Any] = [trailer]
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            if one.idnum in seen:
                continue
            seen.add(one.idnum)
            one = one.get_object()
        if isinstance(one, StreamObject) and "/F" in one:
            yield "6.1.7 a stream of another file"
        if isinstance(one, DictionaryObject):
            yield from (f"forbidden {key}" for key in _FORBIDDEN & set(one))
            if one.get("/S") in _ACTIONS:
                yield f"6.5.1 action {one['/S']}"
            if "/Filter" in one and "LZW" in str(one["/Filter"]):
                yield "6.1.7.2 LZW"
            waiting += [value for key, value in one.items() if key != "/Parent"]
            if any(len(key.encode()) > 128 for key in one):
                yield "6.1.13 name too long"
        elif isinstance(one, ArrayObject):
            waiting += list(one)
        elif isinstance(one, bytes | str) and len(one) > 32_767:
            yield "6.1.13 string too long"


def _intent(catalog: Any) -> Iterator[str]:
    intents = [one.get_object() for one in catalog.get("/OutputIntents", [])]
    profiles = [one["/DestOutputProfile"] for one in intents if one.get("/S") == "/GTS_PDFA1"]
    if len(profiles) != 1:
        yield "6.2.3 no output intent"
        return
    icc = profiles[0].get_data()
    if icc[36:40] != b"acsp" or icc[8] > 4 or icc[12:16] not in (b"prtr", b"mntr") or icc[16:20] != b"RGB ":
        yield "6.2.3 output profile"
    if profiles[0]["/N"] != 3 or int.from_bytes(icc[:4], "big") != len(icc):
        yield "6.2.3 size or components of the output profile"


def _metadata(reader: pypdf.PdfReader, catalog: Any) -> Iterator[str]:
    stream = catalog["/Metadata"]
    if "/Filter" in stream:
        yield "6.6.2 metadata compressed"
    packet = re.sub(r"<\?xpacket[^>]*\?>", "", stream.get_data().decode("utf-8").replace("\ufeff", ""))
    found: dict[str, str] = {}
    for about in ElementTree.fromstring(packet).iter(f"{_RDF}Description"):
        found |= about.attrib
        for part in about:
            first = part.find(f".//{_RDF}li")
            found[part.tag] = (part.text if first is None else first.text) or ""
    if (found.get(f"{_PDFAID}part"), found.get(f"{_PDFAID}conformance")) != ("2", "U"):
        yield "6.6.4 part or level not named"
    info = reader.metadata
    assert info is not None
    said = {"/Title": f"{_DC}title", "/Author": f"{_DC}creator", "/Subject": f"{_DC}description", "/Keywords": f"{_PDF}Keywords",
            "/Creator": f"{_XMP}CreatorTool"}  # the producer of a sealed file is written in two ways  # fmt: skip
    for key, name in said.items():
        if key in info and str(info[key]) != found.get(name):
            yield f"6.6.3 {key} differs from the metadata"
    if info.creation_date and info.creation_date.strftime("%Y-%m-%dT%H:%M:%S") not in found.get(
        f"{_XMP}CreateDate", ""
    ):
        yield "6.6.3 date of creation differs"


def _page(page: Any, reader: pypdf.PdfReader) -> Iterator[str]:
    for reference in page.get("/Annots", []):
        annotation = reference.get_object()
        flags, rect = int(annotation.get("/F", 0)), [float(number) for number in annotation["/Rect"]]
        if annotation["/Subtype"] not in ("/Widget", "/Link"):
            yield f"6.3.1 annotation {annotation['/Subtype']}"
        if not flags & 4 or flags & 0b100011:
            yield "6.3.2 annotation not printed"
        if "/AP" not in annotation and (rect[0], rect[1]) != (rect[2], rect[3]):
            yield "6.3.3 annotation without appearance"
    drawn: dict[str, set[int]] = {}
    yield from _content(page, page["/Resources"], reader, drawn)
    if "/Group" in page and page["/Group"].get("/CS", "/DeviceRGB") not in ("/DeviceRGB", "/DeviceGray"):
        yield "6.2.10 blending space"


def _content(
    holder: Any, resources: Any, reader: pypdf.PdfReader, drawn: dict[str, set[int]]
) -> Iterator[str]:
    fonts = resources.get("/Font", {})
    stream = holder.get_contents() if hasattr(holder, "get_contents") else holder
    depth, font = 0, ""
    for operands, operator in ContentStream(stream, reader).operations:
        if operator in (b"k", b"K"):
            yield "6.2.4 CMYK without its intent"
        elif operator == b"q":
            depth += 1
            if depth > 28:
                yield "6.1.13 too deep"
        elif operator == b"Q":
            depth -= 1
        elif operator == b"Tf":
            font = operands[0]
        elif operator in (b"Tj", b"TJ", b"'", b'"'):
            parts = operands[-1] if operator == b"TJ" else [operands[-1]]
            for part in parts:
                raw = getattr(part, "original_bytes", None) or (part if isinstance(part, bytes) else b"")
                drawn.setdefault(font, set()).update(raw)
        elif operator == b"Do":
            form = resources["/XObject"][operands[0]].get_object()
            if form["/Subtype"] == "/Form":
                yield from _content(form, form.get("/Resources", resources), reader, {})
            elif form.get("/Interpolate"):
                yield "6.2.8 interpolated picture"
    if depth:
        yield "q and Q do not match"
    for name, reference in fonts.items():
        yield from _font(reference.get_object(), drawn.get(name, set()))
    for state in resources.get("/ExtGState", {}).values():
        if state.get_object().get("/BM", "/Normal") != "/Normal":
            yield "6.2.10 blend mode"


def _font(font: Any, drawn: set[int]) -> Iterator[str]:
    about = font["/FontDescriptor"]
    name = font["/BaseFont"]
    if "/FontFile2" not in about or font["/Subtype"] != "/TrueType":
        yield f"6.2.11.4 {name} not embedded"
        return
    program = TTFont(io.BytesIO(about["/FontFile2"].get_data()))
    codes = program["cmap"].tables[0].cmap
    if not int(about["/Flags"]) & 4 or "/Encoding" in font or len(program["cmap"].tables) != 1:
        yield f"6.2.11.6 {name}: a symbolic font has one table and no encoding"
    if "/ToUnicode" not in font:
        yield f"6.2.11.7 {name}: no text"
    first, widths = int(font["/FirstChar"]), [float(width) for width in font["/Widths"]]
    if len(widths) != int(font["/LastChar"]) - first + 1:
        yield f"6.2.11.2 {name}: number of widths"
    for code in drawn:
        if code not in codes or codes[code] == ".notdef":
            yield f"6.2.11.8 {name}: code {code} draws nothing"
            continue
        unit = 1000 / program["head"].unitsPerEm
        if abs(program["hmtx"][codes[code]][0] * unit - widths[code - first]) > 1:
            yield f"6.2.11.5 {name}: width of code {code}"
