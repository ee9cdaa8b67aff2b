"""From pages of boxes to the bytes of a PDF, on a ReportLab canvas: running heads, watermark, QR, bookmarks."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from loanhub.documents import archive
from loanhub.documents.bindery import Shared, Sheets
from loanhub.documents.flow import (
    MILLIMETER,
    PORTRAIT,
    Box,
    Element,
    Frame,
    Paper,
    Patch,
    Ring,
    Rule,
    Stroke,
    Trace,
    break_pages,
)
from loanhub.documents.linebreak import Line, Span, set_lines
from loanhub.documents.quick_qr import qr_modules
from loanhub.documents.typeface import SERIF, GlyphTable, font_file

PRODUCER = "LoanHub 贷通"
GRAY = 0.3
HEAD_RULE = Stroke(0.6, 0.5)

rl_config.useA85 = 0
# No document of ours loads anything: whatever should ever reach ReportLab's markup finds every door shut.
rl_config.trustedHosts = []
rl_config.trustedSchemes = []


@dataclass(frozen=True, kw_only=True)
class Running:
    """What stands around the text of every page, and what the file says about itself."""

    title: str
    subject: str
    keywords: str
    author: str
    head_left: str
    head_right: str
    issued_at: datetime
    watermark: str = ""
    verify_url: str = ""
    seam_marks: bool = False
    paper: Paper = PORTRAIT


class _Press:
    """A canvas on its way through the pages; text is marked as content of its element."""

    def __init__(
        self,
        table: GlyphTable,
        running: Running,
        canvas: Any = None,
        lines: dict[tuple[object, ...], Line] | None = None,
    ) -> None:
        self.table, self.running, self.paper, self._lines = table, running, running.paper, lines
        self.canvas: Any = (
            canvas
            if canvas is not None
            else Canvas(
                io.BytesIO(),
                pagesize=(running.paper.width, running.paper.height),
                pageCompression=1,
                invariant=1,
                pdfVersion=(1, 7),
                lang="zh-CN",
                initialFontName=font_file(SERIF).fontName,  # the canvas would add Helvetica, not embedded
            )
        )
        self.parents: list[list[Element]] = []

    def show(self, x: float, y: float, line: Line) -> None:
        """Draw a line of text, its baseline beginning at ``x``, ``y``."""
        if line.operators:
            self.canvas.addLiteral(f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm {line.operators} ET")

    def contents(self, placed: list[tuple[float, Box, bool]]) -> None:
        """Draw the text of a page as content of its elements, in the order it is read."""
        left, head = self.paper.left, self.paper.height - self.paper.top
        literal, elements, page = self.canvas.addLiteral, self.parents[-1], len(self.parents) - 1
        current: Element | None = None
        for distance, box, repeated in placed:
            if repeated:
                continue
            top = head - distance
            for text in box.texts:
                operators, element = text.line.operators, text.element
                if element is None or not operators:
                    continue
                begin = ""
                if element is not current:
                    begin = f"/{element.kind} <</MCID {len(elements)}>> BDC\n"
                    if current is not None:
                        begin = "EMC\n" + begin
                    element.kids.append((page, len(elements)))
                    elements.append(element)
                    current = element
                literal(f"{begin}BT 1 0 0 1 {left + text.x:.2f} {top - text.y:.2f} Tm {operators} ET")
        if current is not None:
            literal("EMC")

    def line(self, text: str, align: str = "left", size: float = 8.5, width: float | None = None) -> Line:
        """Return a line of running text; a batch remembers those that are not one document's own."""
        room = self.paper.text_width if width is None else width
        key = (text, align, size, room)
        found = self._lines.get(key) if self._lines is not None else None
        if found is None:
            found = set_lines((Span(text, SERIF),), self.table, size=size, width=room, align=align)[0]
            if self._lines is not None and not found.own:
                self._lines[key] = found
        return found

    def form(self, name: str, draw: Any) -> None:
        """Keep what every page repeats as a form: it is written once."""
        self.canvas.beginForm(name)
        draw()
        self.canvas.endForm()


def print_pages(boxes: list[Box], tree: Element, table: GlyphTable, running: Running) -> bytes:
    """Return the PDF of these boxes."""
    press = _Press(table, running)
    _draw_pages(press, boxes)
    return _finish(press, tree)


def bind_pages(boxes: list[Box], tree: Element, table: GlyphTable, running: Running, shared: Shared) -> bytes:
    """Return the PDF of these boxes as one of a batch: what it shares with the others is made already."""
    sheets = Sheets(shared, table)
    press = _Press(table, running, sheets, shared.lines)
    _draw_pages(press, boxes)
    return sheets.finish(
        tree, press.parents, title=running.title, author=running.author, subject=running.subject,
        keywords=running.keywords, moment=running.issued_at.strftime("%Y%m%d%H%M%S"),
        issued=running.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )  # fmt: skip


def _draw_pages(press: _Press, boxes: list[Box]) -> None:
    canvas, running, paper = press.canvas, press.running, press.paper
    layout = break_pages(boxes, paper.text_height)
    depth = -1
    press.form("head", lambda: _head(press))
    if running.watermark:
        press.form("watermark", lambda: _watermark(press))
    for index, placed in enumerate(layout):
        press.parents.append([])
        canvas.addLiteral("/Artifact BMC q")
        _surround(press, index, len(layout), placed)
        canvas.addLiteral("Q EMC")
        for distance, box, _ in placed:
            if box.title:
                top = paper.height - paper.top - distance
                key = f"{index}-{top:.0f}"
                canvas.bookmarkPage(key, fit="XYZ", left=round(paper.left), top=round(top + 8), zoom=0)
                depth = min(box.level - 1, depth + 1)  # a document may begin with a heading
                canvas.addOutlineEntry(box.title, key, depth)
        press.contents(placed)
        if isinstance(canvas, Canvas):
            canvas._doc.updateSignature("\n".join(canvas._code))
        canvas.showPage()


def _finish(press: _Press, tree: Element) -> bytes:
    canvas, running = press.canvas, press.running
    moment = running.issued_at.strftime("%Y%m%d%H%M%S")
    canvas.setTitle(running.title)
    canvas.setSubject(running.subject)
    canvas.setKeywords(running.keywords)
    canvas.setAuthor(running.author)
    canvas.setCreator(PRODUCER)
    canvas.setProducer(PRODUCER)
    canvas.setDateFormatter(lambda *_: f"D:{moment}Z")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    canvas.setViewerPreference("PrintScaling", "None")
    press.table.hand_over(canvas._doc)
    archive.tag(canvas._doc, tree, press.parents)
    archive.make_lasting(
        canvas._doc,
        title=running.title,
        author=running.author,
        subject=running.subject,
        keywords=running.keywords,
        creator=PRODUCER,
        moment=running.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return bytes(canvas.getpdfdata())


def _surround(press: _Press, index: int, count: int, placed: list[tuple[float, Box, bool]]) -> None:
    """Draw what is on a page besides its content: running head and foot, rules, frames, marks."""
    canvas, running, paper = press.canvas, press.running, press.paper
    if running.watermark:
        canvas.doForm("watermark")
    canvas.doForm("head")
    canvas.setFillGray(GRAY)
    foot = press.line(f"第 {index + 1} 页\u3000共 {count} 页", "center")
    press.show(paper.left + foot.offset, paper.bottom - 11 * MILLIMETER, foot)
    canvas.setFillGray(0)
    if running.verify_url and index == count - 1:
        _verification(press)
    if running.seam_marks and count > 1:
        _seam(canvas, paper, index, count)
    shapes = []
    for distance, box, repeated in placed:
        top = paper.height - paper.top - distance
        if box.inks:
            _paint(canvas, box.inks, paper.left, top)
        shapes += [(shape, top) for shape in box.shapes]
        for text in box.texts:
            if repeated or text.element is None:
                press.show(paper.left + text.x, top - text.y, text.line)
    _draw(canvas, shapes, paper.left)


def _draw(canvas: Any, shapes: list[tuple[Rule | Frame | Ring, float]], left: float) -> None:
    """Draw shapes, those of one stroke together."""
    shapes.sort(key=lambda item: item[0].stroke)
    for stroke, group in groupby(shapes, key=lambda item: item[0].stroke):
        _pick(canvas, stroke)
        rules = []
        for shape, top in group:
            if isinstance(shape, Rule):
                y = top - shape.y
                rules.append((left + shape.left, y, left + shape.right, y))
            elif isinstance(shape, Frame):
                canvas.rect(left + shape.x, top - shape.y - shape.height, shape.width, shape.height)
            else:
                canvas.circle(left + shape.x, top - shape.y, shape.radius)
        if rules:
            canvas.lines(rules)


def _paint(canvas: Any, inks: Sequence[Patch | Trace], left: float, top: float) -> None:
    """Draw what a chart is made of, in its colors."""
    canvas.saveState()
    for ink in inks:
        color = HexColor(ink.color)
        if isinstance(ink, Patch):
            canvas.setFillColor(color)
            canvas.rect(left + ink.x, top - ink.y - ink.height, ink.width, ink.height, stroke=0, fill=1)
            continue
        canvas.setStrokeColor(color)
        canvas.setFillColor(color)
        canvas.setLineWidth(ink.width)
        canvas.setDash(list(ink.dash))
        path = canvas.beginPath()
        for place, (x, y) in enumerate(ink.points):
            (path.lineTo if place else path.moveTo)(left + x, top - y)
        canvas.drawPath(path)
        for x, y in ink.points if ink.dotted else ():
            canvas.circle(left + x, top - y, ink.width * 1.5, stroke=0, fill=1)
    canvas.restoreState()


def _pick(canvas: Any, stroke: Stroke) -> None:
    canvas.setStrokeGray(stroke.gray)
    canvas.setLineWidth(stroke.width)
    canvas.setDash(list(stroke.dash))


def _head(press: _Press) -> None:
    paper = press.paper
    height = paper.height - (paper.top - 10 * MILLIMETER)
    right = press.line(press.running.head_right, "right")
    press.canvas.setFillGray(GRAY)
    press.show(paper.left, height, press.line(press.running.head_left))
    press.show(paper.left + right.offset, height, right)
    _pick(press.canvas, HEAD_RULE)
    press.canvas.line(paper.left, height - 6, paper.width - paper.right, height - 6)


def _watermark(press: _Press) -> None:
    """Draw the watermark four times across the page, pale and rising."""
    text, paper = press.running.watermark, press.paper
    line = press.line(text, size=34.0 if len(text) <= 10 else 20.0, width=paper.width * 1.2)
    canvas = press.canvas
    canvas.setFillGray(0.94)
    for row in range(4):
        x = paper.width / 2 - line.width * 0.42 + (-60 if row % 2 else 60)
        y = paper.height * (0.12 + 0.23 * row) - line.width * 0.2
        canvas.saveState()
        canvas.translate(x, y)
        canvas.rotate(30)
        press.show(0, 0, line)
        canvas.restoreState()


def _seam(canvas: Any, paper: Paper, index: int, count: int) -> None:
    """Draw this page's slice of the 骑缝 mark at the outer edge: fanned out, the slices make one bar."""
    x, bottom, height = paper.width - 7, paper.height / 2 - 30, 60.0
    canvas.setFillGray(0.55)
    canvas.rect(x, bottom + height * (count - index - 1) / count, 7, height / count, stroke=0, fill=1)
    canvas.setFillGray(0)
    _pick(canvas, Stroke(0.7, 0.3, (1, 2)))
    canvas.rect(x, bottom, 7, height)


def _verification(press: _Press) -> None:
    """Draw the QR code of the address where the document can be verified, and its caption."""
    size, runs = qr_modules(press.running.verify_url)
    side = 13.5 * MILLIMETER
    x, y = press.paper.width - press.paper.right - side, 8 * MILLIMETER
    canvas = press.canvas
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(side / size, side / size)
    canvas.addLiteral(f"{runs} f")
    canvas.restoreState()
    canvas.setFillGray(GRAY)
    caption = press.line("扫码核验真伪", "right", 7.5, 80)
    press.show(x - 86 + caption.offset, y + 4, caption)
    canvas.setFillGray(0)
