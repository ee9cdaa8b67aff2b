"""What a channel costs and brings 渠道效果, from its six totals."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from loanhub.domain.money import divide_half_up


@dataclass(frozen=True)
class ChannelMetrics:
    """Money in fen, rates as exact fractions; None where the denominator is 0."""

    cost_per_lead_fen: int | None
    cost_per_valid_lead_fen: int | None
    valid_rate: Fraction | None
    lead_conversion: Fraction | None
    acquisition_cost_fen: int | None
    average_ticket_fen: int | None
    take_rate: Fraction | None
    return_on_investment: Fraction | None


def channel_metrics(
    *, cost_fen: int, leads: int, valid_leads: int, funded: int, funded_amount_fen: int, revenue_fen: int
) -> ChannelMetrics:
    """Return a channel's figures; amounts per head are rounded to whole fen, halves up.

    conversion = funded / leads, CAC = cost / funded, take rate = revenue / funded amount,
    ROI = (revenue − cost) / cost. Source: lending guide §5.8, golden kpi.json.
    """
    return ChannelMetrics(
        cost_per_lead_fen=_per_head(cost_fen, leads),
        cost_per_valid_lead_fen=_per_head(cost_fen, valid_leads),
        valid_rate=_share(valid_leads, leads),
        lead_conversion=_share(funded, leads),
        acquisition_cost_fen=_per_head(cost_fen, funded),
        average_ticket_fen=_per_head(funded_amount_fen, funded),
        take_rate=_share(revenue_fen, funded_amount_fen),
        return_on_investment=_share(revenue_fen - cost_fen, cost_fen),
    )


def _per_head(amount_fen: int, heads: int) -> int | None:
    return divide_half_up(amount_fen, heads) if heads else None


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
