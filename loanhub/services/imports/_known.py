"""Which rows are of persons known already 查重: leads under way first, then customers; many rows at once, told blindly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.duplicates import Key, could_be_called
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
from loanhub.repositories.imports import Known, KnownCustomer
from loanhub.services._actor import Actor
from loanhub.services.duplicates import rules_of
from loanhub.services.duplicates.tell import blind_customer
from loanhub.services.imports._plan import FileRow
from loanhub.services.imports._ready import keys_of


@dataclass(frozen=True, slots=True)
class Match:
    """The known lead or customer behind a row and on what both agree."""

    key: DuplicateKey
    lead_id: int = 0
    customer: KnownCustomer | None = None

    @property
    def record(self) -> tuple[str, int]:
        """Return (entity, id)."""
        return ("customer", self.customer.id) if self.customer else ("lead", self.lead_id)


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
        self, db: Session, actor: Actor, rows: Sequence[FileRow], *, not_of_batch: int | None
    ) -> None:
        self._db, self._actor = db, actor
        self._keys = {row.number: _keys_of(row) for row in rows if row.wanted}
        phones = {phone for phone, _ in self._keys.values() if phone}
        numbers = {id_number for _, id_number in self._keys.values() if id_number}
        known = repository.find_known(db, phones, numbers, not_of_batch=not_of_batch)
        self._leads = _Shelf(known)
        self._customers = _Shelf(repository.find_known_customers(db, phones, numbers))
        self._standings = _standings(db, [one.id for one in known])

    def find(self, row: FileRow, *, now: datetime) -> Match | None:
        """Return the known lead this enquiry belongs to, else the customer; None for a new person.

        A lead lost long ago is none: the person asks anew, and may be a customer.
        """
        keys = self._keys.get(row.number)
        if keys is None:
            return None
        for known, key in self._agreeing(self._leads, keys, now):
            standing = self._standings[known.id]
            outcome = decide_duplicate(
                status=standing.status,
                owned=standing.owner_id is not None,
                closed_at=standing.closed_at,
                now=now,
            )
            if outcome is not DuplicateOutcome.NEW_OPPORTUNITY:
                return Match(key, lead_id=known.id)
            break
        name = str(row.values.get("name") or "")
        for customer, key in self._agreeing(self._customers, keys, now):
            # A family shares a phone, and an enquiry must not be hung on the wrong one of it.
            if key is not DuplicateKey.PHONE or could_be_called(name, customer.name):
                return Match(key, customer=customer)
        return None

    def shares_number(self, row: FileRow) -> bool:
        """Return whether a row has the phone or identity number of any known customer, whatever its name."""
        keys = self._keys.get(row.number)
        return keys is not None and any(self._customers.with_any(keys))

    def _agreeing(
        self, shelf: _Shelf[_Known], keys: _Keys, now: datetime
    ) -> Iterator[tuple[_Known, DuplicateKey]]:
        """Yield what is known by a number the firm's rules count, the identity number first."""
        found = shelf.with_any(keys)
        if not found:
            return
        rules = rules_of(self._db, now=now)
        for known in found:
            key = find_duplicate_key(
                PartyKeys(phone=keys[0], id_number=keys[1]),
                PartyKeys(phone=known.phone_index, id_number=known.id_number_index),
            )
            if key is not None and rules.stops(Key(key.value)):
                yield known, key

    def sentence(self, match: Match) -> str:
        """Return the blind sentence on a known record: state and team, never who."""
        if match.customer is not None:
            return blind_customer(match.customer.team)
        standing = self._standings[match.lead_id]
        return blind_notice(standing.status, in_pool=standing.owner_id is None, team=standing.team)

    def reachable(self, match: Match) -> bool:
        """Return whether the actor may see the known lead."""
        standing = self._standings[match.lead_id]
        return self._actor.reaches(owner_id=standing.owner_id, department_id=standing.department_id)


_Keys = tuple[str | None, str | None]
"""The blind indexes of phone and identity number."""


def _keys_of(row: FileRow) -> _Keys:
    ready = getattr(row, "ready", None)
    if ready is not None:
        return ready.phone_key, ready.id_number_key
    keys = keys_of(row.values)
    return keys.phone, keys.id_number


_Known = TypeVar("_Known", Known, KnownCustomer)


class _Shelf(Generic[_Known]):
    """Known records by their blind indexes."""

    def __init__(self, known: Sequence[_Known]) -> None:
        self._by_phone: dict[str, list[_Known]] = {}
        self._by_id: dict[str, list[_Known]] = {}
        for one in known:
            if one.phone_index:
                self._by_phone.setdefault(one.phone_index, []).append(one)
            if one.id_number_index:
                self._by_id.setdefault(one.id_number_index, []).append(one)

    def with_any(self, keys: _Keys) -> list[_Known]:
        """Return those with the identity number, then those with the phone."""
        if keys[1] not in self._by_id and keys[0] not in self._by_phone:
            return []
        return [*self._by_id.get(keys[1] or "", ()), *self._by_phone.get(keys[0] or "", ())]


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
