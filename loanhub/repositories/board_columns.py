"""The figures of a board's columns and the first cards of each, as queries that may be kept.

A board is read again after every move, by everybody who sees it. Building these queries took longer than the database took
to answer them; those that stand for a reader without a filter are built once (``kept``), times and stages being parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.interfaces import ORMOption
from sqlmodel import Session

from loanhub.repositories.boards import NEAR_SHARE, Clause


@lru_cache(maxsize=2048)
def both(first: Clause, second: Clause) -> Clause:
    """Return the condition that both hold, the same object for the same two."""
    return sa.and_(first, second)


def list_cards(
    db: Session,
    model: Any,
    stage: Any,
    condition: Clause,
    stage_code: str,
    limit: int,
    *,
    order: Sequence[Any],
    options: Sequence[ORMOption] = (),
) -> list[Any]:
    """Return the first cards of a column, in the board's order."""
    query = sa.select(model).where(condition, stage == stage_code).options(*options)
    return list(db.execute(query.order_by(*order).limit(limit)).scalars())


def list_card_rows(
    db: Session,
    columns: tuple[Any, ...],
    stage: Any,
    condition: Clause,
    stage_code: str,
    limit: int,
    *,
    order: tuple[Any, ...],
) -> list[Any]:
    """Return these columns of the first cards of a column of the board; ``condition`` and ``order`` are kept ones.

    Rows instead of records: a card that is only shown needs no object that notices changes.
    """
    query = _first_rows(columns, stage, condition, order)
    return list(db.execute(query, {"shown_stage": stage_code, "shown": limit}).all())


@lru_cache(maxsize=2048)
def _first_rows(columns: tuple[Any, ...], stage: Any, condition: Clause, order: tuple[Any, ...]) -> Any:
    query = sa.select(*columns).where(condition, stage == sa.bindparam("shown_stage"))
    return query.order_by(*order).limit(sa.bindparam("shown", type_=sa.Integer))


def column_figures(
    db: Session,
    model: Any,
    stage: Any,
    entered: Any,
    amount: Any,
    condition: Clause,
    targets: Mapping[str, int],
    *,
    now: datetime,
    only: Sequence[str] = (),
    kept: bool = False,
) -> dict[str, tuple[int, int, int, int]]:
    """Return by stage code: (cards, Σ amount in fen, cards near their dwell target, cards over it).

    ``targets`` are hours by stage code, 0 for none. ``kept``: the expressions and the condition are the same objects at
    every call for this reader, so that the query need not be built again.
    """
    build = _figures if kept else _figures.__wrapped__
    timed = tuple(code for code, hours in targets.items() if hours)
    query = build(model, stage, entered, amount, condition, timed, bool(only))
    given: dict[str, Any] = {"only": list(only)} if only else {}
    for number, code in enumerate(timed):
        given[f"over_{number}"] = now - timedelta(hours=targets[code])
        given[f"late_{number}"] = (
            now - timedelta(hours=targets[code]) * NEAR_SHARE.numerator / NEAR_SHARE.denominator
        )
    return {
        str(getattr(code, "value", code)): (int(n), int(total), int(late) - int(over), int(over))
        for code, n, total, late, over in db.execute(query, given).all()
    }


@lru_cache(maxsize=2048)
def _figures(
    model: Any, stage: Any, entered: Any, amount: Any, condition: Clause, timed: tuple[str, ...], some: bool
) -> Any:
    """Build the query: one CASE a kind of lateness, cheap to build and to run."""

    def came_before(name: str, *, at_it: bool) -> Any:
        if not timed:
            return sa.literal(0)
        limits = {
            code: sa.bindparam(f"{name}_{number}", type_=entered.type) for number, code in enumerate(timed)
        }
        limit = sa.case(limits, value=stage)
        return sa.func.sum(sa.case((entered <= limit if at_it else entered < limit, 1), else_=0))

    query = (
        sa.select(
            stage.label("stage"), sa.func.count(), sa.func.coalesce(sa.func.sum(amount), 0),
            came_before("late", at_it=True), came_before("over", at_it=False),
        )
        .select_from(model)
        .where(condition)
    )  # fmt: skip
    if some:
        query = query.where(stage.in_(sa.bindparam("only", expanding=True)))
    return query.group_by(sa.text("stage") if not hasattr(stage, "key") else stage)
