"""The third party as the firm set it up: address, secret, and which way a round takes."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput
from loanhub.domain.webhooks import PREFIX
from loanhub.models import SigningProvider
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services.signing.providers._protocol import BUILTIN, HTTP, Provider
from loanhub.services.signing.providers.http import HttpProvider

LABELS = {BUILTIN: "本系统", HTTP: "第三方电子签"}
SHORTEST_SECRET = 24


def find_secret(db: Session) -> str:
    """Return the secret shared with the third party, empty when there is none."""
    query = sa.select(SigningProvider).where(col(SigningProvider.code) == HTTP)
    found: SigningProvider | None = db.execute(query).scalar_one_or_none()
    return (found.secret or "") if found is not None else ""


def provider_in_force(db: Session, *, now: datetime) -> Provider | None:
    """Return the third party that was set up, or None."""
    url, secret = str(parameters.get(db, "signing", now=now)["provider_url"]), find_secret(db)
    return HttpProvider(url, secret) if url and secret else None


def choose(db: Session, wanted: str, *, now: datetime) -> str:
    """Return the code of the way a round takes; an empty ``wanted`` means the company's.

    Raises:
        InvalidInput: no such way, or a third party that is not set up.
    """
    code = wanted or str(parameters.get(db, "signing", now=now)["provider"])
    if code not in LABELS:
        raise InvalidInput(fields={"provider": "请选择在哪里签"})
    if code != BUILTIN and provider_in_force(db, now=now) is None:
        raise InvalidInput(fields={"provider": "第三方电子签还没有设置好，请管理员在「公司参数」里填"})
    return code


def keep_secret(db: Session, actor: Actor, text: str, *, wanted: bool, before: str, now: datetime) -> str:
    """Keep a new secret encrypted and return the words that stand for it; an empty text keeps the old one.

    Raises:
        InvalidInput: under ``provider_secret``: no secret of this form, or none at all where one is needed.
    """
    if not text:
        if wanted and not find_secret(db):
            raise InvalidInput(fields={"provider_secret": "填与第三方约定的密钥"})
        return before
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True) if text.startswith(PREFIX) else b""
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) < SHORTEST_SECRET:
        raise InvalidInput(fields={"provider_secret": "密钥以 whsec_ 开头，后面是至少 24 字节的 base64"})
    query = sa.select(SigningProvider).where(col(SigningProvider.code) == HTTP)
    row = db.execute(query).scalar_one_or_none() or SigningProvider(code=HTTP, set_at=now)
    row.secret, row.set_at, row.set_by_id = text, now, actor.actor_id
    db.add(row)
    db.flush()
    return f"{formats.instant(now)} 设置"
