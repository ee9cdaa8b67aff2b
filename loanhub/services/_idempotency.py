"""A command carried out once, however often it is sent 幂等: double click, retry, lost answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict
from loanhub.models import IdempotencyKey
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint


class KeyReused(Conflict):
    """The same key came with another request."""

    def __init__(self) -> None:
        super().__init__("这个表单已经提交过别的内容，请重新打开后再试")


_KNOWN = sa.select(IdempotencyKey).where(
    col(IdempotencyKey.actor_id) == sa.bindparam("actor"),
    col(IdempotencyKey.action) == sa.bindparam("action"),
    col(IdempotencyKey.key) == sa.bindparam("key"),
)
_RESULT = _KNOWN.with_only_columns(col(IdempotencyKey.request_hash), col(IdempotencyKey.result))
_KEEP = sa.insert(IdempotencyKey.__table__)  # type: ignore[attr-defined]


def fingerprint(request: object) -> str:
    """Return the SHA-256 of the request's canonical JSON."""
    body = json.dumps(request, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def once(
    db: Session,
    actor: Actor,
    action: str,
    key: str,
    request: object,
    *,
    now: datetime,
    work: Callable[[], dict[str, object]],
) -> dict[str, object]:
    """Return the result of ``work``, run at most once for (actor, action, key).

    The key row is written in the same transaction, so a crash leaves neither. An empty key runs the work
    without protection, for callers (jobs) that bring their own.

    Raises:
        KeyReused: the key was used with a different request.
    """
    if not key:
        return work()
    digest = fingerprint(request)
    named = {"actor": actor.user_id, "action": action, "key": key[:64]}
    found: IdempotencyKey | None = db.execute(_KNOWN, named).scalar_one_or_none()
    if found is not None:
        if found.request_hash != digest:
            raise KeyReused
        return found.result
    row = IdempotencyKey(
        actor_id=actor.user_id, action=action, key=key[:64], request_hash=digest, result={}, created_at=now
    )
    db.add(row)
    try:
        db.flush()
    except sa.exc.IntegrityError:
        raise Conflict("同一操作正在处理中，请稍候查看结果") from None
    failpoint("key.after_insert")
    row.result = work()
    db.add(row)
    return row.result


def once_locked(
    db: Session,
    actor: Actor,
    action: str,
    key: str,
    request: object,
    *,
    now: datetime,
    work: Callable[[], dict[str, object]],
) -> dict[str, object]:
    """Return the result of ``work`` as :func:`once` does, for a caller that holds the lock of the one row it writes.

    The lock makes a second call with the same key wait and then find the first one's result, so the key needs no
    row of its own beforehand: it is written with everything else at the commit.

    Raises:
        KeyReused: the key was used with a different request.
    """
    if not key:
        return work()
    digest = fingerprint(request)
    known = _stored(db, actor, action, key, digest)
    if known is not None:
        return known
    result = work()
    row = {"actor_id": actor.user_id, "action": action, "key": key[:64], "request_hash": digest, "result": result,
           "created_at": now}  # fmt: skip
    try:
        db.execute(_KEEP, row)
    except sa.exc.IntegrityError:
        raise Conflict("同一操作正在处理中，请稍候查看结果") from None
    return result


def _stored(db: Session, actor: Actor, action: str, key: str, digest: str) -> dict[str, object] | None:
    found = db.execute(_RESULT, {"actor": actor.user_id, "action": action, "key": key[:64]}).first()
    if found is None:
        return None
    if found[0] != digest:
        raise KeyReused
    return dict(found[1])
