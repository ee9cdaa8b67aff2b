"""Read deliveries that a stopped server left unread, and forget those done with long ago 渠道推送."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import webhooks


def run(now: datetime) -> int:
    """Process what waits; return how many were handled."""
    handled = webhooks.process(now=now)
    webhooks.sweep(now=now)
    return handled


JOB = PeriodicJob(code="deliveries", label="渠道推送", every_seconds=10, run=run)
