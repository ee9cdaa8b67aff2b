"""Handwriting on a contract and the record behind it 签名与签署记录: drawn onto the file before the company seals it.

What is already in the file stays as it is: the strokes are laid over their places, the record is added behind the
last page.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pypdfium2
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject
from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4

from loanhub.documents.linebreak import Span, set_lines
from loanhub.documents.preview import _lock
from loanhub.documents.typeface import SANS, SERIF, GlyphTable, check_printable, font_file
from loanhub.domain import formats
from loanhub.domain.signing import BOARD_HEIGHT, BOARD_WIDTH, Ink

HANDS = ("签字并按指印：", "法定代表人签字：", "授权代表签字：", "签字：")
"""The words before a line one signs on, as the templates write them."""
INK = Color(0.06, 0.10, 0.35)
SEAL = Color(0.72, 0.12, 0.10)
BLACK = Color(0.1, 0.12, 0.11)
GRAY = Color(0.36, 0.40, 0.38)
LINE = Color(0.82, 0.84, 0.83)
LINE_WIDTH, LINE_HEIGHT = 96.0, 38.4


@dataclass(frozen=True)
class Spot:
    """Where one signs: page (from 0), and the left end of the line in points from the lower left corner."""

    page: int
    x: float
    y: float


@dataclass(frozen=True)
class Signed:
    """One who has signed, as the record names: masked, with what was proven and when."""

    role: str
    name: str
    phone: str
    facts: tuple[tuple[str, str], ...]
    ink: Ink
    label: str = ""
    count: int = 0


@dataclass(frozen=True)
class Record:
    """What the record's page says of the whole round; ``development`` marks a seal of no legal standing."""

    company: str
    number: str
    title: str
    shown_sha256: str
    page_count: int
    seal_name: str
    seal_note: str
    sealed_at: datetime
    signers: tuple[Signed, ...]
    company_label: str = "甲方（出借人）"


def find_spot(pdf: bytes, label: str, count: int = 0) -> Spot | None:
    """Return the line under the ``count``-th party of this label in the signature block, or None."""
    with _lock, pypdfium2.PdfDocument(pdf) as document:
        seen = 0
        for index in range(len(document)):
            text = document[index].get_textpage()
            for left, bottom in _places(text, f"{label}："):
                hands = [place for hand in HANDS for place in _places(text, hand, right=True)]
                below = [
                    (right, foot)
                    for right, foot in hands
                    if 0 < bottom - foot < 130 and -2 <= right - left < 150
                ]
                if not below:
                    continue
                if seen == count:
                    right, foot = max(below, key=lambda place: place[1])
                    return Spot(index, right + 4, foot)
                seen += 1
    return None


def _places(text: Any, wanted: str, *, right: bool = False) -> list[tuple[float, float]]:
    found = []
    search = text.search(wanted)
    while (place := search.get_next()) is not None:
        first = text.get_charbox(place[0])
        last = text.get_charbox(place[0] + place[1] - 1)
        found.append((last[2] if right else first[0], first[1]))
    return found


def apply(pdf: bytes, record: Record) -> bytes:
    """Return the file with each signature at its place, the company's mark at its own, and the record behind.

    Raises:
        MissingGlyph: a name has a character no font has.
    """
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    marks: dict[int, list[Any]] = {}
    for signer in record.signers:
        if signer.label and (spot := find_spot(pdf, signer.label, signer.count)) is not None:
            marks.setdefault(spot.page, []).append((spot, signer))
    spot = find_spot(pdf, record.company_label)
    if spot is not None:
        marks.setdefault(spot.page, []).append((spot, None))
    for page, wanted in marks.items():
        writer.pages[page].merge_page(PdfReader(io.BytesIO(_overlay(wanted, record))).pages[0])
    for added in PdfReader(io.BytesIO(_record_page(record))).pages:
        added.pop(NameObject("/StructParents"), None)
        writer.add_page(added)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


class Paper:
    """A canvas with our own fonts."""

    def __init__(self, title: str) -> None:
        from reportlab.pdfgen.canvas import Canvas

        self.table = GlyphTable()
        self.canvas: Any = Canvas(
            io.BytesIO(), pagesize=A4, pageCompression=1, invariant=1, lang="zh-CN",
            initialFontName=font_file(SERIF).fontName,
        )  # fmt: skip
        self.canvas.setTitle(title)

    def write(
        self, text: str, x: float, y: float, size: float, *, color: Color = BLACK,
        face: str = SERIF, width: float = 480, align: str = "left", leading: float = 1.6,
    ) -> float:  # fmt: skip
        """Write a text with its first line at ``y``; return where the next line would stand."""
        self.canvas.setFillColor(color)
        for line in set_lines((Span(text, face),), self.table, size=size, width=width, align=align):
            self.canvas.addLiteral(f"BT 1 0 0 1 {x + line.offset:.2f} {y:.2f} Tm {line.operators} ET")
            y -= size * leading
        return y

    def ink(self, ink: Ink, x: float, y: float, width: float) -> None:
        """Draw strokes with the board's lower left corner at ``x``, ``y``, the board as wide as ``width``."""
        scale = width / BOARD_WIDTH
        canvas = self.canvas
        canvas.saveState()
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(max(0.7, 5 * scale))
        canvas.setLineCap(1)
        canvas.setLineJoin(1)
        for stroke in ink.strokes:
            path = canvas.beginPath()
            path.moveTo(x + stroke[0][0] * scale, y + (BOARD_HEIGHT - stroke[0][1]) * scale)
            for px, py, _ in stroke[1:] or stroke:
                path.lineTo(x + px * scale, y + (BOARD_HEIGHT - py) * scale)
            canvas.drawPath(path, stroke=1, fill=0)
        canvas.restoreState()

    def done(self) -> bytes:
        """Return the page as a PDF."""
        self.canvas.showPage()
        self.table.hand_over(self.canvas._doc)
        return bytes(self.canvas.getpdfdata())


def _overlay(wanted: Sequence[tuple[Spot, Signed | None]], record: Record) -> bytes:
    check_printable([record.company, record.seal_name])
    paper = Paper(f"{record.title} {record.number}")
    for spot, signer in wanted:
        if signer is not None:
            paper.ink(signer.ink, spot.x, spot.y - 5, LINE_WIDTH)
            continue
        # Beside the place kept for a seal on paper, so that one pressed later still has its room.
        paper.canvas.setStrokeColor(SEAL)
        paper.canvas.setLineWidth(0.8)
        paper.canvas.roundRect(spot.x - 2, spot.y - 4, 100, 27, 2, stroke=1, fill=0)
        paper.write(record.company, spot.x + 2, spot.y + 15, 6.4, color=SEAL, face=SANS, width=94)
        paper.write(
            f"电子签章 {formats.instant(record.sealed_at)}", spot.x + 2, spot.y + 7, 5.6, color=SEAL, width=94
        )
        paper.write(record.seal_note, spot.x + 2, spot.y - 0.5, 5.6, color=SEAL, width=94)
    return paper.done()


def _record_page(record: Record) -> bytes:
    check_printable([record.company, record.number, *(one.name for one in record.signers)])
    paper = Paper(f"{record.title} {record.number}")
    left, width = 62.0, 471.0
    bottom = 70.0

    def head(again: bool) -> float:
        y = paper.write(
            "电子签署记录" + ("（续）" if again else ""),
            left,
            770,
            18,
            face=SANS,
            width=width,
            align="center",
        )
        return (
            paper.write(
                f"{record.title}　{record.number}", left, y - 2, 10, color=GRAY, width=width, align="center"
            )
            - 8
        )

    def fact(label: str, value: str, y: float, x: float = left, room: float = width) -> float:
        paper.write(label, x, y, 9, color=GRAY, width=70)
        return paper.write(value, x + 74, y, 9, width=room - 74, leading=1.45) - 1.5

    y = head(again=False)
    for label, value in (
        ("签署前文件", f"SHA-256 {record.shown_sha256}"),
        ("页数", f"{record.page_count} 页（不含本记录）"),
        ("签章", record.seal_name),
        ("签章时间", f"{formats.instant(record.sealed_at)}（北京时间），另有时间戳"),
        ("签章性质", record.seal_note),
    ):
        y = fact(label, value, y)
    for signer in record.signers:
        if y - 128 - 14 * len(signer.facts) / 1.5 < bottom:
            paper.canvas.showPage()
            y = head(again=True)
        y -= 8
        paper.canvas.setStrokeColor(LINE)
        paper.canvas.setLineWidth(0.6)
        paper.canvas.line(left, y + 4, left + width, y + 4)
        y -= 12
        top = y
        y = paper.write(f"{signer.role}　{signer.name}", left, y, 11, face=SANS, width=300) - 2
        for label, value in (("手机号", signer.phone), *signer.facts):
            y = fact(label, value, y, room=330)
        paper.canvas.rect(left + width - 130, top - 44, 130, 52, stroke=1, fill=0)
        paper.ink(signer.ink, left + width - 130, top - 44, 130)
        y = min(y, top - 52)
    paper.write(
        "本记录与合同一并签章，合同或本记录的任何改动都会使签章失效。手写笔迹的原始数据与完整证据加密存于出借人系统，"
        "其指纹列于上表。依据《电子签名法》第三条、第十三条，各方同意采用电子签名。", left, 58, 8, color=GRAY, width=width,
    )  # fmt: skip
    return paper.done()
