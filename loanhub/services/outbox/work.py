"""Send what is due 发送: one message under a lease at a time, handed over outside any transaction, then written down.

A worker killed before it handed the message over loses nothing: the lease runs out and another one takes it. Killed
afterwards, before the answer is written, the message may have gone out: a channel whose provider knows the key gets
it again under the same key and sends it once; with any other the message waits as 结果未知 for a person to look.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col

from loanhub.channels import registry
from loanhub.domain.messages import (
    LEASE,
    WAITING,
    Attachment,
    MessageState,
    Outgoing,
    Purpose,
    Receipt,
    Refused,
    Temporary,
    Unknown,
    digest_text,
    retry_at,
)
from loanhub.models import Document, Notification, OutboxAttachment, OutboxMessage, User
from loanhub.services import _storage
from loanhub.services._failpoints import failpoint
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.outbox._accounts import Account, accounts
from loanhub.services.outbox.plan import TOPIC
from loanhub.settings import settings

MOST_A_ROUND = 500
Send = Callable[[Mapping[str, str], Outgoing], Receipt]
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Taken:
    """A message in hand: what the adapter needs, and the lease it is held under."""

    id: int
    lease: str
    attempts: int
    channel: str
    message: Outgoing
    account: Account | None
    files: tuple[tuple[str, str, str], ...] = ()
    """Of each attachment: name, media type, content's hash. Read when it is handed over, not under the lock."""


def run_due(*, now: datetime, most: int = MOST_A_ROUND) -> int:
    """Gather digests, look after what dead workers left, send what is due; return how many messages were handled."""
    recover(now=now)
    gather(now=now)
    wake_put_off(now=now)
    handled = 0
    while handled < most and _something_due(now):
        taken = _take(now)
        if taken is None:
            break
        if taken.message.key:
            _deliver(taken, now)
        handled += 1
    return handled


def _something_due(now: datetime) -> bool:
    with reading() as db:
        return db.execute(_due(now).with_only_columns(col(OutboxMessage.id)).limit(1)).first() is not None


def _due(now: datetime) -> sa.Select[tuple[OutboxMessage]]:
    waiting = sa.and_(
        col(OutboxMessage.state).in_([one.value for one in WAITING]), col(OutboxMessage.next_at) <= now
    )
    query: sa.Select[tuple[OutboxMessage]] = sa.select(OutboxMessage).where(waiting)  # type: ignore[assignment]
    return query.order_by(col(OutboxMessage.next_at), col(OutboxMessage.id))


def _take(now: datetime) -> _Taken | None:
    """Take the next message under a lease; a channel on preview is settled here, in the same transaction."""
    with transaction() as db:
        row = db.execute(_due(now).limit(1).with_for_update(skip_locked=True)).scalar_one_or_none()
        if row is None:
            return None
        account = accounts(db).get(row.channel)
        name = db.execute(sa.select(col(User.name)).where(col(User.id) == row.user_id)).scalar() or ""
        row.version += 1
        announce(db, TOPIC, id=row.id)
        if row.purpose != Purpose.TEST.value and (account is None or not account.live):
            row.state, row.sent_at, row.reason = MessageState.PREVIEWED.value, now, ""
            return _Taken(row.id or 0, "", 0, row.channel, Outgoing("", "", "", ""), None)
        row.state, row.lease, row.lease_until = MessageState.SENDING.value, secrets.token_hex(12), now + LEASE
        row.attempts += 1
        link = f"{settings().origin}{row.link}" if row.link.startswith("/") else ""
        return _Taken(
            row.id or 0, row.lease, row.attempts, row.channel,
            Outgoing(row.key, row.recipient or "", row.title, row.text or "", link, name), account, _files(db, row),
        )  # fmt: skip


def _files(db: Session, row: OutboxMessage) -> tuple[tuple[str, str, str], ...]:
    """Return name, media type and hash of each file that goes with a message, '' for one that is gone."""
    query = (
        sa.select(Document).join(OutboxAttachment, col(OutboxAttachment.document_id) == col(Document.id))
        .where(col(OutboxAttachment.message_id) == row.id).order_by(col(OutboxAttachment.place))
    )  # fmt: skip
    return tuple(
        (one.file_name, one.media_type, "" if one.purged_at or one.deleted_at else one.sha256)
        for one in db.execute(query).scalars()
    )


def _with_files(taken: _Taken) -> Outgoing:
    if not taken.files:
        return taken.message
    if not all(digest for _, _, digest in taken.files):
        raise Refused("附件已过期，不再发送")
    found = tuple(Attachment(name, kind, _storage.read_all(digest)) for name, kind, digest in taken.files)
    return replace(taken.message, attachments=found)


def _deliver(taken: _Taken, now: datetime) -> None:
    failpoint("outbox.after_lease")
    state, reason, receipt = MessageState.SENT, "", Receipt()
    try:
        if taken.account is None:
            raise Refused("通道还没有设置")
        receipt = registry()[taken.channel].send(taken.account.values, _with_files(taken))
        failpoint("outbox.after_send")
    except Temporary as fault:
        state, reason = MessageState.FAILED, str(fault)
    except Refused as fault:
        state, reason = MessageState.GIVEN_UP, str(fault)
    except Unknown as fault:
        again = registry()[taken.channel].repeatable
        state, reason = (MessageState.FAILED if again else MessageState.UNSURE), str(fault)
    except Exception as fault:  # a fault of ours in an adapter: this message waits, the others go on
        log.exception("message_failed", channel=taken.channel, message=taken.id)
        state, reason = MessageState.FAILED, f"程序错误：{type(fault).__name__}"
    with transaction() as db:
        query = sa.select(OutboxMessage).where(
            col(OutboxMessage.id) == taken.id, col(OutboxMessage.lease) == taken.lease
        )
        row = db.execute(query.with_for_update()).scalar_one_or_none()
        if row is None:
            # The lease ran out and somebody else looked after it: that answer counts.
            return
        settle(db, row, state, reason=reason, receipt=receipt, account=taken.account, now=now)


def settle(
    db: Session, row: OutboxMessage, state: MessageState, *, reason: str, receipt: Receipt, account: Account | None,
    now: datetime,
) -> None:  # fmt: skip
    """Write down how a try went; a failure is tried again by the plan, or given up."""
    row.lease, row.lease_until, row.reason = "", None, reason[:300]
    row.version += 1
    if state is MessageState.FAILED:
        again = retry_at(row.attempts, row.key, now)
        state = MessageState.GIVEN_UP if again is None else state
        row.next_at = again or row.next_at
    if state is MessageState.SENT:
        row.sent_at, row.provider_id = now, receipt.provider_id
        row.cost_fen += account.cost_fen if account else 0
    row.state = state.value
    announce(db, TOPIC, id=row.id)


def recover(*, now: datetime) -> int:
    """Look after messages whose worker died: again under the same key where that is safe, else 结果未知."""
    again = [one.code for one in registry().values() if one.repeatable]
    with reading() as db:
        lost = sa.select(col(OutboxMessage.id)).where(
            col(OutboxMessage.state) == MessageState.SENDING.value, col(OutboxMessage.lease_until) < now
        )
        if db.execute(lost.limit(1)).first() is None:
            return 0
    with transaction() as db:
        query = sa.select(OutboxMessage).where(
            col(OutboxMessage.state) == MessageState.SENDING.value, col(OutboxMessage.lease_until) < now
        )
        rows = list(db.execute(query.limit(200).with_for_update(skip_locked=True)).scalars())
        for row in rows:
            state = MessageState.FAILED if row.channel in again else MessageState.UNSURE
            settle(db, row, state, reason="发送时程序中断", receipt=Receipt(), account=None, now=now)
        return len(rows)


def gather(*, now: datetime) -> int:
    """Make one message of each person's and channel's held ones that are due; return how many digests were made.

    The digest and the marks on what went into it are one transaction, so each held message is in exactly one.
    """
    due = sa.and_(col(OutboxMessage.state) == MessageState.HELD.value, col(OutboxMessage.next_at) <= now)
    with reading() as db:
        if db.execute(sa.select(col(OutboxMessage.id)).where(due).limit(1)).first() is None:
            return 0
    made = 0
    with transaction() as db:
        query = sa.select(OutboxMessage).where(due).order_by(col(OutboxMessage.id)).limit(2_000)
        groups: dict[tuple[int, str], list[OutboxMessage]] = {}
        for row in db.execute(query.with_for_update(skip_locked=True)).scalars():
            groups.setdefault((row.user_id or 0, row.channel), []).append(row)
        for (user_id, channel), rows in groups.items():
            title, text = digest_text([row.title for row in rows])
            first = rows[0]
            whole = OutboxMessage(
                key=f"digest:{user_id}:{channel}:{first.id}", channel=channel, kind="digest", template="digest",
                user_id=user_id or None, recipient=first.recipient, recipient_index=first.recipient_index,
                title=title, text=text, link="/inbox", state=MessageState.PLANNED.value, next_at=now, created_at=now,
            )  # fmt: skip
            db.add(whole)
            db.flush()
            for row in rows:
                row.state, row.merged_into_id = MessageState.MERGED.value, whole.id
                row.version += 1
            failpoint("outbox.mid_digest")
            made += 1
    return made


_woken: dict[int, datetime] = {}


def wake_put_off(*, now: datetime) -> int:
    """Tell those who look that messages put off until now are there again; returns how many people were told.

    Held messages appear by themselves in the inbox when their time has come: this only moves the badge.
    """
    since = _woken.get(0, now)
    _woken[0] = now
    if since >= now:
        return 0
    query = (
        sa.select(col(Notification.user_id)).distinct()
        .where(col(Notification.snoozed_until) > since, col(Notification.snoozed_until) <= now,
               col(Notification.done_at).is_(None))
    )  # fmt: skip
    with reading() as db:
        people = [int(one) for one in db.execute(query).scalars()]
    if people:
        with transaction() as db:
            for one in people:
                announce(db, f"inbox:{one}", woken=True)
    return len(people)
