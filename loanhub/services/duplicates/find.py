"""The one duplicate search 查重: by numbers and blocking keys, over every record, whoever asks.

Each asked party costs a few indexed queries, at most :data:`loanhub.domain.duplicates.CANDIDATES_PER_KEY` records a
key, however large the book. What of a match may be told, :mod:`loanhub.services.duplicates.tell` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.duplicates import CANDIDATES_PER_KEY, Key, Party, Rules, Verdict, compare
from loanhub.domain.leads import CLOSED_STATUSES
from loanhub.models import Customer, Lead
from loanhub.repositories import duplicates as repository
from loanhub.repositories.duplicates import Record, Standing
from loanhub.services import _party_keys
from loanhub.services.duplicates.rules import rules_of


@dataclass(frozen=True)
class Match:
    """A known record, what speaks for it being the same party, and where it stands."""

    record: Record
    verdict: Verdict
    standing: Standing

    def stops(self, rules: Rules) -> bool:
        """Return whether the firm's rules forbid a second record; a phone under another name may be shared."""
        keys = {key for key in self.verdict.keys if rules.stops(key)}
        named = any(one.key in ("same_name", "same_sound") for one in self.verdict.reasons)
        return bool(keys) and (named or keys != {Key.PHONE})


def find_many(
    db: Session, parties: Sequence[Party], rules: Rules, *, but: Collection[Record] = ()
) -> list[list[Match]]:
    """Return the matches of each party, the likeliest first, whatever their score; never a party itself."""
    candidates = _candidates(db, parties)
    for place, party in enumerate(parties):
        candidates[place] -= {(party.entity, party.id), *but}
    rows = repository.load(db, set().union(*candidates) if candidates else ())
    known = _parties(db, rows)
    found: list[list[Match]] = []
    for party, records in zip(parties, candidates, strict=True):
        matches = []
        for record in records:
            if record not in known:
                continue
            verdict = compare(party, known[record], rules.modes)
            if verdict is not None:
                matches.append(Match(record, verdict, repository.standing(record[0], rows[record])))
        matches.sort(key=lambda one: (-one.verdict.score, one.record))
        found.append(matches)
    return found


def _candidates(db: Session, parties: Sequence[Party]) -> list[set[Record]]:
    """Return which records share a number or a key with each party."""
    asked: dict[tuple[str, str], list[int]] = {}
    for place, party in enumerate(parties):
        for kind, values in (
            ("phone", (party.phone, *party.relatives)), ("id", (party.id_number,)), ("relative", (party.phone,)),
            ("token", party.tokens),
        ):  # fmt: skip
            for value in values:
                if value:
                    asked.setdefault((kind, value), []).append(place)

    def asked_for(kind: str) -> list[str]:
        return [value for found, value in asked if found == kind]

    candidates: list[set[Record]] = [set() for _ in parties]
    counts: dict[tuple[str, str], int] = {}
    for kind, pairs in (
        ("phone", repository.sharing_numbers(db, "phone_index", asked_for("phone"))),
        ("id", repository.sharing_numbers(db, "id_number_index", asked_for("id"))),
        ("relative", repository.sharing_relatives(db, asked_for("relative"))),
        ("token", repository.sharing_tokens(db, asked_for("token"))),
    ):
        for value, record in pairs:
            counts[kind, value] = counts.get((kind, value), 0) + 1
            if counts[kind, value] > 2 * CANDIDATES_PER_KEY:
                continue
            for place in asked[kind, value]:
                candidates[place].add(record)
    return candidates


def _parties(db: Session, rows: dict[Record, Any]) -> dict[Record, Party]:
    relatives = repository.relatives_of(db, [row_id for entity, row_id in rows if entity == "customer"])
    return {
        (entity, row_id): _party_keys.party_of(entity, row, relatives=relatives.get(row_id, ()) if entity == "customer" else ())
        for (entity, row_id), row in rows.items()
    }  # fmt: skip


def parties_of(db: Session, records: Iterable[Record]) -> list[Party]:
    """Return the comparable side of stored, living records."""
    return list(_parties(db, repository.load(db, records)).values())


def find(db: Session, entity: str, row: Any, *, now: datetime) -> list[Match]:
    """Return who a record, stored or not, may be besides; above the firm's threshold or stopped by its rules."""
    rules = rules_of(db, now=now)
    relatives: set[str] = set()
    if entity == "customer" and getattr(row, "id", None):
        relatives = repository.relatives_of(db, [int(row.id)]).get(int(row.id), set())
    (found,) = find_many(db, [_party_keys.party_of(entity, row, relatives=relatives)], rules)
    return [one for one in found if one.verdict.score >= rules.threshold or one.stops(rules)]


def numbers_known(db: Session, leads: Sequence[Lead]) -> set[str]:
    """Return which blind indexes of phones and identity numbers of new leads a living lead has: two queries for all."""
    found: set[str] = set()
    for column, wanted in (
        (Lead.id_number_index, {lead.id_number_index for lead in leads if lead.id_number_index}),
        (Lead.phone_index, {lead.phone_index for lead in leads if lead.phone_index}),
    ):
        if wanted:
            # Asked in the same query, "not deleted" would tempt SQLite to walk every lead that is not.
            query = sa.select(col(column), col(Lead.deleted_at)).where(col(column).in_(wanted))
            with db.no_autoflush:
                found |= {str(one) for one, deleted_at in db.execute(query).all() if deleted_at is None}
    return found


def same_lead(db: Session, lead: Lead, *, now: datetime) -> Lead | None:
    """Return the newest living lead that the firm's rules hold for the party of this new one, or None.

    The identity number counts before the phone; two different identity numbers are never one party. Two queries at
    most; for many leads :func:`numbers_known` tells which need to be asked for.
    """
    rules = rules_of(db, now=now)
    for key, column, value in (
        (Key.ID_NUMBER, Lead.id_number_index, lead.id_number_index),
        (Key.PHONE, Lead.phone_index, lead.phone_index),
    ):
        if not value or not rules.stops(key):
            continue
        query = sa.select(Lead).where(col(column) == value, col(Lead.deleted_at).is_(None))
        if key is Key.PHONE and lead.id_number_index:
            query = query.where(
                sa.or_(col(Lead.id_number_index).is_(None), col(Lead.id_number_index) == lead.id_number_index)
            )
        with db.no_autoflush:
            found: Lead | None = db.execute(query.order_by(col(Lead.id).desc()).limit(1)).scalar_one_or_none()
        if found is not None:
            return found
    return None


def same_customer(db: Session, row: Lead | Customer) -> Customer | None:
    """Return the living customer that certainly is this party: the same number, or the same phone and name."""
    query = sa.select(Customer).where(col(Customer.deleted_at).is_(None))
    found: Customer | None = None
    with db.no_autoflush:
        if row.id_number_index:
            found = db.execute(
                query.where(col(Customer.id_number_index) == row.id_number_index).limit(1)
            ).scalar_one_or_none()
        if found is None and row.phone_index:
            asked = query.where(col(Customer.phone_index) == row.phone_index, col(Customer.name) == row.name)
            if row.id_number_index:
                asked = asked.where(col(Customer.id_number_index).is_(None))
            found = db.execute(asked.order_by(col(Customer.id)).limit(1)).scalar_one_or_none()
    return found


def worth_a_look(match: Match, party: Party, rules: Rules, *, customer_id: int | None, closed: bool) -> bool:
    """Return whether a match belongs into the queue: likely enough, and not one record and what it became.

    ``customer_id`` and ``closed`` are of the party when it is a lead. A closed lead is left alone: the person may ask
    again, and that is a new opportunity.
    """
    if match.verdict.score < rules.threshold or closed:
        return False
    known = match.standing
    if known.status is not None and known.status in CLOSED_STATUSES:
        return False
    if party.entity == "lead" and known.entity == "customer":
        return customer_id != known.id
    if party.entity == "customer" and known.entity == "lead":
        return known.customer_id != party.id
    return not (party.entity == "lead" and customer_id is not None and customer_id == known.customer_id)
