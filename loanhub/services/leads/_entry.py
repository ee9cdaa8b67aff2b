"""Where a new lead's card stands: on the board whose entry condition it meets, else on the first; at the top."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import criteria as language
from loanhub.domain.errors import InvalidInput
from loanhub.domain.rank import between
from loanhub.models import Lead, Pipeline, Stage
from loanhub.repositories import leads as repository
from loanhub.services import catalogue as catalogues
from loanhub.services.setup import DEFAULT_PIPELINE


class Entry:
    """Finds the board of each new lead and gives out the ranks at its top; good for one transaction."""

    def __init__(self, db: Session, *, now: datetime) -> None:
        self._db, self._now = db, now
        self._catalogue = catalogues.current(db)
        self._ranks: dict[tuple[int, str], str] = {}
        self._first: dict[int, str] = {}
        self._conditions: list[tuple[int, language.Node]] = []
        self._default = 0
        query = sa.select(col(Pipeline.id), col(Pipeline.code), col(Pipeline.entry)).where(
            col(Pipeline.entity) == "lead", col(Pipeline.active)
        )
        for pipeline_id, code, entry in db.execute(query.order_by(col(Pipeline.id))).all():
            if code == DEFAULT_PIPELINE:
                self._default = int(pipeline_id or 0)
            elif entry:
                self._add(int(pipeline_id or 0), entry)

    def _add(self, pipeline_id: int, entry: object) -> None:
        try:
            self._conditions.append((pipeline_id, language.parse(entry, self._catalogue, "lead")))
        except InvalidInput:
            # A field the condition names was taken away: such a board receives nothing until it is corrected.
            return

    @property
    def asks(self) -> bool:
        """Return whether any board looks at the record at all; else every one enters the default board."""
        return bool(self._conditions)

    def board_of(self, record: Any) -> tuple[int, str]:
        """Return the board a record (a lead, or its values by column) enters, and the board's first stage."""
        context = language.Context(now=self._now)
        found = self._default
        for pipeline_id, condition in self._conditions:
            if language.matches(condition, record, context, self._catalogue, "lead"):
                found = pipeline_id
                break
        if found not in self._first:
            query = sa.select(col(Stage.code)).where(col(Stage.pipeline_id) == found)
            self._first[found] = self._db.execute(
                query.order_by(col(Stage.sort), col(Stage.id)).limit(1)
            ).scalar_one()
        return found, self._first[found]

    def rank_on(self, pipeline_id: int, stage_code: str) -> str:
        """Return the rank above all cards of a column, each call one higher."""
        place = (pipeline_id, stage_code)
        below = self._ranks.get(place) or repository.first_rank(self._db, pipeline_id, stage_code)
        self._ranks[place] = between(None, below)
        return self._ranks[place]

    def put(self, lead: Lead) -> None:
        """Put a new lead at the top of the first column of its board."""
        lead.pipeline_id, lead.stage_code = self.board_of(lead)
        lead.stage_entered_at = self._now
        lead.rank = self.rank_on(lead.pipeline_id, lead.stage_code)
