"""The ways out as an administrator sets them up 通道设置: mode, settings, secrets, price, and a test that really sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.channels import MessageChannel, check_url, registry
from loanhub.channels.dingtalk import HOSTS as DINGTALK
from loanhub.channels.feishu import HOSTS as FEISHU
from loanhub.channels.wecom import HOSTS as WECOM
from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.messages import ChannelMode, Purpose, check_recipient
from loanhub.domain.money import format_plain, parse_fen
from loanhub.domain.permissions import Permission
from loanhub.models import MessageAccount
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.outbox.manage import new_key
from loanhub.services.outbox.plan import Draft, plan

_HOSTS = {"wecom": WECOM, "dingtalk": DINGTALK, "feishu": FEISHU}
LONGEST = 300


@dataclass(frozen=True)
class SettingView:
    """One setting as the form shows it; a secret's value is never given back, only whether there is one."""

    key: str
    label: str
    kind: str
    value: str
    required: bool
    secret: bool
    help: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ChannelView:
    """A channel with its settings."""

    code: str
    label: str
    icon: str
    note: str
    shared: bool
    mode: str
    mode_label: str
    ready: bool
    cost: str
    updated: str
    version: int
    settings: tuple[SettingView, ...]


def list_channels(actor: Actor, *, now: datetime) -> list[ChannelView]:
    """Return every channel there is.

    Raises:
        NotPermitted: the actor lacks messages:manage.
    """
    actor.require(Permission.MESSAGES_MANAGE)
    with reading() as db:
        rows = {row.channel: row for row in db.execute(sa.select(MessageAccount)).scalars()}
    return [_view(channel, rows.get(code), now) for code, channel in registry().items()]


def _view(channel: MessageChannel, row: MessageAccount | None, now: datetime) -> ChannelView:
    values = {**(row.settings if row else {}), **(json.loads(row.secrets) if row and row.secrets else {})}
    mode = ChannelMode(row.mode) if row else ChannelMode.PREVIEW
    return ChannelView(
        code=channel.code, label=channel.label, icon=channel.icon, note=channel.note, shared=channel.shared,
        mode=mode.value, mode_label=mode.label,
        ready=all(values.get(one.key) for one in channel.settings if one.required),
        cost=format_plain(row.cost_fen if row else 0), updated=formats.relative(row.updated_at, now) if row else "",
        version=row.version if row else 0,
        settings=tuple(
            SettingView(
                one.key, one.label, "password" if one.secret else one.kind,
                "" if one.secret else str(values.get(one.key, one.default)), one.required, one.secret,
                ("已保存，不改就留空。" if one.secret and values.get(one.key) else "") + one.help, one.options,
            )
            for one in channel.settings
        ),
    )  # fmt: skip


def save_channel(
    actor: Actor, *, code: str, version: int, mode: str, cost: str, form: Mapping[str, str], now: datetime
) -> None:
    """Set a channel up; a secret left empty keeps what it was.

    Raises:
        NotFound: no such channel.
        NotPermitted: the actor lacks messages:manage.
        Conflict: somebody changed it meanwhile.
        InvalidInput: by setting, ``mode`` or ``cost``.
    """
    channel = _channel(code)
    actor.require(Permission.MESSAGES_MANAGE)
    chosen = ChannelMode.find(mode)
    faults: dict[str, str] = {} if chosen else {"mode": "请选择预览或真实发送"}
    try:
        cost_fen = parse_fen(cost or "0", field="cost")
        if not 0 <= cost_fen <= 100_000:
            faults["cost"] = "每条 0 到 1000 元"
    except InvalidInput as fault:
        cost_fen, faults = 0, faults | fault.fields
    with transaction() as db:
        row = _find(db, code)
        if (row.version if row else 0) != version:
            raise Conflict("通道设置刚被别人改过，请看过最新内容再保存")
        kept = json.loads(row.secrets) if row and row.secrets else {}
        values, hidden = {}, dict(kept)
        for one in channel.settings:
            text = str(form.get(one.key, "")).strip()
            if len(text) > LONGEST:
                faults[one.key] = f"最多 {LONGEST} 个字"
            elif one.secret and text:
                hidden[one.key] = text
            elif not one.secret:
                values[one.key] = text or one.default
            if one.required and chosen is ChannelMode.LIVE and not {**values, **hidden}.get(one.key):
                faults.setdefault(one.key, "真实发送前填写这一项")
        faults |= _check(code, {**values, **hidden})
        if faults or chosen is None:
            raise InvalidInput(fields=faults)
        before = ChannelMode(row.mode).label if row else "—"
        if row is None:
            row = MessageAccount(channel=code, updated_at=now, version=0)
        row.mode, row.settings, row.cost_fen = chosen.value, values, cost_fen
        row.secrets = json.dumps(hidden, ensure_ascii=False) if hidden else None
        row.updated_at, row.updated_by_id, row.version = now, actor.actor_id, row.version + 1
        db.add(row)
        db.flush()
        changed = "、".join(one.label for one in channel.settings if one.secret and form.get(one.key))
        events.record(
            db, actor, "message_channel.edited", now=now, entity="message_channel", entity_id=row.id,
            summary=channel.label, before={"模式": before},
            after={"模式": chosen.label, **({"更换": changed} if changed else {})},
        )  # fmt: skip


def _check(code: str, values: Mapping[str, str]) -> dict[str, str]:
    faults: dict[str, str] = {}
    if values.get("url"):
        try:
            check_url(values["url"], hosts=_HOSTS.get(code, ()))
        except InvalidInput as fault:
            faults |= fault.fields
    if code == "email":
        port = values.get("port", "")
        if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
            faults["port"] = "端口是 1 到 65535 的数"
        if values.get("security") not in ("tls", "starttls", "none"):
            faults["security"] = "请选择加密方式"
        if values.get("sender"):
            try:
                check_recipient("email", values["sender"])
            except InvalidInput as fault:
                faults["sender"] = fault.fields["recipient"]
    if code == "sms" and values.get("template") and "{content}" not in values["template"]:
        faults["template"] = "模板里要有 {content}"
    return faults


def try_channel(actor: Actor, *, code: str, recipient: str, now: datetime) -> int:
    """Plan a message that is really sent, whatever the mode; returns its id in the outbox.

    Raises:
        NotFound: no such channel.
        NotPermitted: the actor lacks messages:manage.
        InvalidInput: the recipient; the channel is not set up.
    """
    channel = _channel(code)
    actor.require(Permission.MESSAGES_MANAGE)
    with transaction() as db:
        row = _find(db, code)
        if row is None or not _view(channel, row, now).ready:
            raise InvalidInput("先填好并保存这个通道的设置")
        planned = plan(
            db,
            Draft(
                key=new_key(), channel=code, title="贷通测试消息", text="收到这条说明通道可用。", link="/settings/messages",
                recipient=recipient, purpose=Purpose.TEST, kind="test", template="test", user_id=actor.actor_id,
            ),
            now=now, by_id=actor.actor_id,
        )  # fmt: skip
        events.record(
            db, actor, "message_channel.tested", now=now, entity="message_channel", entity_id=row.id,
            summary=channel.label,
        )  # fmt: skip
        return planned or 0


def _channel(code: str) -> MessageChannel:
    found = registry().get(code)
    if found is None:
        raise NotFound("没有这个消息通道")
    return found


def _find(db: Session, code: str) -> MessageAccount | None:
    query = sa.select(MessageAccount).where(col(MessageAccount.channel) == code).with_for_update()
    found: MessageAccount | None = db.execute(query).scalar_one_or_none()
    return found
