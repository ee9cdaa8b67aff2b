"""Make, list and revoke keys 管理密钥."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain import formats
from loanhub.domain.api_scopes import ApiScope
from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import ApiKey, Channel, User
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.api_keys.check import START, digest, forget_cached

LARGEST_RATE = 100_000
LONGEST_DAYS = 732


@dataclass(frozen=True)
class Made:
    """A new key; ``token`` is shown once and kept nowhere."""

    id: int
    token: str


@dataclass(frozen=True)
class KeyView:
    """A key as the list shows it."""

    id: int
    name: str
    prefix: str
    scopes: str
    channel: str
    rate: str
    expires: str
    used: str
    made: str
    state: str
    live: bool


def create(
    actor: Actor, *, name: str, scopes: Sequence[str], channel_code: str = "", per_minute: str = "600",
    last_day: date | None, now: datetime,
) -> Made:  # fmt: skip
    """Make a key that works through ``last_day`` and return its secret, this once.

    Raises:
        NotPermitted: the actor lacks api_keys:edit.
        InvalidInput: a sentence for each field at fault.
    """
    actor.require(Permission.API_KEYS_EDIT)
    name = " ".join(name.split())
    faults: dict[str, str] = {}
    if not 2 <= len(name) <= 60:
        faults["name"] = "名称为 2 到 60 个字，写清给哪个系统用"
    chosen = [scope for scope in ApiScope if scope.value in scopes]
    if not chosen:
        faults["scopes"] = "至少选一项权限"
    if not (per_minute.isascii() and per_minute.isdigit() and 1 <= int(per_minute) <= LARGEST_RATE):
        faults["per_minute"] = f"每分钟 1 到 {LARGEST_RATE} 次"
    today = local(now).date()
    if last_day is None:
        faults["last_day"] = "请填写有效期，密钥不能永久有效"
    elif not today <= last_day <= today + timedelta(days=LONGEST_DAYS):
        faults["last_day"] = "有效期从今天起，最长两年"
    with transaction() as db:
        if (
            channel_code
            and db.execute(sa.select(col(Channel.id)).where(col(Channel.code) == channel_code)).first()
            is None
        ):
            faults["channel_code"] = "没有这个渠道"
        same = sa.select(col(ApiKey.id)).where(col(ApiKey.name) == name, col(ApiKey.revoked_at).is_(None))
        if "name" not in faults and db.execute(same).first():
            faults["name"] = "已经有同名的密钥在用"
        if faults or last_day is None:
            raise InvalidInput(fields=faults)
        token = f"{START}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
        row = ApiKey(
            name=name, prefix=token[: len(START) + 8], secret_hash=digest(token), scopes=[one.value for one in chosen],
            channel_code=channel_code, per_minute=int(per_minute), created_by_id=actor.actor_id, created_at=now,
            expires_at=datetime.combine(last_day + timedelta(days=1), time(), SHANGHAI),
        )  # fmt: skip
        db.add(row)
        db.flush()
        events.record(
            db, actor, "api_key.created", now=now, entity="api_key", entity_id=row.id, summary=f"{name} {row.prefix}…",
            after={"权限": "、".join(one.label for one in chosen), "有效至": formats.day(last_day)},
        )  # fmt: skip
        return Made(row.id or 0, token)


def revoke(actor: Actor, *, key_id: int, now: datetime) -> None:
    """Revoke a key; requests with it are refused within five seconds.

    Raises:
        NotFound: no such key.
        NotPermitted: the actor lacks api_keys:edit.
        Conflict: it was revoked already.
    """
    with transaction() as db:
        row = db.get(ApiKey, key_id, with_for_update=True)
        if row is None:
            raise NotFound("没有这把密钥")
        actor.require(Permission.API_KEYS_EDIT)
        if row.revoked_at is not None:
            raise Conflict("这把密钥已经吊销")
        row.revoked_at, row.revoked_by_id, row.version = now, actor.actor_id, row.version + 1
        events.record(
            db,
            actor,
            "api_key.revoked",
            now=now,
            entity="api_key",
            entity_id=key_id,
            summary=f"{row.name} {row.prefix}…",
        )
    forget_cached()


def list_keys(actor: Actor, *, now: datetime) -> tuple[list[KeyView], tuple[tuple[str, str], ...]]:
    """Return every key, those in use first, and the channels one may be made for.

    Raises:
        NotPermitted: the actor lacks api_keys:edit.
    """
    actor.require(Permission.API_KEYS_EDIT)
    query = (
        sa.select(ApiKey, col(User.name))
        .outerjoin(User, col(User.id) == col(ApiKey.created_by_id))
        .order_by(col(ApiKey.revoked_at).is_not(None), col(ApiKey.id).desc())
        .limit(200)
    )
    with reading() as db:
        channels = tuple(
            (str(code), str(label))
            for code, label in db.execute(
                sa.select(col(Channel.code), col(Channel.label)).order_by(col(Channel.sort))
            ).all()
        )
        labels = dict(channels)
        return [_view(row, who, labels, now) for row, who in db.execute(query).all()], channels


def _view(row: ApiKey, who: str | None, labels: dict[str, str], now: datetime) -> KeyView:
    expired = row.expires_at is not None and row.expires_at <= now
    state = "已吊销" if row.revoked_at is not None else "已过期" if expired else "在用"
    last = local(row.expires_at - timedelta(seconds=1)).date() if row.expires_at else None
    used = (
        f"{formats.relative(row.last_used_at, now)} · {row.last_used_ip}" if row.last_used_at else "没有用过"
    )
    return KeyView(
        id=row.id or 0, name=row.name, prefix=f"{row.prefix}…",
        scopes="、".join(ApiScope(code).label for code in row.scopes),
        channel=labels.get(row.channel_code, "请求里写明") if row.channel_code else "请求里写明",
        rate=f"{row.per_minute} 次/分", expires=formats.day(last) if last else "—", used=used,
        made=f"{who or '系统'} {formats.relative(row.created_at, now)}", state=state, live=state == "在用",
    )  # fmt: skip
