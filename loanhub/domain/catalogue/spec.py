"""One field described once: what it is called, what it may hold, how sensitive it is, who edits it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from loanhub.domain.catalogue.kinds import KINDS, Kind, Options, Sort
from loanhub.domain.choice import Choice

OptionSources = Mapping[str, Options]
"""Options that live in the data, by source name: channel, product, stage, user, department …"""


class Sensitivity(Choice):
    """How a value must be protected. ``sensitive`` is encrypted at rest and found by blind index only.

    Source: JR/T 0171-2020 (C1 internal, C2 personal and sensitive).
    """

    PUBLIC = "public", "公开"
    INTERNAL = "internal", "内部"
    PERSONAL = "personal", "个人信息"
    SENSITIVE = "sensitive", "敏感信息"


class Access(IntEnum):
    """What a reader may do with a field; a larger number allows more."""

    NONE = 0
    MASKED = 1
    READ = 2
    WRITE = 3

    @property
    def label(self) -> str:
        """Return the Chinese name of the right 字段权限."""
        return ("不可见", "脱敏", "可读", "可写")[self.value]


@dataclass(frozen=True)
class Check:
    """Limits on a value. Numbers and days compare as stored: fen, fractions, dates; ends inclusive."""

    minimum: Any = None
    maximum: Any = None
    min_length: int = 0
    max_length: int = 0
    pattern: str = ""
    pattern_sentence: str = "格式不对"

    def find_fault(self, kind: Kind, value: Any) -> str | None:
        """Return the Chinese sentence of the first limit the value breaks, or None."""
        if self.minimum is not None and value < self.minimum:
            return f"不能小于 {kind.format(self.minimum)}" if kind.sort is Sort.NUMBER else self._early(kind)
        if self.maximum is not None and value > self.maximum:
            return f"不能大于 {kind.format(self.maximum)}" if kind.sort is Sort.NUMBER else self._late(kind)
        if self.min_length and len(value) < self.min_length:
            return f"至少{self._counted(kind, self.min_length)}"
        if self.max_length and len(value) > self.max_length:
            return f"最多{self._counted(kind, self.max_length)}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return self.pattern_sentence
        return None

    def _early(self, kind: Kind) -> str:
        return f"不能早于 {kind.format(self.minimum)}"

    def _late(self, kind: Kind) -> str:
        return f"不能晚于 {kind.format(self.maximum)}"

    @staticmethod
    def _counted(kind: Kind, count: int) -> str:
        return f"选 {count} 个" if kind.sort is Sort.LIST else f" {count} 个字"


@dataclass(frozen=True)
class FieldSpec:
    """A field of an entity, built-in or made by an administrator; everything that shows it reads this.

    ``column`` is the model's attribute, or ``profile.<key>`` / ``custom.<key>`` for a key of that JSON
    column. ``choices`` is a Choice class, (code, label) pairs, or the name of a data-backed source.
    ``editors`` are permission or role codes, any of which may write; empty means the system alone does.
    ``lookups`` says how an encrypted value is found: ``full`` by ``<column>_index``, ``tail`` by
    ``<column>_tail_index`` (last four). ``kind_by`` names another field and the kind for each of its values.
    """

    entity: str
    key: str
    label: str
    kind: str
    unit: str = ""
    choices: type[Choice] | tuple[tuple[str, str], ...] | str = ()
    required: bool = False
    check: Check = Check()
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    mask: str = ""
    group: str = ""
    in_form: bool = True
    in_table: bool = False
    in_filter: bool = True
    in_import: bool = True
    in_export: bool = True
    in_print: bool = True
    editors: frozenset[str] = frozenset()
    synonyms: tuple[str, ...] = ()
    column: str = ""
    help: str = ""
    width: int = 140
    lookups: frozenset[str] = frozenset()
    kind_by: tuple[str, Mapping[str, str]] | None = field(default=None, hash=False)
    builtin: bool = True
    order: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.entity}.{self.key}: no kind {self.kind!r}")
        if not self.column:
            object.__setattr__(self, "column", self.key)

    @property
    def kind_object(self) -> Kind:
        """Return the kind that reads, shows and stores this field's values."""
        return KINDS[self.kind]

    @property
    def sort(self) -> Sort:
        """Return how values of this field compare."""
        return self.kind_object.sort

    @property
    def encrypted(self) -> bool:
        """Return whether the value is encrypted at rest."""
        return self.sensitivity is Sensitivity.SENSITIVE

    @property
    def read_only(self) -> bool:
        """Return whether only the system writes this field."""
        return not self.editors

    @property
    def json_column(self) -> str:
        """Return the JSON column the value lives in (``profile``, ``custom``), or an empty text."""
        return self.column.partition(".")[0] if "." in self.column else ""

    @property
    def json_key(self) -> str:
        """Return the key inside the JSON column."""
        return self.column.partition(".")[2]

    @property
    def source(self) -> str:
        """Return the name of the data-backed options, or an empty text."""
        if isinstance(self.choices, str):
            return self.choices
        return self.kind if self.kind in ("user", "department") else ""

    def options(self, sources: OptionSources | None = None) -> Options:
        """Return (code, label) pairs; empty when the values are free or the source was not given."""
        if self.source:
            return (sources or {}).get(self.source, ())
        if isinstance(self.choices, tuple):
            return self.choices
        return self.choices.options() if not isinstance(self.choices, str) else ()

    @property
    def header_words(self) -> tuple[str, ...]:
        """Return the words a spreadsheet's header may name this field by, the label first."""
        return (self.label, *self.synonyms)


@dataclass(frozen=True)
class Related:
    """Records that belong to one of this entity: ``child_column`` of ``entity`` equals ``parent_column``.

    ``order_by`` (a field key of the related entity) puts them in order, for "in a row".
    ``unit`` is the Chinese counter: 期, 笔, 次.
    """

    key: str
    label: str
    entity: str
    child_column: str
    parent_column: str = "id"
    order_by: str = "id"
    unit: str = "条"


@dataclass(frozen=True)
class EntitySpec:
    """An entity, its built-in fields in form order, and what belongs to it."""

    code: str
    label: str
    fields: tuple[FieldSpec, ...]
    related: tuple[Related, ...] = ()
    custom_allowed: bool = True
