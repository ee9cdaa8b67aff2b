"""Who takes leads and how many: caps of a person, pauses, skill groups 接单人员与技能组."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.assignment import CandidateKind, Document
from loanhub.domain.assignment.document import MAX_CAP, MAX_NAME
from loanhub.domain.calendar import shanghai_date
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.leads import OPEN_STATUSES
from loanhub.domain.permissions import Permission
from loanhub.models import Assignee, AssignmentTally, Department, Lead, Leave, SkillGroup
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.assignment._load import VERSIONS, staff_of
from loanhub.services.assignment._shared import TOPIC


@dataclass(frozen=True)
class AssigneeView:
    """A person who takes leads: caps in force (own ones marked), what is on the desk, whether away."""

    user_id: int
    name: str
    team: str
    daily_cap: int
    open_cap: int
    own_daily: bool
    own_open: bool
    open: int
    today: int
    paused: bool
    away: str
    version: int


@dataclass(frozen=True)
class GroupView:
    """A skill group with its people."""

    id: int
    name: str
    member_ids: tuple[int, ...]
    members: str
    version: int


def list_people(actor: Actor, *, now: datetime) -> list[AssigneeView]:
    """Return everybody who takes leads, by team and name.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    actor.require(Permission.ASSIGNMENTS_EDIT)
    with reading() as db:
        base = VERSIONS.in_force(db)
        document = Document.of_json(base.document) if base else Document()
        staff = staff_of(db)
        own = {one.user_id: one for one in db.execute(sa.select(Assignee)).scalars()}
        homes = {
            int(i or 0): name
            for i, name in db.execute(sa.select(col(Department.id), col(Department.name))).all()
        }
        held = _open(db, list(staff.takers))
        tallies = sa.select(col(AssignmentTally.user_id), col(AssignmentTally.taken)).where(
            col(AssignmentTally.day) == shanghai_date(now)
        )
        today = {int(one): int(taken) for one, taken in db.execute(tallies).all()}
        leaves = sa.select(col(Leave.user_id), col(Leave.ends_at)).where(
            col(Leave.cancelled_at).is_(None), col(Leave.starts_at) <= now, col(Leave.ends_at) > now
        )
        away = {int(one): end for one, end in db.execute(leaves).all()}
        found = []
        for one in staff.takers:
            user, mine = staff.users[one], own.get(one)
            own_daily = mine is not None and mine.daily_cap is not None
            own_open = mine is not None and mine.open_cap is not None
            found.append(
                AssigneeView(
                    user_id=one, name=user.name, team=homes.get(user.department_id or 0, ""),
                    daily_cap=mine.daily_cap if mine and mine.daily_cap is not None else document.daily_cap,
                    open_cap=mine.open_cap if mine and mine.open_cap is not None else document.open_cap,
                    own_daily=own_daily, own_open=own_open, open=held.get(one, 0), today=today.get(one, 0),
                    paused=bool(mine and mine.paused), away=_until(away.get(one)), version=mine.version if mine else 0,
                )
            )  # fmt: skip
        return sorted(found, key=lambda view: (view.team, view.name))


def _open(db: Session, ids: Sequence[int]) -> dict[int, int]:
    query = (
        sa.select(col(Lead.owner_id), sa.func.count())
        .where(
            col(Lead.owner_id).in_(ids), col(Lead.status).in_(OPEN_STATUSES), col(Lead.deleted_at).is_(None)
        )
        .group_by(col(Lead.owner_id))
    )
    return {int(owner or 0): int(number) for owner, number in db.execute(query).all()}


def _until(end: datetime | None) -> str:
    from loanhub.domain.formats import local

    return f"请假到 {local(end):%m-%d %H:%M}" if end is not None else ""


def set_caps(
    actor: Actor,
    *,
    user_id: int,
    daily_cap: int | None,
    open_cap: int | None,
    paused: bool,
    version: int,
    now: datetime,
) -> None:
    """Set one person's own caps (None: the firm's; 0: none) and pause; in force at once, not with a version.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        NotFound: nobody such takes leads.
        InvalidInput: a cap out of range.
        Conflict: somebody changed it meanwhile.
    """
    faults = {
        name: f"填 0（不限）到 {MAX_CAP} 的整数，留空用通用上限"
        for name, value in (("daily_cap", daily_cap), ("open_cap", open_cap))
        if value is not None and not 0 <= value <= MAX_CAP
    }
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        staff = staff_of(db)
        if user_id not in staff.takers:
            raise NotFound("没有找到这位员工，或不接线索")
        if faults:
            raise InvalidInput(fields=faults)
        row = db.get(Assignee, user_id, with_for_update=True)
        if (row.version if row is not None else 0) != version:
            raise Conflict("接单上限刚被别人改过，请看过最新的再改")
        if row is None:
            row = Assignee(user_id=user_id, version=0)
            db.add(row)
        row.daily_cap, row.open_cap, row.paused = daily_cap, open_cap, paused
        row.version += 1
        events.record(
            db, actor, "assignee.edited", now=now, entity="user", entity_id=user_id,
            summary=f"{staff.users[user_id].name}：每日 {_said(daily_cap)}，在跟 {_said(open_cap)}" + ("，暂停接单" if paused else ""),
        )  # fmt: skip
        announce(db, TOPIC)


def _said(cap: int | None) -> str:
    return "用通用上限" if cap is None else "不限" if cap == 0 else f"{cap} 条"


def list_groups(actor: Actor) -> list[GroupView]:
    """Return the skill groups by name.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    actor.require(Permission.ASSIGNMENTS_EDIT)
    with reading() as db:
        staff = staff_of(db)
        rows = db.execute(sa.select(SkillGroup).order_by(col(SkillGroup.name))).scalars()
        return [
            GroupView(
                row.id or 0, row.name, tuple(row.member_ids),
                "、".join(staff.users[one].name for one in row.member_ids if one in staff.users) or "还没有人", row.version,
            )
            for row in rows
        ]  # fmt: skip


def save_group(
    actor: Actor, *, group_id: int = 0, name: str, member_ids: Sequence[int], version: int = 0, now: datetime
) -> int:
    """Make a skill group or change one; return its id. In force at once wherever a rule names it.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        NotFound: no such group.
        InvalidInput: no name, a name in use, or somebody who takes no leads.
        Conflict: somebody changed it meanwhile.
    """
    name = name.strip()
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        row = (
            db.get(SkillGroup, group_id, with_for_update=True) if group_id else SkillGroup(name="", version=0)
        )
        if row is None:
            raise NotFound("没有找到这个技能组")
        if row.version != version:
            raise Conflict("这个技能组刚被别人改过，请看过最新的再改")
        faults = {}
        if not name or len(name) > MAX_NAME:
            faults["name"] = f"填 1 到 {MAX_NAME} 个字的名字"
        same = sa.select(col(SkillGroup.id)).where(
            col(SkillGroup.name) == name, col(SkillGroup.id) != (row.id or 0)
        )
        if db.execute(same).first() is not None:
            faults["name"] = "已经有一个技能组叫这个名字"
        staff = staff_of(db)
        ids = sorted(set(member_ids))
        if any(one not in staff.takers for one in ids):
            faults["members"] = "选了不接线索的人"
        if not ids:
            faults["members"] = "至少选一个人"
        if faults:
            raise InvalidInput(fields=faults)
        row.name, row.member_ids = name, ids
        row.version += 1
        db.add(row)
        db.flush()
        events.record(
            db, actor, "skill_group.edited", now=now, entity="skill_group", entity_id=row.id,
            summary=f"{name}：{'、'.join(staff.users[one].name for one in ids)}",
        )  # fmt: skip
        announce(db, TOPIC)
        return row.id or 0


def delete_group(actor: Actor, *, group_id: int, now: datetime) -> None:
    """Delete a skill group no rule names.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        NotFound: no such group.
        Conflict: a rule in force or in the draft names it.
    """
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        row = db.get(SkillGroup, group_id)
        if row is None:
            raise NotFound("没有找到这个技能组")
        for version in (VERSIONS.in_force(db), VERSIONS.draft(db)):
            if version is None:
                continue
            for rule in Document.of_json(version.document).rules:
                if any(one.kind is CandidateKind.SKILL and one.id == group_id for one in rule.candidates):
                    raise Conflict(f"规则「{rule.name}」用着它，先改那里")
        db.delete(row)
        events.record(
            db,
            actor,
            "skill_group.edited",
            now=now,
            entity="skill_group",
            entity_id=group_id,
            summary=f"删除「{row.name}」",
        )
        announce(db, TOPIC)
