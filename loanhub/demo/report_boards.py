"""A board of reports and two subscriptions of the demo company 报表看板、报表订阅."""

from __future__ import annotations

from datetime import datetime

from loanhub.services._actor import Actor
from loanhub.services.report_boards import edit, view
from loanhub.services.report_delivery import subscriptions

TILES = (
    ("measure", "new_leads", "number"), ("measure", "disbursed_amount", "number"), ("measure", "approval_rate", "number"),
    ("measure", "overdue_rate", "number"), ("report", "product_mix", "chart"), ("report", "monthly_lending", "chart"),
    ("report", "staff_results", "table"), ("report", "channel_quality", "table"),
)  # fmt: skip
FORM = {"pdf": True, "by_mail": True, "hour": "9", "working_days": True}


def build(manager: Actor, *, now: datetime) -> None:
    """Make the board of the morning meeting, and what is sent of it and of a report."""
    number = edit.create(manager, name="经营晨会", shared_with="all", now=now)
    for source, key, show in TILES:
        version = view.get(manager, number).version
        edit.put(manager, board_id=number, version=version, source=source, key=key, show=show, now=now)
    subscriptions.create(
        manager,
        target=f"board:{number}",
        key="",
        now=now,
        form=FORM
        | {"every": "weekly", "weekday": "1", "user_ids": [str(manager.user_id)], "roles": ["team_lead"]},
    )
    subscriptions.create(
        manager, target="report:overdue_spread", key="", now=now,
        form=FORM | {"every": "monthly", "day": "1", "xlsx": True, "user_ids": [str(manager.user_id)], "roles": []},
    )  # fmt: skip
