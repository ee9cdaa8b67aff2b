"""Conditions that rules keep: about a record's own fields, for nobody in particular 规则里的条件.

Assignment, lead scores and sequences store the same kind of condition, edited in the same editor: each says which
permission it takes, which fields mean nothing to it, and what its refusal says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import criteria as language
from loanhub.domain.catalogue import Access, access
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import catalogue as catalogues
from loanhub.services import conditions
from loanhub.services._actor import Actor
from loanhub.services._segments import sources_for
from loanhub.services._transaction import reading
from loanhub.services.lists import FilterField


@dataclass(frozen=True)
class Reading:
    """How a condition reads, whole and leaf by leaf."""

    sentence: str
    leaves: tuple[str, ...]


def fields(actor: Actor, entity: str, *, may: Permission, without: frozenset[str]) -> list[FilterField]:
    """Return the fields of a record a rule may ask about: its own, not protected, none of ``without``.

    Raises:
        NotPermitted: the actor lacks ``may``.
    """
    actor.require(may)
    rights = catalogues.rights_of(actor)
    with reading() as db:
        options = sources_for(db, actor)
        return [
            FilterField(
                key=spec.key, label=spec.label, component=spec.kind_object.component,
                operators=tuple((one.code, one.label) for one in language.operators_for(spec)),
                options=tuple(spec.options(options)),
            )
            for spec in catalogues.current(db).for_filter(entity)
            if not spec.encrypted and spec.kind != "segment" and spec.key not in without
            and access(spec, rights) >= Access.READ
        ]  # fmt: skip


def leaf(
    actor: Actor, entity: str, *, field: str, operator: str, texts: Sequence[str], may: Permission,
    without: frozenset[str], now: datetime,
) -> dict[str, object]:  # fmt: skip
    """Return one comparison put together in the editor, as criteria JSON.

    Raises:
        NotPermitted: the actor lacks ``may``.
        InvalidInput: it does not fit; the sentence says what is expected.
    """
    if field not in {one.key for one in fields(actor, entity, may=may, without=without)}:
        raise InvalidInput(fields={"field": "请选择字段"})
    return conditions.leaf(actor, entity, field=field, operator=operator, texts=texts, now=now)


def read_back(
    actor: Actor, entity: str, raw: object, leaves: Sequence[object], *, may: Permission, empty: str, refusal: str
) -> Reading:  # fmt: skip
    """Return how a condition and its comparisons read; ``empty`` is said of one that asks nothing.

    Raises:
        NotPermitted: the actor lacks ``may``.
    """
    actor.require(may)
    texts = tuple(chip.sentence for chip in conditions.chips(actor, entity, leaves))
    if not raw:
        return Reading(empty, texts)
    with reading() as db:
        catalogue = catalogues.current(db)
        try:
            stored = checked(db, raw, entity=entity, refusal=refusal)
            node = language.parse(stored, catalogue, entity)
        except InvalidInput as fault:
            return Reading(fault.sentence, texts)
        return Reading(language.to_sentence(node, catalogue, entity, sources_for(db, actor)), texts)


def checked(
    db: Session, raw: object, *, entity: str, refusal: str, field: str = "criteria"
) -> dict[str, object]:
    """Return a condition as stored: about the record itself, for nobody in particular.

    Raises:
        InvalidInput: it does not fit the catalogue, or asks about segments or related records (``refusal``).
    """
    if not raw:
        return {}
    catalogue = catalogues.current(db)
    node = language.parse(raw, catalogue, entity)
    if _reaches_out(node) or any(
        catalogue.get(entity, key).kind == "segment" for key in language.fields_used(node)
    ):
        raise InvalidInput(fields={field: refusal})
    return {} if node == language.EVERYTHING else language.to_json(node)


def _reaches_out(node: language.Node) -> bool:
    match node:
        case language.All(children) | language.AnyOf(children):
            return any(_reaches_out(child) for child in children)
        case language.Not(child):
            return _reaches_out(child)
        case language.Aggregate():
            return True
    return False
