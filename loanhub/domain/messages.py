"""Outgoing messages 消息发送: where one stands, when it is tried again, and the hours it may not be sent in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import SHANGHAI
from loanhub.domain.identity import check_mobile
from loanhub.domain.masking import STAR, MaskKind, mask

RETRY_SECONDS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""How long after a failure the next try comes; after the last one a message is given up. Source: security.md §5."""
LEASE = timedelta(seconds=60)
"""How long a worker may take over one message before another one looks after it."""
TEXT_LIMIT = 500
_OWN = r"(?<![A-Za-z0-9])[A-Z]{1,4}(?:-[A-Z]{1,4})*-?20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{0,5}(?![0-9])"
_NUMBERS = re.compile(rf"(?P<own>{_OWN})|[0-9]{{5,}}[Xx]?", re.ASCII)
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(\.[A-Za-z0-9\-]{1,63})+", re.ASCII)


class MessageState(Choice):
    """Where an outgoing message stands."""

    PLANNED = "planned", "待发送"
    HELD = "held", "等摘要"
    SENDING = "sending", "发送中"
    SENT = "sent", "已发送"
    PREVIEWED = "previewed", "仅预览"
    FAILED = "failed", "将重试"
    UNSURE = "unsure", "结果未知"
    GIVEN_UP = "given_up", "已放弃"
    BLOCKED = "blocked", "已拦截"
    CANCELLED = "cancelled", "已取消"
    MERGED = "merged", "并入摘要"


WAITING = (MessageState.PLANNED, MessageState.FAILED)
"""States the worker takes messages from."""
CANCELLABLE = (*WAITING, MessageState.HELD)
RETRIABLE = (
    MessageState.FAILED,
    MessageState.UNSURE,
    MessageState.GIVEN_UP,
    MessageState.CANCELLED,
    MessageState.PREVIEWED,
)
"""States a person may send again from."""


class Purpose(Choice):
    """Why a message is sent: what is asked for by marketing is bound by consent, hours and counts."""

    SERVICE = "service", "服务"
    MARKETING = "marketing", "营销"
    TEST = "test", "测试"


class ChannelMode(Choice):
    """Whether a channel really sends."""

    PREVIEW = "preview", "预览"
    LIVE = "live", "真实发送"


class Temporary(Exception):
    """A message could not be handed over now; a later try may do."""


class Refused(Exception):
    """A message will never be taken as it is; trying again is of no use."""


class Unknown(Exception):
    """Whether it was taken cannot be said: the connection broke after it had been handed over."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Outgoing:
    """What an adapter hands over. ``key`` names the message for ever: providers that know it take it once.

    ``attachments`` are sent by channels that can carry files; the others send the words alone.
    """

    key: str
    recipient: str
    title: str
    text: str
    link: str = ""
    recipient_name: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What a provider answered: its own number of the message."""

    provider_id: str = ""


def retry_at(attempts: int, key: str, now: datetime) -> datetime | None:
    """Return when a message that failed ``attempts`` times is tried again; None: it is given up.

    Up to a tenth is added, from the key, so that what failed together is not tried together.
    """
    if attempts >= len(RETRY_SECONDS):
        return None
    wait = RETRY_SECONDS[attempts]
    share = sum(key.encode()) % 100
    return now + timedelta(seconds=wait + wait * share / 1000)


def clock_time(text: str, field: str = "time") -> time:
    """Return a time of day written HH:MM.

    Raises:
        InvalidInput: it is none.
    """
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text.strip(), re.ASCII)
    if found is None:
        raise InvalidInput(fields={field: "写成 22:00 这样的时间"})
    return time(int(found[1]), int(found[2]))


def after_quiet(now: datetime, begins: time, ends: time) -> datetime:
    """Return the first instant from ``now`` on outside the quiet hours of Shanghai; equal times mean none.

    ``begins`` is quiet already, ``ends`` no longer; the hours may reach over midnight.
    """
    if begins == ends:
        return now
    local = now.astimezone(SHANGHAI)
    at = local.time()
    inside = begins <= at < ends if begins < ends else at >= begins or at < ends
    if not inside:
        return now
    day = local.date() + timedelta(days=1 if at >= ends else 0)
    return datetime.combine(day, ends, SHANGHAI).astimezone(UTC)


def next_digest(now: datetime, at: time, weekday: int | None) -> datetime:
    """Return the next digest strictly after ``now``: each day, or on one weekday (0 Monday)."""
    local = now.astimezone(SHANGHAI)
    for days in range(9):
        moment = datetime.combine(local.date() + timedelta(days=days), at, SHANGHAI)
        if moment > local and (weekday is None or moment.weekday() == weekday):
            return moment.astimezone(UTC)
    raise ValueError(f"no such weekday: {weekday}")


def check_recipient(channel: str, text: str) -> str:
    """Return a recipient of e-mail or SMS as it is stored.

    Raises:
        InvalidInput: under ``recipient``.
    """
    plain = text.strip()
    if channel == "email":
        if len(plain) > 120 or _EMAIL.fullmatch(plain) is None:
            raise InvalidInput(fields={"recipient": "邮箱地址不对，例如 li@example.com"})
        return plain.lower()
    if channel == "sms":
        found = check_mobile(plain)
        if not found.valid:
            raise InvalidInput(fields={"recipient": found.sentence})
        return found.national or ""
    return plain[:120]


def shown_recipient(channel: str, recipient: str) -> str:
    """Return a recipient as lists show it."""
    if channel == "email":
        return mask(MaskKind.EMAIL, recipient)
    if channel == "sms":
        return mask(MaskKind.PHONE, recipient)
    return recipient or "群机器人"


def shown_text(text: str) -> str:
    """Return a message's words with every number of five digits and more masked.

    Numbers of our own records (letters and a day: L20261119010, CJ-JK-20260302-0001) tell nobody's phone and stay.
    """
    return _NUMBERS.sub(lambda found: found["own"] or STAR * len(found.group()), text)


def digest_text(titles: Sequence[str]) -> tuple[str, str]:
    """Return title and words of a digest of ``titles``, oldest first; at most twenty are named."""
    named = [f"{number}. {title}" for number, title in enumerate(titles[:20], 1)]
    if len(titles) > 20:
        named.append(f"另有 {len(titles) - 20} 条")
    return f"消息摘要：{len(titles)} 条", "\n".join(named)
