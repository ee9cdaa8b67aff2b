"""How what is computed of a customer changed 分层变化: each change with the calculation it came from.

The events carry it: ``customer.retagged`` says what was before and after and, under 依据, the facts of that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain import formats, rfm
from loanhub.domain.catalogue.choices import Lifecycle, ValueSegment
from loanhub.domain.formats import EMPTY
from loanhub.domain.permissions import Permission
from loanhub.models import Event
from loanhub.repositories import customers as repository
from loanhub.repositories import duplicates
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

BASIS = "依据"
LABELS = ("生命周期", "客户价值", "行为标签", "RFM 最近", "RFM 频率", "RFM 金额")
"""Names of the computed fields, as the catalogue has them, in the order of :func:`values_of`."""
MOST = 50


@dataclass(frozen=True)
class LayerChange:
    """One change: when, which fields {label, before, after}, and what it was computed from."""

    at: str = ""
    title: str = ""
    changes: list[dict[str, str]] = field(default_factory=list)
    basis: str = ""


def values_of(
    lifecycle: object, segment: object, behaviour: Sequence[str], scores: Sequence[int | None]
) -> dict[str, str]:
    """Return the computed fields in words, by label."""
    stage, value = Lifecycle.find(str(lifecycle or "")), ValueSegment.find(str(segment or ""))
    shown = (
        stage.label if stage else EMPTY,
        value.label if value else EMPTY,
        "、".join(behaviour) or EMPTY,
        *(EMPTY if one is None else str(one) for one in scores),
    )
    return dict(zip(LABELS, shown, strict=True))


def basis_of(facts: rfm.Facts, today: date) -> str:
    """Return what everything computed on ``today`` follows from, as one text."""
    found = rfm.tags(facts, today)
    scores = [f"{one.label} {one.score} 分：{one.words}" for one in rfm.explain(facts, found.rfm, today)]
    tags = [f"{tag}：{rfm.why_tag(tag, facts, today)}" for tag in found.behaviour]
    return "；".join([*scores, f"{found.lifecycle.label}：{rfm.why_lifecycle(facts, today)}", *tags])


def entry_of(
    customer_id: int, old: Mapping[str, str], new: Mapping[str, str], facts: rfm.Facts, today: date
) -> events.Entry:
    """Return the event of a change."""
    labels = [label for label in LABELS if old[label] != new[label]]
    before: dict[str, object] = {label: old[label] for label in labels}
    after: dict[str, object] = {label: new[label] for label in labels}
    words = "；".join(f"{label}：{old[label]} → {new[label]}" for label in labels)
    return events.Entry(
        customer_id, words[:300], {**after, BASIS: basis_of(facts, today)}, before, customer_id=customer_id
    )


def history(actor: Actor, *, customer_id: int, now: datetime) -> list[LayerChange]:
    """Return the changes of what is computed of a customer, newest first, at most 50.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        whose = [customer_id, *duplicates.merged_into(db, "customer", [customer_id])]
        query = (
            sa.select(Event)
            .where(col(Event.customer_id).in_(whose), col(Event.type) == "customer.retagged")
            .order_by(col(Event.id).desc())
            .limit(MOST)
        )
        return [
            LayerChange(
                at=formats.relative(row.at, now), title=formats.instant(row.at),
                changes=[
                    {"label": label, "before": str(row.before.get(label, EMPTY)), "after": str(row.after[label])}
                    for label in LABELS
                    if label in row.after
                ],
                basis=str(row.after.get(BASIS, "")),
            )
            for row in db.execute(query).scalars()
        ]  # fmt: skip
