"""How the telephone system is let in 话务接入: secret with rotation, extensions, and a simulator that really signs."""

from __future__ import annotations

import base64
import json
import math
import secrets
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.telephony import CODE, CallDirection, CallResult
from loanhub.domain.webhooks import PREFIX, sign
from loanhub.models import AgentExtension, Lead, User, WebhookEndpoint
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.webhooks.receive import forget_cached
from loanhub.settings import settings

OVERLAP = timedelta(hours=24)


@dataclass(frozen=True)
class SetupView:
    """The page: address, secret in words, whether it is on, and whose extensions are known."""

    url: str
    secret: str
    active: bool
    extensions: tuple[tuple[int, str, str], ...]
    """(user, name, extension)."""


def view_setup(actor: Actor, *, now: datetime) -> SetupView:
    """Return how the telephone system is let in.

    Raises:
        NotPermitted: the actor lacks messages:manage.
    """
    actor.require(Permission.MESSAGES_MANAGE)
    with reading() as db:
        row = _find(db)
        query = (
            sa.select(col(User.id), col(User.name), col(AgentExtension.extension))
            .outerjoin(AgentExtension, col(AgentExtension.user_id) == col(User.id))
            .where(col(User.active))
            .order_by(col(AgentExtension.extension).is_(None), col(AgentExtension.extension), col(User.id))
        )
        people = tuple((int(i), name, extension or "") for i, name, extension in db.execute(query).all())
    words = f"{formats.relative(row.secret_set_at, now)}设置" if row and row.secret_set_at else "还没有密钥"
    return SetupView(
        f"{settings().origin}/api/v1/webhooks/{CODE}", words, bool(row and row.active and row.secret), people
    )


def rotate_secret(actor: Actor, *, now: datetime) -> str:
    """Give the telephone system a new secret and return it, this once; the old one stays good for 24 hours.

    Raises:
        NotPermitted: the actor lacks messages:manage.
    """
    actor.require(Permission.MESSAGES_MANAGE)
    secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    with transaction() as db:
        row = _find(db, lock=True) or WebhookEndpoint(
            channel_code=CODE, per_minute=6_000, created_at=now, updated_at=now, version=0
        )
        if row.secret:
            row.previous_secret, row.previous_until = row.secret, now + OVERLAP
        row.secret, row.secret_set_at, row.updated_at, row.version = secret, now, now, row.version + 1
        db.add(row)
        events.record(db, actor, "webhook.secret_set", now=now, entity="telephony", summary="话务")
    forget_cached()
    return secret


def set_extension(actor: Actor, *, user_id: int, extension: str, now: datetime) -> None:
    """Say whose desk an extension is on; an empty one takes it away.

    Raises:
        NotPermitted: the actor lacks messages:manage.
        NotFound: no such person at work.
        InvalidInput: no extension.
        Conflict: it is on somebody else's desk.
    """
    actor.require(Permission.MESSAGES_MANAGE)
    plain = extension.strip()
    if plain and not (plain.isascii() and plain.isalnum() and len(plain) <= 12):
        raise InvalidInput(fields={"extension": "分机号是最多 12 位数字或字母"})
    with transaction() as db:
        user = db.get(User, user_id)
        if user is None or not user.active:
            raise NotFound("没有这位员工")
        held = db.get(AgentExtension, plain) if plain else None
        if held is not None and held.user_id != user_id:
            other = db.get(User, held.user_id)
            raise Conflict(f"分机 {plain} 是{other.name if other else '别人'}的")
        before = db.execute(
            sa.select(AgentExtension).where(col(AgentExtension.user_id) == user_id)
        ).scalar_one_or_none()
        if (before.extension if before else "") == plain:
            return
        if before is not None:
            db.delete(before)
            db.flush()
        if plain:
            db.add(AgentExtension(extension=plain, user_id=user_id, set_by_id=actor.actor_id, set_at=now))
        events.record(
            db, actor, "user.edited", now=now, entity="user", entity_id=user_id, summary=user.name,
            before={"分机": before.extension if before else "—"}, after={"分机": plain or "—"},
        )  # fmt: skip


@dataclass(frozen=True)
class Simulated:
    """What the simulator sent, and what the door answered."""

    call_id: str
    statuses: tuple[int, ...]


def simulate(
    actor: Actor, *, phone: str = "", direction: str = "in", result: str = "answered", seconds: int = 95,
    extension: str = "", now: datetime, address: str = "",
) -> Simulated:  # fmt: skip
    """Report a call to our own door over HTTP, really signed: it rings, and it ends, with a recording if answered.

    Without a ``phone`` the newest lead calls; without an ``extension`` the first known one rings.

    Raises:
        NotPermitted: the actor lacks messages:manage.
        InvalidInput: there is no secret, lead or extension yet, or our own door is out of reach.
    """
    actor.require(Permission.MESSAGES_MANAGE)
    way, outcome = CallDirection.find(direction), CallResult.find(result)
    if way is None or outcome is None or not 0 <= seconds <= 7_200:
        raise InvalidInput("方向、结果或时长不对")
    with reading() as db:
        row = _find(db)
        secret = row.secret if row else None
        newest = sa.select(Lead).where(col(Lead.phone).is_not(None), col(Lead.deleted_at).is_(None))
        lead = db.execute(newest.order_by(col(Lead.id).desc()).limit(1)).scalar_one_or_none()
        first = db.execute(
            sa.select(col(AgentExtension.extension)).order_by(col(AgentExtension.extension)).limit(1)
        ).scalar_one_or_none()
    if not secret:
        raise InvalidInput("先生成话务密钥")
    other, desk = phone.strip() or ((lead.phone or "") if lead else ""), extension.strip() or (first or "")
    if not other or not desk:
        raise InvalidInput("先登记一个坐席分机，并有一条带手机号的线索")
    call_id = f"sim-{secrets.token_hex(8)}"
    started = now - timedelta(seconds=seconds + 8)
    report: dict[str, object] = {
        "call_id": call_id, "state": "ringing", "direction": way.value, "extension": desk,
        "caller": other if way is CallDirection.IN else desk, "callee": desk if way is CallDirection.IN else other,
        "started_at": started.isoformat(),
    }  # fmt: skip
    ended = report | {"state": "ended", "ended_at": now.isoformat(), "result": outcome.value}
    if outcome is CallResult.ANSWERED:
        ended["answered_at"] = (started + timedelta(seconds=8)).isoformat()
        ended["recording"] = {"name": f"{call_id}.wav", "content": base64.b64encode(tone()).decode()}
    place = (address or f"http://127.0.0.1:{settings().port}") + f"/api/v1/webhooks/{CODE}"
    statuses = []
    try:
        with httpx.Client(timeout=10, trust_env=False) as client:
            for number, body in enumerate((report, ended)):
                content = json.dumps(body).encode()
                stamp, message_id = str(int(now.timestamp())), f"{call_id}-{number}"
                headers = {
                    "content-type": "application/json", "webhook-id": message_id, "webhook-timestamp": stamp,
                    "webhook-signature": sign(secret, message_id, stamp, content),
                }  # fmt: skip
                statuses.append(client.post(place, content=content, headers=headers).status_code)
    except httpx.HTTPError as fault:
        raise InvalidInput(f"连不上自己的接口 {place}：{type(fault).__name__}") from None
    return Simulated(call_id, tuple(statuses))


def tone(seconds: int = 2, rate: int = 4_000) -> bytes:
    """Return a WAV of a soft tone (8 bits, one channel), to stand for a recording."""
    samples = bytes(128 + int(40 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(seconds * rate))
    head = b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt "
    return (
        head
        + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate, 1, 8)
        + b"data"
        + struct.pack("<I", len(samples))
        + samples
    )


def _find(db: Session, *, lock: bool = False) -> WebhookEndpoint | None:
    query = sa.select(WebhookEndpoint).where(col(WebhookEndpoint.channel_code) == CODE)
    found: WebhookEndpoint | None = db.execute(
        query.with_for_update() if lock else query
    ).scalar_one_or_none()
    return found
