"""Hand a leaver's work over 离职交接: one transaction, one event a record, one message a receiver; and back again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import Department, Handover, User
from loanhub.services import events, users
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once_locked
from loanhub.services._notices import notify
from loanhub.services._transaction import reading, transaction
from loanhub.services.handover import seats
from loanhub.services.handover.kinds import BY_CODE, KINDS, Kind
from loanhub.services.handover.look import (
    Plan,
    digest,
    leaver_of,
    people_of,
    plan_of,
    rights_of,
    unfit,
)

STEP = 500
"""Records a statement changes."""
UNDO_WITHIN = timedelta(hours=24)
LISTED = 5


class WorkMoved(Conflict):
    """The work is not what the preview showed."""

    def __init__(self) -> None:
        super().__init__("名下的工作刚有变化，请重新预览再交接")


@dataclass(frozen=True)
class Record:
    """A handover as the list of them shows it."""

    id: int
    leaver: str
    by: str
    when: str
    told: str
    undone: str
    can_undo: bool


def hand_over(
    actor: Actor,
    *,
    user_id: int,
    chosen: Sequence[int],
    ways: Mapping[str, str],
    seen: str,
    disable: bool = False,
    reason: str = "",
    key: str = "",
    now: datetime,
) -> int:
    """Give all open work of a person to the chosen, as previewed; return how many records changed hands.

    Stage, fields, next steps, locks and everything linked stay as they are. ``seen`` is the preview's; ``disable`` ends
    the person's access in the same transaction.

    Raises:
        NotFound, NotPermitted, InvalidInput: see :func:`loanhub.services.handover.look.preview`; also a receiver who
            may not see what he would get.
        WorkMoved: something changed since the preview; nothing was handed over.
    """
    words = " ".join(reason.split())[:200]
    request = [user_id, list(chosen), dict(ways), seen, disable, words]
    with transaction() as db:
        leaver = leaver_of(db, actor, user_id, for_update=True)

        def work() -> dict[str, object]:
            people = people_of(db, leaver, chosen)
            if not people:
                raise InvalidInput(fields={"receivers": "请选择接手人"})
            plan = plan_of(db, user_id, people, ways)
            if digest(plan) != seen:
                raise WorkMoved
            _check(db, plan, people)
            row = Handover(leaver_id=user_id, reason=words, by_id=actor.actor_id, at=now)
            moved = _carry_out(db, actor, leaver, people, plan, reason=words, now=now)
            rights = rights_of(db, [one.id or 0 for one in people])
            takers = [one for one, held in rights.items() if Permission.LEADS_EDIT.value in held]
            row.seats = seats.hand_on(db, actor, leaver_id=user_id, takers=takers, now=now)
            row.moved = moved
            row.counts = {code: sum(map(len, shares.values())) for code, shares in moved.items()}
            db.add(row)
            db.flush()
            _tell(db, actor, leaver, people, row, now=now)
            if disable and leaver.active:
                users.set_active(actor, login=leaver.login, active=False, now=now)
            return {"total": sum(row.counts.values())}

        result = once_locked(db, actor, "handover.run", key, request, now=now, work=work)
        return int(str(result["total"]))


def undo(actor: Actor, *, handover_id: int, now: datetime) -> int:
    """Take a handover of the last day back; what a receiver has passed on meanwhile stays there. Returns how many.

    Raises:
        NotFound: no such handover.
        NotPermitted: see :func:`hand_over`.
        Conflict: it was taken back already, is older, or the leaver is not at work.
    """
    with transaction() as db:
        row = db.get(Handover, handover_id, with_for_update=True)
        if row is None:
            raise NotFound("没有这次交接")
        leaver = leaver_of(db, actor, row.leaver_id, for_update=True)
        if row.undone_at is not None:
            raise Conflict("这次交接已经撤销过")
        if now - row.at > UNDO_WITHIN:
            raise Conflict("超过 24 小时的交接不能撤销，可以重新交接")
        if not leaver.active:
            raise Conflict(f"{leaver.name}已停用，先恢复账号再撤销")
        total = 0
        for code, shares in row.moved.items():
            kind = BY_CODE.get(code)
            if kind is None:
                continue
            for receiver, records in shares.items():
                holder = db.get(User, int(receiver))
                if holder is not None:
                    total += _bring_back(db, actor, kind, holder, leaver, records, now=now)
        row.undone_at, row.undone_by_id, row.version = now, actor.actor_id, row.version + 1
        events.record(
            db, actor, "user.handover_undone", now=now, entity="user", entity_id=leaver.id,
            summary=f"{leaver.name}：收回 {total:,} 条",
        )  # fmt: skip
        return total


def list_handovers(actor: Actor, *, now: datetime, limit: int = 20) -> list[Record]:
    """Return the handovers so far, newest first.

    Raises:
        NotPermitted: the actor may not deal with people.
    """
    if not actor.can(Permission.ROLES_EDIT):
        actor.require(Permission.USERS_EDIT)
    with reading() as db:
        rows = list(db.execute(sa.select(Handover).order_by(col(Handover.id).desc()).limit(limit)).scalars())
        ids = {one for row in rows for one in (row.leaver_id, row.by_id or 0)}
        names = dict(db.execute(sa.select(col(User.id), col(User.name)).where(col(User.id).in_(ids))).all())
        return [
            Record(
                row.id or 0, names.get(row.leaver_id, ""), names.get(row.by_id or 0, ""), formats.instant(row.at),
                summary_of(row.counts, row.seats), formats.instant(row.undone_at) if row.undone_at else "",
                row.undone_at is None and now - row.at <= UNDO_WITHIN,
            )
            for row in rows
        ]  # fmt: skip


def summary_of(counts: Mapping[str, int], places: Sequence[str] = ()) -> str:
    """Return counts by kind as one reads them: 客户 12 位、线索 30 条."""
    parts = [f"{kind.label} {counts[kind.code]:,} {kind.unit}" for kind in KINDS if counts.get(kind.code)]
    return "、".join([*parts, *places]) or "没有要交接的"


def _check(db: Session, plan: Plan, people: Sequence[User]) -> None:
    rights, names = rights_of(db, [one.id or 0 for one in people]), {one.id: one.name for one in people}
    faults = {}
    for kind in KINDS:
        lacking = unfit(kind, sorted(set(plan.given[kind.code].values())), rights)
        if lacking and kind.asks is not None:
            who = "、".join(names[one] for one in lacking)
            faults[kind.code] = f"{who}没有{kind.asks.label}的权限，不能接手{kind.label}"
    if faults:
        raise InvalidInput(fields=faults)


def _carry_out(
    db: Session, actor: Actor, leaver: User, people: Sequence[User], plan: Plan, *, reason: str, now: datetime
) -> dict[str, dict[str, list[list[int | None]]]]:
    moved: dict[str, dict[str, list[list[int | None]]]] = {}
    for kind in KINDS:
        given = plan.given[kind.code]
        for receiver in people:
            mine = [one for one in plan.items[kind.code] if given.get(one.id) == receiver.id]
            if not mine:
                continue
            ids = [one.id for one in mine]
            more = kind.also(leaver.id or 0, leaver.name, now)
            if _give(db, kind, ids, leaver, receiver, more, now=now) != len(ids):
                raise WorkMoved
            moved.setdefault(kind.code, {})[str(receiver.id)] = [[one.id, one.department_id] for one in mine]
            _record(db, actor, kind, ids, leaver, receiver, reason=reason, now=now)
    return moved


def _give(
    db: Session, kind: Kind, ids: Sequence[int], giver: User, taker: User, more: Mapping[str, object],
    *, department: int | None = None, now: datetime,
) -> int:  # fmt: skip
    """Change the person of these records where it still is the giver; return how many were."""
    columns = kind.model.__table__.columns
    values: dict[str, Any] = {kind.column: taker.id, **more}
    if kind.moves_department and "department_id" in columns:
        values["department_id"] = department or taker.department_id
    if "version" in columns:
        values["version"] = columns["version"] + 1
    if "updated_at" in columns:
        values["updated_at"] = now
    changed = 0
    for part in _parts(ids):
        query = (
            sa.update(kind.model)
            .where(kind.model.id.in_(part), getattr(kind.model, kind.column) == giver.id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        changed += int(getattr(db.execute(query), "rowcount", 0))
    return changed


def _record(
    db: Session, actor: Actor, kind: Kind, ids: Sequence[int], giver: User, taker: User, *, reason: str, now: datetime
) -> None:  # fmt: skip
    if not kind.told:
        return
    before: dict[str, object] = {kind.said: giver.name}
    after: dict[str, object] = {kind.said: taker.name}
    if kind.moves_department and giver.department_id != taker.department_id:
        places = {one: db.get(Department, one) for one in (giver.department_id, taker.department_id) if one}
        for said, person in ((before, giver), (after, taker)):
            place = places.get(person.department_id or 0)
            said["所属部门"] = place.name if place is not None else "—"
    columns = kind.model.__table__.columns
    wanted = [
        columns["id"],
        *(columns.get(name, sa.null().label(name)) for name in ("customer_id", "lead_id")),
    ]
    for part in _parts(ids):
        for key, customer, lead in db.execute(sa.select(*wanted).where(columns["id"].in_(part))).all():
            events.record(
                db, actor, "record.handed_over", now=now, entity=kind.entity, entity_id=key,
                customer_id=key if kind.entity == "customer" else customer, lead_id=key if kind.entity == "lead" else lead,
                before=before, after=after, summary=f"{kind.said}由{giver.name}交接给{taker.name}", reason=reason,
                flush=False,
            )  # fmt: skip


def _bring_back(
    db: Session, actor: Actor, kind: Kind, holder: User, leaver: User, records: Sequence[Sequence[Any]], *, now: datetime
) -> int:  # fmt: skip
    columns = kind.model.__table__.columns
    homes: dict[int | None, list[int]] = {}
    for key, home in records:
        homes.setdefault(home, []).append(int(key))
    total = 0
    for home, ids in homes.items():
        still = [
            int(key)
            for part in _parts(ids)
            for key in db.execute(
                sa.select(columns["id"]).where(columns["id"].in_(part), columns[kind.column] == holder.id)
            ).scalars()
        ]
        total += _give(db, kind, still, holder, leaver, {}, department=home, now=now)
        _record(db, actor, kind, still, holder, leaver, reason="撤销交接", now=now)
    return total


def _tell(
    db: Session, actor: Actor, leaver: User, people: Sequence[User], row: Handover, *, now: datetime
) -> None:
    event = events.record(
        db, actor, "user.handed_over", now=now, entity="user", entity_id=leaver.id, reason=row.reason,
        before={"负责人": leaver.name}, after={"接手人": "、".join(one.name for one in people)},
        summary=f"{leaver.name}：{summary_of(row.counts, row.seats)}",
    )  # fmt: skip
    for one in people:
        mine = {code: len(shares.get(str(one.id), ())) for code, shares in row.moved.items()}
        if not any(mine.values()) or one.id == actor.user_id:
            continue
        notify(
            db, one.id, title=f"{leaver.name}的工作交接给你", text=_list(db, row, one, mine)[:500], kind="handover",
            link="/customers" if mine.get("customer") else "/leads" if mine.get("lead") else "/", entity="handover",
            entity_id=row.id, actionable=True, event_id=event.id, now=now,
        )  # fmt: skip


def _list(db: Session, row: Handover, receiver: User, mine: Mapping[str, int]) -> str:
    """Return what somebody got: counts by kind with the first numbers of each."""
    parts = []
    for kind in KINDS:
        if not mine.get(kind.code):
            continue
        told = f"{kind.label} {mine[kind.code]:,} {kind.unit}"
        if kind.number == "number":
            ids = [one[0] for one in row.moved[kind.code][str(receiver.id)][:LISTED]]
            numbers = db.execute(
                sa.select(kind.model.number).where(kind.model.id.in_(ids)).order_by(kind.model.id)
            ).scalars()
            told += f"（{'、'.join(numbers)}{' 等' if mine[kind.code] > LISTED else ''}）"
        parts.append(told)
    return "；".join(parts)


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), STEP):
        yield ids[start : start + STEP]


__all__ = ["Record", "WorkMoved", "hand_over", "list_handovers", "summary_of", "undo"]
