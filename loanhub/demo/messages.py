"""Messages of the demo company 消息: how two people like to be told, a campaign, and one who wants none of it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.messages import Purpose
from loanhub.domain.notices import INAPP, NoticeKind
from loanhub.models import Lead
from loanhub.services import notice_preferences, outbox
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import reading, transaction

TOLD = 6


def build(admin: Actor, sales: Actor, team_lead: Actor, *, now: datetime) -> None:
    """Choose as these people would, and plan the campaign; the channels stay on preview, so nobody gets anything."""
    for number, (actor, digest) in enumerate(((sales, "none"), (team_lead, "daily"))):
        kinds = {
            kind.value: (
                frozenset({INAPP, "email"} if kind in (NoticeKind.ASSIGNMENT, NoticeKind.APPROVAL, NoticeKind.REMINDER) else {INAPP}),
                kind in (NoticeKind.MENTION, NoticeKind.CALL),
            )
            for kind in NoticeKind
        }  # fmt: skip
        notice_preferences.save(
            actor, version=0, kinds=kinds, quiet_from="22:00", quiet_to="07:30", digest=digest, digest_at="18:00",
            digest_weekday="0", email=f"staff{number + 1}@example.com", desktop=False, now=now,
        )  # fmt: skip
    query = sa.select(Lead).where(col(Lead.phone).is_not(None)).order_by(col(Lead.id).desc()).limit(TOLD)
    with reading() as db:
        leads = list(db.execute(query).scalars())
    unwilling = (leads[-1].phone or "").removeprefix("+86") if leads else ""
    if unwilling:
        outbox.unsubscribe(admin, channel="sms", recipient=unwilling, reason="短信回复 T", now=now)
    with transaction() as db:
        for lead in leads:
            outbox.plan(
                db,
                outbox.Draft(
                    key=f"demo:campaign:{lead.id}", channel="sms", title="流水贷年化降至 7.2% 起",
                    text=f"{lead.name[:1]}先生/女士，凭近 6 个月流水可申请，回 T 退订", recipient=lead.phone or "",
                    purpose=Purpose.MARKETING, kind="campaign", template="campaign", lead_id=lead.id,
                ),
                now=now, by_id=SYSTEM.actor_id,
            )  # fmt: skip
