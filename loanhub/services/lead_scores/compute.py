"""Give leads their score and temperature 评分: after each event that names them, and all of them each night.

One cursor row says how far it came, and is written with what it covers: killed anywhere, nothing is lost, and what is
done again comes out the same. A temperature a person set is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.formats import local
from loanhub.domain.lead_scores import ScoreDocument
from loanhub.models import Event, Lead, LeadScore, LeadScoreCursor
from loanhub.services import events
from loanhub.services._actor import SYSTEM
from loanhub.services._failpoints import failpoint
from loanhub.services._lead_scorer import LOCK, Scorer, published
from loanhub.services._numbering import next_number
from loanhub.services._transaction import announce, reading, transaction

CHUNK = 500
NIGHT_HOUR = 2
SCORED = "lead.scored"


def run_due(*, now: datetime, most: int = 20) -> int:
    """Score what changed, then a part of the nightly run; return how many leads were looked at."""
    looked = 0
    for _ in range(most):
        number = _changed(now=now)
        looked += number
        if number < CHUNK:
            break
    for _ in range(most):
        number = _nightly(now=now)
        looked += number
        if number == 0:
            break
    return looked


def _cursor(db: Session) -> LeadScoreCursor:
    row = db.get(LeadScoreCursor, 1)
    if row is None:
        row = LeadScoreCursor(id=1)
        db.add(row)
        db.flush()
    return row


def _changed(*, now: datetime) -> int:
    """Score the leads that events since the last time name, and leads that came in without one."""
    with reading() as db:
        known = db.get(LeadScoreCursor, 1)
        newest = int(db.execute(sa.select(sa.func.coalesce(sa.func.max(col(Event.id)), 0))).scalar_one())
        lead = int(db.execute(sa.select(sa.func.coalesce(sa.func.max(col(Lead.id)), 0))).scalar_one())
        if published(db) is None or (known and known.event_id >= newest and known.lead_id >= lead):
            return 0
    with transaction() as db:
        next_number(db, LOCK)
        version, cursor = published(db), _cursor(db)
        if version is None:
            return 0
        rows = db.execute(
            sa.select(col(Event.id), col(Event.lead_id), col(Event.type))
            .where(col(Event.id) > cursor.event_id).order_by(col(Event.id)).limit(CHUNK)
        ).all()  # fmt: skip
        fresh = [
            int(i or 0) for i in db.execute(
                sa.select(col(Lead.id)).where(col(Lead.id) > cursor.lead_id).order_by(col(Lead.id)).limit(CHUNK)
            ).scalars()
        ]  # fmt: skip
        wanted = {int(lead_id) for _, lead_id, kind in rows if lead_id and kind != SCORED} | set(fresh)
        _score(db, sorted(wanted), Scorer(db, ScoreDocument.of_json(version.document)), version.number, now)
        cursor.event_id = int(rows[-1][0] or 0) if rows else cursor.event_id
        cursor.lead_id = fresh[-1] if fresh else cursor.lead_id
        failpoint("lead_scores.before_commit")
        return max(len(rows), len(fresh))


def _nightly(*, now: datetime) -> int:
    """Score the next part of all open leads, once a night after two o'clock and once for each version in force."""
    day = local(now)
    with reading() as db:
        version, known = published(db), db.get(LeadScoreCursor, 1)
        if version is None:
            return 0
        # Before two o'clock the night of yesterday is the one that counts.
        night = day.date().toordinal() - (1 if day.hour < NIGHT_HOUR else 0)
        wanted = f"{version.number}:{night}"
        if known is not None and known.run == wanted and known.run_done:
            return 0
    with transaction() as db:
        next_number(db, LOCK)
        version, cursor = published(db), _cursor(db)
        if version is None:
            return 0
        if cursor.run != wanted:
            cursor.run, cursor.run_lead_id, cursor.run_done = wanted, 0, False
        ids = [
            int(i or 0) for i in db.execute(
                sa.select(col(Lead.id))
                .where(col(Lead.id) > cursor.run_lead_id, col(Lead.closed_at).is_(None), col(Lead.deleted_at).is_(None))
                .order_by(col(Lead.id)).limit(CHUNK)
            ).scalars()
        ]  # fmt: skip
        _score(db, ids, Scorer(db, ScoreDocument.of_json(version.document)), version.number, now)
        cursor.run_lead_id = ids[-1] if ids else cursor.run_lead_id
        cursor.run_done = len(ids) < CHUNK
        failpoint("lead_scores.before_commit")
        return len(ids)


def _score(db: Session, ids: Sequence[int], scorer: Scorer, number: int, now: datetime) -> None:
    """Write what these leads come to; a lead's version stays, since nobody edited it."""
    if not ids:
        return
    kept = {
        row.lead_id: row
        for row in db.execute(sa.select(LeadScore).where(col(LeadScore.lead_id).in_(ids))).scalars()
    }
    query = sa.select(Lead).where(
        col(Lead.id).in_(ids), col(Lead.closed_at).is_(None), col(Lead.deleted_at).is_(None)
    )
    moved = 0
    for lead in db.execute(query.with_for_update()).scalars():
        given, known = scorer.give(lead, now), kept.get(lead.id or 0)
        if known is None:
            known = LeadScore(lead_id=lead.id or 0, at=now)
            db.add(known)
        theirs = known.temperature
        known.score, known.temperature, known.number, known.at = (
            given.score,
            given.temperature.value,
            number,
            now,
        )
        known.rules = [rule.key for rule in given.met]
        if lead.score != given.score:
            lead.score = given.score
            moved += 1
        shown = lead.temperature.value if lead.temperature else ""
        if known.fixed or shown not in ("", theirs) or shown == given.temperature.value:
            continue
        before = lead.temperature.label if lead.temperature else "—"
        lead.temperature = given.temperature
        moved += 1
        events.record(
            db, SYSTEM, SCORED, now=now, entity="lead", entity_id=lead.id, lead_id=lead.id, customer_id=lead.customer_id,
            before={"意向等级": before}, after={"意向等级": given.temperature.label},
            summary=f"{given.score} 分，" + "、".join(f"{rule.name} {rule.points:+d}" for rule in given.met)[:300],
        )  # fmt: skip
    if moved:
        announce(db, "leads", scored=moved)
