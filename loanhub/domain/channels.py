"""Channels 渠道: kinds, cost models, and how a bill is spread over the leads it paid for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict


class ChannelKind(Choice):
    """What sort of source a channel is 渠道类型."""

    ADS = "ads", "广告投放"
    PURCHASED = "purchased", "采购线索"
    PARTNER = "partner", "合作机构"
    REFERRAL = "referral", "转介绍"
    OWN = "own", "自有"
    OFFLINE = "offline", "线下"
    OTHER = "other", "其他"


class CostModel(Choice):
    """How a channel is paid 计费方式."""

    PER_LEAD = "per_lead", "按条"
    PER_MONTH = "per_month", "按账单"
    PER_PAYOUT = "per_payout", "按放款"
    FREE = "free", "不计费"


class CostKind(Choice):
    """What a bill was for 费用类型."""

    MEDIA = "media", "投放费"
    PURCHASE = "purchase", "线索采购"
    SERVICE = "service", "服务费"


class OwnerRule(Choice):
    """Who gets a new lead of a channel 分配去向."""

    ENGINE = "engine", "按分配规则"
    POOL = "pool", "进公海"
    PERSON = "person", "指定负责人"


class RefundStatus(Choice):
    """Where a claim for a bad lead stands 退量状态."""

    CLAIMED = "claimed", "已申报"
    ACCEPTED = "accepted", "渠道同意"
    REFUSED = "refused", "渠道拒绝"


REFUND_MOVES = {
    (RefundStatus.CLAIMED, True): RefundStatus.ACCEPTED,
    (RefundStatus.CLAIMED, False): RefundStatus.REFUSED,
}
"""The answer of the channel (True: it pays back) to a claim; an answered claim is not answered again."""

CODE = re.compile(r"[a-z][a-z0-9_]{1,31}", re.ASCII)
"""A channel's code: it stands in links, so it is short and plain."""


class ClaimAnswered(Conflict):
    """The channel has answered this claim already."""

    def __init__(self, status: RefundStatus) -> None:
        super().__init__(f"这笔退量{status.label}了，不能再改")


def answer(status: RefundStatus, *, accepted: bool) -> RefundStatus:
    """Return the status after the channel's answer; raise ClaimAnswered when it answered before."""
    if (status, accepted) not in REFUND_MOVES:
        raise ClaimAnswered(status)
    return REFUND_MOVES[status, accepted]


def spread(amount_fen: int, lead_ids: Sequence[int]) -> dict[int, int]:
    """Return each lead's share of a bill in fen, in whole fen that sum to the bill exactly.

    Equal shares; what does not divide goes one fen each to the leads with the lowest ids (largest remainder, all
    remainders being equal). Source: lending guide §2 (Splitting).
    """
    if not lead_ids:
        return {}
    share, rest = divmod(amount_fen, len(lead_ids))
    return {lead_id: share + (place < rest) for place, lead_id in enumerate(sorted(lead_ids))}
