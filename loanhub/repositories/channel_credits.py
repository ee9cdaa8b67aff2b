"""Which channels a contested lead counts for 渠道归属, by the last ruling on it 撞单裁定: the one place that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import Lead, OwnershipRuling

Shares = tuple[tuple[str, int], ...]
"""(channel code, percent), a hundred together."""


def ruled(db: Session) -> Mapping[int, Shares]:
    """Return by lead how its last ruling shares it among channels; a lead that is not here counts for its own alone.

    A ruling on a customer is about the enquiry the parties met over: the customer's newest lead when the claim was made.
    Source: lending-domain.md §5.6.
    """
    met = (
        sa.select(sa.func.max(Lead.id))
        .where(
            col(Lead.customer_id) == col(OwnershipRuling.entity_id),
            col(Lead.created_at) <= col(OwnershipRuling.opened_at),
            col(Lead.deleted_at).is_(None),
        )
        .correlate(OwnershipRuling)
        .scalar_subquery()
    )
    lead_id = sa.case((col(OwnershipRuling.entity) == "lead", col(OwnershipRuling.entity_id)), else_=met)
    query = (
        sa.select(lead_id, col(OwnershipRuling.credits))
        .where(col(OwnershipRuling.status) == "decided")
        .order_by(col(OwnershipRuling.decided_at), col(OwnershipRuling.id))
    )
    return {int(found): _shares(said) for found, said in db.execute(query).all() if found and said}


def _shares(said: list[dict[str, Any]]) -> Shares:
    return tuple((str(one["channel"]), int(one["percent"])) for one in said)
