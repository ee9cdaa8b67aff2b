"""Who stands behind a key 验证密钥; believed for five seconds at most, so that a revocation works at once."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.api_scopes import ApiScope
from loanhub.domain.errors import NotPermitted
from loanhub.models import ApiKey
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.leads.intake import door_actor

CACHE_SECONDS, CACHED = 5.0, 1000
USE_EVERY = timedelta(minutes=1)
"""How exactly the last use is kept: a busy key writes one row a minute."""
START = "lhk_"


class BadKey(NotPermitted):
    """No such key, or one that is expired or revoked; which of them is not told."""

    status = 401

    def __init__(self) -> None:
        super().__init__("密钥无效、已过期或已吊销")


class LacksScope(NotPermitted):
    """The key is good but not for this."""

    def __init__(self, scope: ApiScope) -> None:
        super().__init__(f"这把密钥没有「{scope.label}」的权限")


@dataclass(frozen=True)
class KeyHolder:
    """A key in use: what it may do, which channel its leads count for (empty: named in each), its rate."""

    id: int
    name: str
    scopes: frozenset[str]
    channel_code: str
    per_minute: int
    expires_at: datetime | None

    def actor(self, ip: str = "") -> Actor:
        """Return who stands in the log."""
        return door_actor(f"接口 · {self.name}", ip=ip)

    def require(self, scope: ApiScope) -> None:
        """Return quietly when the key is for this; raise LacksScope otherwise."""
        if scope.value not in self.scopes:
            raise LacksScope(scope)


_cache: OrderedDict[str, tuple[float, KeyHolder]] = OrderedDict()


def forget_cached() -> None:
    """Ask the database again for every key (after a revocation in this process, in tests)."""
    _cache.clear()


def digest(token: str) -> str:
    """Return what is kept of a secret: its SHA-256. The secret has 256 random bits, so no slower hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def cached(token: str, now: datetime) -> KeyHolder | None:
    """Return the holder when asked for within five seconds; for callers on the event loop."""
    known = _cache.get(digest(token))
    if known is None or time.monotonic() - known[0] > CACHE_SECONDS:
        return None
    holder = known[1]
    return holder if holder.expires_at is None or holder.expires_at > now else None


def check(token: str, *, ip: str = "", now: datetime) -> KeyHolder:
    """Return who stands behind a key, and note its use.

    Raises:
        BadKey: unknown, expired or revoked.
    """
    prefix = token[: len(START) + 8]
    with reading() as db:
        row = db.execute(sa.select(ApiKey).where(col(ApiKey.prefix) == prefix)).scalar_one_or_none()
    # Compared even when there is no row: an unknown prefix takes as long as a wrong secret.
    right = hmac.compare_digest(row.secret_hash if row is not None else "0" * 64, digest(token))
    if (
        row is None
        or not right
        or row.revoked_at is not None
        or (row.expires_at is not None and row.expires_at <= now)
    ):
        raise BadKey
    holder = KeyHolder(
        row.id or 0, row.name, frozenset(row.scopes), row.channel_code, row.per_minute, row.expires_at
    )
    if row.last_used_at is None or now - row.last_used_at >= USE_EVERY:
        with transaction() as db:
            db.execute(
                sa.update(ApiKey)
                .where(col(ApiKey.id) == row.id)
                .values(last_used_at=now, last_used_ip=ip[:64])
            )
    _cache[digest(token)] = (time.monotonic(), holder)
    if len(_cache) > CACHED:
        _cache.popitem(last=False)
    return holder
