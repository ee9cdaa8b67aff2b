"""Put a message into somebody's inbox 站内消息, in the transaction of the change it tells of."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from loanhub.models import Notification
from loanhub.services._transaction import announce


def notify(
    db: Session,
    user_id: int | None,
    *,
    title: str,
    text: str = "",
    link: str = "",
    kind: str = "system",
    entity: str = "",
    entity_id: int | None = None,
    actionable: bool = False,
    event_id: int | None = None,
    now: datetime,
) -> None:
    """Write one message; its words carry no protected field. Nobody to tell (None) is fine."""
    if user_id is None:
        return
    db.add(
        Notification(
            user_id=user_id, kind=kind, title=title, text=text, link=link, entity=entity, entity_id=entity_id,
            actionable=actionable, event_id=event_id, created_at=now,
        )
    )  # fmt: skip
    announce(db, f"inbox:{user_id}", title=title)
