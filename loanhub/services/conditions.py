"""From what the one filter editor sends to criteria, and back to chips 筛选条件."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain import criteria as language
from loanhub.domain.catalogue import FieldSpec, Sort, access
from loanhub.domain.errors import InvalidInput
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

PERIOD_OPERATOR = "in_period"


@dataclass(frozen=True)
class Chip:
    """A condition in force: its place in the list and how it reads."""

    place: int
    sentence: str


def leaf(
    actor: Actor, entity: str, *, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return the condition a person put together in the editor, as criteria JSON.

    ``texts`` are one text (two for 介于); 属于 takes them separated by 、 or a comma.

    Raises:
        InvalidInput: no such field or operator, or a value that does not fit; the sentence says what is expected.
    """
    with reading() as db:
        catalogue = catalogues.current(db)
        spec = catalogue.get(entity, field)
        found = language.OPERATORS.get(operator)
        if found is None:
            raise InvalidInput(fields={"op": "请选择比较方式"})
        raw: dict[str, object] = {"field": field, "op": operator}
        if found.arity != "none":
            values = [_operand(db, spec, operator, text, now) for text in _split(texts, found.arity)]
            if not values:
                raise InvalidInput(fields={"value": "请填写要比较的内容"})
            raw["value"] = values[0] if found.arity == "one" else values
        rights = catalogues.rights_of(actor)
        language.parse(raw, catalogue, entity, right_of=lambda one: access(one, rights))
        return raw


def _split(texts: Sequence[str], arity: str) -> list[str]:
    if arity == "many":
        joined = "、".join(texts).replace(",", "、").replace("，", "、")
        return [part.strip() for part in joined.split("、") if part.strip()][:50]
    wanted = [text.strip() for text in texts if text.strip()]
    if arity == "two" and len(wanted) < 2:
        raise InvalidInput(fields={"value": "请填写两端的值"})
    return wanted[: 2 if arity == "two" else 1]


def _operand(db: Session, spec: FieldSpec, operator: str, text: str, now: datetime) -> Any:
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
    options = spec.options(catalogues.sources(db))
    value = spec.kind_object.parse(text, options)
    return spec.kind_object.to_json(value)


def chips(actor: Actor, entity: str, conditions: Sequence[object]) -> list[Chip]:
    """Return how each condition reads; one that no longer fits the catalogue says so instead of failing the page."""
    rights = catalogues.rights_of(actor)
    found = []
    with reading() as db:
        catalogue, options = catalogues.current(db), catalogues.sources(db)
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
