"""Reading the input of a case: field by field, and what nobody read is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from loanhub.domain.choice import Choice

LABELS = frozenset({"id", "note"})
"""Names of a case; they say nothing a figure depends on."""
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,30})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?([+-][0-9]{2}:[0-9]{2}|Z)?")
_MISSING: Any = object()
AChoice = TypeVar("AChoice", bound=Choice)


class Unreadable(Exception):
    """A field cannot be read, or is not understood."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(f"{path}：{sentence}")
        self.path, self.sentence = path, sentence


class Given:
    """An object of a case. Each reader marks its field as understood; ``done`` refuses the others."""

    def __init__(self, value: object, path: str = "input") -> None:
        if not isinstance(value, dict):
            raise Unreadable(path, "须是一个 JSON 对象")
        self._value: dict[str, Any] = value
        self._path = path
        self._read: set[str] = set(LABELS)

    def done(self) -> None:
        """Refuse fields that were not read.

        Raises:
            Unreadable: naming the first of them.
        """
        for name in self._value:
            if name not in self._read:
                raise Unreadable(self.path(name), "产品不认识这个字段")

    def path(self, name: str) -> str:
        """Return where a field stands in its case."""
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Tell whether the field stands there at all."""
        return name in self._value

    def rest(self, *without: str) -> dict[str, Any]:
        """Return every field but the labels and those named, for a reader of its own, and mark them all as read."""
        found = {key: value for key, value in self._value.items() if key not in LABELS and key not in without}
        self._read |= found.keys()
        return found

    def raw(self, name: str, default: Any = _MISSING) -> Any:
        """Return a field as it stands."""
        self._read.add(name)
        if name in self._value:
            return self._value[name]
        if default is _MISSING:
            raise Unreadable(self.path(name), "缺少这个字段")
        return default

    def _typed(self, name: str, default: Any, read: Callable[[Any], Any], sentence: str) -> Any:
        value = self.raw(name, default)
        if name not in self._value or (value is None and default is None):
            return value
        try:
            return read(value)
        except (ValueError, TypeError):
            raise Unreadable(self.path(name), sentence) from None

    def integer(self, name: str, default: Any = _MISSING, *, least: int | None = 0) -> Any:
        """Return a whole number, not below ``least``."""

        def read(value: Any) -> int:
            if type(value) is not int or (least is not None and value < least):
                raise ValueError
            return value

        return self._typed(name, default, read, "须是整数" if least is None else f"须是不小于 {least} 的整数")

    def decimal(self, name: str, default: Any = _MISSING) -> Any:
        """Return a decimal string as a Decimal; a JSON number is refused."""

        def read(value: Any) -> Decimal:
            if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
                raise ValueError
            return Decimal(value)

        return self._typed(name, default, read, "须是小数字符串")

    def day(self, name: str, default: Any = _MISSING) -> Any:
        """Return a day."""
        return self._typed(name, default, read_day, "须是存在的日期 YYYY-MM-DD")

    def moment(self, name: str, default: Any = _MISSING) -> Any:
        """Return an instant."""
        return self._typed(name, default, _read_moment, "须是时刻 YYYY-MM-DDTHH:MM")

    def moments(self, name: str, default: Any = _MISSING) -> list[datetime]:
        """Return a list of instants."""

        def read(value: Any) -> list[datetime]:
            if not isinstance(value, list):
                raise ValueError
            return [_read_moment(item) for item in value]

        found: list[datetime] = self._typed(name, default, read, "须是时刻的列表")
        return found

    def flag(self, name: str, default: Any = _MISSING) -> Any:
        """Return true or false."""

        def read(value: Any) -> bool:
            if type(value) is not bool:
                raise ValueError
            return value

        return self._typed(name, default, read, "须是 true 或 false")

    def text(self, name: str, default: Any = _MISSING) -> Any:
        """Return a text."""

        def read(value: Any) -> str:
            if not isinstance(value, str):
                raise ValueError
            return value

        return self._typed(name, default, read, "须是文字")

    def texts(self, name: str) -> list[str]:
        """Return a list of texts."""

        def read(value: Any) -> list[str]:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ValueError
            return value

        found: list[str] = self._typed(name, _MISSING, read, "须是文字的列表")
        return found

    def integers(self, name: str, *, least: int | None = None) -> list[int]:
        """Return a list of whole numbers."""

        def read(value: Any) -> list[int]:
            if not isinstance(value, list) or not all(type(item) is int for item in value):
                raise ValueError
            if least is not None and any(item < least for item in value):
                raise ValueError
            return value

        found: list[int] = self._typed(name, _MISSING, read, "须是整数的列表")
        return found

    def choice(self, name: str, kind: type[AChoice]) -> AChoice:
        """Return the member of a choice by its code."""
        codes = "、".join(member.value for member in kind)
        found: AChoice = self._typed(name, _MISSING, kind, f"须是 {codes} 之一")
        return found

    def one_of(self, name: str, codes: Sequence[str]) -> str:
        """Return a text that is one of ``codes``."""
        value: str = self.text(name)
        if value not in codes:
            raise Unreadable(self.path(name), f"须是 {'、'.join(codes)} 之一")
        return value

    def objects(self, name: str) -> list[Given]:
        """Return the objects of a list, each to be read and ``done`` by the caller."""
        value = self.raw(name)
        if not isinstance(value, list):
            raise Unreadable(self.path(name), "须是一个列表")
        return [Given(item, f"{self.path(name)}[{place}]") for place, item in enumerate(value)]


def read_day(value: object) -> date:
    """Return the day an ISO text names; raise ValueError for anything else."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError
    return date.fromisoformat(value)


def _read_moment(value: object) -> datetime:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError
    return datetime.fromisoformat(value)
