"""Reading a condition: a JSON tree from a person, a saved view or the API, checked against the catalogue."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from loanhub.domain.catalogue import Access, Catalogue, FieldSpec, Related, Sort
from loanhub.domain.criteria.operators import OPERATORS, Operator
from loanhub.domain.criteria.tree import (
    EVERYTHING,
    MAX_DEPTH,
    MAX_LEAVES,
    MAX_VALUES,
    Aggregate,
    All,
    AnyOf,
    Condition,
    Function,
    Node,
    Not,
    to_text,
)
from loanhub.domain.criteria.values import PERIODS, read_operand
from loanhub.domain.errors import InvalidInput

MAX_URL = 2_048
_KEYS_OF_CONDITION = {"field", "op", "value"}
_KEYS_OF_AGGREGATE = {"aggregate", "of", "field", "where", "op", "value"}
_SUMMABLE = ("money", "integer")


class InvalidCriteria(InvalidInput):
    """A condition cannot be accepted; ``path`` is the JSON path of the part at fault."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(fields={path: sentence})
        self.path = path


RightOf = Callable[[FieldSpec], Access]
"""What the person asking may do with a field."""


@dataclass
class _Reader:
    catalogue: Catalogue
    right_of: RightOf | None = None
    leaves: int = 0

    def node(self, raw: object, entity: str, path: str, depth: int, *, inside: bool = False) -> Node:
        if depth > MAX_DEPTH:
            raise InvalidCriteria(path, f"条件最多嵌套 {MAX_DEPTH} 层")
        if not isinstance(raw, Mapping):
            raise InvalidCriteria(path, "条件的写法不对")
        if not raw and depth == 1:
            return EVERYTHING
        if "field" in raw and "aggregate" not in raw:
            return self.condition(raw, entity, path)
        if "aggregate" in raw:
            if inside:
                raise InvalidCriteria(path, "关联记录的条件里不能再统计别的关联记录")
            return self.aggregate(raw, entity, path, depth)
        if len(raw) != 1:
            raise InvalidCriteria(path, "条件的写法不对")
        (word, content), *_ = raw.items()
        if word == "not":
            return Not(self.node(content, entity, f"{path}.not", depth + 1, inside=inside))
        if word not in ("all", "any") or not isinstance(content, list):
            raise InvalidCriteria(path, "条件的写法不对")
        if not content and (word == "any" or depth > 1):
            raise InvalidCriteria(path, "条件组里还没有条件")
        if len(content) > MAX_LEAVES:
            raise InvalidCriteria(path, f"最多 {MAX_LEAVES} 个条件")
        children = tuple(
            self.node(child, entity, f"{path}.{word}[{index}]", depth + 1, inside=inside)
            for index, child in enumerate(content)
        )
        return All(children) if word == "all" else AnyOf(children)

    def condition(self, raw: Mapping[Any, Any], entity: str, path: str) -> Condition:
        self.count(path)
        if set(raw) - _KEYS_OF_CONDITION:
            raise InvalidCriteria(path, "条件的写法不对")
        spec = self.spec(raw["field"], entity, f"{path}.field")
        operator, value = self.comparison(raw, spec, path)
        return Condition(spec.key, operator.code, value)

    def aggregate(self, raw: Mapping[Any, Any], entity: str, path: str, depth: int) -> Aggregate:
        self.count(path)
        if set(raw) - _KEYS_OF_AGGREGATE:
            raise InvalidCriteria(path, "条件的写法不对")
        word = raw["aggregate"]
        function = Function.find(word) if isinstance(word, str) else None
        if function is None:
            raise InvalidCriteria(f"{path}.aggregate", "没有这种统计方式")
        related = self.relation(raw.get("of"), entity, f"{path}.of")
        where: Node = EVERYTHING
        if raw.get("where"):
            where = self.node(raw["where"], related.entity, f"{path}.where", depth + 1, inside=True)
        elif function is Function.LONGEST_RUN:
            raise InvalidCriteria(f"{path}.where", "请填写连续满足的条件")
        if function is Function.EXISTS:
            if {"op", "value", "field"} & set(raw):
                raise InvalidCriteria(path, "「存在」不需要比较")
            return Aggregate(function, related.key, where)
        needs_field = function in (Function.SUM, Function.MAX, Function.MIN)
        if needs_field != ("field" in raw):
            raise InvalidCriteria(
                f"{path}.field", "请选择统计的字段" if needs_field else "这种统计不需要字段"
            )
        key = ""
        if needs_field:
            field_spec = self.spec(raw["field"], related.entity, f"{path}.field")
            key = field_spec.key
            self.check_right(field_spec, OPERATORS["eq"], path)
            summable = field_spec.kind in _SUMMABLE
            ordered = field_spec.sort in (Sort.NUMBER, Sort.DATE, Sort.DATETIME)
            if not (summable if function is Function.SUM else ordered):
                raise InvalidCriteria(f"{path}.field", f"「{field_spec.label}」不能这样统计")
        spec = spec_of_aggregate(self.catalogue, entity, function, related.key, key)
        operator, value = self.comparison(raw, spec, path)
        return Aggregate(function, related.key, where, key, operator.code, value)

    def comparison(self, raw: Mapping[Any, Any], spec: FieldSpec, path: str) -> tuple[Operator, Any]:
        code = raw.get("op")
        operator = OPERATORS.get(code) if isinstance(code, str) else None
        if operator is None:
            raise InvalidCriteria(f"{path}.op", "没有这种比较方式")
        if not operator.applies(spec):
            raise InvalidCriteria(f"{path}.op", f"「{spec.label}」不能用「{operator.phrase(spec.sort)}」比较")
        self.check_right(spec, operator, path)
        return operator, self.value(raw, spec, operator, f"{path}.value")

    def check_right(self, spec: FieldSpec, operator: Operator, path: str) -> None:
        """Refuse what would let a person guess a value they may not read, by asking often enough."""
        if self.right_of is None:
            return
        right = self.right_of(spec)
        if right is Access.NONE or (
            right is Access.MASKED and operator.arity != "none" and not spec.encrypted
        ):
            raise InvalidCriteria(f"{path}.field", f"你无权按「{spec.label}」筛选")

    def value(self, raw: Mapping[Any, Any], spec: FieldSpec, operator: Operator, path: str) -> Any:
        given = raw.get("value")
        if operator.arity == "none":
            if given is not None:
                raise InvalidCriteria(path, "这种比较不需要填写内容")
            return None
        if operator.arity == "one":
            value = self.operand(given, spec, operator, path)
            is_period = isinstance(value, dict) and (
                value["relative"] in PERIODS or value["relative"] != "now"
            )
            if operator.code == "in_period" and not is_period:
                raise InvalidCriteria(path, "请选择一段时间")
            return value
        if not isinstance(given, list) or not given:
            raise InvalidCriteria(path, "请至少填写一个值")
        if operator.arity == "two" and len(given) != 2:
            raise InvalidCriteria(path, "请填写起止两个值")
        if len(given) > MAX_VALUES:
            raise InvalidCriteria(path, f"最多 {MAX_VALUES} 个值")
        values = [self.operand(item, spec, operator, f"{path}[{index}]") for index, item in enumerate(given)]
        if operator.arity == "many":
            return [value for index, value in enumerate(values) if value not in values[:index]]
        return values

    @staticmethod
    def operand(raw: object, spec: FieldSpec, operator: Operator, path: str) -> Any:
        try:
            return read_operand(raw, spec, operator)
        except InvalidInput as fault:
            raise InvalidCriteria(path, fault.sentence) from None

    def spec(self, key: object, entity: str, path: str) -> FieldSpec:
        spec = self.catalogue.find(entity, key) if isinstance(key, str) else None
        if spec is None or not spec.in_filter:
            raise InvalidCriteria(path, f"没有「{str(key)[:40]}」这个字段")
        return spec

    def relation(self, key: object, entity: str, path: str) -> Related:
        for related in self.catalogue.entity(entity).related:
            if related.key == key:
                return related
        raise InvalidCriteria(path, f"没有「{str(key)[:40]}」这类关联记录")

    def count(self, path: str) -> None:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            raise InvalidCriteria(path, f"最多 {MAX_LEAVES} 个条件")


def parse(raw: object, catalogue: Catalogue, entity: str, *, right_of: RightOf | None = None) -> Node:
    """Return the condition of a JSON tree about ``entity``; an empty object is every record.

    ``right_of`` is given for conditions a person types: fields they may not read are refused, and masked ones
    too unless encrypted (those are only ever compared whole or by their last four). Without it (rules,
    stored views of the system) every field is open.

    Raises:
        InvalidCriteria: the tree is malformed, too large, or does not fit the catalogue.
    """
    catalogue.entity(entity)
    return _Reader(catalogue, right_of).node(raw, entity, "$", 1)


def spec_of_aggregate(catalogue: Catalogue, entity: str, function: Function, of: str, key: str) -> FieldSpec:
    """Return a spec for the figure an aggregate computes: a count, or the field it sums or picks from."""
    related = catalogue.related(entity, of)
    if function in (Function.COUNT, Function.LONGEST_RUN, Function.EXISTS):
        label = {Function.LONGEST_RUN: f"连续{related.unit}数"}.get(function, f"{related.unit}数")
        return FieldSpec(related.entity, function.value, label, "integer", unit=related.unit)
    spec = catalogue.get(related.entity, key)
    return replace(spec, label=f"{spec.label}{function.label}")


def encode_for_url(node: Node) -> str:
    """Return the condition as compact base64url text for a link; at most 2 kB.

    Raises:
        InvalidInput: it is longer, so that it must be saved as a view instead.
    """
    text = base64.urlsafe_b64encode(to_text(node).encode()).rstrip(b"=").decode()
    if len(text) > MAX_URL:
        raise InvalidInput("条件太长，放不进链接，请保存为视图")
    return text


def decode_from_url(text: str, catalogue: Catalogue, entity: str, *, right_of: RightOf | None = None) -> Node:
    """Return the condition of a link; an empty text is every record.

    Raises:
        InvalidCriteria: it is damaged, too long, or does not fit the catalogue.
    """
    if not text:
        return EVERYTHING
    if len(text) > MAX_URL:
        raise InvalidCriteria("$", "链接里的条件太长")
    try:
        raw = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidCriteria("$", "链接里的条件已损坏") from None
    return parse(raw, catalogue, entity, right_of=right_of)
