"""Rows of a list beside the leads and customers they are, or may be 并排对比: for the preview, nothing is written.

Who certainly is known was found for all rows (:mod:`._known`). Whom a row resembles is looked up in the same few queries
for the first :data:`COMPARED_ROWS` rows and for those that share a customer's number; the rest is compared after the
import, by the queue 可能重复.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.catalogue import Catalogue
from loanhub.domain.duplicates import Certainty, Key, Rules
from loanhub.repositories import duplicates as repository
from loanhub.repositories.duplicates import Record
from loanhub.services import _party_keys
from loanhub.services._actor import Actor
from loanhub.services.duplicates import rules_of
from loanhub.services.duplicates.find import Match as Likeness
from loanhub.services.duplicates.find import find_many, worth_a_look
from loanhub.services.duplicates.pairs import TONES, Side, side_of
from loanhub.services.imports._known import Finder, Match
from loanhub.services.imports._plan import PlannedRow
from loanhub.services.imports._ready import compared_of, places_of

COMPARED_ROWS = 2_000
SHOWN = 40
"""How many pairs of each kind are drawn; the counts are of all."""


@dataclass(frozen=True)
class Beside:
    """A row of the file and the record it is, or resembles; ``known`` says state and team alone outside the reader's scope."""

    row: int
    name: str
    phone: str
    id_number: str
    city: str
    known: Side
    entity: str
    score: int
    certainty: str
    tone: str
    reasons: tuple[tuple[str, str], ...]
    left_out: bool = False


@dataclass(frozen=True)
class Pairs:
    """``sure`` are persons known already, ``likely`` rows that become leads and resemble somebody; ``compared`` of them."""

    sure: tuple[Beside, ...]
    likely: tuple[Beside, ...]
    likely_count: int
    compared: int


def pairs_of(
    db: Session,
    actor: Actor,
    rows: Sequence[PlannedRow],
    known: Mapping[int, Match],
    finder: Finder,
    *,
    catalogue: Catalogue,
    text: Callable[[PlannedRow, str], str],
    left_out: Collection[int],
    now: datetime,
) -> Pairs:
    """Return the pairs worth showing, the likeliest first. ``known`` by row number; ``text`` shows a field, masked."""
    rules = rules_of(db, now=now)
    places = places_of(catalogue)
    sure = _mixed([row for row in rows if row.number in known], known)
    fresh = [row for row in rows if row.wanted and row.number not in known]
    asked = (
        fresh[:COMPARED_ROWS] + [row for row in fresh[COMPARED_ROWS:] if finder.shares_number(row)][:SHOWN]
    )
    parties = [
        _party_keys.party_of("lead", compared_of(places, row.cleaned.values)) for row in (*sure, *asked)
    ]
    found = find_many(db, parties, rules)
    likely: list[tuple[PlannedRow, Likeness]] = []
    for row, party, matches in zip(asked, parties[len(sure) :], found[len(sure) :], strict=True):
        best = next((one for one in matches if _tells(one, party, rules)), None)
        if best is not None:
            likely.append((row, best))
    likely.sort(key=lambda pair: (-pair[1].verdict.score, pair[0].number))
    shown: list[tuple[PlannedRow, Record, Likeness | None]] = [
        (
            row,
            known[row.number].record,
            next((m for m in matches if m.record == known[row.number].record), None),
        )
        for row, matches in zip(sure, found, strict=False)
    ] + [(row, best.record, best) for row, best in likely[:SHOWN]]
    sides = _sides(db, actor, [record for _, record, _ in shown], now)

    def beside(row: PlannedRow, record: Record, likeness: Likeness | None) -> Beside:
        verdict = likeness.verdict if likeness else None
        certainty = verdict.certainty if verdict else Certainty.EXACT
        reasons = tuple((r.label, f"{r.points:+d}") for r in verdict.reasons) if verdict else ()
        match = known.get(row.number)
        return Beside(
            row.number, text(row, "name"), text(row, "phone"), text(row, "id_number"), text(row, "city"), sides[record],
            record[0], verdict.score if verdict else 100, certainty.label, TONES[certainty.value],
            reasons or ((match.key.label, ""),) if match else reasons, row.number in left_out,
        )  # fmt: skip

    drawn = [beside(*one) for one in shown]
    return Pairs(tuple(drawn[: len(sure)]), tuple(drawn[len(sure) :]), len(likely), len(asked))


def _mixed(rows: Sequence[PlannedRow], known: Mapping[int, Match]) -> list[PlannedRow]:
    """Return as many rows as are shown, in file order; customers keep half the room when there are many of both."""
    customers = [row for row in rows if known[row.number].customer is not None]
    leads = [row for row in rows if known[row.number].customer is None]
    kept = customers[: max(SHOWN // 2, SHOWN - len(leads))]
    return sorted([*kept, *leads[: SHOWN - len(kept)]], key=lambda row: row.number)


def _tells(one: Likeness, party: Any, rules: Rules) -> bool:
    """Return whether a likeness is worth a look before the import: what the queue would say, or the very phone."""
    if worth_a_look(one, party, rules, customer_id=None, closed=False):
        return True
    return Key.PHONE in one.verdict.keys and one.standing.entity == "customer"


def _sides(db: Session, actor: Actor, records: Sequence[Record], now: datetime) -> dict[Record, Side]:
    rows = repository.load(db, set(records))
    held: list[Any] = []  # the session forgets what nobody holds, and each side would read its record anew
    for entity, model in repository.MODELS.items():
        ids = [row_id for kind, row_id in rows if kind == entity]
        held += db.execute(sa.select(model).where(model.id.in_(ids))).scalars() if ids else ()
    return {record: side_of(db, actor, record, rows.get(record), now) for record in set(records)}
