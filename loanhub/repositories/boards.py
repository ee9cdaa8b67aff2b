"""Queries on boards: stages, the cards of a column, its figures, a card's neighbors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, defer
from sqlalchemy.orm.interfaces import ORMOption
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.domain.leads import LeadStatus
from loanhub.models import Channel, Lead, Pipeline, Product, Stage
from loanhub.models._columns import RankType

Clause = sa.ColumnElement[bool]

# Built once: queries of this size take longer to build than to answer.
_PIPELINE = sa.select(Pipeline).where(col(Pipeline.code) == sa.bindparam("code"), col(Pipeline.active))
_PRODUCTS = sa.select(col(Product.code), col(Product.label))
_CHANNELS = sa.select(col(Channel.code), col(Channel.label))
_FIRST_RANK = sa.select(sa.func.min(col(Lead.rank))).where(
    col(Lead.pipeline_id) == sa.bindparam("board"),
    col(Lead.stage_code) == sa.bindparam("stage"),
    col(Lead.id) != sa.bindparam("skip"),
)


def get_pipeline(db: Session, code: str) -> Pipeline:
    """Return an active board by code; raise NotFound when there is none such."""
    found: Pipeline | None = db.execute(_PIPELINE, {"code": code}).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这个看板")
    return found


def list_stages(db: Session, pipeline_id: int) -> list[Stage]:
    """Return the stages of a board, in order."""
    query = (
        sa.select(Stage).where(col(Stage.pipeline_id) == pipeline_id).order_by(col(Stage.sort), col(Stage.id))
    )
    return list(db.execute(query).scalars())


@lru_cache(maxsize=256)
def on_board(pipeline_id: int) -> Clause:
    """Return the condition of a card on a board: owned, and neither lost nor invalid."""
    return sa.and_(
        col(Lead.pipeline_id) == pipeline_id,
        col(Lead.owner_id).is_not(None),
        col(Lead.status).not_in((LeadStatus.LOST, LeadStatus.INVALID)),
        col(Lead.deleted_at).is_(None),
    )


NOT_ON_CARDS = ("phone", "id_number", "wechat", "custom", "note")
"""A card shows none of these unless asked to; decrypting three fields of every card costs more than the query."""


def without(model: Any, names: Iterable[str]) -> tuple[ORMOption, ...]:
    """Return how to load rows without these columns; reading one of them afterwards is an error, not a query."""
    return tuple(defer(getattr(model, name), raiseload=True) for name in names)


def stages_of(
    db: Session, model: Any, stage: Any, condition: Clause, ids: Sequence[int]
) -> list[tuple[int, str]]:
    """Return (id, stage code) of those cards that meet the condition."""
    query = sa.select(model.id, stage).where(condition, model.id.in_(ids))
    return [(int(card_id), _code(found)) for card_id, found in db.execute(query).all()]


def product_labels(db: Session) -> dict[str, str]:
    """Return the names of all products by code, withdrawn ones too: old cards still carry them."""
    return {str(code): str(label) for code, label in db.execute(_PRODUCTS).all()}


def channel_labels(db: Session) -> dict[str, str]:
    """Return the names of all channels by code."""
    return {str(code): str(label) for code, label in db.execute(_CHANNELS).all()}


NEAR_SHARE = Fraction(3, 4)
"""Near begins when this share of the dwell target is spent."""


def age_condition(
    stage: Any, entered: Any, targets: Mapping[str, int], state: str, *, now: datetime
) -> Clause:
    """Return the condition of cards of an age state: healthy, near or over their stage's dwell target.

    ``targets`` are hours by stage code, 0 for none; near begins when three quarters are spent.
    """
    over, near = _ages(stage, entered, targets, now=now)
    if state == "over":
        return sa.or_(sa.false(), *over)
    if state == "near":
        return sa.or_(sa.false(), *near)
    return sa.not_(sa.or_(sa.false(), *over, *near))


def _ages(
    stage: Any, entered: Any, targets: Mapping[str, int], *, now: datetime
) -> tuple[list[Clause], list[Clause]]:
    over: list[Clause] = []
    near: list[Clause] = []
    for code, hours in targets.items():
        if hours:
            limit = now - timedelta(hours=hours)
            warn = now - timedelta(hours=hours) * NEAR_SHARE.numerator / NEAR_SHARE.denominator
            over.append(sa.and_(stage == code, entered < limit))
            near.append(sa.and_(stage == code, entered >= limit, entered <= warn))
    return over, near


def count_in(db: Session, model: Any, stage: Any, condition: Clause, stage_code: str) -> int:
    """Return how many cards stand in a column, whoever may see them."""
    query = sa.select(sa.func.count()).select_from(model).where(condition, stage == stage_code)
    return int(db.execute(query).scalar_one())


def count_away(db: Session, pipeline_id: int, stage_code: str) -> int:
    """Return how many leads carry a stage of a board without standing on it: in the pool, lost or invalid."""
    query = sa.select(sa.func.count()).select_from(Lead)
    query = query.where(col(Lead.pipeline_id) == pipeline_id, col(Lead.stage_code) == stage_code)
    return int(db.execute(query.where(sa.not_(on_board(pipeline_id)))).scalar_one())


def lock_stage(db: Session, pipeline_id: int, stage_code: str) -> None:
    """Hold the stage until the transaction ends: of two cards for its last place one waits for the other."""
    query = sa.select(col(Stage.id)).where(
        col(Stage.pipeline_id) == pipeline_id, col(Stage.code) == stage_code
    )
    db.execute(query.with_for_update()).first()


def ranks_around(
    db: Session,
    condition: Clause,
    pipeline_id: int,
    stage_code: str,
    neighbor_id: int,
    *,
    below: bool,
    skip: int,
) -> tuple[str, str | None] | None:
    """Return a neighbor's rank and the next one below (or above) it in the whole column, the moved card left out.

    None when the neighbor has left the column or is not visible; the second is None at the column's end.
    """
    other: Any = aliased(Lead)
    beyond = other.rank > col(Lead.rank) if below else other.rank < col(Lead.rank)
    edge = sa.func.min(other.rank) if below else sa.func.max(other.rank)
    next_one = (
        sa.select(edge)
        .where(other.pipeline_id == pipeline_id, other.stage_code == stage_code, beyond, other.id != skip)
        .correlate(Lead)
        .scalar_subquery()
    )
    query = sa.select(col(Lead.rank), next_one).where(
        condition, col(Lead.stage_code) == stage_code, col(Lead.id) == neighbor_id
    )
    found = db.execute(query).first()
    return (str(found[0]), found[1]) if found is not None else None


def first_rank(db: Session, pipeline_id: int, stage_code: str, *, skip: int) -> str | None:
    """Return the lowest rank in the whole column, the moved card left out; None when it is empty."""
    found: str | None = db.execute(
        _FIRST_RANK, {"board": pipeline_id, "stage": stage_code, "skip": skip}
    ).scalar_one_or_none()
    return found


def card_above(db: Session, lead: Lead) -> int:
    """Return the id of the card right above this one in its column, 0 for none."""
    query = (
        sa.select(col(Lead.id))
        .where(
            on_board(lead.pipeline_id or 0),
            col(Lead.stage_code) == lead.stage_code,
            sa.tuple_(col(Lead.rank), col(Lead.id)) < sa.tuple_(sa.literal(lead.rank, RankType), lead.id),
        )
        .order_by(col(Lead.rank).desc(), col(Lead.id).desc())
        .limit(1)
    )
    return int(db.execute(query).scalar_one_or_none() or 0)


def _code(value: object) -> str:
    return str(getattr(value, "value", value))
