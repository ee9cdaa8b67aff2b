"""Deliveries written down become leads 处理进线; what cannot be read waits in the inbox with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlmodel import Session, col

from loanhub.domain.errors import InvalidInput
from loanhub.domain.leads import LeadDoor
from loanhub.domain.telephony import CODE
from loanhub.domain.webhooks import DeliveryStatus, Rule, apply_rules, leaves, read_rules, suggest
from loanhub.models import Channel, WebhookDelivery, WebhookEndpoint
from loanhub.services import catalogue, strict_json
from loanhub.services._failpoints import failpoint
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.leads.intake import Enquiry, door_actor, take_in
from loanhub.services.telephony import intake as telephony
from loanhub.services.webhooks.receive import as_bytes

CHUNK = 100
KEPT_DAYS = 30
"""How long a delivery that is done with is kept; as long its id is known and its repeat ignored."""
TOPIC = "deliveries"
log = structlog.get_logger(__name__)


def process(*, now: datetime, ids: Sequence[int] | None = None) -> int:
    """Turn received deliveries into leads, a chunk a transaction; returns how many were handled.

    Whatever dies in between leaves them received, and the next call takes them up. Two workers share the work: on
    PostgreSQL each skips what the other holds, on SQLite one writes at a time.
    """
    handled = 0
    while True:
        try:
            with transaction() as db:
                rows = _take(db, ids, CHUNK)
                _handle(db, rows, now=now)
                failpoint("delivery.before_commit")
        except Exception:
            log.exception("deliveries_failed")
            handled += _one_by_one(ids, now=now)
            return handled
        handled += len(rows)
        if len(rows) < CHUNK:
            return handled


def _one_by_one(ids: Sequence[int] | None, *, now: datetime) -> int:
    """Handle each alone, so that one that breaks us does not hold up the others; it waits in the inbox."""
    with reading() as db:
        waiting = [row.id or 0 for row in _take(db, ids, CHUNK, lock=False)]
    for delivery_id in waiting:
        try:
            with transaction() as db:
                _handle(db, _take(db, [delivery_id], 1), now=now)
        except Exception:
            log.exception("delivery_failed", delivery=delivery_id)
            with transaction() as db:
                row = db.get(WebhookDelivery, delivery_id)
                if row is not None and row.status == DeliveryStatus.RECEIVED.value:
                    row.tries += 1
                    row.status, row.reason = (
                        DeliveryStatus.FAILED.value,
                        "处理时出错，可以重试；仍不行请联系管理员",
                    )
    return len(waiting)


def _take(db: Session, ids: Sequence[int] | None, most: int, *, lock: bool = True) -> list[WebhookDelivery]:
    query = (
        sa.select(WebhookDelivery)
        .where(col(WebhookDelivery.status) == DeliveryStatus.RECEIVED.value)
        .order_by(col(WebhookDelivery.id))
        .limit(most)
    )
    if ids is not None:
        query = query.where(col(WebhookDelivery.id).in_(ids))
    if lock:
        query = query.with_for_update(skip_locked=True)
    return list(db.execute(query).scalars())


def _handle(db: Session, rows: Sequence[WebhookDelivery], *, now: datetime) -> None:
    if not rows:
        return
    codes = {row.channel_code for row in rows}
    rules = {
        row.channel_code: read_rules(row.mapping)
        for row in db.execute(
            sa.select(WebhookEndpoint).where(col(WebhookEndpoint.channel_code).in_(codes))
        ).scalars()
    }
    known = sa.select(col(Channel.code), col(Channel.label)).where(col(Channel.code).in_(codes))
    labels = {str(code): str(label) for code, label in db.execute(known).all()}
    enquiries: list[Enquiry] = []
    read: list[WebhookDelivery] = []
    for row in rows:
        row.tries += 1
        row.version += 1
        if row.channel_code == CODE:
            _handle_call(db, row, now=now)
            continue
        try:
            raw = _fields(db, row, rules.get(row.channel_code, ()))
        except InvalidInput as fault:
            _fail(db, row, fault, now=now)
            continue
        actor = door_actor(f"推送 · {labels.get(row.channel_code, row.channel_code)}", ip=row.ip)
        enquiries.append(Enquiry(raw, LeadDoor.WEBHOOK, actor))
        read.append(row)
    for row, taken in zip(read, take_in(db, enquiries, now=now) if enquiries else [], strict=True):
        if taken.fault is not None:
            _fail(db, row, taken.fault, now=now)
            continue
        row.status, row.lead_id, row.processed_at = DeliveryStatus.DONE.value, taken.lead_id, now
        row.reason, row.issues = "新线索" if taken.new else "重复进线，已记到原线索", []
    db.add_all(rows)
    if any(row.status == DeliveryStatus.FAILED.value for row in rows):
        announce(db, TOPIC, event="delivery.failed")


def _handle_call(db: Session, row: WebhookDelivery, *, now: datetime) -> None:
    """Read a report of the telephone system; one that cannot be read waits like any other."""
    try:
        call = telephony.take_in(db, row, _body(row), now=now)
    except InvalidInput as fault:
        _fail(db, row, fault, now=now)
        return
    row.status, row.processed_at, row.issues = DeliveryStatus.DONE.value, now, []
    row.reason = "通话已记录" if call.settled else "通话已记录，没有找到是谁"


def _body(row: WebhookDelivery) -> bytes:
    return as_bytes(row.mended_body if row.mended_body is not None else row.body or "")


def _fields(db: Session, row: WebhookDelivery, rules: Sequence[Rule]) -> dict[str, object]:
    data = strict_json.loads(_body(row))
    fields = catalogue.current(db).fields("lead")
    if not rules:
        rules = suggest([path for path, _ in leaves(data)], fields)
    raw = apply_rules(data, rules, {spec.key: spec for spec in fields})
    return raw | {"channel_code": row.channel_code}


def _fail(db: Session, row: WebhookDelivery, fault: InvalidInput, *, now: datetime) -> None:
    specs = {spec.key: spec.label for spec in catalogue.current(db).fields("lead")}
    row.status, row.processed_at, row.reason = DeliveryStatus.FAILED.value, now, fault.sentence[:300]
    row.issues = [
        {"field": key, "label": "正文" if key == "body" else specs.get(key, key), "sentence": sentence}
        for key, sentence in fault.fields.items()
    ]


def sweep(*, now: datetime) -> int:
    """Delete deliveries that were done with more than thirty days ago; returns how many."""
    over = sa.delete(WebhookDelivery).where(
        col(WebhookDelivery.status).in_((DeliveryStatus.DONE.value, DeliveryStatus.DISCARDED.value)),
        col(WebhookDelivery.received_at) < now - timedelta(days=KEPT_DAYS),
    )
    with transaction() as db:
        return int(getattr(db.execute(over), "rowcount", 0) or 0)
