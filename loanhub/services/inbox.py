"""The inbox 消息: what this person is told, by record; done, put off, read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue.kinds.dates import china_date
from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.reminders import put_off
from loanhub.models import Customer, Lead, Notification
from loanhub.repositories.scope import visible_to
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce, reading, transaction


class Tab(Choice):
    """The tabs of the inbox."""

    ALL = "all", "全部"
    MENTION = "mention", "@我"
    APPROVAL = "approval", "审批"
    DUE = "due", "到期"
    SYSTEM = "system", "系统"
    DONE = "done", "已处理"


_APPROVAL = ("approval", "application", "contract", "disbursement")
_DUE = ("task", "due", "reminder", "lead", "overdue", "loan", "payment", "follow_up")
_ICONS = {
    "approval": "stamp", "application": "stamp", "contract": "file-signature", "disbursement": "banknote",
    "task": "calendar-check", "due": "clock", "reminder": "clock", "lead": "user-plus", "overdue": "triangle-alert",
    "loan": "banknote", "payment": "wallet", "follow_up": "phone", "mention": "at-sign", "import": "file-check",
    "security": "shield-alert", "job": "settings",
}  # fmt: skip
KEPT_DAYS = 90
SHOWN = 200


@dataclass(frozen=True)
class Message:
    """One line of the list: the newest message of a record, with how many stand behind it.

    ``ids`` names every message the line stands for, joined by commas; ``day`` heads the section.
    """

    id: int
    ids: str
    title: str
    text: str
    icon: str
    tone: str
    time: str
    at_title: str
    day: str
    first_of_day: bool
    unread: bool
    actionable: bool
    count: int
    link: str


@dataclass(frozen=True)
class Inbox:
    """The list of one tab, and the number of waiting messages on every tab."""

    messages: list[Message]
    counts: dict[str, str]


@dataclass(frozen=True)
class Opened:
    """One message with what it is about: its record in brief, and what happened there lately.

    ``lines`` are earlier messages of the same record, ``happened`` events for the timeline component.
    """

    id: int = 0
    ids: str = ""
    title: str = ""
    text: str = ""
    time: str = ""
    link: str = ""
    open_label: str = ""
    record: str = ""
    record_detail: str = ""
    initials: str = ""
    color: int = 1
    customer_id: int = 0
    done: bool = False
    lines: list[dict[str, str]] = field(default_factory=list)
    happened: list[dict[str, str]] = field(default_factory=list)


def list_messages(actor: Actor, *, tab: str = Tab.ALL.value, now: datetime) -> Inbox:
    """Return the actor's own messages that wait (or, on 已处理, the done ones of 90 days), newest first.

    Messages about one record stand together in the line of the newest.

    Raises:
        NotPermitted: the actor lacks inbox:read.
    """
    actor.require(Permission.INBOX_READ)
    chosen = Tab.find(tab) or Tab.ALL
    with reading() as db:
        waiting = list(db.execute(_waiting(actor, now).order_by(*_NEWEST_FIRST).limit(SHOWN)).scalars())
        if chosen is Tab.DONE:
            done = sa.select(Notification).where(
                col(Notification.user_id) == actor.user_id,
                col(Notification.done_at) > now - timedelta(days=KEPT_DAYS),
            )
            rows = list(db.execute(done.order_by(col(Notification.done_at).desc()).limit(SHOWN)).scalars())
        else:
            rows = [row for row in waiting if chosen is Tab.ALL or _tab_of(row) is chosen]
    counts = {tab.value: sum(1 for row in waiting if _tab_of(row) is tab) for tab in Tab}
    counts[Tab.ALL.value] = len(waiting)
    counts[Tab.DONE.value] = 0
    return Inbox(
        _grouped(rows, now),
        {code: formats.count(number) if number else "" for code, number in counts.items()},
    )


_NEWEST_FIRST = (col(Notification.created_at).desc(), col(Notification.id).desc())


def _waiting(actor: Actor, now: datetime) -> sa.Select[tuple[Notification]]:
    query: sa.Select[tuple[Notification]] = sa.select(Notification).where(  # type: ignore[assignment]
        col(Notification.user_id) == actor.user_id,
        col(Notification.done_at).is_(None),
        sa.or_(col(Notification.snoozed_until).is_(None), col(Notification.snoozed_until) <= now),
    )
    return query


def _tab_of(row: Notification) -> Tab:
    if row.kind == "mention":
        return Tab.MENTION
    if row.kind in _APPROVAL or row.entity == "application":
        return Tab.APPROVAL
    return Tab.DUE if row.kind in _DUE else Tab.SYSTEM


def _grouped(rows: Iterable[Notification], now: datetime) -> list[Message]:
    groups: dict[tuple[str, int], list[Notification]] = {}
    for row in rows:
        key = (row.entity, row.entity_id) if row.entity and row.entity_id else ("message", row.id or 0)
        groups.setdefault(key, []).append(row)
    messages: list[Message] = []
    for group in groups.values():
        newest = group[0]
        day = _day(newest.done_at or newest.created_at, now)
        messages.append(
            Message(
                id=newest.id or 0, ids=",".join(str(row.id) for row in group), title=newest.title, text=newest.text,
                icon=_ICONS.get(newest.kind, "bell"), tone=_tone(newest), time=formats.relative(newest.created_at, now),
                at_title=formats.instant(newest.created_at), day=day,
                first_of_day=not messages or messages[-1].day != day,
                unread=any(row.read_at is None for row in group), actionable=any(row.actionable for row in group),
                count=len(group), link=newest.link,
            )
        )  # fmt: skip
    return messages


def _day(at: datetime, now: datetime) -> str:
    days = (china_date(now) - china_date(at)).days
    return {0: "今天", 1: "昨天"}.get(days, "本周" if days < 7 else "更早")


def _tone(row: Notification) -> str:
    if row.kind in ("overdue", "security"):
        return "o"
    return (
        "w"
        if row.kind in ("due", "reminder", "lead", "task")
        else "g"
        if row.kind in ("payment", "loan")
        else ""
    )


def open_message(actor: Actor, *, message_id: int, now: datetime) -> Opened:
    """Return a message with its record and mark it, and the others of that record, as read.

    Raises:
        NotPermitted: the actor lacks inbox:read.
        NotFound: not a message of the actor's.
    """
    with transaction() as db:
        row = _own(db, actor, message_id)
        actor.require(Permission.INBOX_READ)
        group = [row]
        if row.entity and row.entity_id:
            query = sa.select(Notification).where(
                col(Notification.user_id) == actor.user_id,
                col(Notification.entity) == row.entity,
                col(Notification.entity_id) == row.entity_id,
            )
            group = list(db.execute(query.order_by(col(Notification.id).desc()).limit(20)).scalars())
        for one in group:
            one.read_at = one.read_at or now
        record = _record(db, actor, row, now=now)
        open_ids = [one.id for one in group if one.done_at is None] or [row.id]
        return Opened(
            id=row.id or 0, ids=",".join(str(i) for i in open_ids), title=row.title, text=row.text,
            time=formats.instant(row.created_at), link=row.link, done=row.done_at is not None,
            lines=[
                {"title": one.title, "text": one.text, "time": formats.relative(one.created_at, now)}
                for one in group if one.id != row.id
            ],
            **record,  # type: ignore[arg-type]
        )  # fmt: skip


def _record(db: Session, actor: Actor, row: Notification, *, now: datetime) -> dict[str, object]:
    """Return the record in brief, when it is a customer or lead inside the reader's scope."""
    label = {"customer": "打开客户", "lead": "打开线索", "application": "打开申请", "contract": "打开合同",
             "loan": "打开借据", "task": "去工作台"}.get(row.entity, "打开")  # fmt: skip
    found: dict[str, object] = {"open_label": label if row.link else ""}
    who: Customer | Lead | None = None
    if row.entity in ("customer", "lead") and row.entity_id:
        model = Customer if row.entity == "customer" else Lead
        query = sa.select(model).where(col(model.id) == row.entity_id, visible_to(actor, model))
        who = db.execute(query).scalar_one_or_none()
    if who is None:
        return found
    happened = events.list_for_timeline(
        db, customer_id=who.id if isinstance(who, Customer) else who.customer_id,
        lead_ids=() if isinstance(who, Customer) else (who.id or 0,), limit=8,
    )  # fmt: skip
    return found | {
        "record": who.name,
        "record_detail": " · ".join(p for p in (who.number, who.city, who.company_name) if p),
        "initials": who.name[-2:],
        "color": (who.id or 0) % 6 + 1,
        "customer_id": (who.id if isinstance(who, Customer) else who.customer_id) or 0,
        "happened": [
            {
                "id": str(e.id), "icon": e.icon, "tone": "w" if e.sensitive else "", "who": e.actor, "what": e.label,
                "time": formats.relative(e.at, now), "at": formats.instant(e.at), "text": "", "note": e.summary,
            }
            for e in happened
        ],
    }  # fmt: skip


def finish(actor: Actor, *, message_ids: Iterable[int], now: datetime) -> int:
    """Mark messages as dealt with; returns how many were still waiting.

    Raises:
        NotFound: one of them is not the actor's.
    """
    with transaction() as db:
        rows = _own_all(db, actor, message_ids)
        actor.require(Permission.INBOX_READ)
        changed = [row for row in rows if row.done_at is None]
        for row in changed:
            row.done_at, row.read_at = now, row.read_at or now
        announce(db, f"inbox:{actor.user_id}", done=len(changed))
        return len(changed)


def bring_back(actor: Actor, *, message_ids: Iterable[int]) -> None:
    """Undo :func:`finish` and :func:`snooze`: the messages wait again.

    Raises:
        NotFound: one of them is not the actor's.
    """
    with transaction() as db:
        rows = _own_all(db, actor, message_ids)
        actor.require(Permission.INBOX_READ)
        for row in rows:
            row.done_at, row.snoozed_until = None, None
        announce(db, f"inbox:{actor.user_id}", back=len(rows))


def snooze(actor: Actor, *, message_ids: Iterable[int], choice: str, now: datetime) -> datetime:
    """Put messages off (a Later code); returns until when.

    Raises:
        NotFound: one of them is not the actor's.
        InvalidInput: no such choice.
    """
    until = put_off(choice, now)
    with transaction() as db:
        rows = _own_all(db, actor, message_ids)
        actor.require(Permission.INBOX_READ)
        for row in rows:
            row.snoozed_until, row.done_at, row.read_at = until, None, row.read_at or now
        announce(db, f"inbox:{actor.user_id}", snoozed=len(rows))
        return until


def read_all(actor: Actor, *, now: datetime) -> int:
    """Mark every waiting message as read, and those that ask for nothing as done; returns how many those were.

    Raises:
        NotPermitted: the actor lacks inbox:read.
    """
    actor.require(Permission.INBOX_READ)
    with transaction() as db:
        rows = list(db.execute(_waiting(actor, now)).scalars())
        finished = [row for row in rows if not row.actionable]
        for row in rows:
            row.read_at = row.read_at or now
        for row in finished:
            row.done_at = now
        announce(db, f"inbox:{actor.user_id}", read=len(rows))
        return len(finished)


def _own(db: Session, actor: Actor, message_id: int) -> Notification:
    row = db.get(Notification, message_id)
    if row is None or row.user_id != actor.user_id:
        raise NotFound("没有找到这条消息")
    return row


def _own_all(db: Session, actor: Actor, message_ids: Iterable[int]) -> list[Notification]:
    wanted = sorted(set(message_ids))
    if not 0 < len(wanted) <= SHOWN:
        raise InvalidInput("请选择消息")
    query = sa.select(Notification).where(
        col(Notification.id).in_(wanted), col(Notification.user_id) == actor.user_id
    )
    rows = list(db.execute(query).scalars())
    if len(rows) != len(wanted):
        raise NotFound("没有找到这条消息")
    return rows
