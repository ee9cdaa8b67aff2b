"""From what the one filter editor sends to criteria, and back to chips 筛选条件."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain import criteria as language
from loanhub.domain.catalogue import Access, Catalogue, FieldSpec, Sort, access
from loanhub.domain.errors import InvalidInput
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._segments import sources_for
from loanhub.services._transaction import reading

PERIOD_OPERATOR = "in_period"


@dataclass(frozen=True)
class Chip:
    """A condition in force: its place in the list and how it reads."""

    place: int
    sentence: str


def leaf(
    actor: Actor, entity: str, *, field: str, operator: str, texts: Sequence[str], now: datetime,
    catalogue: Catalogue | None = None,
) -> dict[str, object]:  # fmt: skip
    """Return the condition a person put together in the editor, as criteria JSON.

    ``texts`` are one text (two for 介于); 属于 takes them separated by 、 or a comma. ``field`` is a field's key, or a
    figure over related records: ``loans.count``, ``loans.max.dpd`` (:func:`figures`). ``catalogue`` describes an entity
    that is no record of ours, such as the values of a document; the caller has judged who may compare those.

    Raises:
        InvalidInput: no such field or operator, or a value that does not fit; the sentence says what is expected.
    """
    with reading() as db:
        own = catalogue is not None
        catalogue = catalogue if catalogue is not None else catalogues.current(db)
        spec, raw = _subject(catalogue, entity, field)
        if raw.get("aggregate") == language.Function.EXISTS.value:
            return raw
        found = language.OPERATORS.get(operator)
        if found is None:
            raise InvalidInput(fields={"op": "请选择比较方式"})
        raw["op"] = operator
        if found.arity != "none":
            values = [_operand(db, actor, spec, operator, text) for text in _split(texts, found.arity)]
            if not values:
                raise InvalidInput(fields={"value": "请填写要比较的内容"})
            raw["value"] = values[0] if found.arity == "one" else values
        rights = catalogues.rights_of(actor)
        language.parse(raw, catalogue, entity, right_of=None if own else lambda one: access(one, rights))
        return raw


def _subject(catalogue: Catalogue, entity: str, field: str) -> tuple[FieldSpec, dict[str, object]]:
    """Return what is compared, and the criteria JSON that names it."""
    relation, _, rest = field.partition(".")
    if not rest:
        own: dict[str, object] = {"field": field}
        return catalogue.get(entity, field), own
    word, _, key = rest.partition(".")
    function = language.Function.find(word)
    related = catalogue.related(entity, relation)
    if function is None or (key and catalogue.find(related.entity, key) is None):
        raise InvalidInput(fields={"field": "请选择字段"})
    raw: dict[str, object] = {"aggregate": word, "of": relation}
    if key:
        raw["field"] = key
    if bool(key) != (function in _PICKING):
        raise InvalidInput(fields={"field": "请选择字段"})
    return language.spec_of_aggregate(catalogue, entity, function, relation, key), raw


_PICKING = (language.Function.SUM, language.Function.MAX, language.Function.MIN)


@dataclass(frozen=True)
class Figure:
    """A figure over related records one may compare: 借据 · 逾期天数最大."""

    key: str
    label: str
    component: str
    operators: tuple[tuple[str, str], ...]


def figures(actor: Actor, entity: str, relations: Sequence[str]) -> list[Figure]:
    """Return the figures over these relations the actor may compare: how many, and of amounts, numbers and days."""
    rights, found = catalogues.rights_of(actor), []
    with reading() as db:
        catalogue = catalogues.current(db)
        for relation in relations:
            related = catalogue.related(entity, relation)
            wanted: list[tuple[language.Function, str]] = [(language.Function.COUNT, "")]
            for spec in catalogue.for_filter(related.entity):
                if access(spec, rights) < Access.READ or spec.encrypted:
                    continue
                if spec.kind in ("money", "integer"):
                    wanted.append((language.Function.MAX, spec.key))
                if spec.kind == "money":
                    wanted.append((language.Function.SUM, spec.key))
                if spec.sort in (Sort.DATE, Sort.DATETIME):
                    wanted.append((language.Function.MAX, spec.key))
            for function, key in wanted:
                spec = language.spec_of_aggregate(catalogue, entity, function, relation, key)
                code = f"{relation}.{function.value}" + (f".{key}" if key else "")
                offered = tuple((o.code, o.label) for o in language.operators_for(spec))
                label = f"{related.label} · {_latest(spec, function)}"
                found.append(Figure(code, label, spec.kind_object.component, offered))
    return found


def _latest(spec: FieldSpec, function: language.Function) -> str:
    if spec.sort in (Sort.DATE, Sort.DATETIME) and function is language.Function.MAX:
        return f"最近一次{spec.label.removesuffix(function.label)}"
    return spec.label


def _split(texts: Sequence[str], arity: str) -> list[str]:
    if arity == "many":
        joined = "、".join(texts).replace(",", "、").replace("，", "、")
        return [part.strip() for part in joined.split("、") if part.strip()][:50]
    wanted = [text.strip() for text in texts if text.strip()]
    if arity == "two" and len(wanted) < 2:
        raise InvalidInput(fields={"value": "请填写两端的值"})
    return wanted[: 2 if arity == "two" else 1]


def _operand(db: Session, actor: Actor, spec: FieldSpec, operator: str, text: str) -> Any:
    if operator == PERIOD_OPERATOR:
        if text not in language.PERIODS:
            raise InvalidInput(fields={"value": "请选择一段时间"})
        return {"relative": text}
    if text in language.SPECIAL.get(spec.kind, {}):
        return text
    if spec.sort is Sort.DATETIME and len(text) == 10:
        return text
    if spec.encrypted and operator == "last_four":
        return text
    options = spec.options(sources_for(db, actor))
    value = spec.kind_object.parse(text, options)
    return spec.kind_object.to_json(value)


def chips(actor: Actor, entity: str, conditions: Sequence[object]) -> list[Chip]:
    """Return how each condition reads; one that no longer fits the catalogue says so instead of failing the page."""
    rights = catalogues.rights_of(actor)
    found = []
    with reading() as db:
        catalogue, options = catalogues.current(db), sources_for(db, actor)
        for place, raw in enumerate(conditions):
            try:
                node = language.parse(raw, catalogue, entity, right_of=lambda one: access(one, rights))
                found.append(Chip(place, language.to_sentence(node, catalogue, entity, options)))
            except InvalidInput:
                found.append(Chip(place, "条件已失效"))
    return found


def periods() -> list[tuple[str, str]]:
    """Return the named periods for 在: (code, label)."""
    return [(code, label) for code, (label, _) in language.PERIODS.items()]
