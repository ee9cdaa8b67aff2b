"""Send the messages that are due 消息发送."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import outbox


def run(now: datetime) -> int:
    """Send what is due; return how many messages were handled."""
    return outbox.run_due(now=now)


JOB = PeriodicJob(code="outbox", label="消息发送", every_seconds=3, run=run)
