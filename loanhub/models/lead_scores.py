"""Versions of the rules of lead scores, what each lead was given and by what, and how far the job came 线索评分."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class LeadScoreVersion(SQLModel, table=True):
    """A version of the rules; the one draft has number 0. ``state``: draft, published (at most one), superseded."""

    __tablename__ = "lead_score_version"

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(default=0, index=True)
    state: str = text_field(12, default="draft", index=True)
    document: dict[str, object] = json_field()
    note: str = text_field(200)
    based_on: int = 0
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    updated_at: datetime = instant()
    published_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    published_at: datetime | None = instant(nullable=True)
    version: int = 1


class LeadScore(SQLModel, table=True):
    """What the rules last gave a lead. ``temperature`` is theirs; a lead that shows another one got it from a person.

    ``fixed``: a person set it with a ``reason`` and the rules leave it alone until it is given back.
    """

    __tablename__ = "lead_score"

    lead_id: int = Field(primary_key=True, foreign_key="lead.id")
    score: int = 0
    temperature: str = text_field(12)
    rules: list[str] = json_field(list)
    number: int = 0
    at: datetime = instant()
    fixed: bool = False
    reason: str = text_field(200)
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    fixed_at: datetime | None = instant(nullable=True)


class LeadScoreCursor(SQLModel, table=True):
    """How far the scoring came, one row: the last event and lead seen, and the run through all leads."""

    __tablename__ = "lead_score_cursor"

    id: int = Field(primary_key=True)
    event_id: int = 0
    lead_id: int = 0
    run: str = text_field(40)
    """What the run through all leads is for: a version and a day."""
    run_lead_id: int = 0
    run_done: bool = True
