"""The condition under which a block is printed: what it may compare, one comparison put together, how it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from loanhub.documents.template import get_template
from loanhub.documents.variables import ENTITY, Variables
from loanhub.domain import criteria as language
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.domain.templates import Block
from loanhub.services import conditions
from loanhub.services._actor import Actor
from loanhub.services._templates import variables_of
from loanhub.services._transaction import reading
from loanhub.services.lists import FilterField


def leaf(
    actor: Actor, *, base: str, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return one comparison put together in the editor, as criteria JSON about a document's values.

    Raises:
        NotPermitted: the actor lacks templates:edit.
        InvalidInput: it does not fit; the sentence says what is expected.
    """
    actor.require(Permission.TEMPLATES_EDIT)
    with reading() as db:
        catalogue = variables_of(db, base).catalogue
    return conditions.leaf(
        actor, ENTITY, field=field, operator=operator, texts=texts, now=now, catalogue=catalogue
    )


def condition_fields(actor: Actor, *, base: str) -> list[FilterField]:
    """Return what a block's condition may compare; keys carry the kind of document, as :func:`leaf_of` reads them.

    Raises:
        NotPermitted: the actor lacks templates:edit.
    """
    actor.require(Permission.TEMPLATES_EDIT)
    with reading() as db:
        specs = variables_of(db, base).catalogue.for_filter(ENTITY)
    return [
        FilterField(
            f"{base}|{spec.key}", spec.label, spec.kind_object.component,
            tuple((one.code, one.label) for one in language.operators_for(spec)), tuple(spec.options({})),
        )
        for spec in specs
    ]  # fmt: skip


def leaf_of(
    actor: Actor, *, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return one comparison for a field of :func:`condition_fields`; see :func:`leaf`."""
    base, _, key = field.partition("|")
    get_template(base)
    return leaf(actor, base=base, field=key, operator=operator, texts=texts, now=now)


def read_back(
    actor: Actor, *, base: str, leaves: Sequence[Mapping[str, Any]], raw: Mapping[str, Any]
) -> tuple[list[str], str]:
    """Return how comparisons read one by one, and the whole condition.

    Raises:
        NotPermitted: the actor lacks templates:edit.
    """
    actor.require(Permission.TEMPLATES_EDIT)
    with reading() as db:
        catalogue = variables_of(db, base).catalogue

    def said(one: Mapping[str, Any]) -> str:
        try:
            return language.to_sentence(language.parse(one, catalogue, ENTITY), catalogue, ENTITY)
        except InvalidInput as fault:
            return fault.sentence

    return [said(one) for one in leaves], said(raw) if raw else ""


def sentence_of(block: Block, variables: Variables) -> str:
    """Return how a block's condition reads; nothing for one that is always there."""
    if not block.when:
        return ""
    try:
        node = language.parse(block.when, variables.catalogue, ENTITY)
    except InvalidInput:
        return "（条件里的内容已不存在）"
    return language.to_sentence(node, variables.catalogue, ENTITY)
