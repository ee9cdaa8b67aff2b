"""A delivery is checked and written down as it came 收件, before anything is read out of it."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from loanhub.domain.errors import NotPermitted
from loanhub.domain.webhooks import DeliveryStatus, is_signed
from loanhub.models import WebhookDelivery, WebhookEndpoint
from loanhub.services._failpoints import failpoint
from loanhub.services._transaction import engine, reading, transaction

CACHE_SECONDS = 5.0
NOT_TEXT = "base64:"
"""Begins the stored text of a body that is not UTF-8."""


class BadSignature(NotPermitted):
    """Unknown channel, switched off, unsigned, wrongly signed, too old: which of them is not told."""

    status = 401

    def __init__(self) -> None:
        super().__init__("签名无效或已过期")


@dataclass(frozen=True)
class Incoming:
    """A delivery whose signature is good."""

    channel_code: str
    message_id: str
    body: bytes
    ip: str = ""


@dataclass(frozen=True)
class _Door:
    secret: str
    previous: str
    previous_until: datetime | None
    per_minute: int


_doors: dict[tuple[int, str], tuple[float, _Door | None]] = {}
_lock = threading.Lock()


def forget_cached() -> None:
    """Read every endpoint anew (after a change in this process, in tests)."""
    _doors.clear()


def _door(code: str) -> _Door | None:
    """Return the secrets of a channel's endpoint, at most five seconds old."""
    place = (id(engine()), code)
    known = _doors.get(place)
    if known is not None and time.monotonic() - known[0] < CACHE_SECONDS:
        return known[1]
    with reading() as db:
        row = db.execute(
            sa.select(WebhookEndpoint).where(
                col(WebhookEndpoint.channel_code) == code, col(WebhookEndpoint.active)
            )
        ).scalar_one_or_none()
    door = (
        None
        if row is None or not row.secret
        else _Door(row.secret, row.previous_secret or "", row.previous_until, row.per_minute)
    )
    with _lock:
        if len(_doors) > 1000:
            _doors.clear()
        _doors[place] = (time.monotonic(), door)
    return door


def is_known(code: str) -> bool:
    """Return whether the endpoint can be checked without asking the database; for callers on the event loop."""
    known = _doors.get((id(engine()), code[:32]))
    return known is not None and time.monotonic() - known[0] < CACHE_SECONDS


def accept(
    *,
    channel_code: str,
    message_id: str,
    timestamp: str,
    signatures: str,
    body: bytes,
    ip: str,
    now: datetime,
) -> tuple[Incoming, int]:
    """Check the signature and return the delivery with the endpoint's rate a minute.

    Raises:
        BadSignature: nothing of it may be believed.
    """
    door = _door(channel_code[:32])
    secrets: list[str] = []
    if door is not None:
        secrets = [door.secret]
        if door.previous and door.previous_until is not None and door.previous_until > now:
            secrets.append(door.previous)
    good = is_signed(
        secrets, message_id=message_id, timestamp=timestamp, signatures=signatures, body=body,
        now_seconds=int(now.timestamp()),
    )  # fmt: skip
    if door is None or not good:
        raise BadSignature
    return Incoming(channel_code[:32], message_id, body, ip), door.per_minute


def store(deliveries: Sequence[Incoming], *, now: datetime) -> list[bool]:
    """Write deliveries down and commit; returns for each whether it is new. A known id is not written again."""
    table = WebhookDelivery.__table__  # type: ignore[attr-defined]
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for one in deliveries:
        rows.setdefault(
            (one.channel_code, one.message_id),
            {
                "channel_code": one.channel_code, "message_id": one.message_id, "received_at": now, "ip": one.ip[:64],
                "size": len(one.body), "body_hash": hashlib.sha256(one.body).hexdigest(), "body": as_text(one.body),
                "status": DeliveryStatus.RECEIVED.value, "reason": "", "issues": [], "tries": 0, "version": 1,
            },
        )  # fmt: skip
    with transaction() as db:
        insert = sqlite.insert(table) if db.get_bind().dialect.name == "sqlite" else postgresql.insert(table)
        command = (
            insert.values(list(rows.values()))
            .on_conflict_do_nothing(index_elements=["channel_code", "message_id"])
            .returning(table.c.channel_code, table.c.message_id)
        )
        fresh = {(code, message) for code, message in db.execute(command).all()}
        failpoint("delivery.after_insert")
    seen: set[tuple[str, str]] = set()
    answers = []
    for one in deliveries:
        key = (one.channel_code, one.message_id)
        answers.append(key in fresh and key not in seen)
        seen.add(key)
    return answers


def as_text(body: bytes) -> str:
    """Return a body as text that can be stored and given back byte for byte."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return NOT_TEXT + base64.b64encode(body).decode()
    # PostgreSQL keeps no NUL in a text, and a text that begins like ours would be misread.
    return NOT_TEXT + base64.b64encode(body).decode() if "\0" in text or text.startswith(NOT_TEXT) else text


def as_bytes(stored: str) -> bytes:
    """Return the bytes of a stored body."""
    if stored.startswith(NOT_TEXT):
        return base64.b64decode(stored.removeprefix(NOT_TEXT))
    return stored.encode()
