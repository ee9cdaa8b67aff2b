"""Set the temperature 标记意向 of a lead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.leads import Temperature
from loanhub.domain.permissions import Permission
from loanhub.services import leads
from loanhub.services._actor import Actor
from loanhub.services.actions._action import Action


def run(actor: Actor, entity: str, record_id: int, parameters: Mapping[str, Any], now: datetime) -> None:
    """Write the temperature through the ordinary edit."""
    leads.edit(
        actor,
        lead_id=record_id,
        raw={"temperature": parameters["temperature"]},
        expected_version=None,
        now=now,
    )


ACTION = Action(
    code="set_temperature",
    label="标记意向",
    icon="flame",
    entities=frozenset({"lead"}),
    permission=Permission.LEADS_EDIT,
    parameters=(
        FieldSpec(
            "action",
            "temperature",
            "意向等级",
            "choice",
            choices=Temperature,
            required=True,
            editors=frozenset({"*"}),
        ),
    ),
    run=run,
)
