"""What a person may be told of 通知, by which ways, and when: preferences, do-not-disturb hours, digests. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.messages import after_quiet, clock_time, next_digest


class NoticeKind(Choice):
    """Kinds of notices one chooses for."""

    ASSIGNMENT = "assignment", "线索与客户分配"
    REMINDER = "reminder", "待办、到期与首联提醒"
    MENTION = "mention", "@我"
    APPROVAL = "approval", "审批与合同"
    MONEY = "money", "放款与还款"
    COLLECTION = "collection", "催收"
    CALL = "call", "来电与未接"
    SYSTEM = "system", "导入与系统"
    SECURITY = "security", "账号安全"


class Digest(Choice):
    """When what is not urgent comes."""

    NONE = "none", "随时"
    DAILY = "daily", "每天一次"
    WEEKLY = "weekly", "每周一次"


INAPP = "inapp"
"""The way that is always there: our own inbox."""
REQUIRED = frozenset({NoticeKind.APPROVAL, NoticeKind.SECURITY})
"""Kinds that always reach the inbox, since other people wait for the answer or somebody may be at one's account."""
DEFAULT_URGENT = frozenset({NoticeKind.SECURITY, NoticeKind.CALL})

_OF = {
    "lead": NoticeKind.ASSIGNMENT, "customer": NoticeKind.ASSIGNMENT,
    "task": NoticeKind.REMINDER, "due": NoticeKind.REMINDER, "reminder": NoticeKind.REMINDER,
    "follow_up": NoticeKind.REMINDER, "mention": NoticeKind.MENTION,
    "approval": NoticeKind.APPROVAL, "application": NoticeKind.APPROVAL, "contract": NoticeKind.APPROVAL,
    "disbursement": NoticeKind.APPROVAL, "loan": NoticeKind.MONEY, "payment": NoticeKind.MONEY,
    "overdue": NoticeKind.COLLECTION, "collection": NoticeKind.COLLECTION, "call": NoticeKind.CALL,
    "security": NoticeKind.SECURITY,
}  # fmt: skip


def kind_of(code: str) -> NoticeKind:
    """Return the kind a notice's code belongs to; what is not known is 系统."""
    return _OF.get(code, NoticeKind.SYSTEM)


@dataclass(frozen=True)
class KindChoice:
    """What one chose for a kind: the ways, and whether it breaks through the quiet hours and the digest."""

    channels: frozenset[str]
    urgent: bool


@dataclass(frozen=True)
class Preferences:
    """What one person chose; the default is the inbox, at once, always."""

    kinds: Mapping[str, KindChoice] = field(default_factory=dict)
    quiet_from: time = time(0)
    quiet_to: time = time(0)
    digest: Digest = Digest.NONE
    digest_at: time = time(9)
    digest_weekday: int = 0
    desktop: bool = False

    def of(self, kind: NoticeKind) -> KindChoice:
        """Return the choice for a kind."""
        chosen = self.kinds.get(kind.value) or KindChoice(frozenset({INAPP}), kind in DEFAULT_URGENT)
        return KindChoice(chosen.channels | {INAPP}, chosen.urgent) if kind in REQUIRED else chosen

    def when(self, kind: NoticeKind, now: datetime) -> tuple[datetime, bool]:
        """Return when a notice of ``now`` may be seen, and whether it waits for the digest.

        The end of the quiet hours when it falls into them; the next digest when one is wanted, put behind the quiet
        hours as well.
        """
        if self.of(kind).urgent:
            return now, False
        if self.digest is not Digest.NONE:
            weekday = self.digest_weekday if self.digest is Digest.WEEKLY else None
            at = next_digest(now, self.digest_at, weekday)
            return after_quiet(at, self.quiet_from, self.quiet_to), True
        return after_quiet(now, self.quiet_from, self.quiet_to), False


def read(
    kinds: Mapping[str, Any], *, quiet_from: str, quiet_to: str, digest: str, digest_at: str, digest_weekday: int,
    desktop: bool,
) -> Preferences:  # fmt: skip
    """Return stored preferences."""
    return Preferences(
        kinds={
            code: KindChoice(frozenset(map(str, one.get("channels", ()))), bool(one.get("urgent")))
            for code, one in kinds.items()
        },
        quiet_from=clock_time(quiet_from) if quiet_from else time(0),
        quiet_to=clock_time(quiet_to) if quiet_to else time(0),
        digest=Digest.find(digest) or Digest.NONE,
        digest_at=clock_time(digest_at or "09:00"),
        digest_weekday=digest_weekday,
        desktop=desktop,
    )
