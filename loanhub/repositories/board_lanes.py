"""Queries on boards with lanes 泳道: how many cards lie in each lane of each column, and the first of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.interfaces import ORMOption
from sqlmodel import Session

Clause = sa.ColumnElement[bool]


def lane_figures(
    db: Session, model: Any, stage: Any, lane: Any, amount: Any, condition: Clause
) -> list[tuple[Any, str, int, int]]:
    """Return (value of the lane, stage code, cards, Σ amount in fen) for every part of the board with cards."""
    cards = (
        sa.select(lane.label("lane"), stage.label("stage"), sa.func.coalesce(amount, 0).label("amount"))
        .select_from(model)
        .where(condition)
        .subquery()
    )
    query = sa.select(cards.c.lane, cards.c.stage, sa.func.count(), sa.func.sum(cards.c.amount))
    rows = db.execute(query.group_by(cards.c.lane, cards.c.stage)).all()
    return [
        (value, str(getattr(code, "value", code)), int(count), int(total or 0))
        for value, code, count, total in rows
    ]


def list_lane_cards(
    db: Session,
    model: Any,
    stage: Any,
    lane: Any,
    condition: Clause,
    stage_code: str,
    limit: int,
    *,
    order: Sequence[Any],
    options: Sequence[ORMOption] = (),
    more: Mapping[str, int] | None = None,
) -> list[Any]:
    """Return the first cards of each lane of a column, in the board's order; ``more`` cards of some, by ``lane``."""
    most: Any = limit
    if more:
        most = sa.case(*((lane == key, limit + by) for key, by in more.items()), else_=limit)
    place = sa.func.row_number().over(partition_by=lane, order_by=list(order))
    numbered = (
        sa.select(model.id.label("id"), place.label("place"), sa.cast(most, sa.Integer).label("most"))
        .where(condition, stage == stage_code)
        .subquery()
    )
    query = sa.select(model).join(numbered, model.id == numbered.c.id)
    query = query.where(numbered.c.place <= numbered.c.most)
    return list(db.execute(query.options(*options).order_by(*order)).scalars())
