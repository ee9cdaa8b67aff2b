"""While a report's conditions are put together: what may be compared, and how it reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from loanhub.domain import criteria as language
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.domain.reports import SUBJECT_LABELS
from loanhub.services import catalogue as catalogues
from loanhub.services import conditions, lists
from loanhub.services._actor import Actor
from loanhub.services._segments import sources_for
from loanhub.services._transaction import reading
from loanhub.services.lists import FilterField


def fields(actor: Actor, entity: str) -> list[FilterField]:
    """Return what a condition on these records may compare.

    Raises:
        NotPermitted: the actor lacks reports:read, or may not read such records.
        InvalidInput: a report has no conditions on such an entity.
    """
    _asked_of(actor, entity)
    return lists.filter_fields(actor, entity)


def leaf(
    actor: Actor, entity: str, *, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return one comparison put together in the editor, as criteria JSON.

    Raises:
        NotPermitted: as for :func:`fields`.
        InvalidInput: it does not fit; the sentence says what is expected.
    """
    if field not in {one.key for one in fields(actor, entity)}:
        raise InvalidInput(fields={"field": "请选择字段"})
    return conditions.leaf(actor, entity, field=field, operator=operator, texts=texts, now=now)


def read_back(actor: Actor, entity: str, raw: object, leaves: Sequence[object]) -> tuple[str, list[str]]:
    """Return how a condition reads as a whole, '' for none, and each of its comparisons.

    Raises:
        NotPermitted: as for :func:`fields`.
    """
    _asked_of(actor, entity)
    texts = [chip.sentence for chip in conditions.chips(actor, entity, leaves)]
    if not raw:
        return "", texts
    with reading() as db:
        catalogue = catalogues.current(db)
        try:
            node = language.parse(raw, catalogue, entity, right_of=lists.right_of(actor))
        except InvalidInput as refusal:
            return refusal.sentence, texts
        return language.to_sentence(node, catalogue, entity, sources_for(db, actor)), texts


def _asked_of(actor: Actor, entity: str) -> None:
    actor.require(Permission.REPORTS_READ)
    if entity not in SUBJECT_LABELS:
        raise InvalidInput(fields={"entity": "请选择条件针对的记录"})
