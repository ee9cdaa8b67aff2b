"""The tree of a condition: all / any / not over conditions on fields and on related records.

A missing value (None, empty text, empty list) makes every comparison false, also "is not" and "does
not contain"; only ``is_empty`` is true of it. ``not`` then turns false into true.
All three evaluators share this.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from loanhub.domain.catalogue import Related
from loanhub.domain.catalogue.kinds.dates import china_date
from loanhub.domain.choice import Choice

MAX_DEPTH = 8
MAX_LEAVES = 100
MAX_VALUES = 200
MAX_TEXT = 200
MAX_DAYS = 3_660


class Function(Choice):
    """What is computed over related records 统计方式."""

    COUNT = "count", "数量"
    SUM = "sum", "合计"
    MAX = "max", "最大"
    MIN = "min", "最小"
    EXISTS = "exists", "存在"
    LONGEST_RUN = "longest_run", "连续"


@dataclass(frozen=True)
class All:
    """Every child holds 全部满足; with no child it holds for every record."""

    children: tuple[Node, ...] = ()


@dataclass(frozen=True)
class AnyOf:
    """At least one child holds 任一满足."""

    children: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """The child does not hold 不满足."""

    child: Node


@dataclass(frozen=True)
class Condition:
    """One field compared. ``value`` is in canonical JSON form: fen, decimal text, ISO date, code."""

    field: str
    op: str
    value: Any = None

    def __hash__(self) -> int:
        return hash((self.field, self.op, json.dumps(self.value, sort_keys=True)))


@dataclass(frozen=True)
class Aggregate:
    """A figure over the related records that meet ``where``, compared.

    ``count`` and ``sum`` of none are 0, ``max`` and ``min`` of none are missing; ``longest_run`` is the most
    records in a row (in the relation's order) that meet ``where``; ``exists`` takes no comparison.
    """

    function: Function
    of: str
    where: Node
    field: str = ""
    op: str = ""
    value: Any = None

    def __hash__(self) -> int:
        return hash(
            (self.function, self.of, self.where, self.field, self.op, json.dumps(self.value, sort_keys=True))
        )


Node = All | AnyOf | Not | Condition | Aggregate
Criteria = Node

EVERYTHING = All()
"""The condition every record meets."""


@dataclass(frozen=True)
class Context:
    """What a condition may refer to beyond the record: the clock and the person asking.

    ``now`` is UTC-aware and may lie in the past (a trial on history); ``today`` follows from it in
    Asia/Shanghai. Without an actor, 我 and 我的团队 are nobody. ``related`` fetches the records of a relation
    for the evaluator on one record; without it they are read from the record under the relation's key.
    ``segments`` returns what a segment 客户分群 means, with the segments it names already written out
    (:func:`~loanhub.domain.criteria.membership.inline`); without it nothing can be asked about segments.
    """

    now: datetime
    actor_id: int | None = None
    team_user_ids: frozenset[int] = frozenset()
    department_id: int | None = None
    department_ids: frozenset[int] = frozenset()
    related: Callable[[Any, Related], Iterable[Any]] | None = field(default=None, compare=False)
    segments: Callable[[int], Node] | None = field(default=None, compare=False)

    @property
    def today(self) -> date:
        """Return the day of ``now`` in Asia/Shanghai."""
        return china_date(self.now)


def to_json(node: Node) -> dict[str, Any]:
    """Return the JSON tree, children in the order given."""
    match node:
        case All(children):
            return {"all": [to_json(child) for child in children]}
        case AnyOf(children):
            return {"any": [to_json(child) for child in children]}
        case Not(child):
            return {"not": to_json(child)}
        case Condition(key, op, value):
            return {"field": key, "op": op} | ({} if value is None else {"value": value})
        case Aggregate():
            tree: dict[str, Any] = {"aggregate": node.function.value, "of": node.of}
            if node.field:
                tree["field"] = node.field
            if node.where != EVERYTHING:
                tree["where"] = to_json(node.where)
            if node.op:
                tree |= {"op": node.op} | ({} if node.value is None else {"value": node.value})
            return tree


def to_text(node: Node) -> str:
    """Return the tree as compact JSON text with sorted keys."""
    return json.dumps(to_json(node), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(node: Node) -> Node:
    """Return the one form of trees that say the same: flattened, doubled children dropped, children sorted.

    Only for comparing and hashing; people keep the order they wrote.
    """
    match node:
        case All(children):
            return _group(All, children)
        case AnyOf(children):
            return _group(AnyOf, children)
        case Not(child):
            inner = canonical(child)
            return inner.child if isinstance(inner, Not) else Not(inner)
        case Aggregate():
            return Aggregate(node.function, node.of, canonical(node.where), node.field, node.op, node.value)
        case Condition(key, op, list() as values) if op != "between":
            # Members of a list are a set.
            return Condition(key, op, sorted(values, key=lambda value: json.dumps(value, sort_keys=True)))
    return node


def _group(kind: type[All | AnyOf], children: tuple[Node, ...]) -> Node:
    found: dict[str, Node] = {}
    for child in map(canonical, children):
        for part in child.children if isinstance(child, kind) else (child,):
            found[to_text(part)] = part
    parts = tuple(found[text] for text in sorted(found))
    return parts[0] if len(parts) == 1 else kind(parts)


def criteria_hash(node: Node) -> str:
    """Return the SHA-256 (hex) of the canonical form: equal for trees that say the same."""
    return hashlib.sha256(to_text(canonical(node)).encode()).hexdigest()


def fields_used(node: Node) -> frozenset[str]:
    """Return the keys of the record's own fields that the condition reads (not those of related records)."""
    match node:
        case All(children) | AnyOf(children):
            return frozenset().union(*(fields_used(child) for child in children))
        case Not(child):
            return fields_used(child)
        case Condition(key):
            return frozenset({key})
    return frozenset()
