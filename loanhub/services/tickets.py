"""One-time tickets: a short-lived proof that a page hands to an HTTP route, which alone can set the cookie."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from loanhub.domain.errors import NotPermitted
from loanhub.models import IdempotencyKey
from loanhub.models.encryption import blind_index
from loanhub.services._transaction import transaction
from loanhub.settings import settings


class TicketRefused(NotPermitted):
    """The ticket is forged, used or too old."""

    def __init__(self) -> None:
        super().__init__("这个链接已失效，请重新登录")


def issue(user_id: int, purpose: str, *, now: datetime) -> str:
    """Return a ticket for one use within ``ticket_seconds`` (30 s)."""
    expires = int(now.timestamp()) + settings().ticket_seconds
    body = f"{user_id}.{expires}.{secrets.token_hex(12)}"
    return f"{body}.{_seal(purpose, body)}"


def redeem(ticket: str, purpose: str, *, now: datetime) -> int:
    """Return the user id of a ticket and use it up.

    Raises:
        TicketRefused: forged, for another purpose, expired or used before.
    """
    body, _, seal = ticket.rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(purpose, body).encode()):
        raise TicketRefused
    user_id, expires, nonce = body.split(".")
    if int(expires) < now.timestamp():
        raise TicketRefused
    used = IdempotencyKey(
        actor_id=int(user_id), action=f"ticket.{purpose}", key=nonce, request_hash="", created_at=now
    )
    try:
        with transaction() as db:
            db.execute(sa.insert(IdempotencyKey).values(**used.model_dump(exclude={"id"})))
    except IntegrityError as error:
        raise TicketRefused from error
    return int(user_id)


def _seal(purpose: str, body: str) -> str:
    return blind_index(f"ticket.{purpose}", body)
