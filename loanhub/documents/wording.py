"""How values are written in documents: 小写+大写, dates, percentages, 「无」 for what is not used."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from loanhub.domain.money import format_fen, format_plain, uppercase

NONE, SLASH = "无", "/"


def money_pair(fen: int | None) -> str:
    """Return ``人民币壹拾万元整（小写：¥100,000.00）``: both from the same fen, never apart."""
    return SLASH if fen is None else f"人民币{uppercase(fen)}（小写：{format_fen(fen)}）"


def plain_or_slash(fen: int | None) -> str:
    """Return ``1,234.50``, or 「/」 for an amount that does not apply."""
    return SLASH if fen is None else format_plain(fen)


def written_date(day: date | None) -> str:
    """Return ``2026年1月15日``."""
    return SLASH if day is None else f"{day.year}年{day.month}月{day.day}日"


def percent(rate: Decimal | None) -> str:
    """Return ``12.60%``: two decimals, halves up."""
    if rate is None:
        return SLASH
    return f"{(rate * 100).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def short_percent(rate: Decimal | None) -> str:
    """Return ``50%`` or ``1.5%``: no zeros behind, exact."""
    return SLASH if rate is None else f"{(rate * 100).normalize():f}%"


def or_none(text: str) -> str:
    """Return the text, or 「无」 when there is none."""
    return text or NONE


def listed(items: tuple[str, ...]) -> str:
    """Return items joined by 、, or 「无」."""
    return "、".join(items) if items else NONE


def wan(fen: int) -> str:
    """Return ``12.5万元``, exact to the fen: a document never rounds an amount."""
    return f"{(Decimal(fen) / 1_000_000).normalize():f}万元"
