"""The reader's watermark 水印: name, tail of the account and time across what leaves the archive."""

from __future__ import annotations

import io
import math
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from loanhub.documents.typeface import FILES, FONT_FOLDER

ANGLE = 24
OPACITY = 58
"""Of 255: read on a photo and on paper, and what lies beneath still is."""
GRAY = (90, 100, 96)


def marked(content: bytes, media_type: str, text: str) -> bytes:
    """Return a picture or PDF with ``text`` repeated across every page; other files come back as they are."""
    if media_type == "application/pdf":
        return _pdf(content, text)
    if media_type.startswith("image/"):
        return _picture(content, media_type, text)
    return content


def _picture(content: bytes, media_type: str, text: str) -> bytes:
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
        base = image.convert("RGBA")
    layer = _layer(base.width, base.height, text)
    base.alpha_composite(layer)
    target = io.BytesIO()
    if media_type == "image/jpeg":
        base.convert("RGB").save(target, "JPEG", quality=88)
    else:
        base.save(target, "PNG" if media_type == "image/png" else "WEBP")
    return target.getvalue()


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FOLDER / FILES["H"]), size)


def _layer(width: int, height: int, text: str) -> Image.Image:
    """Return the text, tiled and turned, as large as the picture."""
    font = _font(max(12, round(min(width, height) / 26)))
    left, top, right, bottom = font.getbbox(text)
    step_x, step_y = round((right - left) * 1.35), round((bottom - top) * 7)
    side = math.ceil(math.hypot(width, height))
    sheet = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(sheet)
    for row, y in enumerate(range(0, side, max(1, step_y))):
        for x in range(-(row % 2) * step_x // 2, side, max(1, step_x)):
            pen.text((x, y), text, fill=OPACITY, font=font)
    turned = sheet.rotate(ANGLE)
    corner = ((side - width) // 2, (side - height) // 2)
    layer = Image.new("RGBA", (width, height), (*GRAY, 0))
    layer.putalpha(turned.crop((corner[0], corner[1], corner[0] + width, corner[1] + height)))
    return layer


def _pdf(content: bytes, text: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    sheets: dict[tuple[int, int], object] = {}
    for page in writer.pages:
        box = page.mediabox
        size = (round(float(box.width)), round(float(box.height)))
        if size not in sheets:
            sheets[size] = PdfReader(io.BytesIO(_sheet(size[0], size[1], text))).pages[0]
        # Over the page: beneath it a scan would hide it.
        page.merge_translated_page(sheets[size], float(box.left), float(box.bottom))  # type: ignore[arg-type]
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _sheet(width: int, height: int, text: str) -> bytes:
    """Return a page of this size that carries nothing but the text."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    name = "ArchiveWatermark"
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(name, str(FONT_FOLDER / FILES["H"])))
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(width, height), invariant=1)
    size = max(9, round(min(width, height) / 40))
    long = pdfmetrics.stringWidth(text, name, size)
    canvas.setFillColorRGB(*(one / 255 for one in GRAY), alpha=OPACITY / 255)
    canvas.setFont(name, size)
    canvas.translate(width / 2, height / 2)
    canvas.rotate(ANGLE)
    side = math.hypot(width, height)
    y, row = -side / 2, 0
    while y < side / 2:
        x = -side / 2 - (row % 2) * long * 0.7
        while x < side / 2:
            canvas.drawString(x, y, text)
            x += long * 1.4
        y, row = y + size * 8, row + 1
    canvas.showPage()
    canvas.save()
    return target.getvalue()
