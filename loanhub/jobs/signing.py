"""Go on with signing where a stopped server, a silent authority or a silent third party left it 补签章."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import signing


def run(now: datetime) -> int:
    """Seal what waits and ask third parties; return how many rounds went on."""
    return signing.finish_waiting(now=now) + signing.advance_waiting(now=now)


JOB = PeriodicJob(code="signing", label="补签章", every_seconds=30, run=run)
