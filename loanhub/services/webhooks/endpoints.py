"""How a channel's pushes are let in and read 推送接入: secret with rotation, field mapping, rate."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.webhooks import PREFIX, Rule, check_rules, leaves, read_rules, suggest
from loanhub.models import Channel, WebhookEndpoint
from loanhub.services import catalogue, events, strict_json
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.webhooks.receive import forget_cached
from loanhub.settings import settings

OVERLAP = timedelta(hours=24)
"""How long the old secret stays good after a change."""
LARGEST_RATE = 100_000


@dataclass(frozen=True)
class EndpointView:
    """A channel's endpoint as its sheet shows it; ``version`` 0: not set up yet."""

    code: str
    label: str
    url: str
    active: bool
    secret: str
    per_minute: str
    rules: tuple[Rule, ...]
    fields: tuple[tuple[str, str], ...]
    version: int


def view_endpoint(actor: Actor, *, code: str, now: datetime) -> EndpointView:
    """Return the endpoint of a channel.

    Raises:
        NotFound: no such channel.
        NotPermitted: the actor lacks channels:edit.
    """
    with reading() as db:
        channel = _channel(db, code)
        actor.require(Permission.CHANNELS_EDIT)
        row = _find(db, channel.code)
        fields = tuple((s.key, s.label) for s in catalogue.current(db).for_form("lead") if not s.read_only)
        words = "还没有密钥"
        if row is not None and row.secret and row.secret_set_at:
            words = f"{formats.relative(row.secret_set_at, now)}设置"
            if row.previous_secret and row.previous_until and row.previous_until > now:
                words += f"，旧密钥 {formats.instant(row.previous_until)} 失效"
        return EndpointView(
            code=channel.code, label=channel.label, url=f"{settings().origin}/api/v1/webhooks/{channel.code}",
            active=bool(row and row.active), secret=words, per_minute=str(row.per_minute if row else 60),
            rules=read_rules(row.mapping) if row else (), fields=fields, version=row.version if row else 0,
        )  # fmt: skip


def save_endpoint(
    actor: Actor,
    *,
    code: str,
    version: int,
    active: bool,
    per_minute: str,
    rules: Sequence[Rule],
    now: datetime,
) -> None:
    """Switch an endpoint on or off and set its rate and mapping; deliveries waiting are read by the new mapping.

    Raises:
        NotFound: no such channel.
        NotPermitted: the actor lacks channels:edit.
        Conflict: somebody changed it meanwhile.
        InvalidInput: ``per_minute`` or ``rules``.
    """
    with transaction() as db:
        channel = _channel(db, code)
        actor.require(Permission.CHANNELS_EDIT)
        row = _find(db, channel.code, lock=True)
        if (row.version if row else 0) != version:
            raise Conflict("推送接入刚被别人改过，请看过最新内容再保存")
        if not (per_minute.isascii() and per_minute.isdigit() and 1 <= int(per_minute) <= LARGEST_RATE):
            raise InvalidInput(fields={"per_minute": f"每分钟 1 到 {LARGEST_RATE} 条"})
        specs = {spec.key: spec for spec in catalogue.current(db).fields("lead")}
        check_rules(rules, specs)
        if row is None:
            row = WebhookEndpoint(channel_code=channel.code, created_at=now, updated_at=now, version=0)
        row.active, row.per_minute, row.mapping = active, int(per_minute), [rule.as_json() for rule in rules]
        row.updated_at, row.version = now, row.version + 1
        db.add(row)
        db.flush()
        events.record(
            db, actor, "webhook.edited", now=now, entity="channel", entity_id=channel.id, summary=channel.label,
            after={
                "状态": "启用" if active else "停用", "限速": f"{per_minute} 条/分",
                "映射": "、".join(f"{rule.path}→{specs[rule.field].label}" for rule in rules)[:400] or "按名称自动对应",
            },
        )  # fmt: skip
    forget_cached()


def rotate(actor: Actor, *, code: str, now: datetime) -> str:
    """Give a channel a new secret and return it, this once; the old one stays good for 24 hours.

    Raises:
        NotFound: no such channel.
        NotPermitted: the actor lacks channels:edit.
    """
    secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    with transaction() as db:
        channel = _channel(db, code)
        actor.require(Permission.CHANNELS_EDIT)
        row = _find(db, channel.code, lock=True)
        if row is None:
            row = WebhookEndpoint(channel_code=channel.code, created_at=now, updated_at=now, version=0)
        if row.secret:
            row.previous_secret, row.previous_until = row.secret, now + OVERLAP
        row.secret, row.secret_set_at, row.updated_at, row.version = secret, now, now, row.version + 1
        db.add(row)
        db.flush()
        events.record(
            db,
            actor,
            "webhook.secret_set",
            now=now,
            entity="channel",
            entity_id=channel.id,
            summary=channel.label,
        )
    forget_cached()
    return secret


def suggest_rules(actor: Actor, *, sample: str) -> list[tuple[Rule, str]]:
    """Return a rule and the example of each value in a sample JSON; ``field`` is empty where no name fits.

    Raises:
        NotPermitted: the actor lacks channels:edit.
        InvalidInput: ``sample`` is no JSON object.
    """
    actor.require(Permission.CHANNELS_EDIT)
    try:
        data = strict_json.loads(sample)
    except InvalidInput as fault:
        raise InvalidInput(fields={"sample": fault.sentence}) from None
    found = leaves(data) if isinstance(data, dict) else []
    if not found:
        raise InvalidInput(fields={"sample": "样例里没有可以对应的值，粘贴对方推送的一条 JSON"})
    with reading() as db:
        fields = catalogue.current(db).fields("lead")
    known = {rule.path: rule for rule in suggest([path for path, _ in found], fields)}
    return [(known.get(path, Rule(path, "")), example) for path, example in found]


def _channel(db: Session, code: str) -> Channel:
    found: Channel | None = db.execute(
        sa.select(Channel).where(col(Channel.code) == code[:32])
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("没有这个渠道")
    return found


def _find(db: Session, code: str, *, lock: bool = False) -> WebhookEndpoint | None:
    query = sa.select(WebhookEndpoint).where(col(WebhookEndpoint.channel_code) == code)
    found: WebhookEndpoint | None = db.execute(
        query.with_for_update() if lock else query
    ).scalar_one_or_none()
    return found
