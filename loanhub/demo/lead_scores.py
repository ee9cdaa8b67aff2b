"""Lead scores of the demo company 线索评分: a few rules in force, two leads whose temperature a person set."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.models import Lead
from loanhub.services import lead_scores
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction

RULES = (
    ("意向金额三十万以上", "20", "amount_fen", "gte", "300000"),
    ("老客户介绍", "15", "channel_code", "eq", "referral"),
    ("近 7 天跟进过", "15", "last_follow_up_at", "in_period", "last_7_days"),
    ("选好了产品", "5", "product_code", "is_not_empty", ""),
    ("还没联系上", "-10", "first_contact_at", "is_empty", ""),
    ("意向金额五万以下", "-25", "amount_fen", "lt", "50000"),
)


def build(manager: Actor, sales: Actor, *, now: datetime) -> None:
    """Put rules in force, let them decide on leads in work, and overrule one as its owner would."""
    expected = 0
    for name, points, field, operator, value in RULES:
        raw = lead_scores.leaf(
            manager, field=field, operator=operator, texts=[value] if value else [], now=now
        )
        expected = lead_scores.save_rule(
            manager, expected=expected, name=name, points=points, raw_criteria=raw, now=now
        )
    lead_scores.publish(manager, expected=expected, note="首次启用", now=now)
    with transaction() as db:
        # The history was played without rules: from now on they decide.
        db.execute(
            sa.update(Lead)
            .where(col(Lead.closed_at).is_(None), col(Lead.deleted_at).is_(None))
            .values(temperature=None)
            .execution_options(synchronize_session=False)
        )
    lead_scores.run_due(now=now, most=10_000)
    query = (
        sa.select(col(Lead.id))
        .where(
            col(Lead.owner_id) == sales.user_id, col(Lead.closed_at).is_(None), col(Lead.deleted_at).is_(None)
        )
        .order_by(col(Lead.id).desc())
        .limit(1)
    )
    with reading() as db:
        newest = db.execute(query).scalar_one_or_none()
    if newest:
        lead_scores.fix(sales, lead_id=newest, temperature="high", reason="电话里说本周要签", now=now)
