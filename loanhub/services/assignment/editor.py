"""While a rule is being put together: which fields of a lead it may ask about, and how its conditions read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loanhub.domain import criteria as language
from loanhub.domain.catalogue import Access, access
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import catalogue as catalogues
from loanhub.services import conditions
from loanhub.services._actor import Actor
from loanhub.services._segments import sources_for
from loanhub.services._transaction import reading
from loanhub.services.assignment._load import ENTITY
from loanhub.services.assignment._shared import check_criteria
from loanhub.services.lists import FilterField

NOT_YET = frozenset({
    "owner_id", "department_id", "status", "next_step", "next_step_at", "stage_code", "stage_entered_at", "assigned_at",
    "assigned_reason", "pooled_at", "pool_reason", "first_contact_at", "last_follow_up_at", "customer_id", "closed_at",
    "updated_at", "number", "name", "invalid_reason", "created_by_id",
})  # fmt: skip
"""Fields a lead gets later than its owner, or that single one out; a rule cannot ask about them."""


@dataclass(frozen=True)
class Reading:
    """How a condition reads, whole and leaf by leaf."""

    sentence: str
    leaves: tuple[str, ...]


def fields(actor: Actor) -> list[FilterField]:
    """Return the fields of a lead a rule may ask about: its own, not protected, known when it comes in.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    actor.require(Permission.ASSIGNMENTS_EDIT)
    rights = catalogues.rights_of(actor)
    with reading() as db:
        options = sources_for(db, actor)
        return [
            FilterField(
                key=spec.key, label=spec.label, component=spec.kind_object.component,
                operators=tuple((one.code, one.label) for one in language.operators_for(spec)),
                options=tuple(spec.options(options)),
            )
            for spec in catalogues.current(db).for_filter(ENTITY)
            if not spec.encrypted and spec.kind != "segment" and spec.key not in NOT_YET
            and access(spec, rights) >= Access.READ
        ]  # fmt: skip


def leaf(
    actor: Actor, *, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return one comparison put together in the editor, as criteria JSON.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        InvalidInput: it does not fit; the sentence says what is expected.
    """
    if field not in {one.key for one in fields(actor)}:
        raise InvalidInput(fields={"field": "请选择字段"})
    return conditions.leaf(actor, ENTITY, field=field, operator=operator, texts=texts, now=now)


def read_back(actor: Actor, raw: Any, leaves: Sequence[object]) -> Reading:
    """Return how a condition and its comparisons read.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    actor.require(Permission.ASSIGNMENTS_EDIT)
    texts = tuple(chip.sentence for chip in conditions.chips(actor, ENTITY, leaves))
    if not raw:
        return Reading("全部线索", texts)
    with reading() as db:
        try:
            node = language.parse(check_criteria(db, raw), catalogues.current(db), ENTITY)
        except InvalidInput as fault:
            return Reading(fault.sentence, texts)
        return Reading(
            language.to_sentence(node, catalogues.current(db), ENTITY, sources_for(db, actor)), texts
        )
