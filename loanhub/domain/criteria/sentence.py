"""A condition as a plain Chinese sentence: 负责人是我 且 金额 ≥ 10 万 且 最近跟进早于 3 天前."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from loanhub.domain import money
from loanhub.domain.catalogue import Catalogue, FieldSpec, OptionSources, Sort
from loanhub.domain.catalogue.kinds.numbers import plain
from loanhub.domain.criteria.operators import OPERATORS
from loanhub.domain.criteria.parse import spec_of_aggregate
from loanhub.domain.criteria.tree import EVERYTHING, Aggregate, All, AnyOf, Condition, Function, Node, Not
from loanhub.domain.criteria.values import SPECIAL, relative_phrase

_SHOWN = 5
"""Values of a list that the sentence names before it counts the rest."""


def to_sentence(node: Node, catalogue: Catalogue, entity: str, sources: OptionSources | None = None) -> str:
    """Return the condition in Chinese; 全部 when it holds for every record."""
    match node:
        case All(()):
            return "全部"
        case All((child,)) | AnyOf((child,)):
            return to_sentence(child, catalogue, entity, sources)
        case All(children) | AnyOf(children):
            word = " 且 " if isinstance(node, All) else " 或 "
            return word.join(_inner(child, node, catalogue, entity, sources) for child in children)
        case Not(child):
            return f"并非（{to_sentence(child, catalogue, entity, sources)}）"
        case Condition(key, op, value):
            return _compared(catalogue.get(entity, key), op, value, sources)
        case Aggregate():
            return _aggregated(node, catalogue, entity, sources)


def _inner(
    child: Node, parent: Node, catalogue: Catalogue, entity: str, sources: OptionSources | None
) -> str:
    text = to_sentence(child, catalogue, entity, sources)
    compound = isinstance(child, (All, AnyOf)) and len(child.children) > 1 and type(child) is not type(parent)
    return f"（{text}）" if compound else text


def _aggregated(node: Aggregate, catalogue: Catalogue, entity: str, sources: OptionSources | None) -> str:
    related = catalogue.related(entity, node.of)
    where = "" if node.where == EVERYTHING else to_sentence(node.where, catalogue, related.entity, sources)
    if node.function is Function.EXISTS:
        return f"有「{where}」的{related.label}" if where else f"有{related.label}"
    whose = f"「{where}」的{related.label}" if where else related.label
    spec = spec_of_aggregate(catalogue, entity, node.function, node.of, node.field)
    return f"{whose}{_compared(spec, node.op, node.value, sources)}"


def _compared(spec: FieldSpec, op: str, value: Any, sources: OptionSources | None) -> str:
    operator = OPERATORS[op]
    phrase = operator.phrase(spec.sort)
    if operator.arity == "none":
        return f"{spec.label}{phrase}"
    if operator.arity == "two":
        first, last = (_value(item, spec, sources) for item in value)
        return _joined(_joined(spec.label, phrase), f"{first} ～ {last}")
    if operator.arity == "many":
        shown = "、".join(_value(item, spec, sources) for item in value[:_SHOWN])
        rest = f" 等 {len(value)} 项" if len(value) > _SHOWN else ""
        if spec.kind == "segment":
            return f"{phrase}{shown}{rest}"
        return _joined(_joined(spec.label, phrase), f"{shown}{rest}")
    text = _value(value, spec, sources)
    if op == "in_period":
        text += "内"
    return _joined(_joined(spec.label, phrase), text)


def _value(operand: Any, spec: FieldSpec, sources: OptionSources | None) -> str:
    if isinstance(operand, dict):
        return relative_phrase(operand)
    if isinstance(operand, str) and operand in SPECIAL.get(spec.kind, {}):
        return SPECIAL[spec.kind][operand]
    kind = spec.kind_object
    if spec.kind == "money":
        return exact_money(operand)
    if spec.kind == "percent":
        return f"{plain(Decimal(operand) * 100)}%"
    if spec.sort is Sort.TEXT:
        return f"「{kind.format(operand)}」"
    if spec.sort is Sort.LIST:
        return kind.format([operand], options=spec.options(sources))
    if spec.sort is Sort.DATETIME and len(operand) == 10:
        return str(operand)
    value = kind.from_json(operand)
    text = kind.format(operand if value is None else value, options=spec.options(sources))
    return f"{text} {spec.unit}" if spec.unit else text


def exact_money(fen: int) -> str:
    """Return an amount as short as it can be said exactly: ``10 万``, ``1.5 亿``, else ``¥1,234.50``."""
    sign, size = ("−" if fen < 0 else ""), abs(fen)
    for unit, word in ((money.FEN_PER_YI, "亿"), (money.FEN_PER_WAN, "万")):
        if size >= unit and size * 100 % unit == 0:
            return f"{sign}{plain(Decimal(size) / unit)} {word}"
    return money.format_fen(fen)


def _joined(left: str, right: str) -> str:
    """Return both with a space between them unless two Chinese characters (or a Chinese mark) meet."""
    wide = left[-1] > "\u2e7f" and right[0] > "\u2e7f"
    return f"{left}{right}" if wide else f"{left} {right}"
