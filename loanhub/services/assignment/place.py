"""New leads are given out by the rules in force 自动分配: owner, reason and event, in the transaction of their coming in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain.assignment import Decision, Document
from loanhub.domain.leads import LeadOrigin, LeadStatus
from loanhub.models import Lead
from loanhub.services import events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services._notices import notify
from loanhub.services.assignment._load import OpenEngine, open_engine, published


@dataclass(frozen=True)
class Placed:
    """What an assignment did: the decisions in the order of the leads."""

    decisions: tuple[Decision, ...]

    @property
    def owners(self) -> dict[int, int]:
        """Return how many leads each person got."""
        found: dict[int, int] = {}
        for one in self.decisions:
            if one.owner_id is not None:
                found[one.owner_id] = found.get(one.owner_id, 0) + 1
        return found


def columns_of(engine: OpenEngine, decision: Decision, *, now: datetime) -> dict[str, Any]:
    """Return the columns of a new lead that a decision fills, for rows inserted many at a time."""
    if decision.owner_id is None:
        return {
            "owner_id": None, "status": LeadStatus.NEW, "assigned_at": None, "assigned_reason": "", "pooled_at": now,
            "pool_reason": decision.reason, "next_step": "", "next_step_kind": "", "next_step_at": None,
            "clock_at": None, "first_contact_at": None,
        }  # fmt: skip
    due = engine.first_step.get(now) or engine.first_step.setdefault(now, first_step_at(engine.db, now))
    return {
        "owner_id": decision.owner_id, "department_id": engine.department_of.get(decision.owner_id),
        "status": LeadStatus.WAITING, "assigned_at": now, "assigned_reason": decision.reason, "pooled_at": None,
        "pool_reason": "", "next_step": "首次联系", "next_step_kind": "phone", "next_step_at": due, "clock_at": None,
        "first_contact_at": None,
    }  # fmt: skip


def first_step_at(db: Session, now: datetime) -> datetime:
    """Return by when a lead assigned now is to be contacted: two hours of working time, as the parameters say."""
    rules = lead_rules(db, now=now).first
    return rules.after(now, rules.minutes)


def place_new(
    db: Session,
    leads: Sequence[Lead],
    *,
    now: datetime,
    actor: Actor = SYSTEM,
    besides: Mapping[int, int] | None = None,
    origin: LeadOrigin = LeadOrigin.NEW_DATA,
    tell: bool = True,
) -> Placed:
    """Give out leads nobody owns (flushed, with ids) by the rules in force; what no rule takes is in the pool.

    ``besides`` names by lead id a person who may not get it: the former owner of a recycled lead. Owners are told once
    each. One lock for the whole batch, so that turns and caps hold whoever else takes leads in.
    """
    if not leads:
        return Placed(())
    decisions: list[Decision] = []
    with open_engine(db, now=now) as engine:
        for lead in leads:
            former = (besides or {}).get(lead.id or 0)
            decision = engine.place(lead, besides=frozenset({former} if former else ()))
            for name, value in columns_of(engine, decision, now=now).items():
                setattr(lead, name, value)
            lead.origin = origin
            lead.updated_at = now
            lead.version += 1
            decisions.append(decision)
        names = {one: person.name for one, person in engine.engine.people.items()}
    if engine.document.rules:
        _record(db, actor, leads, decisions, names, now=now)
    placed = Placed(tuple(decisions))
    if tell:
        _tell(db, leads, decisions, now=now)
    return placed


def _record(
    db: Session, actor: Actor, leads: Sequence[Lead], decisions: Sequence[Decision], names: Mapping[int, str],
    *, now: datetime,
) -> None:  # fmt: skip
    for event_type, given in (("lead.assigned", True), ("lead.pooled", False)):
        entries = [
            events.Entry(
                lead.id or 0,
                f"自动分配给{names[decision.owner_id or 0]}" if given else "自动放入公海",
                {"负责人": names[decision.owner_id or 0] if given else "公海", "依据": decision.reason},
                customer_id=lead.customer_id,
            )
            for lead, decision in zip(leads, decisions, strict=True)
            if (decision.owner_id is not None) is given
        ]
        if len(entries) == 1:
            (one,) = entries
            events.record(
                db, actor, event_type, now=now, entity="lead", entity_id=one.entity_id, lead_id=one.entity_id,
                customer_id=one.customer_id, after=one.after, summary=one.summary, reason=str(one.after["依据"]),
            )  # fmt: skip
        else:
            events.record_many(db, actor, event_type, entries, now=now, entity="lead")


def _tell(db: Session, leads: Sequence[Lead], decisions: Sequence[Decision], *, now: datetime) -> None:
    got: dict[int, list[Lead]] = {}
    for lead, decision in zip(leads, decisions, strict=True):
        if decision.owner_id is not None:
            got.setdefault(decision.owner_id, []).append(lead)
    for owner_id, mine in got.items():
        if len(mine) == 1:
            notify(
                db, owner_id, title="新线索分配给你", text=mine[0].number, link=f"/leads?lead={mine[0].id}", kind="lead",
                entity="lead", entity_id=mine[0].id, actionable=True, now=now,
            )  # fmt: skip
        else:
            notify(
                db, owner_id, title=f"{len(mine)} 条新线索分配给你", text=f"{mine[0].number} 等", link="/leads",
                kind="lead", actionable=True, now=now,
            )  # fmt: skip


def own_entries_too(db: Session) -> bool:
    """Return whether what salespeople enter themselves goes through the rules as well."""
    version = published(db)
    return version is not None and Document.of_json(version.document).own_entry
