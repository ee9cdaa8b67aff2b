"""Put a message into the outbox 发件箱, in the transaction of what causes it. Nothing is sent here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from loanhub.channels import registry
from loanhub.domain.errors import NotFound
from loanhub.domain.formats import local
from loanhub.domain.messages import (
    TEXT_LIMIT,
    MessageState,
    Purpose,
    after_quiet,
    check_recipient,
    clock_time,
)
from loanhub.models import OutboxAttachment, OutboxMessage, Unsubscribed
from loanhub.models.encryption import blind_index
from loanhub.services import parameters
from loanhub.services._transaction import announce

TOPIC = "outbox"
COUNTED = (MessageState.PLANNED, MessageState.SENDING, MessageState.SENT, MessageState.PREVIEWED, MessageState.FAILED,
           MessageState.UNSURE)  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """A message to be planned. ``key`` names it: the same key is never planned twice.

    ``attachments`` are numbers of stored documents; the planner judged that this recipient may have them.
    """

    key: str
    channel: str
    title: str
    text: str = ""
    link: str = ""
    recipient: str = ""
    purpose: Purpose = Purpose.SERVICE
    kind: str = ""
    template: str = ""
    user_id: int | None = None
    lead_id: int | None = None
    customer_id: int | None = None
    attachments: tuple[int, ...] = ()


def plan(
    db: Session,
    draft: Draft,
    *,
    now: datetime,
    at: datetime | None = None,
    held: bool = False,
    by_id: int | None = None,
) -> int | None:
    """Write the message down; returns its id, or None when its key is there already.

    ``at``: not before then; ``held``: it waits for a digest then. Marketing is moved out of the quiet hours; one who
    unsubscribed or had enough of it gets nothing: the row says so (已拦截).

    Raises:
        NotFound: no such channel.
        InvalidInput: no such recipient.
    """
    channel = registry().get(draft.channel)
    if channel is None:
        raise NotFound("没有这个消息通道")
    recipient = draft.recipient if channel.shared else check_recipient(draft.channel, draft.recipient)
    index = blind_index(f"message.{draft.channel}", recipient) if recipient and not channel.shared else None
    state, reason, when = MessageState.HELD if held else MessageState.PLANNED, "", at or now
    if draft.purpose is Purpose.MARKETING:
        rules = parameters.get(db, "messages", now=now)
        when = after_quiet(when, clock_time(rules["quiet_from"]), clock_time(rules["quiet_to"]))
        reason = _refusal(db, index or "", rules, when)
        state = MessageState.BLOCKED if reason else state
    values: dict[str, Any] = {
        "key": draft.key[:120], "channel": draft.channel, "purpose": draft.purpose.value, "kind": draft.kind[:20],
        "template": draft.template[:40], "user_id": draft.user_id, "lead_id": draft.lead_id,
        "customer_id": draft.customer_id, "recipient": recipient, "recipient_index": index,
        "title": draft.title[:200], "text": draft.text[:TEXT_LIMIT], "link": draft.link[:200], "state": state.value,
        "attempts": 0, "next_at": when, "lease": "", "reason": reason, "provider_id": "", "cost_fen": 0,
        "created_by_id": by_id, "created_at": now, "version": 1,
    }  # fmt: skip
    table = OutboxMessage.__table__  # type: ignore[attr-defined]
    insert = sqlite.insert(table) if db.get_bind().dialect.name == "sqlite" else postgresql.insert(table)
    command = insert.values(values).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id)
    found = db.execute(command).scalar_one_or_none()
    if found is not None:
        for place, document_id in enumerate(draft.attachments):
            db.add(OutboxAttachment(message_id=found, document_id=document_id, place=place))
        announce(db, TOPIC, id=found)
    return found


def _refusal(db: Session, index: str, rules: dict[str, Any], when: datetime) -> str:
    """Return why this person gets no marketing now, or an empty text."""
    gone = sa.select(col(Unsubscribed.id)).where(col(Unsubscribed.recipient_index) == index)
    if db.execute(gone).first() is not None:
        return "对方已退订营销消息"
    midnight = local(when).replace(hour=0, minute=0, second=0, microsecond=0)
    for since, most, words in (
        (midnight, int(rules["marketing_per_day"]), "今天"),
        (midnight - timedelta(days=6), int(rules["marketing_per_week"]), "7 天内"),
    ):
        query = sa.select(sa.func.count()).where(
            col(OutboxMessage.recipient_index) == index,
            col(OutboxMessage.purpose) == Purpose.MARKETING.value,
            col(OutboxMessage.state).in_([one.value for one in COUNTED]),
            col(OutboxMessage.next_at) >= since,
        )
        if int(db.execute(query).scalar_one()) >= most:
            return f"{words}已给对方发过 {most} 条营销消息"
    return ""
