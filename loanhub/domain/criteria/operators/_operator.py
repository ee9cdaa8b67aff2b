"""What an operator is: a Chinese phrase, the kinds of field it is for, and the predicate it comes down to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from loanhub.domain.catalogue import FieldSpec, Sort
from loanhub.domain.criteria.predicates import Predicate

Arity = Literal["none", "one", "two", "many"]
Item = Any
"""A resolved operand: a Span for numbers, days and instants; else a tuple of values (我的团队 is several)."""

ORDERED = frozenset({Sort.NUMBER, Sort.DATE, Sort.DATETIME})
TIMES = frozenset({Sort.DATE, Sort.DATETIME})
EVERY_SORT = frozenset(Sort)
OWN_OPERATORS = frozenset({"segment"})
"""Kinds compared only by the operators that name them."""


@dataclass(frozen=True)
class Operator:
    """One way to compare a field.

    ``phrases`` replaces ``label`` for some sorts. ``lookup``: which blind index an encrypted field needs
    (``full``, ``tail``); empty means that it does not work on encrypted fields, ``none`` that it does.
    ``kinds`` narrows ``sorts`` further. ``exact``: operands are brought into stored form before comparing.
    """

    code: str
    label: str
    sorts: frozenset[Sort]
    arity: Arity
    build: Callable[[tuple[Item, ...]], Predicate]
    order: int
    phrases: Mapping[Sort, str] = field(default_factory=dict)
    lookup: Literal["", "none", "full", "tail"] = ""
    kinds: frozenset[str] = frozenset()
    exact: bool = True

    def applies(self, spec: FieldSpec) -> bool:
        """Return whether a field may be compared this way."""
        if spec.sort not in self.sorts or (self.kinds and spec.kind not in self.kinds):
            return False
        if spec.kind in OWN_OPERATORS and spec.kind not in self.kinds:
            return False
        return not spec.encrypted or self.lookup == "none" or self.lookup in spec.lookups

    def phrase(self, sort: Sort) -> str:
        """Return the Chinese words for fields of this sort."""
        return self.phrases.get(sort, self.label)


def values(items: tuple[Item, ...]) -> tuple[Any, ...]:
    """Return the values of resolved operands, spans of one number as that number."""
    found: list[Any] = []
    for item in items:
        found.extend(item if isinstance(item, tuple) else (item.low,))
    return tuple(dict.fromkeys(found))
