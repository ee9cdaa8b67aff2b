"""The timeline 动态 and the audit trail of customer 360: filtered, paged, with what was attached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.events import EVENT_TYPES, EventGroup
from loanhub.domain.permissions import Permission
from loanhub.models import Document, Event, Interaction, Lead, User
from loanhub.repositories import customers as repository
from loanhub.repositories import duplicates
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.documents import look_of

PAGE = 30
SHOWN_GROUPS = (EventGroup.CONTACT, EventGroup.FLOW, EventGroup.MONEY, EventGroup.SYSTEM, EventGroup.ACCESS)
_TONES = {EventGroup.CONTACT.value: "p", EventGroup.MONEY.value: "p", EventGroup.SYSTEM.value: "b"}
_KIND_ICONS = {"通话": "phone-call", "电话": "phone-call", "微信": "message-circle", "短信": "message-square",
               "拜访": "map-pin", "备注": "pencil", "邮件": "mail"}  # fmt: skip


@dataclass
class TimelineFile:
    """Something attached; ``look`` picture, audio, video, pdf or file says how it is shown in place."""

    id: int = 0
    name: str = ""
    look: str = "file"


@dataclass
class TimelineItem:
    """An event as the timeline draws it; see ``components.timeline``."""

    id: str = ""
    icon: str = ""
    tone: str = ""
    who: str = ""
    what: str = ""
    text: str = ""
    time: str = ""
    at: str = ""
    note: str = ""
    number: str = ""
    changes: str = ""
    files: list[TimelineFile] = field(default_factory=list)


@dataclass(frozen=True)
class Timeline:
    """A piece of the timeline: events, how many of each group, who took part, whether older ones exist."""

    items: list[TimelineItem]
    counts: dict[str, str]
    has_more: bool
    people: list[str] = field(default_factory=list)


def timeline(
    actor: Actor,
    *,
    customer_id: int,
    group: str = "",
    person: str = "",
    text: str = "",
    before_id: int | None = None,
    now: datetime,
) -> Timeline:
    """Return the events of a customer and of its leads, newest first.

    ``group`` is an EventGroup code or '', ``person`` the name of who did it, ``text`` words it must say.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        lead_ids = _lead_ids(db, customer_id)
        wanted = EventGroup.find(group) if group else None
        found = events.list_for_timeline(
            db, customer_id=customer_id, lead_ids=lead_ids, groups=(wanted,) if wanted else (),
            actor_name=person, text=" ".join(text.split()), before_id=before_id, limit=PAGE + 1,
        )  # fmt: skip
        files = _attachments(db, actor, customer_id, found)
        items = _folded(found[:PAGE], files, now)
        counts, people = _totals(db, customer_id, lead_ids)
        return Timeline(items, counts, len(found) > PAGE, people)


def audit(actor: Actor, *, customer_id: int, before_id: int | None = None, now: datetime) -> Timeline:
    """Return who looked at, took out or changed this customer, with what changed, newest first.

    Raises:
        NotFound, NotPermitted: see :func:`timeline`.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        found = events.list_for_timeline(
            db, customer_id=customer_id, groups=(EventGroup.ACCESS, EventGroup.FLOW, EventGroup.MONEY),
            before_id=before_id, limit=PAGE + 1,
        )  # fmt: skip
        items = [_item(event, [], now) for event in found[:PAGE]]
        for item, event in zip(items, found, strict=False):
            item.number = f"#{event.id}"
            item.changes = "；".join(f"{label}：{old} → {new}" for label, old, new in event.changes)
        return Timeline(items, {}, len(found) > PAGE)


_ONE_VISIT = timedelta(minutes=10)


def _folded(
    found: Sequence[events.EventView], files: Mapping[int, list[TimelineFile]], now: datetime
) -> list[TimelineItem]:
    """Return the items, one for what a person looked at in one visit; the audit tab has each look by itself.

    A page that shows its pictures would otherwise push what happened off the first screen.
    """
    items: list[TimelineItem] = []
    looks: list[str] = []
    last: events.EventView | None = None
    for event in found:
        item = _item(event, files.get(event.id, []), now)
        same = last is not None and (last.type, last.actor) == (event.type, event.actor)
        if event.type == "document.viewed" and same and last is not None and last.at - event.at < _ONE_VISIT:
            name = event.summary.removeprefix(_LOOK)
            if name not in looks:
                looks.append(name)
            items[-1].id = item.id
            shown = "、".join(looks[:3]) + (f" 等 {len(looks)} 种" if len(looks) > 3 else "")
            items[-1].note = _LOOK + shown
        else:
            items.append(item)
            looks = [event.summary.removeprefix(_LOOK)]
        last = event
    return items


_LOOK = "查看 "


def _lead_ids(db: Session, customer_id: int) -> list[int]:
    query = sa.select(col(Lead.id)).where(col(Lead.customer_id) == customer_id)
    return [int(i or 0) for i in db.execute(query.limit(50)).scalars()]


def _item(event: events.EventView, files: list[TimelineFile], now: datetime) -> TimelineItem:
    what, text, note = event.label, "", event.summary
    icon, tone = event.icon, "w" if event.sensitive else _TONES.get(event.group, "")
    if event.type == "interaction.recorded":
        head, _, text = event.summary.partition("：")
        what, note = head, ""
        icon = _KIND_ICONS.get(head.split(" ")[0], icon)
        if "未接" in head or "空号" in head:
            icon = "phone-missed"
    elif event.changes and event.type.endswith("edited"):
        note = "；".join(f"{label}：{old} → {new}" for label, old, new in event.changes[:4])
        if len(event.changes) > 4:
            note += f"；等 {len(event.changes)} 项"
    if event.reason:
        note = f"{note} · 事由：{event.reason}" if note else f"事由：{event.reason}"
    return TimelineItem(
        id=str(event.id), icon=icon, tone=tone, who=event.actor, what=what, text=text,
        time=formats.relative(event.at, now), at=formats.instant(event.at), note=note, files=files,
    )  # fmt: skip


def _attachments(
    db: Session, actor: Actor, customer_id: int, found: list[events.EventView]
) -> dict[int, list[TimelineFile]]:
    """Return what was attached, by event: to a follow-up by its author and instant, and an upload itself."""
    if not actor.can(Permission.DOCUMENTS_READ):
        return {}
    notes = {(event.at, event.actor): event.id for event in found if event.type == "interaction.recorded"}
    wanted: dict[int, list[int]] = {
        event.id: [event.entity_id or 0] for event in found if event.type == "document.uploaded"
    }
    if notes:
        query = (
            sa.select(col(Interaction.at), col(User.name), col(Interaction.attachments))
            .join(User, col(User.id) == col(Interaction.by_id))
            .where(
                col(Interaction.customer_id) == customer_id, col(Interaction.at).in_([at for at, _ in notes])
            )
        )
        for at, who, ids in db.execute(query).all():
            if ids and (at, who) in notes:
                wanted[notes[at, who]] = [int(i) for i in ids]
    numbers = {number for ids in wanted.values() for number in ids}
    if not numbers:
        return {}
    rows = sa.select(Document).where(
        col(Document.id).in_(numbers),
        col(Document.deleted_at).is_(None),
        col(Document.customer_id) == customer_id,
    )
    files = {row.id: _file(row) for row in db.execute(rows).scalars()}
    return {event_id: [files[i] for i in ids if i in files] for event_id, ids in wanted.items()}


def _file(row: Document) -> TimelineFile:
    return TimelineFile(row.id or 0, row.label or row.file_name, look_of(row.media_type))


def _totals(db: Session, customer_id: int, lead_ids: list[int]) -> tuple[dict[str, str], list[str]]:
    owner: sa.ColumnElement[bool] = col(Event.customer_id).in_(
        [customer_id, *duplicates.merged_into(db, "customer", [customer_id])]
    )
    if lead_ids:
        owner = sa.or_(owner, col(Event.lead_id).in_(lead_ids))
    query = (
        sa.select(col(Event.type), col(Event.actor_name), sa.func.count())
        .where(owner)
        .group_by(col(Event.type), col(Event.actor_name))
    )
    totals: dict[str, int] = {}
    people: dict[str, int] = {}
    for code, who, number in db.execute(query).all():
        group = EVENT_TYPES[code].group.value
        totals[group] = totals.get(group, 0) + int(number)
        people[who] = people.get(who, 0) + int(number)
    shown = {group.value: formats.count(totals.get(group.value, 0)) for group in SHOWN_GROUPS}
    ordered = sorted(people, key=lambda who: -people[who])
    return {"": formats.count(sum(totals.values())), **shown}, ordered[:30]
