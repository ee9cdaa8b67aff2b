"""Whose a contested lead or customer is 撞单裁定: a claim with its reason, a decision by who stands above both.

The claimant need not see the record: it is named by the person's number, and the answer tells the team, never who.
Source: lending-domain.md §5.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.leads import CLOSED_STATUSES, LeadOrigin, LeadStatus
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.models import Channel, Lead, LeadTouch, OwnershipRuling, Role, User, UserRole
from loanhub.repositories import duplicates as repository
from loanhub.services import catalogue, duplicates, events
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services._transaction import reading, transaction
from loanhub.services.duplicates import tell

NOUNS = {"lead": "线索", "customer": "客户"}
SHOWN = 100


class Outcome(Choice):
    """What was decided 裁定结果."""

    STAYS = "stays", "归原负责人"
    GOES = "goes", "归申请人"


class Credit(Choice):
    """Which channels the party counts for 渠道归属."""

    FIRST = "first", "首个渠道全算"
    LAST = "last", "申请人的渠道全算"
    BOTH = "both", "两个渠道各半"


class RulingStale(Conflict):
    """Somebody decided or withdrew meanwhile."""

    def __init__(self) -> None:
        super().__init__("这条裁定刚被处理过，请刷新后再看")


@dataclass(frozen=True)
class RulingView:
    """A ruling as its list shows it; what the reader may not see of the record is not in it."""

    id: int
    version: int
    entity: str
    label: str
    subject: str
    href: str
    claimant: str
    owner: str
    claim: str
    status: str
    status_label: str
    outcome: str
    decision: str
    protected: str
    credits: str
    when: str
    decided: str
    can_decide: bool
    can_withdraw: bool


def open_ruling(actor: Actor, *, number: str, claim: str, channel_code: str = "", now: datetime) -> str:
    """Claim the party behind a phone, identity number or company code; returns the sentence for the claimant.

    Raises:
        NotPermitted: the actor lacks leads:create.
        InvalidInput: no such number, no reason, or an unknown channel.
        ChecksSpent: the day's blind checks are used up; a claim counts as one.
        Conflict: nobody has the party, it is in the pool, it is the actor's own, a ruling protects it, or the claim is open already.
    """
    actor.require(Permission.LEADS_CREATE)
    words = " ".join(claim.split())
    faults = {} if len(words) >= 5 else {"claim": "写清楚你和客户的接触：什么时候、怎么联系的，至少 5 个字"}
    if len(words) > 500:
        faults["claim"] = f"最多 500 个字，多了 {len(words) - 500} 个"
    try:
        column, index = tell.index_of(number, now=now)
    except InvalidInput as fault:
        raise InvalidInput(fields={**fault.fields, **faults}) from None
    if not faults:
        # A claim tells as much as a blind check does: it counts as one, and is recorded even when it is refused.
        tell.check(actor, text=number, now=now)
    with transaction() as db:
        if (
            channel_code
            and db.execute(sa.select(col(Channel.id)).where(col(Channel.code) == channel_code)).first()
            is None
        ):
            faults["channel_code"] = "没有这个渠道"
        if faults:
            raise InvalidInput(fields=faults)
        row = _contested(db, column, index)
        if row.owner_id == actor.user_id:
            raise Conflict("这位客户已经在你名下，不用裁定")
        entity = "lead" if isinstance(row, Lead) else "customer"
        protected = tell.protection(db, (entity, int(row.id)), now=now)
        if protected:
            raise Conflict(f"{protected}，期满前不能再申请")
        query = sa.select(col(OwnershipRuling.id)).where(
            col(OwnershipRuling.entity) == entity, col(OwnershipRuling.entity_id) == row.id,
            col(OwnershipRuling.claimant_id) == actor.user_id, col(OwnershipRuling.status) == "open",
        )  # fmt: skip
        if db.execute(query).first() is not None:
            raise Conflict("你已经申请过，正在等裁定")
        ruling = OwnershipRuling(
            entity=entity, entity_id=row.id, claimant_id=actor.user_id, owner_id=row.owner_id,
            department_id=row.department_id, claim=words, channel_code=channel_code, opened_at=now,
        )  # fmt: skip
        db.add(ruling)
        db.flush()
        event = events.record(
            db, actor, "ruling.opened", now=now, entity=entity, entity_id=row.id,
            lead_id=row.id if entity == "lead" else None, customer_id=row.id if entity == "customer" else None,
            summary=f"{actor.name} 申请归属", reason=words[:300],
        )  # fmt: skip
        for user_id in {row.owner_id, *_deciders(db, row)} - {actor.user_id, None}:
            notify(
                db, user_id, title=f"撞单裁定：{NOUNS[entity]} {row.number}", text=f"{actor.name} 申请归属",
                link="/duplicates?view=rulings", kind="lead", entity="ruling", entity_id=ruling.id, actionable=True,
                event_id=event.id, now=now,
            )  # fmt: skip
        team = repository.load(db, [(entity, int(row.id))])[entity, int(row.id)].team
        return f"已提交，等{team or '对方团队'}的主管或管理层裁定"


def choices(actor: Actor, *, now: datetime) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return the channels a claim may name, as (code, label), and the usual days of protection.

    Raises:
        NotPermitted: the actor neither opens nor decides claims.
    """
    if not actor.can(Permission.RULINGS_DECIDE):
        actor.require(Permission.LEADS_CREATE)
    with reading() as db:
        return catalogue.sources(db)["channel"], duplicates.rules_of(db, now=now).protect_days


def _contested(db: Session, column: str, index: str) -> Any:
    """Return the customer, else the newest open lead, behind a number; locked."""
    records = [record for _value, record in repository.sharing_numbers(db, column, [index])]
    rows = [db.get(repository.MODELS[entity], row_id, with_for_update=True) for entity, row_id in records]
    living = [
        one
        for one in rows
        if one is not None and not (isinstance(one, Lead) and one.status in CLOSED_STATUSES)
    ]
    living.sort(key=lambda one: (isinstance(one, Lead), -int(one.id)))
    if not living:
        raise Conflict("没有人在跟这位客户，直接录入即可")
    if living[0].owner_id is None:
        raise Conflict("这位客户在公海，可以直接认领")
    return living[0]


def _deciders(db: Session, row: Any) -> list[int]:
    """Return the team leads of the record's department; without one, the managers."""
    query = (
        sa.select(col(User.id), col(Role.code), col(User.department_id))
        .join(UserRole, col(UserRole.user_id) == col(User.id))
        .join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(User.active), col(Role.code).in_((RoleCode.TEAM_LEAD.value, RoleCode.MANAGER.value)))
    )
    found = db.execute(query).all()
    near = [
        int(i) for i, code, home in found if code == RoleCode.TEAM_LEAD.value and home == row.department_id
    ]
    return near or [int(i) for i, code, _home in found if code == RoleCode.MANAGER.value]


def decide(
    actor: Actor,
    *,
    ruling_id: int,
    version: int,
    outcome: str,
    decision: str,
    credit: str = Credit.FIRST.value,
    protect_days: int | None = None,
    now: datetime,
) -> None:
    """Decide a claim; the record goes to the winner, who keeps it for the days of protection.

    Raises:
        NotFound: no such ruling, or the record lies outside the actor's scope.
        NotPermitted: the actor lacks rulings:decide, or is a party to it.
        RulingStale: it was decided meanwhile, or the record changed hands.
        InvalidInput: no reason, an unknown choice, or days out of range.
    """
    with transaction() as db:
        ruling = _get(db, ruling_id)
        row = db.get(repository.MODELS[ruling.entity], ruling.entity_id, with_for_update=True)
        reached = row is not None and actor.reaches(owner_id=row.owner_id, department_id=row.department_id)
        if row is None or not reached:
            raise NotFound("没有找到这条裁定，或你无权查看")
        actor.require(Permission.RULINGS_DECIDE)
        if actor.user_id in (ruling.claimant_id, ruling.owner_id):
            raise NotPermitted("你是当事人，要由别人裁定")
        if (
            ruling.status != "open"
            or ruling.version != version
            or row.owner_id != ruling.owner_id
            or row.deleted_at
        ):
            raise RulingStale
        days = duplicates.rules_of(db, now=now).protect_days if protect_days is None else protect_days
        found, share = Outcome.find(outcome), Credit.find(credit)
        words = " ".join(decision.split())
        faults = {} if len(words) >= 2 else {"decision": "写一下裁定理由"}
        if found is None:
            faults["outcome"] = "请选择归谁"
        if share is None or (share is not Credit.FIRST and not ruling.channel_code):
            faults["credit"] = "申请人没有写渠道，只能算首个渠道" if share else "没有这个选项"
        if not 0 <= days <= 180:
            faults["protect_days"] = "填 0 到 180 的整数"
        if faults or found is None or share is None:
            raise InvalidInput(fields=faults)
        claimant = db.get(User, ruling.claimant_id)
        before = db.get(User, row.owner_id) if row.owner_id else None
        winner = claimant if found is Outcome.GOES else before
        if winner is None or not winner.active:
            raise InvalidInput(fields={"outcome": "这位员工已停用，不能归他"})
        until = now + timedelta(days=days) if days else None
        if found is Outcome.GOES:
            _give(row, winner, now=now)
        if isinstance(row, Lead):
            row.locked_until = until
            if share is not Credit.FIRST:
                db.add(
                    LeadTouch(
                        lead_id=row.id or 0, channel_code=ruling.channel_code, at=now, note="撞单裁定记入"
                    )
                )
        row.version += 1
        row.updated_at = now
        ruling.status, ruling.winner_id, ruling.decision = "decided", winner.id, words[:500]
        ruling.decided_by_id, ruling.decided_at, ruling.protected_until = actor.actor_id, now, until
        ruling.credits, ruling.version = (
            _credits(db, row.channel_code, ruling.channel_code, share),
            ruling.version + 1,
        )
        event = events.record(
            db, actor, "ruling.decided", now=now, entity=ruling.entity, entity_id=ruling.entity_id,
            lead_id=ruling.entity_id if ruling.entity == "lead" else None,
            customer_id=ruling.entity_id if ruling.entity == "customer" else None,
            before={"负责人": before.name if before else "—"}, after={"负责人": winner.name},
            summary=f"{found.label}：{winner.name}" + (f"，保护 {days} 天" if days else ""), reason=words[:300],
        )  # fmt: skip
        for user_id in {ruling.claimant_id, ruling.owner_id}:
            notify(
                db, user_id, title=f"撞单裁定：{found.label}", text=words[:200], link="/duplicates?view=rulings", kind="lead",
                entity="ruling", entity_id=ruling.id, actionable=False, event_id=event.id, now=now,
            )  # fmt: skip


def _give(row: Any, winner: User, *, now: datetime) -> None:
    if isinstance(row, Lead):
        row.previous_owner_id, row.assigned_at, row.assigned_reason = row.owner_id, now, "撞单裁定"
        row.origin, row.clock_at = LeadOrigin.REASSIGNED, None
        if row.status is LeadStatus.NEW:
            row.status = LeadStatus.WAITING
    row.owner_id, row.department_id = winner.id, winner.department_id


def _credits(db: Session, first: str, last: str, share: Credit) -> list[dict[str, object]]:
    labels: dict[str, str] = {}
    for code, label in db.execute(sa.select(col(Channel.code), col(Channel.label))):
        labels[code] = label
    parts = {
        Credit.FIRST: [(first, 100)],
        Credit.LAST: [(last, 100)],
        Credit.BOTH: [(first, 50), (last, 50)],
    }[share]
    return [
        {"channel": code, "label": labels.get(code, "未记渠道"), "percent": percent}
        for code, percent in parts
    ]


def withdraw(actor: Actor, *, ruling_id: int, version: int, now: datetime) -> None:
    """Take one's own open claim back.

    Raises:
        NotFound: no such claim of the actor's.
        RulingStale: it was decided meanwhile.
    """
    with transaction() as db:
        ruling = _get(db, ruling_id)
        if ruling.claimant_id != actor.user_id:
            raise NotFound("没有找到这条裁定，或你无权查看")
        if ruling.status != "open" or ruling.version != version:
            raise RulingStale
        ruling.status, ruling.version = "withdrawn", ruling.version + 1
        events.record(
            db, actor, "ruling.withdrawn", now=now, entity=ruling.entity, entity_id=ruling.entity_id,
            lead_id=ruling.entity_id if ruling.entity == "lead" else None,
            customer_id=ruling.entity_id if ruling.entity == "customer" else None, summary=f"{actor.name} 撤回申请",
        )  # fmt: skip


def _get(db: Session, ruling_id: int) -> OwnershipRuling:
    query = sa.select(OwnershipRuling).where(col(OwnershipRuling.id) == ruling_id).with_for_update()
    ruling: OwnershipRuling | None = db.execute(
        query.execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if ruling is None:
        raise NotFound("没有找到这条裁定，或你无权查看")
    return ruling


_STATUS = {"open": "待裁定", "decided": "已裁定", "withdrawn": "已撤回"}


def list_rulings(actor: Actor, *, entity: str = "", record_id: int = 0, now: datetime) -> list[RulingView]:
    """Return the rulings one is party to or stands above, open ones first; of one record when it is named.

    Raises:
        NotPermitted: the actor lacks leads:read.
    """
    actor.require(Permission.LEADS_READ)
    with reading() as db:
        query = sa.select(OwnershipRuling)
        if record_id:
            query = query.where(
                col(OwnershipRuling.entity) == entity, col(OwnershipRuling.entity_id) == record_id
            )
        order = (sa.case((col(OwnershipRuling.status) == "open", 0), else_=1), col(OwnershipRuling.id).desc())
        party = sa.or_(
            col(OwnershipRuling.claimant_id) == actor.user_id, col(OwnershipRuling.owner_id) == actor.user_id
        )
        if actor.department_ids:
            party = sa.or_(party, col(OwnershipRuling.department_id).in_(actor.department_ids))
        if not actor.reaches(owner_id=0, department_id=0):
            query = query.where(party)
        rows = db.execute(query.order_by(*order).limit(SHOWN)).scalars().all()
        ids = {one for row in rows for one in (row.claimant_id, row.owner_id, row.decided_by_id) if one}
        people: dict[int | None, str] = {}
        for user_id, name in db.execute(sa.select(col(User.id), col(User.name)).where(col(User.id).in_(ids))):
            people[user_id] = name
        known = repository.load(db, {(row.entity, row.entity_id) for row in rows})
        return [_view(actor, row, known.get((row.entity, row.entity_id)), people, now) for row in rows]


def _view(
    actor: Actor, row: OwnershipRuling, stored: Any, people: dict[int | None, str], now: datetime
) -> RulingView:
    standing = repository.standing(row.entity, stored) if stored is not None else None
    seen = standing is not None and tell.sees(actor, standing)
    party = actor.user_id in (row.claimant_id, row.owner_id)
    subject = (
        f"{standing.number} {standing.name}"
        if standing and seen
        else "记录已删除或合并"
        if standing is None
        else (tell.blind(standing))
    )
    may = seen and not party and row.status == "open" and actor.can(Permission.RULINGS_DECIDE)
    outcome = (
        ""
        if row.status != "decided"
        else (Outcome.GOES if row.winner_id == row.claimant_id else Outcome.STAYS).label
    )
    shares = "、".join(f"{one['label']} {one['percent']}%" for one in row.credits)
    href = f"/leads?lead={row.entity_id}" if row.entity == "lead" else f"/customers/{row.entity_id}"
    return RulingView(
        id=row.id or 0, version=row.version, entity=row.entity, label=NOUNS[row.entity], subject=subject,
        href=href if seen else "", claimant=people.get(row.claimant_id, ""),
        owner=people.get(row.owner_id, "") if seen or row.owner_id == actor.user_id else "另一位同事", claim=row.claim,
        status=row.status, status_label=_STATUS[row.status], outcome=outcome, decision=row.decision,
        protected=f"保护至 {formats.local(row.protected_until):%Y-%m-%d}" if row.protected_until else "", credits=shares,
        when=formats.relative(row.opened_at, now),
        decided=f"{people.get(row.decided_by_id, '')} {formats.relative(row.decided_at, now)}" if row.decided_at else "",
        can_decide=may, can_withdraw=row.status == "open" and row.claimant_id == actor.user_id,
    )  # fmt: skip
