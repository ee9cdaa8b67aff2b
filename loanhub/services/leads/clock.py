"""The clock of leads somebody works on: remind, escalate, warn, recycle 跟进时钟, as one rule that bears restarts.

What is due follows from the facts (:mod:`loanhub.domain.lead_clock`); what has been told is kept in ``lead_notice`` in
the transaction of the telling. So a round that is killed leaves nothing half told, and the next one tells the rest.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.assignment import Document
from loanhub.domain.formats import local
from loanhub.domain.lead_clock import WATCHED_STATUSES, Due, Item, timeline
from loanhub.domain.leads import LeadOrigin
from loanhub.domain.public_pool import Clock, is_real_follow_up
from loanhub.models import Interaction, Lead, LeadNotice
from loanhub.services import events
from loanhub.services._actor import SYSTEM
from loanhub.services._lead_rules import LeadRules, lead_rules
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.assignment import place_new
from loanhub.services.assignment._load import Staff, published, staff_of
from loanhub.services.leads.owners import to_pool

BATCH = 300
LOOK_AGAIN = timedelta(days=1)
"""A lead nothing is owed to is looked at again after a day: a change of its status may have woken its clock."""


@dataclass
class Told:
    """What a round did."""

    looked: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, due: Due) -> None:
        """Count one."""
        self.counts[due.value] = self.counts.get(due.value, 0) + 1


def run_due(*, now: datetime, most: int = 200_000, rest: float = 0.0) -> Told:
    """Do what is due by ``now``, a batch a transaction; several workers at once share the leads.

    ``rest``: how many times as long as a batch took to wait after it, so that people are served in between when there
    is much to do, as after an upgrade.
    """
    told = Told()
    while told.looked < most:
        started = time.monotonic()
        with transaction() as db:
            leads = _pick(db, now)
            if not leads:
                break
            _work(db, leads, told, now=now)
        told.looked += len(leads)
        time.sleep(rest * (time.monotonic() - started))
    return told


def _pick(db: Session, now: datetime) -> list[Lead]:
    """Return leads to be looked at, locked; those another worker or a person holds now are left for the next round."""
    due = sa.select(Lead).where(col(Lead.clock_at) <= now).order_by(col(Lead.clock_at)).limit(BATCH)
    unseen = (
        sa.select(Lead)
        .where(
            col(Lead.clock_at).is_(None), col(Lead.owner_id).is_not(None), col(Lead.closed_at).is_(None),
            col(Lead.deleted_at).is_(None),
        )
        .order_by(col(Lead.id))
        .limit(BATCH)
    )  # fmt: skip
    for query in (due, unseen):
        # Without the key: a further enquiry of the same person need not wait for the clock.
        found = list(db.execute(query.with_for_update(skip_locked=True, key_share=True)).scalars())
        if found:
            return found
    return []


def _work(db: Session, leads: Sequence[Lead], told: Told, *, now: datetime) -> None:
    rules = lead_rules(db, now=now)
    watched = [
        lead for lead in leads
        if lead.owner_id is not None and lead.deleted_at is None and lead.closed_at is None
        and lead.status in WATCHED_STATUSES
    ]  # fmt: skip
    for lead in leads:
        lead.clock_at = (
            None if lead.owner_id is None or lead.closed_at or lead.deleted_at else now + LOOK_AGAIN
        )
    if not watched:
        return
    ids = [lead.id or 0 for lead in watched]
    follow_ups = _follow_ups(db, watched, rules)
    known = {
        (row.lead_id, row.kind, row.since)
        for row in db.execute(sa.select(LeadNotice).where(col(LeadNotice.lead_id).in_(ids))).scalars()
    }
    staff = staff_of(db)
    recycled: list[Lead] = []
    for lead in watched:
        items = owed(lead, follow_ups.get(lead.id or 0, []), rules, now=now)
        later = [item.at for item in items if item.at > now]
        lead.clock_at = min([*later, now + LOOK_AGAIN])
        past = [item for item in items if item.at <= now]
        if past and past[-1].due is Due.RECYCLE:
            _recycle(db, lead, past[-1], bool(follow_ups.get(lead.id or 0)), staff, now=now)
            told.add(Due.RECYCLE)
            recycled.append(lead)
            continue
        newest = {item.due: item for item in past}
        for item in past:
            if (lead.id, item.code, item.since) in known:
                continue
            db.add(LeadNotice(lead_id=lead.id or 0, kind=item.code, since=item.since, at=now))
            if newest[item.due] is item and not _passed_over(item, newest):
                _tell(db, lead, item, staff, rules, now=now)
                told.add(item.due)
    db.flush()
    version = published(db) if recycled else None
    if version is not None and Document.of_json(version.document).recycled:
        besides = {lead.id or 0: lead.previous_owner_id or 0 for lead in recycled}
        place_new(db, recycled, now=now, besides=besides, origin=LeadOrigin.POOL_ASSIGNED)


def _passed_over(item: Item, newest: Mapping[Due, Item]) -> bool:
    """Return whether a later word makes this one needless: after a standstill nobody is told both."""
    return item.due is Due.FIRST_REMIND and Due.FIRST_ESCALATE in newest


def owed(lead: Lead, follow_ups: Sequence[datetime], rules: LeadRules, *, now: datetime) -> list[Item]:
    """Return what is owed to a lead, past and to come; what lay untouched before recycling began counts from then."""
    start, real = lead.assigned_at or lead.created_at, [moment for moment in follow_ups if moment <= now]
    if rules.since is not None and rules.since > start:
        before = lead.first_contact_at is not None or any(moment < rules.since for moment in real)
        real = [moment for moment in real if moment >= rules.since] + ([rules.since] if before else [])
        start = rules.since
    return timeline(
        assigned_at=start, contacted=lead.first_contact_at is not None, follow_ups=real, status=lead.status,
        locked_until=lead.locked_until, now=now, pool=rules.pool, first=rules.first,
    )  # fmt: skip


def _follow_ups(db: Session, leads: Sequence[Lead], rules: LeadRules) -> dict[int, list[datetime]]:
    """Return the real follow-ups of each lead since its assignment, those written on its customer included."""
    by_customer = {lead.customer_id: lead.id or 0 for lead in leads if lead.customer_id}
    starts = {lead.id or 0: lead.assigned_at or lead.created_at for lead in leads}
    query = sa.select(
        col(Interaction.lead_id), col(Interaction.customer_id), col(Interaction.at), col(Interaction.text),
        col(Interaction.duration_seconds),
    ).where(
        sa.or_(col(Interaction.lead_id).in_(list(starts)), col(Interaction.customer_id).in_(list(by_customer))),
        col(Interaction.kind) != "note", col(Interaction.at) >= min(starts.values()),
    )  # fmt: skip
    found: dict[int, list[datetime]] = {}
    for lead_id, customer_id, at, text, seconds in db.execute(query).all():
        one = int(lead_id) if lead_id in starts else by_customer.get(customer_id)
        if one is None or at < starts[one]:
            continue
        if is_real_follow_up(text=text, call_seconds=seconds, rules=rules.pool):
            found.setdefault(one, []).append(at)
    return found


def _heads(lead: Lead, staff: Staff) -> list[int]:
    return [one for one in staff.heads_of([lead.department_id or 0]) if one != lead.owner_id][:1]


def _tell(db: Session, lead: Lead, item: Item, staff: Staff, rules: LeadRules, *, now: datetime) -> None:
    known = staff.users.get(lead.owner_id or 0)
    owner = known.name if known is not None else "负责人"
    heads = _heads(lead, staff)
    if item.due is Due.FIRST_REMIND:
        words, others, event = f"还有 {rules.first.remind_minutes} 分钟，请首次联系", [], "lead.reminded"
    elif item.due is Due.FIRST_ESCALATE:
        counted = "工作时间" if rules.first.clock is Clock.WORKING else ""
        words, others, event = f"超过 {rules.first.minutes} 分钟{counted}未首次联系", heads, "lead.escalated"
    elif item.due is Due.IDLE:
        words, others, event = f"已 {item.number} 天没有跟进", heads, "lead.reminded"
    else:
        words, others, event = f"{item.number} 小时后收回公海", [], "lead.reminded"
    row = events.record(
        db, SYSTEM, event, now=now, entity="lead", entity_id=lead.id, lead_id=lead.id, customer_id=lead.customer_id,
        summary=f"{item.due.label}：{words}",
    )  # fmt: skip
    for who, title in [(lead.owner_id, words), *((one, f"{owner}的线索{words}") for one in others)]:
        notify(
            db, who, title=title, text=lead.number, link=f"/leads?lead={lead.id}", kind="reminder", entity="lead",
            entity_id=lead.id, actionable=True, event_id=row.id, now=now,
        )  # fmt: skip


def _recycle(db: Session, lead: Lead, item: Item, followed: bool, staff: Staff, *, now: datetime) -> None:
    since = f"{local(item.since):%m-%d %H:%M}"
    reason = (
        f"{since} 跟进后到期未再跟进，自动收回" if followed else f"{since} 分配后到期未首次联系，自动收回"
    )
    owner_id, heads = lead.owner_id, _heads(lead, staff)
    to_pool(db, SYSTEM, lead, reason=reason, now=now)
    for one in (owner_id, *heads):
        notify(
            db, one, title="线索已收回公海", text=f"{lead.number} {reason}", link=f"/pool?lead={lead.id}", kind="lead",
            entity="lead", entity_id=lead.id, now=now,
        )  # fmt: skip
