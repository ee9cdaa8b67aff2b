"""Commission 佣金: what may be shared out, its parts, tiers, clawback, and the settlement batch.

Integer fen; rates are exact decimals, each amount rounded once, halves up.
Source: lending-domain.md §5.4; tests/golden/commission.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.rates import format_percent


class TierMode(Choice):
    """How tiers apply 阶梯方式."""

    MARGINAL = "marginal", "超额累进"
    WHOLE = "whole", "全额累进"


class ClawbackMode(Choice):
    """How much comes back inside the window 追佣方式."""

    FULL = "full", "全额追回"
    PRO_RATA = "pro_rata", "按剩余月份追回"


class SettlementStatus(Choice):
    """A settlement batch 结算批次; locked once confirmed, corrections go into the next batch."""

    DRAFT = "draft", "草稿"
    REVIEWED = "reviewed", "已复核"
    CONFIRMED = "confirmed", "财务已确认"
    PAID = "paid", "已发放"


class SettlementEvent(Choice):
    """What can happen to a settlement batch."""

    REVIEW = "review", "复核"
    RETURN = "return", "退回"
    CONFIRM = "confirm", "确认"
    PAY = "pay", "发放"


MOVES: dict[tuple[SettlementStatus, SettlementEvent], SettlementStatus] = {
    (SettlementStatus.DRAFT, SettlementEvent.REVIEW): SettlementStatus.REVIEWED,
    (SettlementStatus.REVIEWED, SettlementEvent.RETURN): SettlementStatus.DRAFT,
    (SettlementStatus.REVIEWED, SettlementEvent.CONFIRM): SettlementStatus.CONFIRMED,
    (SettlementStatus.CONFIRMED, SettlementEvent.PAY): SettlementStatus.PAID,
}


class IllegalMove(Conflict):
    """The batch is not in a status from which this can happen."""

    def __init__(self, status: SettlementStatus, event: SettlementEvent) -> None:
        super().__init__(f"「{status.label}」的结算批次不能{event.label}")


def move(status: SettlementStatus, event: SettlementEvent) -> SettlementStatus:
    """Return the status after ``event``; raise IllegalMove when the table has no such row."""
    if (status, event) not in MOVES:
        raise IllegalMove(status, event)
    return MOVES[status, event]


@dataclass(frozen=True, slots=True)
class Share:
    """One party's share: ``ratio`` a fraction of the distributable amount."""

    role: str
    ratio: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """What one party gets."""

    role: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Split:
    """The parts in list order, and what the company keeps; together the whole amount."""

    parts: tuple[Part, ...]
    retained_fen: int


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier up to and including ``upto_fen`` (None: no end)."""

    upto_fen: int | None
    rate: Decimal


def _rounded(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def distributable_fen(*, received_fen: int, channel_fen: int, refund_fen: int, tax_fen: int) -> int:
    """Return 可分配 = 实收 − 渠道费 − 退费 − 税; negative when more went out, carried to next month."""
    return received_fen - channel_fen - refund_fen - tax_fen


def split(amount_fen: int, shares: Sequence[Share]) -> Split:
    """Return the parts of ``amount_fen`` by largest remainder 最大余额法, ties by list order.

    Their total is ``amount_fen`` × Σ ratio rounded halves up; the rest is retained.

    Raises:
        InvalidInput: a ratio is negative, the ratios exceed 1 together, or the amount is negative.
    """
    if amount_fen < 0:
        raise InvalidInput(fields={"amount_fen": "可分配金额不能为负，差额结转下月"})
    if any(share.ratio < 0 for share in shares):
        raise InvalidInput(fields={"ratio": "分成比例不能为负"})
    total_ratio = sum((Fraction(share.ratio) for share in shares), Fraction(0))
    if total_ratio > 1:
        raise InvalidInput(fields={"ratio": f"分成比例合计 {format_percent(total_ratio)}，不能超过 100%"})
    exact = [amount_fen * Fraction(share.ratio) for share in shares]
    amounts = [floor(value) for value in exact]
    total = _rounded(amount_fen * total_ratio)
    by_remainder = sorted(range(len(shares)), key=lambda i: (amounts[i] - exact[i], i))
    for index in by_remainder[: total - sum(amounts)]:
        amounts[index] += 1
    parts = tuple(Part(share.role, amount) for share, amount in zip(shares, amounts, strict=True))
    return Split(parts, amount_fen - total)


def tiered_fen(amount_fen: int, tiers: Sequence[Tier], mode: TierMode) -> int:
    """Return the commission on ``amount_fen`` by tiers 阶梯, rounded once, halves up.

    Marginal: each slice at its own tier's rate. Whole: everything at the rate of the tier reached. An amount
    on a boundary belongs to the lower tier.

    Raises:
        InvalidInput: the tiers do not rise, or end below the amount.
    """
    bounds = [tier.upto_fen for tier in tiers]
    closed = [bound for bound in bounds if bound is not None]
    if not tiers or None in bounds[:-1] or closed != sorted(set(closed)):
        raise InvalidInput(fields={"tiers": "阶梯上限要逐级升高，只有最后一级可以不设上限"})
    if bounds[-1] is not None and amount_fen > bounds[-1]:
        raise InvalidInput(fields={"tiers": "金额超出最高一级，给最后一级去掉上限"})
    if mode is TierMode.WHOLE:
        reached = next(tier for tier in tiers if tier.upto_fen is None or amount_fen <= tier.upto_fen)
        return _rounded(amount_fen * Fraction(reached.rate))
    total, start = Fraction(0), 0
    for tier in tiers:
        end = amount_fen if tier.upto_fen is None else min(amount_fen, tier.upto_fen)
        total += max(end - start, 0) * Fraction(tier.rate)
        start = max(start, end)
    return _rounded(total)


def clawback_fen(*, commission_fen: int, months_held: int, window_months: int, mode: ClawbackMode) -> int:
    """Return what is claimed back 追佣 of a commission when a loan is settled after ``months_held`` months.

    Nothing from ``window_months`` on; before, all of it or the share of the months left, halves up.
    """
    if months_held >= window_months:
        return 0
    if mode is ClawbackMode.FULL:
        return commission_fen
    return _rounded(Fraction(commission_fen * (window_months - max(months_held, 0)), window_months))
