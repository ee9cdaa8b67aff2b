"""The inbox of deliveries 待处理进线: what could not be read, with its raw body; mended, replayed or discarded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.telephony import CODE
from loanhub.domain.webhooks import DeliveryStatus
from loanhub.models import Channel, Lead, WebhookDelivery
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.webhooks.process import process
from loanhub.services.webhooks.receive import NOT_TEXT, as_bytes

MOST = 200
LARGEST_BODY = 65_536


@dataclass(frozen=True)
class DeliveryView:
    """A delivery as list and sheet show it; ``body`` only when it was opened."""

    id: int
    channel: str
    message_id: str
    received: str
    status: str
    status_label: str
    reason: str
    tries: int
    size: str
    lead_id: int
    number: str
    version: int
    body: str = ""
    original: str = ""
    issues: tuple[tuple[str, str], ...] = ()


def waiting(actor: Actor) -> int:
    """Return how many deliveries wait to be mended.

    Raises:
        NotPermitted: the actor lacks deliveries:mend.
    """
    actor.require(Permission.DELIVERIES_MEND)
    query = sa.select(sa.func.count()).where(col(WebhookDelivery.status) == DeliveryStatus.FAILED.value)
    with reading() as db:
        return int(db.execute(query).scalar_one())


def list_deliveries(actor: Actor, *, status: str, now: datetime) -> list[DeliveryView]:
    """Return the deliveries in a status, newest first, at most 200.

    Raises:
        NotPermitted: the actor lacks deliveries:mend.
    """
    actor.require(Permission.DELIVERIES_MEND)
    query = (
        sa.select(WebhookDelivery, col(Channel.label), col(Lead.number))
        .outerjoin(Channel, col(Channel.code) == col(WebhookDelivery.channel_code))
        .outerjoin(Lead, col(Lead.id) == col(WebhookDelivery.lead_id))
        .where(col(WebhookDelivery.status) == status)
        .order_by(col(WebhookDelivery.id).desc())
        .limit(MOST)
    )
    with reading() as db:
        return [_view(row, label, number, now) for row, label, number in db.execute(query).all()]


def open_delivery(actor: Actor, *, delivery_id: int, now: datetime) -> DeliveryView:
    """Return a delivery with its body; it may hold personal data, so that who opened it is recorded.

    Raises:
        NotFound: no such delivery.
        NotPermitted: the actor lacks deliveries:mend.
    """
    with transaction() as db:
        row = _get(db, delivery_id)
        actor.require(Permission.DELIVERIES_MEND)
        channel = db.execute(
            sa.select(Channel).where(col(Channel.code) == row.channel_code)
        ).scalar_one_or_none()
        lead = db.get(Lead, row.lead_id) if row.lead_id else None
        events.record(
            db, actor, "customer.revealed", now=now, entity="delivery", entity_id=row.id, summary="查看进线原文",
            reason="处理待处理进线",
        )  # fmt: skip
        return _view(row, channel.label if channel else None, lead.number if lead else None, now, whole=True)


def mend(actor: Actor, *, delivery_id: int, version: int, body: str, now: datetime) -> DeliveryView:
    """Put a mended body in the place of the raw one, which is kept, and read it; returns what became of it.

    Raises:
        NotFound, NotPermitted: as for :func:`open_delivery`.
        Conflict: somebody handled it meanwhile.
        InvalidInput: empty or too long.
    """
    text = body.strip()
    if not text:
        raise InvalidInput(fields={"body": "正文不能为空"})
    if len(text.encode()) > LARGEST_BODY or "\0" in text or text.startswith(NOT_TEXT):
        raise InvalidInput(fields={"body": "正文太长或含有不能保存的字符"})
    with transaction() as db:
        row = _failed(db, actor, delivery_id, version)
        row.mended_body = text
        _retry(db, actor, row, "修正后重试", now=now)
    process(now=now, ids=[delivery_id])
    return open_delivery(actor, delivery_id=delivery_id, now=now)


def replay(actor: Actor, *, delivery_ids: list[int], now: datetime) -> tuple[int, int]:
    """Read failed deliveries again as they are, after the mapping was put right; returns (tried, become leads).

    Raises:
        NotPermitted: the actor lacks deliveries:mend.
        InvalidInput: none or more than 200.
    """
    actor.require(Permission.DELIVERIES_MEND)
    if not 1 <= len(delivery_ids) <= MOST:
        raise InvalidInput(f"一次可以重试 1 到 {MOST} 条")
    with transaction() as db:
        query = (
            sa.select(WebhookDelivery)
            .where(
                col(WebhookDelivery.id).in_(delivery_ids),
                col(WebhookDelivery.status) == DeliveryStatus.FAILED.value,
            )
            .order_by(col(WebhookDelivery.id))
            .with_for_update()
        )
        chosen = []
        for row in db.execute(query).scalars():
            _retry(db, actor, row, "重试", now=now)
            chosen.append(row.id or 0)
    if not chosen:
        return 0, 0
    process(now=now, ids=chosen)
    done = sa.select(sa.func.count()).where(
        col(WebhookDelivery.id).in_(chosen), col(WebhookDelivery.status) == DeliveryStatus.DONE.value
    )
    with reading() as db:
        return len(chosen), int(db.execute(done).scalar_one())


def discard(actor: Actor, *, delivery_id: int, version: int, reason: str, now: datetime) -> None:
    """Put a delivery aside for good (a test message, somebody's mistake), with a reason.

    Raises:
        NotFound, NotPermitted: as for :func:`open_delivery`.
        Conflict: somebody handled it meanwhile.
        InvalidInput: no reason.
    """
    words = " ".join(reason.split())[:200]
    if len(words) < 2:
        raise InvalidInput(fields={"reason": "写一下作废的原因"})
    with transaction() as db:
        row = _failed(db, actor, delivery_id, version)
        row.status, row.reason, row.handled_by_id = DeliveryStatus.DISCARDED.value, words, actor.actor_id
        row.processed_at, row.version = now, row.version + 1
        events.record(
            db,
            actor,
            "delivery.discarded",
            now=now,
            entity="delivery",
            entity_id=row.id,
            summary=row.message_id,
            reason=words,
        )


def _get(db: Session, delivery_id: int) -> WebhookDelivery:
    row = db.get(WebhookDelivery, delivery_id)
    if row is None:
        raise NotFound("没有这条进线")
    return row


def _failed(db: Session, actor: Actor, delivery_id: int, version: int) -> WebhookDelivery:
    row = db.get(WebhookDelivery, delivery_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这条进线")
    actor.require(Permission.DELIVERIES_MEND)
    if row.version != version or row.status != DeliveryStatus.FAILED.value:
        raise Conflict("这条进线刚被别人处理过，请刷新后再看")
    return row


def _retry(db: Session, actor: Actor, row: WebhookDelivery, what: str, *, now: datetime) -> None:
    row.status, row.handled_by_id, row.version = (
        DeliveryStatus.RECEIVED.value,
        actor.actor_id,
        row.version + 1,
    )
    db.add(row)
    events.record(
        db,
        actor,
        "delivery.mended",
        now=now,
        entity="delivery",
        entity_id=row.id,
        summary=f"{row.message_id} {what}",
    )


def readable(stored: str) -> str:
    """Return a body as a person can read it: UTF-8, else GBK, else with marks where it is neither."""
    content = as_bytes(stored)
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding).replace("\0", "␀")
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", errors="replace").replace("\0", "␀")


def _view(
    row: WebhookDelivery, label: str | None, number: str | None, now: datetime, *, whole: bool = False
) -> DeliveryView:
    original = readable(row.body or "") if whole else ""
    body = readable(row.mended_body) if whole and row.mended_body is not None else original
    return DeliveryView(
        id=row.id or 0, channel=label or ("电话" if row.channel_code == CODE else row.channel_code), message_id=row.message_id,
        received=formats.relative(row.received_at, now), status=row.status,
        status_label=DeliveryStatus(row.status).label, reason=row.reason, tries=row.tries, size=formats.file_size(row.size),
        lead_id=row.lead_id or 0, number=number or "", version=row.version, body=body,
        original=original if body != original else "",
        issues=tuple((str(one["label"]), str(one["sentence"])) for one in row.issues) if whole else (),
    )  # fmt: skip
