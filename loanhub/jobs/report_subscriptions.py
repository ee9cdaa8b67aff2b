"""Send subscribed reports that are due 报表订阅."""

from __future__ import annotations

from datetime import UTC, datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services.report_delivery import work


def run(now: datetime) -> int:
    """Send what is due; return how many subscriptions were worked off. Each renewal of a lease reads the clock anew."""
    begun = datetime.now(UTC)
    return work.run_due(lambda: now + (datetime.now(UTC) - begun))


JOB = PeriodicJob(code="report_subscriptions", label="报表订阅", every_seconds=20, run=run)
