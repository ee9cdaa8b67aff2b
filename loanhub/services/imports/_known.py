"""Which rows are of persons known already 查重: looked up for many rows at once, told blindly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.duplicates import Key
from loanhub.domain.leads import (
    DuplicateKey,
    DuplicateOutcome,
    LeadStatus,
    PartyKeys,
    blind_notice,
    decide_duplicate,
    find_duplicate_key,
)
from loanhub.models import Department, Lead
from loanhub.repositories import imports as repository
from loanhub.repositories.imports import Known
from loanhub.services._actor import Actor
from loanhub.services.duplicates import rules_of
from loanhub.services.imports._plan import PlannedRow
from loanhub.services.imports._ready import keys_of


@dataclass(frozen=True, slots=True)
class Match:
    """The known lead behind a row and on what both agree."""

    lead_id: int
    key: DuplicateKey


@dataclass(frozen=True, slots=True)
class _Standing:
    status: LeadStatus
    owner_id: int | None
    department_id: int | None
    closed_at: datetime | None
    team: str


class Finder:
    """Finds the known lead of each of ``rows`` (those that the file itself does not refuse or repeat)."""

    def __init__(
        self, db: Session, actor: Actor, rows: Sequence[PlannedRow], *, not_of_batch: int | None
    ) -> None:
        self._db, self._actor = db, actor
        self._keys = {
            row.number: row.ready.keys if row.ready else keys_of(row.cleaned.values)
            for row in rows
            if row.wanted
        }
        known = repository.find_known(
            db,
            {keys.phone for keys in self._keys.values() if keys.phone},
            {keys.id_number for keys in self._keys.values() if keys.id_number},
            not_of_batch=not_of_batch,
        )
        self._by_phone: dict[str, list[Known]] = {}
        self._by_id: dict[str, list[Known]] = {}
        for one in known:
            if one.phone_index:
                self._by_phone.setdefault(one.phone_index, []).append(one)
            if one.id_number_index:
                self._by_id.setdefault(one.id_number_index, []).append(one)
        self._standings = _standings(db, [one.id for one in known])

    def find(self, row: PlannedRow, *, now: datetime) -> Match | None:
        """Return the known lead this enquiry belongs to; None for a new person or one lost long ago."""
        keys = self._keys.get(row.number)
        if keys is None:
            return None
        if keys.id_number not in self._by_id and keys.phone not in self._by_phone:
            return None
        rules = rules_of(self._db, now=now)
        for known in (*self._by_id.get(keys.id_number or "", ()), *self._by_phone.get(keys.phone or "", ())):
            key = find_duplicate_key(
                keys, PartyKeys(phone=known.phone_index, id_number=known.id_number_index)
            )
            if key is None or not rules.stops(Key(key.value)):
                continue
            standing = self._standings[known.id]
            outcome = decide_duplicate(
                status=standing.status,
                owned=standing.owner_id is not None,
                closed_at=standing.closed_at,
                now=now,
            )
            return None if outcome is DuplicateOutcome.NEW_OPPORTUNITY else Match(known.id, key)
        return None

    def notice(self, row: PlannedRow, *, now: datetime) -> str:
        """Return the blind sentence on the known lead of a row, or an empty text."""
        match = self.find(row, now=now)
        return self.sentence(match) if match else ""

    def sentence(self, match: Match) -> str:
        """Return the blind sentence on a known lead: state and team, never who."""
        standing = self._standings[match.lead_id]
        return blind_notice(standing.status, in_pool=standing.owner_id is None, team=standing.team)

    def owner_of(self, match: Match) -> int | None:
        """Return who works on the known lead."""
        return self._standings[match.lead_id].owner_id

    def reachable(self, match: Match) -> bool:
        """Return whether the actor may see the known lead."""
        standing = self._standings[match.lead_id]
        return self._actor.reaches(owner_id=standing.owner_id, department_id=standing.department_id)


def _standings(db: Session, lead_ids: Sequence[int]) -> dict[int, _Standing]:
    found: dict[int, _Standing] = {}
    for start in range(0, len(lead_ids), repository.AT_ONCE):
        query = (
            sa.select(
                col(Lead.id), col(Lead.status), col(Lead.owner_id), col(Lead.department_id), col(Lead.closed_at),
                col(Department.name),
            )
            .outerjoin(Department, col(Department.id) == col(Lead.department_id))
            .where(col(Lead.id).in_(lead_ids[start : start + repository.AT_ONCE]))
        )  # fmt: skip
        for lead_id, status, owner_id, department_id, closed_at, team in db.execute(query).all():
            found[int(lead_id or 0)] = _Standing(status, owner_id, department_id, closed_at, team or "")
    return found
