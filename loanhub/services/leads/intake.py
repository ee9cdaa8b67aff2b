"""The one way in for new leads 进线: by hand, from the H5 page, over the API, by webhook.

Whoever takes leads in calls :func:`take_in` inside a transaction, with one enquiry or with many: rows go into the
database many at a time, so that a busy door costs little. Who gets a new lead is decided in :func:`_settle`, the
only place of that question. (A spreadsheet's rows are cleaned and written by ``services/imports``.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.leads import (
    DuplicateOutcome,
    LeadDoor,
    LeadOrigin,
    LeadStatus,
    decide_duplicate,
    lead_number,
)
from loanhub.models import Channel, Lead, LeadConsent, User
from loanhub.repositories import bulk
from loanhub.services import assignment, catalogue, events, search
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._notices import notify
from loanhub.services._numbering import next_number
from loanhub.services._transaction import announce
from loanhub.services.duplicates import numbers_known, same_lead
from loanhub.services.leads._entry import Entry
from loanhub.services.leads.touch import Created, touch

FIRST_CONTACT_HOURS = 2


@dataclass(frozen=True)
class Agreed:
    """A consent given with an enquiry: for what, under which words, from where."""

    purpose: str
    text_version: str
    text_hash: str
    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True)
class Enquiry:
    """Somebody asks for a loan: catalogue fields as they were sent, the door, and who stands in the log.

    ``owner`` is whose lead it becomes (entered by hand); None leaves that to the rule of the channel.
    """

    raw: Mapping[str, object]
    door: LeadDoor
    actor: Actor
    owner: Actor | None = None
    consents: tuple[Agreed, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What became of an enquiry: a new lead, a touch on the known one, or sentences for the fields at fault.

    ``lead_id`` and ``number`` are of the lead that counts, whoever asked: what of it may be told, the door decides.
    """

    lead_id: int = 0
    number: str = ""
    new: bool = False
    created: Created | None = None
    fault: InvalidInput | None = None


def door_actor(name: str, *, ip: str = "") -> Actor:
    """Return who stands in the log for a door without a person: 「H5 申请」, 「接口 · 贷超甲」."""
    return replace(SYSTEM, name=name[:60], ip=ip)


def take_in(db: Session, enquiries: Sequence[Enquiry], *, now: datetime) -> list[Taken]:
    """Take in enquiries, in order; each is new, a touch on the known lead of the same person, or at fault.

    A fault of one does not hurt the others. Nothing is told of a known lead but to those who may see it.
    """
    fresh: list[tuple[int, Enquiry, Lead, catalogue.Changes]] = []
    taken: list[Taken] = [Taken()] * len(enquiries)
    waiting: set[str] = set()
    by_rules = any(one.owner is not None for one in enquiries) and assignment.own_entries_too(db)

    def flush() -> None:
        _write(db, [(enquiry, lead, changes) for _, enquiry, lead, changes in fresh], now=now)
        for place, _, lead, _ in fresh:
            made = Created(new=True, lead_id=lead.id, number=lead.number)
            taken[place] = Taken(lead.id or 0, lead.number, True, made)
        fresh.clear()
        waiting.clear()

    read: list[tuple[int, Enquiry, Lead, catalogue.Changes]] = []
    for place, enquiry in enumerate(enquiries):
        lead = _blank(db, enquiry, by_rules=by_rules, now=now)
        try:
            changes = catalogue.apply(db, enquiry.actor, "lead", lead, enquiry.raw, now=now, partial=False)
        except InvalidInput as fault:
            taken[place] = Taken(fault=fault)
            continue
        read.append((place, enquiry, lead, changes))
    # One look for all of them finds who may be known; only these are asked for one by one.
    seen = numbers_known(db, [lead for _, _, lead, _ in read])
    for place, enquiry, lead, changes in read:
        keys = {key for key in (lead.phone_index, lead.id_number_index) if key}
        if keys & waiting:
            flush()
        known = same_lead(db, lead, now=now) if keys & seen else None
        seen |= keys
        if known is not None and not _is_new_opportunity(known, now=now):
            taken[place] = _repeat(db, enquiry, known, lead, now=now)
            continue
        waiting |= keys
        fresh.append((place, enquiry, lead, changes))
    flush()
    return taken


def _is_new_opportunity(known: Lead, *, now: datetime) -> bool:
    outcome = decide_duplicate(
        status=known.status, owned=known.owner_id is not None, closed_at=known.closed_at, now=now
    )
    return outcome is DuplicateOutcome.NEW_OPPORTUNITY


def _repeat(db: Session, enquiry: Enquiry, known: Lead, lead: Lead, *, now: datetime) -> Taken:
    """Credit a further enquiry to the known lead; its owner is told, one in the pool is given out."""
    made = touch(db, enquiry.actor, known, channel_code=lead.channel_code, note=lead.note, now=now)
    _keep_consents(db, [(enquiry, known)], now=now)
    if enquiry.owner is None and known.owner_id is None and known.status is LeadStatus.NEW:
        _settle(db, [known], now=now)
    return Taken(known.id or 0, known.number, False, made)


def _blank(db: Session, enquiry: Enquiry, *, by_rules: bool, now: datetime) -> Lead:
    lead = bulk.new_row(
        Lead,
        {"number": "", "name": "", "status": LeadStatus.NEW, "created_at": now, "updated_at": now, "stage_entered_at": now,
         "created_by_id": enquiry.actor.actor_id, "door": enquiry.door.value, "origin": LeadOrigin.NEW_DATA,
         "pooled_at": now, "pool_reason": "新进线，待分配"},
    )  # fmt: skip
    if enquiry.owner is not None and not by_rules:
        give(db, lead, enquiry.owner.user_id, enquiry.owner.department_id, reason="自己录入", now=now)
        lead.origin, lead.created_by_id = LeadOrigin.OWN_ENTRY, enquiry.owner.actor_id
    return lead


def give(
    db: Session, lead: Lead, owner_id: int, department_id: int | None, *, reason: str, now: datetime
) -> None:
    """Make somebody the first owner of a lead that just came in, with the first contact as next step."""
    lead.owner_id, lead.department_id = owner_id, department_id
    lead.status, lead.assigned_at, lead.assigned_reason = LeadStatus.WAITING, now, reason[:200]
    lead.pooled_at, lead.pool_reason = None, ""
    lead.next_step, lead.next_step_kind = "首次联系", "phone"
    lead.next_step_at = assignment.first_step_at(db, now)


def _write(db: Session, rows: Sequence[tuple[Enquiry, Lead, catalogue.Changes]], *, now: datetime) -> None:
    """Number, price and store new leads, make them findable, record them, and give them out."""
    if not rows:
        return
    leads = [lead for _, lead, _ in rows]
    day = local(now).date()
    first = next_number(db, f"lead:{day:%Y%m%d}", count=len(leads))
    channels = _channels(db)
    entry = Entry(db, now=now)
    for offset, lead in enumerate(leads):
        lead.number = lead_number(day, first + offset)
        lead.cost_fen = channels[lead.channel_code].cost_per_lead_fen if lead.channel_code in channels else 0
        entry.put(lead)
    db.add_all(leads)
    db.flush()
    search.index_many(db, "lead", [(lead.id or 0, lead) for lead in leads])
    _keep_consents(db, [(enquiry, lead) for enquiry, lead, _ in rows], now=now)
    by_actor: dict[Actor, list[events.Entry]] = {}
    for enquiry, lead, changes in rows:
        label = channels[lead.channel_code].label if lead.channel_code in channels else ""
        told = events.Entry(lead.id or 0, f"{lead.number} {label}".strip(), changes.after)
        by_actor.setdefault(enquiry.actor, []).append(told)
    for actor, entries in by_actor.items():
        if len(entries) > 1:
            events.record_many(db, actor, "lead.created", entries, now=now, entity="lead")
            announce(db, "cockpit", event="lead.created", entity="lead", id=None, by=actor.user_id)
            continue
        (one,) = entries
        events.record(
            db, actor, "lead.created", now=now, entity="lead", entity_id=one.entity_id, lead_id=one.entity_id,
            after=one.after, summary=one.summary,
        )  # fmt: skip
    _settle(db, [lead for lead in leads if lead.owner_id is None], now=now)
    for enquiry, lead, _ in rows:
        if enquiry.owner is not None and lead.owner_id is None:
            # The rules take own entries too, but nobody could: it stays with who entered it.
            why = f"自己录入（{lead.pool_reason}）"
            give(db, lead, enquiry.owner.user_id, enquiry.owner.department_id, reason=why, now=now)
            lead.origin = LeadOrigin.OWN_ENTRY


def _channels(db: Session) -> dict[str, Channel]:
    kept = db.info.get("intake_channels")
    if kept is None:
        kept = {row.code: row for row in db.execute(sa.select(Channel)).scalars()}
        db.info["intake_channels"] = kept
    return dict(kept)


def _keep_consents(db: Session, rows: Sequence[tuple[Enquiry, Lead]], *, now: datetime) -> None:
    given = [
        {
            "lead_id": lead.id, "purpose": one.purpose, "text_version": one.text_version, "text_hash": one.text_hash,
            "given_at": now, "ip": one.ip[:64], "user_agent": one.user_agent[:300],
            "channel_code": str(enquiry.raw.get("channel_code") or "")[:32],
        }
        for enquiry, lead in rows
        for one in enquiry.consents
    ]  # fmt: skip
    if given:
        db.execute(sa.insert(LeadConsent.__table__), given)  # type: ignore[attr-defined]


def _settle(db: Session, leads: Sequence[Lead], *, now: datetime) -> None:
    """Give new leads to whom the rule of their channel names; the others are given out by the assignment rules, or stay in the pool."""
    channels, open_to_rules = _channels(db), []
    for lead in leads:
        channel = channels.get(lead.channel_code)
        rule = channel.owner_rule if channel is not None else {}
        kind = str(rule.get("kind") or "engine")
        if kind == "pool":
            continue
        owner = db.get(User, rule.get("user_id")) if kind == "person" else None
        if owner is not None and owner.active:
            give(
                db,
                lead,
                owner.id or 0,
                owner.department_id,
                reason=f"渠道「{channel.label if channel else ''}」指定",
                now=now,
            )
            lead.version += 1
            event = events.record(
                db, SYSTEM, "lead.assigned", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
                after={"负责人": owner.name}, summary=f"分配给{owner.name}", reason=lead.assigned_reason,
            )  # fmt: skip
            notify(
                db, owner.id, title="新线索分配给你", text=lead.number, link=f"/leads?lead={lead.id}", kind="lead",
                entity="lead", entity_id=lead.id, actionable=True, event_id=event.id, now=now,
            )  # fmt: skip
            continue
        open_to_rules.append(lead)
    assignment.place_new(db, open_to_rules, now=now)
