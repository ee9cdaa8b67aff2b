"""Queries on boards: stages, the cards of a column, its figures, a card's neighbors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.domain.leads import LeadStatus
from loanhub.models import Lead, Pipeline, Product, Stage

Clause = sa.ColumnElement[bool]


def get_pipeline(db: Session, code: str) -> Pipeline:
    """Return an active board by code; raise NotFound when there is none such."""
    found: Pipeline | None = db.execute(
        sa.select(Pipeline).where(col(Pipeline.code) == code, col(Pipeline.active))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这个看板")
    return found


def list_stages(db: Session, pipeline_id: int) -> list[Stage]:
    """Return the stages of a board, in order."""
    query = (
        sa.select(Stage).where(col(Stage.pipeline_id) == pipeline_id).order_by(col(Stage.sort), col(Stage.id))
    )
    return list(db.execute(query).scalars())


def on_board(pipeline_id: int) -> Clause:
    """Return the condition of a card on a board: owned, and neither lost nor invalid."""
    return sa.and_(
        col(Lead.pipeline_id) == pipeline_id,
        col(Lead.owner_id).is_not(None),
        col(Lead.status).not_in((LeadStatus.LOST, LeadStatus.INVALID)),
        col(Lead.deleted_at).is_(None),
    )


# A card shows none of these; decrypting three fields of every card costs more than the query.
_NOT_ON_CARDS = tuple(
    defer(getattr(Lead, name), raiseload=True) for name in ("phone", "id_number", "wechat", "custom", "note")
)


def stages_of(db: Session, condition: Clause, lead_ids: Sequence[int]) -> list[tuple[int, str]]:
    """Return (id, stage code) of those cards that meet the condition."""
    query = sa.select(col(Lead.id), col(Lead.stage_code)).where(condition, col(Lead.id).in_(lead_ids))
    return [(int(lead_id or 0), code) for lead_id, code in db.execute(query).all()]


def product_labels(db: Session) -> dict[str, str]:
    """Return the names of all products by code, withdrawn ones too: old cards still carry them."""
    rows = db.execute(sa.select(col(Product.code), col(Product.label))).all()
    return {str(code): str(label) for code, label in rows}


def list_cards(db: Session, condition: Clause, stage_code: str, limit: int) -> list[Lead]:
    """Return the first cards of a column, by rank."""
    query = sa.select(Lead).where(condition, col(Lead.stage_code) == stage_code).options(*_NOT_ON_CARDS)
    return list(db.execute(query.order_by(col(Lead.rank), col(Lead.id)).limit(limit)).scalars())


def column_figures(
    db: Session, condition: Clause, targets: Mapping[str, int], *, now: datetime, only: Sequence[str] = ()
) -> dict[str, tuple[int, int, int, int]]:
    """Return by stage code: (cards, Σ amount in fen, cards near their dwell target, cards over it).

    ``targets`` are hours by stage code, 0 for none; near begins when three quarters are spent.
    """
    entered = col(Lead.stage_entered_at)
    over_when: list[tuple[Clause, int]] = []
    near_when: list[tuple[Clause, int]] = []
    for code, hours in targets.items():
        if hours:
            limit = now - timedelta(hours=hours)
            warn = now - timedelta(hours=hours) * 3 / 4
            here = col(Lead.stage_code) == code
            over_when.append((sa.and_(here, entered < limit), 1))
            near_when.append((sa.and_(here, entered >= limit, entered <= warn), 1))
    over = sa.func.sum(sa.case(*over_when, else_=0)) if over_when else sa.literal(0)
    near = sa.func.sum(sa.case(*near_when, else_=0)) if near_when else sa.literal(0)
    query = sa.select(
        col(Lead.stage_code),
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(col(Lead.amount_fen)), 0),
        near,
        over,
    ).where(condition)
    if only:
        query = query.where(col(Lead.stage_code).in_(only))
    rows = db.execute(query.group_by(col(Lead.stage_code))).all()
    return {code: (int(n), int(total), int(close), int(late)) for code, n, total, close, late in rows}


def find_rank_of(db: Session, condition: Clause, stage_code: str, lead_id: int | None) -> str | None:
    """Return the rank of a card that is still in the column and visible, or None."""
    if lead_id is None:
        return None
    query = sa.select(col(Lead.rank)).where(
        condition, col(Lead.stage_code) == stage_code, col(Lead.id) == lead_id
    )
    return db.execute(query).scalar_one_or_none()


def rank_after(db: Session, pipeline_id: int, stage_code: str, rank: str, *, skip: int) -> str | None:
    """Return the next higher rank in the whole column, the moved card left out; None at the end."""
    query = sa.select(sa.func.min(col(Lead.rank))).where(
        col(Lead.pipeline_id) == pipeline_id,
        col(Lead.stage_code) == stage_code,
        col(Lead.rank) > rank,
        col(Lead.id) != skip,
    )
    return db.execute(query).scalar_one_or_none()


def rank_before(db: Session, pipeline_id: int, stage_code: str, rank: str, *, skip: int) -> str | None:
    """Return the next lower rank in the whole column, the moved card left out; None at the top."""
    query = sa.select(sa.func.max(col(Lead.rank))).where(
        col(Lead.pipeline_id) == pipeline_id,
        col(Lead.stage_code) == stage_code,
        col(Lead.rank) < rank,
        col(Lead.id) != skip,
    )
    return db.execute(query).scalar_one_or_none()


def first_rank(db: Session, pipeline_id: int, stage_code: str, *, skip: int) -> str | None:
    """Return the lowest rank in the whole column, the moved card left out; None when it is empty."""
    query = sa.select(sa.func.min(col(Lead.rank))).where(
        col(Lead.pipeline_id) == pipeline_id, col(Lead.stage_code) == stage_code, col(Lead.id) != skip
    )
    return db.execute(query).scalar_one_or_none()
