"""What a kind of field knows: to read what was typed, to show, to store in JSON, to describe itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput

Options = Sequence[tuple[str, str]]
"""(code, label) pairs a value may be taken from; empty means that any well-formed code is accepted."""

EMPTY = "—"
"""What is shown where there is no value."""

MAX_TEXT = 200
MAX_LONG_TEXT = 5_000
_INVISIBLE = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")


class Sort(Choice):
    """How values of a kind compare; operators and evaluators work on this, not on the kind."""

    TEXT = "text", "文本"
    CODE = "code", "选项"
    NUMBER = "number", "数字"
    DATE = "date", "日期"
    DATETIME = "datetime", "时间"
    BOOLEAN = "boolean", "是否"
    LIST = "list", "多选"


class Kind:
    """One kind of field. Values are plain Python; ``None`` is the only missing value once parsed."""

    code: ClassVar[str]
    label: ClassVar[str]
    sort: ClassVar[Sort]
    component: ClassVar[str]
    """Which input draws it: text, textarea, tel, email, money, percent, number, date, datetime, select …"""
    max_length: ClassVar[int] = 0
    """Longest accepted text; 0 where the kind is not a text."""

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> Any:
        """Return the value of what was typed or imported; None when blank.

        ``today`` bounds dates that may not lie ahead, such as the birth date in an identity number.

        Raises:
            InvalidInput: it cannot be read as this kind; the sentence says what is expected.
        """
        raise NotImplementedError

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return the text people read; ``—`` when the value is missing."""
        return EMPTY if is_missing(value) else str(value)

    def to_json(self, value: Any) -> Any:
        """Return the form stored in JSON columns and sent over the API."""
        return value

    def from_json(self, raw: Any) -> Any:
        """Return the value of its JSON form; None when missing or not of this kind."""
        return raw if isinstance(raw, str) and raw else None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return the JSON-schema fragment of the API form."""
        return {"type": "string"}


def is_missing(value: object) -> bool:
    """Return whether a value counts as not filled in: None, an empty text or an empty list.

    The three criteria evaluators share this definition.
    """
    return value is None or value == "" or (isinstance(value, (list, tuple, set, frozenset)) and not value)


def as_text(raw: object) -> str:
    """Return what was typed without invisible characters and outer spaces; numbers in plain notation."""
    if raw is None:
        return ""
    if isinstance(raw, float):
        raw = int(raw) if raw.is_integer() else Decimal(repr(raw))
    if isinstance(raw, Decimal):
        raw = format(raw, "f")
    return _INVISIBLE.sub("", str(raw)).strip()


def half_width(raw: object) -> str:
    """Return the text with full-width digits and letters made half-width (NFKC), for numbers and dates."""
    return unicodedata.normalize("NFKC", as_text(raw)).strip()


def refuse(sentence: str) -> InvalidInput:
    """Return the error to raise for a value that cannot be read."""
    return InvalidInput(sentence)


def label_of(code: object, options: Options) -> str:
    """Return the label of a code; the code itself when no option has it."""
    text = str(code)
    return next((label for option, label in options if option == text), text)


def code_of(text: str, options: Options) -> str | None:
    """Return the code of an option named by its code or label; None when there is none such."""
    for option, label in options:
        if text in (option, label):
            return option
    folded = text.casefold()
    return next((o for o, label in options if folded in (o.casefold(), label.casefold())), None)
