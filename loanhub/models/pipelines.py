"""Boards, stages, and the log of moves 看板、阶段、流转记录."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class Pipeline(SQLModel, table=True):
    """A board for one business line 业务线看板."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = text_field(32, unique=True, index=True)
    label: str = text_field(40)
    entity: str = text_field(20, default="lead")
    active: bool = True
    entry: dict[str, object] = json_field()
    """Criteria of the leads that enter here instead of the first board; empty means none enters by itself."""
    version: int = 1


class Stage(SQLModel, table=True):
    """A column of a board 阶段, edited by an administrator."""

    __table_args__ = (sa.UniqueConstraint("pipeline_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    pipeline_id: int = Field(foreign_key="pipeline.id", index=True)
    code: str = text_field(32)
    label: str = text_field(40)
    color: str = text_field(20)
    sort: int = 0
    dwell_target_hours: int = 0
    wip_limit: int = 0
    probability_percent: int = 0
    required: list[str] = json_field(list)
    hard_gate: str = text_field(32)
    next_codes: list[str] = json_field(list)
    """Where a card may go from here; none means anywhere."""
    wip_hard: bool = False
    """Whether a card beyond ``wip_limit`` is refused."""
    documents: list[str] = json_field(list)
    """Kinds of documents that ought to be there by the end of this stage, where the product asks for them."""
    documents_hard: bool = False
    """Whether a card that lacks one of ``documents`` may not go beyond this stage."""


class StageMove(SQLModel, table=True):
    """One move of one card, never changed: from, to, by, when, how long it had stayed."""

    __tablename__ = "stage_move"

    id: int | None = Field(default=None, primary_key=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)
    pipeline_id: int = Field(foreign_key="pipeline.id", index=True)
    from_stage: str = text_field(32)
    to_stage: str = text_field(32, index=True)
    stayed_seconds: int = Field(default=0, sa_type=sa.BigInteger)
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    reason: str = text_field(200)
    at: datetime = instant(index=True)
