"""While a segment is being put together: what may be compared, how it reads, how many it holds, ten of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loanhub.domain import criteria as language
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import catalogue as catalogues
from loanhub.services import conditions, lists
from loanhub.services._actor import Actor
from loanhub.services._segments import ENTITY, right_of, sources_for
from loanhub.services._transaction import reading
from loanhub.services.lists import FilterField

SAMPLE = 10
SAMPLE_KEYS = ("name", "phone", "city", "risk_grade", "lifecycle", "owner_id")
RELATIONS = {
    "loans": Permission.LOANS_READ, "applications": Permission.APPLICATIONS_READ, "contracts": Permission.CONTRACTS_READ,
    "leads": Permission.LEADS_READ, "interactions": Permission.CUSTOMERS_READ,
}  # fmt: skip
"""Related records a segment may ask about, with what it takes to read them."""


@dataclass(frozen=True)
class Preview:
    """How a condition reads, how many customers inside the reader's scope meet it, and up to ten of them, masked."""

    sentence: str
    count: int
    rows: tuple[dict[str, str], ...]


def fields(actor: Actor) -> list[FilterField]:
    """Return what a segment may compare: customer fields, then figures over their loans, applications and the like."""
    own = lists.filter_fields(actor, ENTITY)
    reached = [relation for relation, permission in RELATIONS.items() if actor.can(permission)]
    related = conditions.figures(actor, ENTITY, reached)
    return [*own, *(FilterField(one.key, one.label, one.component, one.operators, ()) for one in related)]


def leaf(
    actor: Actor, *, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return one comparison put together in the editor, as criteria JSON.

    Raises:
        NotPermitted: the actor may not read customers, or the related records asked about.
        InvalidInput: it does not fit; the sentence says what is expected.
    """
    actor.require(Permission.CUSTOMERS_READ)
    relation = field.partition(".")[0] if "." in field else ""
    if relation:
        if relation not in RELATIONS:
            raise InvalidInput(fields={"field": "请选择字段"})
        actor.require(RELATIONS[relation])
    return conditions.leaf(actor, ENTITY, field=field, operator=operator, texts=texts, now=now)


def read_back(actor: Actor, raw: Sequence[object]) -> list[str]:
    """Return how each of several conditions reads."""
    actor.require(Permission.CUSTOMERS_READ)
    return [chip.sentence for chip in conditions.chips(actor, ENTITY, raw)]


def preview(actor: Actor, raw_criteria: object, *, now: datetime) -> Preview:
    """Return what a condition would hold now.

    Raises:
        NotPermitted: the actor may not read customers.
        InvalidInput: the condition does not fit the catalogue or the actor's rights.
    """
    actor.require(Permission.CUSTOMERS_READ)
    with reading() as db:
        catalogue = catalogues.current(db)
        node = language.parse(raw_criteria or {}, catalogue, ENTITY, right_of=right_of(actor))
        if node == language.EVERYTHING:
            return Preview("", 0, ())
        sentence = language.to_sentence(node, catalogue, ENTITY, sources_for(db, actor))
        found = lists.page(
            actor, ENTITY, keys=SAMPLE_KEYS, raw_criteria=language.to_json(node), limit=SAMPLE, now=now
        )
    return Preview(sentence, found.total, tuple({"id": str(row.id), **row.cells} for row in found.rows))
