"""A channel's poster 渠道海报: company, one sentence, a QR code large enough for a wall; A4, fonts embedded."""

from dataclasses import dataclass
from datetime import datetime

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4

from loanhub.documents.flow import MILLIMETER
from loanhub.documents.linebreak import Span, set_lines
from loanhub.documents.quick_qr import qr_modules
from loanhub.documents.typeface import SANS, SERIF, GlyphTable, check_printable, font_file

BRAND, INK, GRAY, PAPER = "#0F6B5C", "#16211D", "#5B655F", "#F2F0EA"
NOTICE = "贷款有风险，借款需谨慎。额度、利率、费用以审批结果和合同为准；任何环节都不向你收取贷前费用。"


@dataclass(frozen=True, kw_only=True)
class Poster:
    """What a poster says; ``link`` is what the QR code opens."""

    brand: str
    company: str
    phone: str
    link: str
    channel: str
    issued_at: datetime


def build(poster: Poster) -> bytes:
    """Return the PDF.

    Raises:
        MissingGlyph: a name has a character no font has.
        UnprintableText: a name has control characters.
    """
    import io

    from reportlab.pdfgen.canvas import Canvas

    check_printable([poster.brand, poster.company, poster.phone, poster.channel])
    width, height = A4
    table = GlyphTable()
    canvas = Canvas(
        io.BytesIO(), pagesize=A4, pageCompression=1, invariant=1, lang="zh-CN",
        initialFontName=font_file(SERIF).fontName,
    )  # fmt: skip

    def write(text: str, y: float, size: float, color: str, face: str = SERIF, margin: float = 56) -> float:
        canvas.setFillColor(HexColor(color))
        room = width - 2 * margin
        for line in set_lines((Span(text, face),), table, size=size, width=room, align="center"):
            canvas.addLiteral(f"BT 1 0 0 1 {margin + line.offset:.2f} {y:.2f} Tm {line.operators} ET")
            y -= size * 1.6
        return y

    canvas.setFillColor(HexColor(PAPER))
    canvas.rect(0, 0, width, height, stroke=0, fill=1)
    canvas.setFillColor(HexColor(BRAND))
    canvas.rect(0, height - 62 * MILLIMETER, width, 62 * MILLIMETER, stroke=0, fill=1)
    write(poster.brand, height - 27 * MILLIMETER, 34, "#FFFFFF", SANS)
    write("经营周转，先算清楚再申请", height - 44 * MILLIMETER, 19, "#FFFFFF")

    side, frame = 104 * MILLIMETER, 9 * MILLIMETER
    left, bottom = (width - side) / 2, height - 62 * MILLIMETER - 24 * MILLIMETER - side
    canvas.setFillColor(HexColor("#FFFFFF"))
    canvas.roundRect(left - frame, bottom - frame, side + 2 * frame, side + 2 * frame, 14, stroke=0, fill=1)
    size, runs = qr_modules(poster.link)
    canvas.saveState()
    canvas.setFillColor(HexColor(INK))
    canvas.translate(left, bottom)
    canvas.scale(side / size, side / size)
    canvas.addLiteral(f"{runs} f")
    canvas.restoreState()

    y = write("手机扫一扫，三分钟提交申请", bottom - frame - 15 * MILLIMETER, 22, INK, SANS)
    y = write("算清每期还多少、总共付多少，再决定借不借", y - 2, 14, GRAY)
    if poster.phone:
        y = write(f"咨询电话 {poster.phone}", y - 4, 14, INK)
    write(f"{poster.company}　{NOTICE}", 24 * MILLIMETER, 9, GRAY)
    write(f"来源：{poster.channel}", 10 * MILLIMETER, 8, GRAY)

    canvas.setTitle(f"{poster.brand} 渠道海报 {poster.channel}")
    canvas.setAuthor(poster.company)
    moment = poster.issued_at.strftime("%Y%m%d%H%M%S")
    canvas.setDateFormatter(lambda *_: f"D:{moment}Z")
    canvas.showPage()
    table.hand_over(canvas._doc)
    return bytes(canvas.getpdfdata())
