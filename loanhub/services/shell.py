"""What the frame around every page shows of the person signed in."""

from __future__ import annotations

from datetime import datetime

from loanhub.repositories import access
from loanhub.services import loans, parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading


def brand(*, now: datetime) -> str:
    """Return the company's name as the frame and the public pages show it 公司简称."""
    with reading() as db:
        return parameters.brand(db, now=now)


def inbox_count(actor: Actor, *, now: datetime) -> int:
    """Return how many of the actor's own messages wait 未处理消息."""
    with reading() as db:
        return access.count_inbox(db, user_id=actor.user_id, now=now)


def waiting_counts(actor: Actor) -> dict[str, int]:
    """Return how much waits for this person's decision, by the address of the page where it is decided."""
    return {"/loans/requests": loans.count_requests(actor)}
