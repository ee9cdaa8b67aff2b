"""Spread the bills of channels whose days are past, and price the payouts of the day 渠道成本分摊."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import channels


def run(now: datetime) -> int:
    """Settle what is due; return how many leads were touched."""
    return channels.settle(now=now)


JOB = PeriodicJob(code="channel_costs", label="渠道成本分摊", every_seconds=600, run=run)
