"""Segments 客户分群 of the demo company, counted today; a grade set by hand and a dedicated manager."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.models import Customer
from loanhub.services import segments
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.customers import grade, manager, tags
from loanhub.services.customers.view import VIP_SEGMENTS

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
    """Compute the customers' tags, make the segments and count them once.

    Their trend grows from here, since nobody counted before; what they ask for must be computed by then.
    """
    tags.refresh_all(now=now)
    for name, note, condition in SEGMENTS:
        segments.create(manager, name=name, note=note, raw_criteria=condition, shared="all", now=now)
    segments.count_day(now=now)


def care(officer: Actor, leads: Sequence[Actor], *, now: datetime) -> None:
    """Grade one customer by hand, and give the best ones of a team a dedicated manager."""
    with reading() as db:
        risky = db.execute(
            sa.select(col(Customer.id))
            .where(col(Customer.risk_grade) == 2)
            .order_by(col(Customer.id))
            .limit(1)
        ).scalar()
        worth = sa.select(col(Customer.id), col(Customer.department_id)).where(
            col(Customer.value_segment).in_(VIP_SEGMENTS)
        )
        best = db.execute(worth.order_by(col(Customer.id)).limit(6)).all()
    if risky is not None:
        grade.set_grade(officer, customer_id=risky, grade=3, reason="近 3 月新增网贷 4 笔，流水下滑", now=now)
    for customer_id, department_id in best:
        lead = next((one for one in leads if department_id in one.department_ids), None)
        if lead is not None and customer_id is not None:
            manager.assign_manager(
                lead,
                customer_id=customer_id,
                manager_id=lead.user_id,
                reason="高价值客户，主管亲自维护",
                now=now,
            )
