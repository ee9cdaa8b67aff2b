"""Pictures of documents 证件照片: decoded and encoded anew, turned upright, cut, made a sensible size."""

from __future__ import annotations

import io
from typing import IO

from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from loanhub.domain.errors import InvalidInput
from loanhub.services.files.types import FileType, WrongFile
from loanhub.settings import settings

LONGEST_SIDE = 3508
"""An A4 page at 300 dots an inch: sharper than that no document is printed."""
QUALITY = 86
THUMBNAIL_SIDE = 240
PARTS = 1000
"""Cuts are given in thousandths of the picture's width and height, measured after it was turned."""
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


def cleaned(source: IO[bytes], file_type: FileType) -> IO[bytes]:
    """Return the picture alone: upright, at most 3,508 dots a side, without EXIF, place, profile or comments.

    Raises:
        WrongFile: it cannot be opened, or has more dots than ``image_pixels``.
    """
    try:
        with Image.open(source, formats=tuple(_FORMATS.values())) as image:
            if image.width * image.height > settings().image_pixels:
                raise WrongFile("图片超过 4000 万像素，请缩小后再传")
            return _written(ImageOps.exif_transpose(image), file_type.media_type)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise WrongFile("这张图片打不开，请重新拍摄或导出后再传") from error


def adjusted(
    content: bytes, media_type: str, *, turn: int = 0, cut: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> IO[bytes]:
    """Return a picture turned clockwise by ``turn`` degrees and then cut by (left, top, right, bottom) thousandths.

    Raises:
        InvalidInput: a turn that is no quarter, or a cut that leaves less than a tenth.
    """
    if turn % 90:
        raise InvalidInput(fields={"turn": "只能按 90 度旋转"})
    left, top, right, bottom = cut
    if min(cut) < 0 or left + right > PARTS * 9 // 10 or top + bottom > PARTS * 9 // 10:
        raise InvalidInput(fields={"cut": "裁剪后至少要留下十分之一"})
    with Image.open(io.BytesIO(content), formats=tuple(_FORMATS.values())) as image:
        turned = image.rotate(-(turn % 360), expand=True) if turn % 360 else image.copy()
    width, height = turned.size
    box = (width * left // PARTS, height * top // PARTS, width - width * right // PARTS, height - height * bottom // PARTS)  # fmt: skip
    return _written(turned.crop(box), media_type)


def thumbnail(content: bytes) -> bytes:
    """Return a small JPEG in which shapes are seen and no text is read: a list is no look at a document."""
    with Image.open(io.BytesIO(content), formats=tuple(_FORMATS.values())) as image:
        image.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        small = image.convert("RGB")
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    target = io.BytesIO()
    small.filter(ImageFilter.GaussianBlur(2)).save(target, "JPEG", quality=70)
    return target.getvalue()


def _written(image: Image.Image, media_type: str) -> IO[bytes]:
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    format_ = _FORMATS[media_type]
    seen_through = format_ != "JPEG" and image.mode in ("RGBA", "LA", "P")
    clean = image.convert("RGBA" if seen_through else "RGB")
    clean.info.clear()
    target = io.BytesIO()
    clean.save(target, format_, quality=QUALITY)
    target.seek(0)
    return target
