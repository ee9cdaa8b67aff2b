"""Number kinds: money, percent, integer, decimal. No float is ever stored or compared exactly."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from loanhub.domain import money
from loanhub.domain.catalogue.kinds.base import (
    EMPTY,
    Kind,
    Options,
    Sort,
    as_text,
    code_of,
    half_width,
    label_of,
    refuse,
)
from loanhub.domain.errors import InvalidInput

MAX_INTEGER = 10**15
"""Largest amount in fen or count accepted: 10 万亿元; safely inside 64 bits even when summed."""
MAX_DIGITS = 15
"""Significant digits of a decimal: what all three evaluators compare without loss."""


class Money(Kind):
    """An amount of money 金额: integer fen."""

    code, label, sort, component = "money", "金额", Sort.NUMBER, "money"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> int | None:
        """Return fen of an amount in yuan: ``1,234.5``, ``１２３４``, ``12.5万``.

        More than two decimals are refused. An amount that is already fen must not pass through here.
        """
        text = as_text(raw)
        if not text:
            return None
        fen = money.parse_fen(text)
        if abs(fen) > MAX_INTEGER:
            raise refuse("金额过大")
        return fen

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return ``¥1,234.50``."""
        return EMPTY if value is None else money.format_fen(int(value))

    def from_json(self, raw: Any) -> int | None:
        """Return the fen."""
        return raw if isinstance(raw, int) and not isinstance(raw, bool) else None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return integer fen."""
        return {"type": "integer", "description": "fen", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}


class Integer(Kind):
    """A whole number 整数."""

    code, label, sort, component = "integer", "整数", Sort.NUMBER, "number"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> int | None:
        """Return the number; thousands commas are accepted."""
        if isinstance(raw, bool):
            raise refuse("请填写整数")
        text = half_width(raw).replace(",", "")
        if not text:
            return None
        if not re.fullmatch(r"[+-]?\d{1,16}(\.0+)?", text):
            raise refuse("请填写整数，例如 12")
        value = int(text.split(".")[0])
        if abs(value) > MAX_INTEGER:
            raise refuse("数字过大")
        return value

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return the number with thousands commas."""
        return EMPTY if value is None else f"{value:,}".replace("-", "−")

    def from_json(self, raw: Any) -> int | None:
        """Return the number."""
        return raw if isinstance(raw, int) and not isinstance(raw, bool) else None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return an integer."""
        return {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}


class Level(Integer):
    """A grade that is a small number with a word for each 等级: 1 低 … 4 极高; it compares as a number."""

    code, label, component = "level", "等级", "select"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> int | None:
        """Return the number of a grade given by number or word."""
        text = as_text(raw)
        if text and options:
            code = code_of(text, options)
            if code is None:
                raise refuse(f"没有「{text[:20]}」这个等级，可选：{'、'.join(label for _, label in options)}")
            text = code
        return super().parse(text, today=today)

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return the word."""
        return EMPTY if value is None else label_of(value, options)

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return the numbers."""
        return (
            {"type": "integer", "enum": [int(code) for code, _ in options]} if options else super().schema()
        )


class DecimalNumber(Kind):
    """A number with decimals 小数."""

    code, label, sort, component = "decimal", "小数", Sort.NUMBER, "number"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> Decimal | None:
        """Return the exact number, at most 15 significant digits."""
        text = half_width(raw).replace(",", "")
        return to_decimal(text) if text else None

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return the number with thousands commas, trailing zeros dropped."""
        return EMPTY if value is None else f"{Decimal(plain(value)):,}".replace("-", "−")

    def to_json(self, value: Any) -> str | None:
        """Return the exact decimal text."""
        return None if value is None else plain(value)

    def from_json(self, raw: Any) -> Decimal | None:
        """Return the number of a decimal text or an integer."""
        if isinstance(raw, bool) or not isinstance(raw, (str, int, Decimal)):
            return None
        try:
            return to_decimal(str(raw))
        except InvalidInput:
            return None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return a decimal text."""
        return {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}


class Percent(DecimalNumber):
    """A rate 比率, stored as a fraction: 12 % is 0.12."""

    code, label, component = "percent", "百分比", "percent"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> Decimal | None:
        """Return the fraction of what was typed in percent: ``7.2`` and ``7.2%`` are 0.072, ``6‰`` is 0.006.

        A Decimal is taken as the fraction it is.
        """
        if isinstance(raw, Decimal):
            return to_decimal(plain(raw))
        text = half_width(raw).replace(",", "")
        if not text:
            return None
        divisor = Decimal(1000) if text.endswith("‰") else Decimal(100)
        return to_decimal(plain(to_decimal(text.rstrip("%‰").strip()) / divisor))

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return the rate in percent with at least 2 decimals, never rounded."""
        if value is None:
            return EMPTY
        percent = Decimal(plain(value)) * 100
        places = max(2, -int(percent.normalize().as_tuple().exponent))
        return f"{percent:.{places}f}%".replace("-", "−")


def to_decimal(text: str) -> Decimal:
    """Return the exact number of a plain decimal text.

    Raises:
        InvalidInput: not a number, too many digits, or too large.
    """
    if not re.fullmatch(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})", text):
        raise refuse("请填写数字，例如 12.5")
    try:
        value = Decimal(plain(Decimal(text)))
    except InvalidOperation:
        raise refuse("请填写数字，例如 12.5") from None
    if len(value.as_tuple().digits) > MAX_DIGITS or abs(value) >= 10**12:
        raise refuse(f"数字过长，最多 {MAX_DIGITS} 位")
    return value


def plain(value: Decimal | int | str) -> str:
    """Return a number in plain notation without trailing zeros; zero is never negative."""
    number = Decimal(value)
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
