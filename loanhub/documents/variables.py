"""Variables 变量: every value a template may name, by key, label and kind, and the formats it may be written in.

The keys are paths through the data records of ``data.py`` and fields of the catalogue. A template can name nothing
else, and naming runs nothing: a key is looked up here, never evaluated. A token is ``{key}``, ``{key|format}``,
``{key?}`` where the value may be missing (then 「无」 or 「/」 is printed), ``{=key}`` without the underline.
"""

import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any

from loanhub.documents import data as records
from loanhub.documents.variable_labels import CHOICES, LABELS, PAIRS, SUBJECTS
from loanhub.documents.wording import (
    NONE,
    SLASH,
    money_pair,
    percent,
    plain_or_slash,
    short_percent,
    wan,
    written_date,
)
from loanhub.domain.catalogue import Catalogue, EntitySpec, FieldSpec
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.money import format_fen, format_plain, uppercase

ENTITY = "document"
"""The catalogue's name for what a document is made of, when a condition asks about it."""

EXTRA = ("customer", "application")
"""Entities whose catalogue fields a template of a contract may name, as ``customer.<key>``."""

TOKEN = re.compile(r"\{(=?)(\w+(?:\.\w+)*)(\??)(?:\|(\w+))?\}")


@dataclass(frozen=True)
class Format:
    """A way to write a value: ``write`` never gets None."""

    code: str
    label: str
    write: Callable[[Any], str]


def _plain(text: Any) -> str:
    return str(text)


def _mask(kind: MaskKind) -> Callable[[Any], str]:
    return lambda value: mask(kind, str(value))


FORMATS: dict[str, tuple[Format, ...]] = {
    "text": (
        Format("plain", "原文", _plain),
        Format("same", "没有时写同上", _plain),
        Format("dash", "没有时写斜杠", _plain),
        Format("name", "姓名遮盖", _mask(MaskKind.NAME)),
        Format("id", "证件号遮盖", _mask(MaskKind.ID)),
        Format("phone", "手机号遮盖", _mask(MaskKind.PHONE)),
        Format("card", "卡号遮盖", _mask(MaskKind.BANK_CARD)),
        Format("tail", "后四位", lambda value: str(value)[-4:]),
    ),
    "money": (
        Format("pair", "大写和小写", money_pair),
        Format("plain", "数字（1,234.50）", plain_or_slash),
        Format("symbol", "带人民币符号", format_fen),
        Format("upper", "大写", uppercase),
        Format("wan", "万元", wan),
        Format("nonzero", "数字（为零写斜杠）", lambda fen: format_plain(fen) if fen else SLASH),
    ),
    "rate": (
        Format("percent", "百分数（12.60%）", percent),
        Format("short", "百分数（12.6%）", short_percent),
    ),
    "date": (
        Format("written", "2026年1月15日", written_date),
        Format("iso", "2026-01-15", lambda day: day.isoformat()),
    ),
    "number": (
        Format("plain", "数字", str),
        Format("slash", "数字（为零写斜杠）", lambda n: str(n) if n else SLASH),
    ),
    "list": (
        Format("comma", "用顿号连接", lambda items: "、".join(str(item) for item in items)),
        Format("arrow", "用箭头连接", lambda items: " → ".join(str(item) for item in items)),
        Format("count", "个数", lambda items: str(len(items))),
    ),
    "flag": (Format("yes", "是/否", lambda flag: "是" if flag else "否"),),
}
_WRITERS = {(kind, one.code): one.write for kind, ways in FORMATS.items() for one in ways}
_FIRST = {kind: ways[0].write for kind, ways in FORMATS.items()}
_KIND_IN_CATALOGUE = {"text": "text", "money": "money", "rate": "percent", "date": "date", "number": "integer",
                      "list": "integer", "flag": "boolean"}  # fmt: skip
_FROM_CATALOGUE = {
    "money": "money",
    "percent": "rate",
    "integer": "number",
    "date": "date",
    "boolean": "flag",
}


@dataclass(frozen=True)
class Value:
    """A value a template may name. ``item`` is the record type of a list's members, whose values are ``item.<name>``."""

    key: str
    label: str
    kind: str
    get: Callable[[Any], Any] = field(compare=False, repr=False)
    item: Any = None
    options: tuple[tuple[str, str], ...] = ()

    def write(self, found: Any, code: str, *, optional: bool) -> str:
        """Return a value as text; a missing one as 「无」 or 「/」 where that is allowed, else as nothing."""
        if is_empty(found):
            return _missing_word(self.kind, code) if optional else ""
        if self.options:
            return dict(self.options).get(found, str(found))
        return _WRITERS.get((self.kind, code), _FIRST[self.kind])(found)

    def writer(self, code: str, *, optional: bool) -> Callable[[Any], str]:
        """Return what writes this value of one record after another: what is the same for all is looked up once."""
        get, kind = self.get, self.kind
        if self.options or kind in ("text", "list"):
            return lambda record: self.write(get(record), code, optional=optional)
        write, absent = (
            _WRITERS.get((kind, code), _FIRST[kind]),
            _missing_word(kind, code) if optional else "",
        )

        def written(record: Any) -> str:
            found = get(record)
            return absent if found is None else write(found)

        return written


def _missing_word(kind: str, code: str) -> str:
    return {"same": "同上", "dash": SLASH}.get(code) or (NONE if kind in ("text", "list") else SLASH)


def is_empty(value: Any) -> bool:
    """Tell whether there is nothing to print."""
    return value is None or value == () or (isinstance(value, str) and not value.strip())


_RATE = "rate"


def _kind_of(name: str, annotation: Any) -> str:
    if isinstance(annotation, types.UnionType):
        annotation = next(one for one in typing.get_args(annotation) if one is not type(None))
    if typing.get_origin(annotation) is tuple:
        return "list"
    if name.endswith("_fen"):
        return "money"
    return {Decimal: _RATE, date: "date", int: "number", bool: "flag"}.get(annotation, "text")


def _walk(kind: type, labels: Mapping[str, str], path: str, label: str) -> Iterator[Value]:
    hints = typing.get_type_hints(kind)
    for name, word in labels.items():
        annotation = hints.get(name) or typing.get_type_hints(getattr(kind, name).fget)["return"]
        key = f"{path}{name}"
        if is_dataclass(annotation):
            yield from _walk(
                typing.cast(type, annotation),
                LABELS[typing.cast(type, annotation)],
                f"{key}.",
                label + word,
            )  # type: ignore[index]
            continue
        members = typing.get_args(annotation) if typing.get_origin(annotation) is tuple else ()
        item = PAIRS.get(name) or (members[0] if members else None)
        options = () if kind is records.Guarantee else CHOICES.get(name, ())
        of = attrgetter(key.removeprefix("item.").removeprefix("company."))
        yield Value(key, label + word, _kind_of(name, annotation), of, item, options)


class Variables:
    """The values a template about one kind of record may name."""

    def __init__(self, subject: type, extra: tuple[FieldSpec, ...] = ()) -> None:
        self.subject = subject
        found = list(_walk(subject, SUBJECTS[subject], "", ""))
        found += _walk(records.Company, LABELS[records.Company], "company.", "我司")
        if "extra" in typing.get_type_hints(subject):
            found += [_of_catalogue(spec) for spec in extra]
        self.values: dict[str, Value] = {one.key: one for one in found}
        self.items: dict[str, dict[str, Value]] = {
            key: _item_values(one) for key, one in self.values.items() if one.item is not None
        }

    def find(self, key: str, each: str = "") -> Value | None:
        """Return the value under a key; inside a repeated part, ``item`` and ``item.<name>`` are its member's, ``index`` its place."""
        if key == "index":
            return _INDEX if each else None
        if key[:4] == "item" and (key == "item" or key[4] == "."):
            return self.items.get(each, {}).get(key)
        return self.values.get(key)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return these values as an entity of the catalogue, for conditions; of a list, how many it has."""
        fields = tuple(
            FieldSpec(
                ENTITY, one.key.replace(".", "__"),
                f"{one.label}（个数）" if one.kind == "list" else one.label,
                "choice" if one.options else _KIND_IN_CATALOGUE[one.kind], choices=one.options,
            )
            for one in self.values.values()
        )  # fmt: skip
        return Catalogue([EntitySpec(ENTITY, "文书数据", fields, custom_allowed=False)])

    @cached_property
    def parties(self) -> dict[str, str]:
        """Return who may be a party: our company, and every person or company of the data; key to label."""
        hints = typing.get_type_hints(self.subject)
        found = {"company": "我司"}
        for key, label in SUBJECTS[self.subject].items():
            kinds = (hints.get(key), *typing.get_args(hints.get(key)))
            if records.Party in kinds:
                found[key] = label
        return found

    @cached_property
    def by_label(self) -> dict[str, Value]:
        """Return the values by what people call them."""
        return {one.label: one for one in self.values.values()}


_INDEX = Value("index", "序号", "number", lambda place: place)


def _item_values(value: Value) -> dict[str, Value]:
    if isinstance(value.item, tuple):
        return {
            f"item.{name}": Value(f"item.{name}", label, kind, lambda member, place=place: member[place])  # type: ignore[misc]
            for place, (name, label, kind) in enumerate(value.item)
        }
    if is_dataclass(value.item):
        found = _walk(typing.cast(type, value.item), LABELS[value.item], "item.", "")  # type: ignore[index]
        return {one.key: one for one in found}
    return {"item": Value("item", "本项内容", "text", lambda member: member)}


def _of_catalogue(spec: FieldSpec) -> Value:
    key = f"{spec.entity}.{spec.key}"
    prefix = {"customer": "客户·", "application": "申请·"}[spec.entity]

    def get(record: Any) -> Any:
        stored = dict(record.extra).get(key)
        return None if stored is None else json.loads(stored)

    kind = _FROM_CATALOGUE.get(spec.kind, "text")
    return Value(key, prefix + spec.label, kind, lambda record: read_extra(kind, get(record)))


def write_extra(kind: str, value: Any) -> str:
    """Return the frozen form of a catalogue value: typed where a document has formats for it, else as shown."""
    return json.dumps(value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal) else value,
                      ensure_ascii=False)  # fmt: skip


def read_extra(kind: str, stored: Any) -> Any:
    """Return a value that ``write_extra`` froze."""
    if stored is None:
        return None
    return date.fromisoformat(stored) if kind == "date" else Decimal(stored) if kind == _RATE else stored


@lru_cache(maxsize=4_000)
def _parts(pattern: str) -> tuple[str | tuple[str, str, bool], ...]:
    """Return what a pattern is made of: its own words, and the values it names (key, format, may be missing)."""
    found: list[str | tuple[str, str, bool]] = []
    place = 0
    for token in TOKEN.finditer(pattern):
        found += [pattern[place : token.start()], (token[2], token[4] or "", bool(token[3]))]
        place = token.end()
    return tuple(part for part in [*found, pattern[place:]] if part)


class Values(Mapping[str, str]):
    """The values of one document, by token; worked out when asked for. Also the record conditions are asked about."""

    def __init__(
        self,
        variables: Variables,
        record: Any,
        company: records.Company,
        item: Any = None,
        each: str = "",
        place: int = 0,
    ) -> None:
        self.variables, self.record, self.company = variables, record, company
        self._item, self._each, self._place = item, each, place

    def raw(self, key: str) -> Any:
        """Return a value as it is; raise KeyError for one this document cannot name."""
        value = self.variables.find(key, self._each)
        if value is None:
            raise KeyError(key)
        return self._raw(value)

    def _raw(self, value: Value) -> Any:
        key = value.key
        if key.startswith("item"):
            return value.get(self._item)
        if key == "index":
            return self._place
        return value.get(self.company if key.startswith("company.") else self.record)

    def members(self, key: str) -> Iterator["Values"]:
        """Yield the values for each member of a list."""
        for place, member in enumerate(self.raw(key), start=1):
            yield Values(self.variables, self.record, self.company, member, key, place)

    def text(self, key: str, code: str = "", *, optional: bool = False) -> str:
        """Return a value as it is printed."""
        value = self.variables.find(key, self._each)
        if value is None:
            raise KeyError(key)
        return value.write(self._raw(value), code, optional=optional)

    def fill(self, pattern: str) -> str:
        """Return a pattern with its values put in, once: what a value says is never read as a pattern."""
        return "".join(
            [
                part if isinstance(part, str) else self.text(part[0], part[1], optional=part[2])
                for part in _parts(pattern)
            ]
        )

    def __getitem__(self, token: str) -> str:
        found = TOKEN.fullmatch("{" + token + "}")
        if found is None:
            raise KeyError(token)
        return self.text(found[2], found[4] or "", optional=bool(found[3]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables.values)

    def __len__(self) -> int:
        return len(self.variables.values)


class ConditionRecord(Mapping[str, Any]):
    """A document's values as a condition compares them."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        found = self._values.raw(key.replace("__", "."))
        return len(found) if isinstance(found, tuple) else found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.replace("__", ".") in self._values.variables.values

    def __iter__(self) -> Iterator[str]:
        return (key.replace(".", "__") for key in self._values.variables.values)

    def __len__(self) -> int:
        return len(self._values)
