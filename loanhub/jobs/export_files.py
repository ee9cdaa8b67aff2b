"""Destroy exported files whose seven days are over 导出文件到期销毁."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services.exports.expire import expire


def run(now: datetime) -> int:
    """Destroy what is over; return how many files."""
    return expire(now=now)


JOB = PeriodicJob(code="export_files", label="导出文件到期销毁", every_seconds=3600, run=run)
