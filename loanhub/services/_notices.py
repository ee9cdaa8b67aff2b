"""Tell a person something 通知, in the transaction of the change it tells of: the inbox, and the other ways one chose."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlmodel import Session

from loanhub.channels import registry
from loanhub.domain.notices import INAPP, kind_of
from loanhub.models import Notification
from loanhub.services._transaction import announce
from loanhub.services.notice_preferences import reach_of
from loanhub.services.outbox.plan import Draft, plan


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
    mailed: bool = False,
    now: datetime,
) -> None:
    """Write one message by each way the person chose; its words carry no protected field. Nobody (None) is fine.

    During the quiet hours, or with a digest wanted, the inbox shows it when its time has come, and the other ways
    hold it till then; urgent kinds come at once. ``mailed``: a letter of its own says the same, so none is sent here.
    """
    if user_id is None:
        return
    reach = reach_of(db, user_id)
    about = kind_of(kind)
    chosen = reach.preferences.of(about)
    at, in_digest = reach.preferences.when(about, now)
    if INAPP in chosen.channels:
        db.add(
            Notification(
                user_id=user_id, kind=kind, title=title, text=text, link=link, entity=entity, entity_id=entity_id,
                actionable=actionable, event_id=event_id, created_at=now, snoozed_until=at if at > now else None,
            )
        )  # fmt: skip
        if at <= now:
            announce(db, f"inbox:{user_id}", title=title, kind=about.value, link=link)
    addresses = {"email": reach.email, "sms": reach.phone}
    for code in sorted(chosen.channels & set(registry())):
        if mailed and code == "email":
            continue
        if registry()[code].shared or addresses.get(code):
            plan(
                db,
                Draft(
                    key=f"notice:{user_id}:{event_id}:{kind}:{code}" if event_id else f"notice:{secrets.token_hex(16)}:{code}",
                    channel=code, title=title, text=text, link=link, recipient=addresses.get(code, ""), kind=about.value,
                    template="notice", user_id=user_id,
                ),
                now=now, at=at, held=in_digest,
            )  # fmt: skip
