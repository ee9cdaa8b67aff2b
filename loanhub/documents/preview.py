"""Pages as pictures, for phones and in-app browsers that show no PDF; the same bytes that will be printed."""

import io
import threading

import pypdfium2
from PIL import Image

from loanhub.domain.errors import NotFound

LARGEST_DPI = 220

_lock = threading.Lock()


class NoSuchPage(NotFound):
    """The document has no page of this number."""

    def __init__(self, page: int, count: int) -> None:
        super().__init__(f"没有第 {page} 页，本文书共 {count} 页")


def page_count(pdf: bytes) -> int:
    """Return how many pages a PDF of ours has."""
    with _lock, pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def page_texts(pdf: bytes) -> list[str]:
    """Return the words on each page of a PDF, annotations and signatures left out."""
    with _lock, pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def page_image(pdf: bytes, page: int, *, dpi: int = 110) -> bytes:
    """Return one page (from 1) as PNG; ``dpi`` is held to 40 to 220.

    Raises:
        NoSuchPage: the PDF has fewer pages.
    """
    scale = min(max(dpi, 40), LARGEST_DPI) / 72
    with _lock, pypdfium2.PdfDocument(pdf) as document:  # PDFium serves one thread at a time
        if not 1 <= page <= len(document):
            raise NoSuchPage(page, len(document))
        picture = document[page - 1].render(scale=scale).to_pil()
    return _small_png(picture)


def page_picture(pdf: bytes, *, dpi: int = 110) -> bytes:
    """Return the first page as PNG in its colors, cut where what stands on it ends: a picture to send on."""
    scale = min(max(dpi, 40), LARGEST_DPI) / 72
    with _lock, pypdfium2.PdfDocument(pdf) as document:
        picture = document[0].render(scale=scale).to_pil().convert("RGB")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def page_strip(pdf: bytes, *, dpi: int = 40) -> bytes:
    """Return all pages below each other as one PNG, every page as large as the first: the thumbnails of a preview."""
    scale = min(max(dpi, 40), LARGEST_DPI) / 72
    with _lock, pypdfium2.PdfDocument(pdf) as document:
        pictures = [page.render(scale=scale).to_pil().convert("L") for page in document]
    width, height = pictures[0].size
    strip = Image.new("L", (width, height * len(pictures)), 255)
    for place, picture in enumerate(pictures):
        strip.paste(picture, (0, height * place))
    return _small_png(strip)


def _small_png(picture: Image.Image) -> bytes:
    """Return a picture in sixteen grays: a page of type looks the same and weighs half, which a phone feels."""
    levels = picture.convert("L").point([(gray + 8) // 17 for gray in range(256)])
    shown = Image.frombytes("P", levels.size, levels.tobytes())
    shown.putpalette([17 * level for level in range(16) for _ in "rgb"])
    buffer = io.BytesIO()
    shown.save(buffer, "PNG", bits=4, compress_level=6)
    return buffer.getvalue()
