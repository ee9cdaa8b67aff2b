"""Calls of the demo company 通话: four extensions, a morning of calls, one nobody knows, one report that is broken."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.telephony import CODE
from loanhub.models import Lead
from loanhub.services import telephony, webhooks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.telephony.setup import tone

CALLS = (("out", "answered", 186), ("in", "answered", 74), ("out", "missed", 0), ("in", "missed", 0))


def build(admin: Actor, agents: Sequence[Actor], *, now: datetime) -> None:
    """Give the agents extensions and let the telephone system report, as it would by its webhook."""
    telephony.rotate_secret(admin, now=now)
    for number, agent in enumerate(agents[:4], 8001):
        telephony.set_extension(admin, user_id=agent.user_id, extension=str(number), now=now)
    first = agents[0]
    query = (
        sa.select(Lead)
        .where(
            col(Lead.owner_id) == first.user_id, col(Lead.phone).is_not(None), col(Lead.closed_at).is_(None)
        )
        .order_by(col(Lead.id).desc())
        .limit(len(CALLS))
    )
    with reading() as db:
        phones = [lead.phone or "" for lead in db.execute(query).scalars()]
    rows = [(phone, *call) for phone, call in zip(phones, CALLS, strict=False)]
    rows += [("13761230088", "in", "answered", 41), ("02155501234", "in", "missed", 0)]
    bodies = []
    for number, (phone, direction, result, seconds) in enumerate(rows, 1):
        start = now - timedelta(minutes=25 * (len(rows) - number) + 6)
        body: dict[str, object] = {
            "call_id": f"demo-{number}", "state": "ended", "direction": direction, "extension": "8001",
            "caller": phone if direction == "in" else "8001", "callee": "8001" if direction == "in" else phone,
            "started_at": start.isoformat(), "ended_at": (start + timedelta(seconds=seconds + 12)).isoformat(),
            "result": result,
        }  # fmt: skip
        if result == "answered":
            body["answered_at"] = (start + timedelta(seconds=12)).isoformat()
            body["recording"] = {"name": f"{number}.wav", "content": base64.b64encode(tone()).decode()}
        bodies.append(json.dumps(body).encode())
    bodies.append(
        b'{"call_id": "demo-broken", "state": "ended", "direction": "inbound", "caller": "13761230089"}'
    )
    webhooks.store(
        [webhooks.Incoming(CODE, f"demo-call-{number}", body) for number, body in enumerate(bodies)], now=now
    )
    webhooks.process(now=now)
