"""Segments 客户分群 of the demo company: three that everybody shares, counted today."""

from __future__ import annotations

from datetime import datetime

from loanhub.services import segments
from loanhub.services._actor import Actor

SEGMENTS: tuple[tuple[str, str, dict[str, object]], ...] = (
    (
        "高风险客户", "新业务须复审", {"all": [{"field": "risk_grade", "op": "gte", "value": 3}]},
    ),
    (
        "没有下一步", "今天就排上跟进", {"all": [{"field": "next_step_at", "op": "is_empty"}]},
    ),
    (
        "低风险老客户", "续贷与提额的首选",
        {"all": [{"field": "risk_grade", "op": "lte", "value": 2}, {"field": "lifecycle", "op": "ne", "value": "new"}]},
    ),
)  # fmt: skip


def build(manager: Actor, *, now: datetime) -> None:
    """Make the segments and count them once; their trend grows from here, since nobody counted before."""
    for name, note, condition in SEGMENTS:
        segments.create(manager, name=name, note=note, raw_criteria=condition, shared="all", now=now)
    segments.count_day(now=now)
