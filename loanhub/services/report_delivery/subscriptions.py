"""Subscriptions to reports 报表订阅: what comes to whom, when, in which form; made, changed, paused, ended by their owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.report_schedule import Paper, Timetable, next_after, read
from loanhub.models import ReportDelivery, ReportSubscription, Role, User
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._lead_rules import lead_rules
from loanhub.services._transaction import reading, transaction
from loanhub.services.report_delivery._mails import undelivered
from loanhub.services.report_delivery._target import opened
from loanhub.services.reports.answering import may_read

MOST_PEOPLE, MOST_EACH, RECEIVED = 100, 50, 60


@dataclass(frozen=True)
class SubscriptionView:
    """A subscription as its owner sees it; the form's values beside the words."""

    id: int = 0
    target: str = ""
    title: str = ""
    rhythm: str = ""
    forms: str = ""
    people: str = ""
    next: str = ""
    last: str = ""
    result: str = ""
    state: str = ""
    tone: str = ""
    paused: bool = False
    every: str = "daily"
    hour: str = "9"
    weekday: str = "1"
    day: str = "1"
    working_days: bool = True
    pdf: bool = True
    xlsx: bool = False
    by_mail: bool = True
    user_ids: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True)
class Received:
    """What one got: the files, while they are kept."""

    id: int = 0
    title: str = ""
    at: str = ""
    at_full: str = ""
    note: str = ""
    pdf: str = ""
    xlsx: str = ""


@dataclass(frozen=True)
class _Wanted:
    table: Timetable
    forms: tuple[str, ...]
    by_mail: bool
    user_ids: tuple[int, ...]
    roles: tuple[str, ...]


def list_mine(actor: Actor, *, now: datetime) -> list[SubscriptionView]:
    """Return the actor's subscriptions, newest first.

    Raises:
        NotPermitted: the actor opens no reports.
    """
    may_read(actor)
    with reading() as db:
        query = (
            sa.select(ReportSubscription)
            .where(
                col(ReportSubscription.owner_id) == actor.actor_id, col(ReportSubscription.ended_at).is_(None)
            )
            .order_by(col(ReportSubscription.id).desc())
        )
        rows = list(db.execute(query).scalars())
        people = {
            int(key): str(name) for key, name in db.execute(sa.select(col(User.id), col(User.name))).all()
        }
        roles = {
            str(code): str(label)
            for code, label in db.execute(sa.select(col(Role.code), col(Role.label))).all()
        }
        lost = undelivered(db, rows)
        views = [_view(row, people, roles, now) for row in rows]
    return [
        replace(one, result=f"{one.result}，{lost[one.id]}" if one.result else lost[one.id])
        if one.id in lost
        else one
        for one in views
    ]


def list_received(actor: Actor, *, now: datetime) -> list[Received]:
    """Return what came to the actor, newest first; a file that is no longer kept is not offered.

    Raises:
        NotPermitted: the actor opens no reports.
    """
    may_read(actor)
    with reading() as db:
        query = (
            sa.select(ReportDelivery, col(ReportSubscription.title))
            .join(ReportSubscription, col(ReportSubscription.id) == col(ReportDelivery.subscription_id))
            .where(col(ReportDelivery.user_id) == actor.actor_id)
            .order_by(col(ReportDelivery.id).desc()).limit(RECEIVED)
        )  # fmt: skip
        found = db.execute(query).all()
    kept = {row.id: (now - row.created_at).days < 7 for row, _ in found}
    return [
        Received(
            row.id or 0, title, formats.relative(row.created_at, now), formats.instant(row.created_at), row.note,
            f"/api/files/{row.pdf_id}" if row.pdf_id and kept[row.id] else "",
            f"/api/files/{row.xlsx_id}" if row.xlsx_id and kept[row.id] else "",
        )
        for row, title in found
    ]  # fmt: skip


def people_options(actor: Actor) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return the employees and the roles (value, label) reports may be sent to; without reports:edit only oneself.

    Raises:
        NotPermitted: the actor opens no reports.
    """
    may_read(actor)
    if not actor.can(Permission.REPORTS_EDIT):
        return [{"value": str(actor.user_id), "label": actor.name}], []
    with reading() as db:
        users = db.execute(
            sa.select(col(User.id), col(User.name), col(User.title))
            .where(col(User.active))
            .order_by(col(User.id))
        ).all()
        roles = db.execute(sa.select(col(Role.code), col(Role.label)).order_by(col(Role.id))).all()
    return (
        [{"value": str(key), "label": f"{name} · {title}" if title else name} for key, name, title in users],
        [{"value": code, "label": label} for code, label in roles],
    )


def create(actor: Actor, *, target: str, form: Mapping[str, Any], key: str, now: datetime) -> int:
    """Subscribe to a report or a board; return the subscription's id.

    Raises:
        NotFound: none such that the actor finds.
        NotPermitted: the actor opens no reports, or sends to others without reports:edit.
        InvalidInput: by field.
    """
    with transaction() as db:
        found = opened(actor, target, now=now)
        wanted = _checked(db, actor, form)

        def work() -> dict[str, object]:
            mine = sa.select(sa.func.count()).select_from(ReportSubscription).where(
                col(ReportSubscription.owner_id) == actor.actor_id, col(ReportSubscription.ended_at).is_(None)
            )  # fmt: skip
            if int(db.execute(mine).scalar_one()) >= MOST_EACH:
                raise Conflict(f"你已有 {MOST_EACH} 份订阅，先取消一些")
            row = ReportSubscription(
                target=target, title=found.title[:60], every=wanted.table.every.value, owner_id=actor.actor_id,
                created_at=now, updated_at=now,
            )  # fmt: skip
            _fill(db, row, wanted, now)
            db.add(row)
            db.flush()
            _record(db, actor, row, "report_subscription.created", now)
            return {"id": row.id or 0}

        request = {"target": target, "form": {name: form[name] for name in sorted(form)}}
        return int(str(once(db, actor, "report_subscription.create", key, request, now=now, work=work)["id"]))


def edit(actor: Actor, *, subscription_id: int, version: int, form: Mapping[str, Any], now: datetime) -> None:
    """Change one's subscription; what is due next follows the new timetable.

    Raises:
        NotFound: no such subscription of the actor's.
        NotPermitted, InvalidInput: as for :func:`create`.
        Conflict: it was changed meanwhile.
    """
    with transaction() as db:
        row = _mine(db, actor, subscription_id, version)
        _fill(db, row, _checked(db, actor, form), now)
        row.updated_at, row.version = now, row.version + 1
        _record(db, actor, row, "report_subscription.edited", now)


def pause(actor: Actor, *, subscription_id: int, version: int, paused: bool, now: datetime) -> None:
    """Pause a subscription, or let it go on from its next moment; what fell into the pause is not made up for.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`edit`.
    """
    with transaction() as db:
        row = _mine(db, actor, subscription_id, version)
        row.paused = paused
        row.next_at = (
            None if paused else next_after(table_of(row), now, lead_rules(db, now=now).first.overrides)
        )
        row.updated_at, row.version = now, row.version + 1
        _record(db, actor, row, "report_subscription.edited", now)


def end(actor: Actor, *, subscription_id: int, version: int, now: datetime) -> None:
    """End a subscription; what was sent stays with those who got it.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`edit`.
    """
    with transaction() as db:
        row = _mine(db, actor, subscription_id, version)
        row.ended_at, row.next_at, row.updated_at, row.version = now, None, now, row.version + 1
        _record(db, actor, row, "report_subscription.ended", now)


def table_of(row: ReportSubscription) -> Timetable:
    """Return the timetable of a row."""
    raw = {"every": row.every, "hour": str(row.hour), "weekday": str(row.weekday), "day": str(row.day)}
    return read(raw | {"working_days": row.working_days})


def _mine(db: Session, actor: Actor, subscription_id: int, version: int | None) -> ReportSubscription:
    row = db.get(ReportSubscription, subscription_id, with_for_update=True)
    if row is None or row.owner_id != actor.actor_id or row.ended_at is not None:
        raise NotFound("没有找到这份订阅，可能已取消")
    may_read(actor)
    if version is not None and row.version != version:
        raise Conflict("这份订阅刚被改过，请看过最新内容再改")
    return row


def _checked(db: Session, actor: Actor, form: Mapping[str, Any]) -> _Wanted:
    faults: dict[str, str] = {}
    table = Timetable()
    try:
        table = read(dict(form))
    except InvalidInput as fault:
        faults |= fault.fields
    forms = tuple(one.value for one in Paper if form.get(one.value))
    if not forms:
        faults["forms"] = "PDF 和 Excel 至少选一种"
    numbers = [str(one) for one in form.get("user_ids") or ()]
    user_ids = tuple(
        dict.fromkeys(int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 10)
    )
    roles = tuple(dict.fromkeys(str(one) for one in form.get("roles") or ()))
    if not user_ids and not roles:
        faults["people"] = "请选择收件人"
    elif len(user_ids) > MOST_PEOPLE:
        faults["people"] = f"收件人最多 {MOST_PEOPLE} 位，更多请选角色"
    else:
        known = (
            db.execute(sa.select(col(User.id)).where(col(User.id).in_(user_ids), col(User.active)))
            .scalars()
            .all()
        )
        known_roles = db.execute(sa.select(col(Role.code)).where(col(Role.code).in_(roles))).scalars().all()
        if len(known) < len(user_ids) or len(known_roles) < len(roles):
            faults["people"] = "有收件人已离职或不存在，请重新选择"
    if faults:
        raise InvalidInput(fields=faults)
    if roles or set(user_ids) - {actor.user_id}:
        actor.require(Permission.REPORTS_EDIT)
    return _Wanted(table, forms, bool(form.get("by_mail")), user_ids, roles)


def _fill(db: Session, row: ReportSubscription, wanted: _Wanted, now: datetime) -> None:
    table = wanted.table
    row.every, row.hour, row.weekday, row.day = table.every.value, table.hour, table.weekday, table.day
    row.working_days, row.formats, row.by_mail = table.working_days, list(wanted.forms), wanted.by_mail
    row.user_ids, row.roles = list(wanted.user_ids), list(wanted.roles)
    if not row.paused:
        row.next_at = next_after(table, now, lead_rules(db, now=now).first.overrides)


def _record(db: Session, actor: Actor, row: ReportSubscription, event: str, now: datetime) -> None:
    words = "已暂停" if row.paused else table_of(row).sentence()
    events.record(
        db,
        actor,
        event,
        now=now,
        entity="report_subscription",
        entity_id=row.id,
        summary=f"{row.title} · {words}"[:500],
    )


def _view(
    row: ReportSubscription, people: Mapping[int, str], roles: Mapping[str, str], now: datetime
) -> SubscriptionView:
    names = [
        *(roles.get(one, one) for one in row.roles),
        *(people.get(one, "已离职") for one in row.user_ids),
    ]
    shown = "、".join(names[:4]) + (f" 等 {len(names)}" if len(names) > 4 else "")
    return SubscriptionView(
        id=row.id or 0, target=row.target, title=row.title, rhythm=table_of(row).sentence(),
        forms=" + ".join(one.label for one in Paper if one.value in row.formats) + (" · 邮件和站内" if row.by_mail else " · 站内"),
        people=shown, next=formats.instant(row.next_at) if row.next_at else "", result=row.last_result,
        last=formats.relative(row.last_at, now) if row.last_at else "", paused=row.paused,
        state="已暂停" if row.paused else "进行中", tone="closed" if row.paused else "ok",
        every=row.every, hour=str(row.hour), weekday=str(row.weekday), day=str(row.day), working_days=row.working_days,
        pdf=Paper.PDF.value in row.formats, xlsx=Paper.XLSX.value in row.formats, by_mail=row.by_mail,
        user_ids=tuple(str(one) for one in row.user_ids), roles=tuple(row.roles), version=row.version,
    )  # fmt: skip
