"""Choice kinds: choice, several choices, tags, boolean, and references to users, departments, records."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from loanhub.domain.catalogue.kinds.base import (
    EMPTY,
    Kind,
    Options,
    Sort,
    as_text,
    code_of,
    half_width,
    is_missing,
    label_of,
    refuse,
)

MAX_ITEMS = 50
_YES = frozenset(["是", "有", "对", "真", "y", "yes", "true", "1", "√", "✓", "t"])
_NO = frozenset(["否", "无", "没有", "不是", "错", "假", "n", "no", "false", "0", "×", "✗", "f"])
_SEPARATORS = re.compile(r"[,，、;；|\n]+")


class OneChoice(Kind):
    """One of a set of options 单选; the stored value is the code."""

    code, label, sort, component = "choice", "单选", Sort.CODE, "select"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the code of an option given by code or label."""
        text = as_text(raw)
        return _code(text, options) if text else None

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return the label."""
        return EMPTY if is_missing(value) else label_of(value, options)

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return the codes."""
        fragment: dict[str, Any] = {"type": "string", "maxLength": 64}
        return {**fragment, "enum": [code for code, _ in options]} if options else fragment


class MultiChoice(Kind):
    """Several of a set of options 多选."""

    code, label, sort, component = "multi_choice", "多选", Sort.LIST, "multi_select"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> list[str] | None:
        """Return the codes, in the order given, each once; a text is split at commas and 顿号."""
        parts = list(raw) if isinstance(raw, (list, tuple)) else _SEPARATORS.split(as_text(raw))
        codes = list(dict.fromkeys(self._item(as_text(part), options) for part in parts if as_text(part)))
        if len(codes) > MAX_ITEMS:
            raise refuse(f"最多选 {MAX_ITEMS} 个")
        return codes or None

    def _item(self, text: str, options: Options) -> str:
        return _code(text, options)

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return the labels joined by 顿号."""
        return EMPTY if is_missing(value) else "、".join(label_of(item, options) for item in value)

    def from_json(self, raw: Any) -> list[str] | None:
        """Return the codes."""
        if not isinstance(raw, (list, tuple)) or not raw or not all(isinstance(i, str) for i in raw):
            return None
        return list(raw)

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return an array of codes."""
        return {
            "type": "array",
            "items": OneChoice().schema(options),
            "maxItems": MAX_ITEMS,
            "uniqueItems": True,
        }


class Tags(MultiChoice):
    """Free tags 标签; options only suggest."""

    code, label, component = "tags", "标签", "tags"

    def _item(self, text: str, options: Options) -> str:
        if len(text) > 20:
            raise refuse("每个标签最多 20 个字")
        return code_of(text, options) or text

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return an array of short texts."""
        return {
            "type": "array",
            "items": {"type": "string", "maxLength": 20},
            "maxItems": MAX_ITEMS,
            "uniqueItems": True,
        }


class Boolean(Kind):
    """Yes or no 是否."""

    code, label, sort, component = "boolean", "是否", Sort.BOOLEAN, "switch"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> bool | None:
        """Return True or False of 是/否, 有/无, yes/no, 1/0."""
        if isinstance(raw, bool):
            return raw
        text = half_width(raw).lower()
        if not text:
            return None
        if text in _YES:
            return True
        if text in _NO:
            return False
        raise refuse("请填写「是」或「否」")

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return 是 or 否."""
        return EMPTY if value is None else ("是" if value else "否")

    def from_json(self, raw: Any) -> bool | None:
        """Return the truth value."""
        return raw if isinstance(raw, bool) else None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return a boolean."""
        return {"type": "boolean"}


class Reference(Kind):
    """A reference to another record by its id 关联."""

    code, label, sort, component = "relation", "关联记录", Sort.CODE, "record_picker"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> int | None:
        """Return the id of a record given by id or, when options are given, by its label."""
        text = "" if isinstance(raw, bool) else half_width(raw)
        if not text:
            return None
        if options:
            text = _code(text, options)
        if not re.fullmatch(r"[1-9][0-9]{0,9}", text) or int(text) >= 2**31:
            raise refuse(f"没有找到「{text[:20]}」")
        return int(text)

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return the label of the record, or its id when no label is known."""
        return EMPTY if value is None else label_of(value, options)

    def from_json(self, raw: Any) -> int | None:
        """Return the id."""
        return raw if isinstance(raw, int) and not isinstance(raw, bool) and 0 < raw < 2**31 else None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return a positive integer."""
        return {"type": "integer", "minimum": 1}


class UserReference(Reference):
    """A colleague 员工."""

    code, label, component = "user", "员工", "user_picker"


class DepartmentReference(Reference):
    """A department 部门."""

    code, label, component = "department", "部门", "department_picker"


class SegmentReference(Reference):
    """A segment 客户分群. No record holds a value of this kind: belonging is what the segment's own condition says."""

    code, label, component = "segment", "客户分群", "select"

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return 「name」; a segment the reader does not see, or that is gone, says no name."""
        if value is None:
            return EMPTY
        known = dict(options).get(str(value))
        return f"「{known}」" if known else "「看不到的分群」"


def _code(text: str, options: Options) -> str:
    if not options:
        if len(text) > 64:
            raise refuse("选项过长")
        return text
    code = code_of(text, options)
    if code is None:
        shown = "、".join(label for _, label in options[:8]) + ("…" if len(options) > 8 else "")
        raise refuse(f"没有「{text[:20]}」这个选项，可选：{shown}")
    return code
