"""The saved views of the board 视图, each with the number of cards it shows now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from loanhub.domain.leads import LeadStatus
from loanhub.services import lists
from loanhub.services._actor import Actor
from loanhub.services.lists import ViewTab

PAGE = "boards"
IN_FLIGHT: tuple[dict[str, Any], ...] = (
    {"field": "owner_id", "op": "is_not_empty"},
    {"field": "status", "op": "not_in", "value": [LeadStatus.LOST.value, LeadStatus.INVALID.value]},
)
"""What makes a lead a card, as criteria: for counts, and for the table that shows the same records."""


def tabs(actor: Actor, *, now: datetime) -> tuple[int, list[ViewTab]]:
    """Return the number of all cards the actor sees, and the views with theirs."""
    everything = lists.count(actor, "lead", raw_criteria={"all": list(IN_FLIGHT)}, now=now)
    return everything, lists.views(actor, PAGE, "lead", within=IN_FLIGHT, now=now)
