"""The outbox as an administrator sees it 消息发件箱: what went out, what did not and why; again, or not at all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.channels import registry
from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.messages import (
    CANCELLABLE,
    RETRIABLE,
    MessageState,
    Purpose,
    check_recipient,
    shown_recipient,
    shown_text,
)
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.models import Document, OutboxAttachment, OutboxMessage, Unsubscribed, User
from loanhub.models.encryption import blind_index
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.outbox.plan import TOPIC

MOST = 200
COUNTED_DAYS = 30


@dataclass(frozen=True)
class MessageView:
    """A message as list and sheet show it; recipient and long numbers masked."""

    id: int
    version: int
    channel: str
    channel_label: str
    purpose: str
    recipient: str
    who: str
    title: str
    text: str
    state: str
    state_label: str
    reason: str
    attempts: int
    created: str
    next: str
    sent: str
    cost: str
    provider_id: str
    can_retry: bool
    can_cancel: bool
    files: str = ""
    """The names of what goes with it; the files themselves are the recipient's own."""


@dataclass(frozen=True)
class Outbox:
    """The list of one state, and how many messages of 30 days stand in each."""

    messages: tuple[MessageView, ...]
    counts: dict[str, int]
    cost: str


@dataclass(frozen=True)
class UnsubscribedView:
    """One who wants no marketing."""

    id: int
    channel: str
    shown: str
    reason: str
    when: str


def list_messages(
    actor: Actor, *, state: str = "", channel: str = "", search: str = "", now: datetime
) -> Outbox:
    """Return the newest messages, at most 200; ``search``: a whole phone or address, or part of a title.

    Raises:
        NotPermitted: the actor lacks messages:manage.
    """
    actor.require(Permission.MESSAGES_MANAGE)
    query = sa.select(OutboxMessage, col(User.name)).outerjoin(
        User, col(User.id) == col(OutboxMessage.user_id)
    )
    if MessageState.find(state):
        query = query.where(col(OutboxMessage.state) == state)
    if channel in registry():
        query = query.where(col(OutboxMessage.channel) == channel)
    if search.strip():
        words = search.strip()[:100]
        matches = [col(OutboxMessage.title).contains(words, autoescape=True), col(User.name) == words]
        for code in ("sms", "email"):
            try:
                plain = check_recipient(code, words)
            except InvalidInput:
                continue
            matches.append(col(OutboxMessage.recipient_index) == blind_index(f"message.{code}", plain))
        query = query.where(sa.or_(*matches))
    since = now - timedelta(days=COUNTED_DAYS)
    counts = (
        sa.select(col(OutboxMessage.state), sa.func.count(), sa.func.sum(col(OutboxMessage.cost_fen)))
        .where(col(OutboxMessage.created_at) >= since)
        .group_by(col(OutboxMessage.state))
    )
    with reading() as db:
        rows = db.execute(query.order_by(col(OutboxMessage.id).desc()).limit(MOST)).all()
        found = db.execute(counts).all()
        names = _files_of(db, [row.id or 0 for row, _ in rows])
        views = tuple(_view(row, who or "", now, "、".join(names.get(row.id or 0, ()))) for row, who in rows)
    return Outbox(
        views,
        {code: int(number) for code, number, _ in found},
        format_fen(sum(int(c or 0) for *_, c in found)),
    )


def _files_of(db: Session, ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Return the names of the files that go with each of these messages."""
    query = (
        sa.select(col(OutboxAttachment.message_id), col(Document.file_name))
        .join(Document, col(Document.id) == col(OutboxAttachment.document_id))
        .where(col(OutboxAttachment.message_id).in_(ids))
        .order_by(col(OutboxAttachment.message_id), col(OutboxAttachment.place))
    )
    found: dict[int, tuple[str, ...]] = {}
    for message_id, name in db.execute(query).all():
        found[message_id] = (*found.get(message_id, ()), name)
    return found


def _view(row: OutboxMessage, who: str, now: datetime, files: str) -> MessageView:
    state = MessageState(row.state)
    waits = state in (MessageState.PLANNED, MessageState.FAILED, MessageState.HELD)
    return MessageView(
        id=row.id or 0, version=row.version, channel=row.channel,
        channel_label=registry()[row.channel].label if row.channel in registry() else row.channel,
        purpose=Purpose(row.purpose).label, recipient=shown_recipient(row.channel, row.recipient or ""), who=who,
        title=shown_text(row.title or (row.text or "").partition("，")[0]), text=shown_text(row.text or ""), state=state.value, state_label=state.label,
        reason=row.reason, attempts=row.attempts, created=formats.relative(row.created_at, now),
        next=formats.instant(row.next_at) if waits else "",
        sent=formats.instant(row.sent_at) if row.sent_at else "",
        cost=format_fen(row.cost_fen) if row.cost_fen else "", provider_id=row.provider_id,
        can_retry=state in RETRIABLE, can_cancel=state in CANCELLABLE, files=files,
    )  # fmt: skip


def retry(actor: Actor, *, message_id: int, version: int, now: datetime) -> None:
    """Send a message again from the first try on.

    Raises:
        NotFound: no such message.
        NotPermitted: the actor lacks messages:manage.
        Conflict: somebody was there first, or it cannot be sent again.
    """
    with transaction() as db:
        row = _get(db, actor, message_id, version)
        state = MessageState(row.state)
        if state not in RETRIABLE:
            raise Conflict(f"{state.label}的消息不能重发")
        row.state, row.attempts, row.next_at, row.reason = MessageState.PLANNED.value, 0, now, ""
        row.sent_at = None
        _changed(db, actor, row, "message.retried", state, now)


def cancel(actor: Actor, *, message_id: int, version: int, now: datetime) -> None:
    """Take a message back that has not been sent.

    Raises:
        NotFound: no such message.
        NotPermitted: the actor lacks messages:manage.
        Conflict: somebody was there first, or it is out already.
    """
    with transaction() as db:
        row = _get(db, actor, message_id, version)
        state = MessageState(row.state)
        if state not in CANCELLABLE:
            raise Conflict(f"{state.label}的消息不能取消")
        row.state, row.reason = MessageState.CANCELLED.value, f"{actor.name} 取消"
        _changed(db, actor, row, "message.cancelled", state, now)


def _get(db: Session, actor: Actor, message_id: int, version: int) -> OutboxMessage:
    query = sa.select(OutboxMessage).where(col(OutboxMessage.id) == message_id).with_for_update()
    row: OutboxMessage | None = db.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound("没有这条消息")
    actor.require(Permission.MESSAGES_MANAGE)
    if row.version != version:
        raise Conflict("这条消息刚有变化，请看过最新状态再操作")
    return row


def _changed(
    db: Session, actor: Actor, row: OutboxMessage, event: str, before: MessageState, now: datetime
) -> None:
    row.version += 1
    events.record(
        db, actor, event, now=now, entity="message", entity_id=row.id, summary=row.title,
        before={"状态": before.label}, after={"状态": MessageState(row.state).label},
    )  # fmt: skip
    announce(db, TOPIC, id=row.id)


def list_unsubscribed(actor: Actor, *, now: datetime) -> list[UnsubscribedView]:
    """Return who wants no marketing, newest first, at most 200.

    Raises:
        NotPermitted: the actor lacks messages:manage.
    """
    actor.require(Permission.MESSAGES_MANAGE)
    with reading() as db:
        rows = db.execute(sa.select(Unsubscribed).order_by(col(Unsubscribed.id).desc()).limit(MOST)).scalars()
        return [
            UnsubscribedView(
                row.id or 0,
                registry()[row.channel].label,
                row.shown,
                row.reason,
                formats.relative(row.at, now),
            )
            for row in rows
        ]


def unsubscribe(actor: Actor, *, channel: str, recipient: str, reason: str, now: datetime) -> None:
    """Keep marketing away from a number or address from now on; what waits for it is blocked.

    Raises:
        NotPermitted: the actor lacks messages:manage.
        InvalidInput: no such channel, number or address.
        Conflict: it is on the list already.
    """
    actor.require(Permission.MESSAGES_MANAGE)
    if channel not in registry() or registry()[channel].shared:
        raise InvalidInput(fields={"channel": "请选择短信或邮件"})
    plain = check_recipient(channel, recipient)
    index = blind_index(f"message.{channel}", plain)
    shown = shown_recipient(channel, plain)
    with transaction() as db:
        known = sa.select(col(Unsubscribed.id)).where(col(Unsubscribed.recipient_index) == index)
        if db.execute(known).first() is not None:
            raise Conflict("已在退订名单里")
        db.add(
            Unsubscribed(
                recipient_index=index,
                channel=channel,
                shown=shown,
                reason=reason[:200],
                by_id=actor.actor_id,
                at=now,
            )
        )
        waiting = sa.update(OutboxMessage).where(
            col(OutboxMessage.recipient_index) == index, col(OutboxMessage.purpose) == Purpose.MARKETING.value,
            col(OutboxMessage.state).in_([one.value for one in CANCELLABLE]),
        )  # fmt: skip
        db.execute(waiting.values(state=MessageState.BLOCKED.value, reason="对方已退订营销消息"))
        events.record(
            db, actor, "message.unsubscribed", now=now, entity="message", summary=f"{registry()[channel].label} {shown}",
            reason=reason[:200],
        )  # fmt: skip
        announce(db, TOPIC)


def resubscribe(actor: Actor, *, unsubscribed_id: int, now: datetime) -> None:
    """Take a number or address off the list.

    Raises:
        NotFound: no such line.
        NotPermitted: the actor lacks messages:manage.
    """
    with transaction() as db:
        row = db.get(Unsubscribed, unsubscribed_id)
        if row is None:
            raise NotFound("已不在退订名单里")
        actor.require(Permission.MESSAGES_MANAGE)
        db.delete(row)
        events.record(
            db, actor, "message.resubscribed", now=now, entity="message", summary=f"{row.channel} {row.shown}"
        )


def new_key() -> str:
    """Return a key for a message that only a person's press of a button causes."""
    return f"person:{secrets.token_hex(16)}"
