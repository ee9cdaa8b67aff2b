"""The saved views of the board 视图, each with the number of cards it shows now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from loanhub.domain.leads import LeadStatus
from loanhub.services import lists
from loanhub.services._actor import Actor
from loanhub.services.lists import ViewTab
from loanhub.services.setup import DEFAULT_PIPELINE

PAGE = "boards"
IN_FLIGHT: tuple[dict[str, Any], ...] = (
    {"field": "owner_id", "op": "is_not_empty"},
    {"field": "status", "op": "not_in", "value": [LeadStatus.LOST.value, LeadStatus.INVALID.value]},
)
"""What makes a lead a card, as criteria: for counts, and for the table that shows the same records."""


def page_of(board: str) -> str:
    """Return under which page the views of a board are kept."""
    return PAGE if board == DEFAULT_PIPELINE else f"{PAGE}:{board}"[:32]


def within_of(entity: str) -> tuple[dict[str, Any], ...]:
    """Return what makes a record of this entity a card, as criteria."""
    return {
        "lead": IN_FLIGHT,
        "application": ({"field": "status", "op": "not_in", "value": ["rejected", "withdrawn"]},),
        "collection_case": ({"field": "closed_on", "op": "is_empty"},),
    }.get(entity, ())


def tabs(
    actor: Actor, *, board: str = DEFAULT_PIPELINE, entity: str = "lead", now: datetime
) -> tuple[int, list[ViewTab]]:
    """Return the number of all cards the actor sees, and the views with theirs."""
    within = within_of(entity)
    everything = lists.count(actor, entity, raw_criteria={"all": list(within)} if within else None, now=now)
    return everything, lists.views(actor, page_of(board), entity, within=within, now=now)
