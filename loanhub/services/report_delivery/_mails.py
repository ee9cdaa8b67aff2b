"""What became of the letters of a subscription's last moment 邮件送达: handing a letter over is not yet its arrival."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.messages import MessageState
from loanhub.models import OutboxMessage, ReportDelivery, ReportSubscription

_WORDS = {
    MessageState.GIVEN_UP: "没有送出", MessageState.BLOCKED: "被拦截", MessageState.FAILED: "没有送出，将重试",
    MessageState.UNSURE: "结果未知", MessageState.CANCELLED: "已取消", MessageState.PREVIEWED: "仅预览，没有寄出",
}  # fmt: skip
"""States in which nothing arrived, worst first; a letter that waits or was sent needs no word."""


def key_of(subscription_id: int, moment: str, user_id: int) -> str:
    """Return the key that makes a person's letter of a moment one for ever."""
    return f"report:{subscription_id}:{moment}:{user_id}"


def undelivered(db: Session, rows: Sequence[ReportSubscription]) -> dict[int, str]:
    """Return by subscription what to say of the letters of its last moment that did not arrive: 1 封邮件没有送出."""
    numbers = [row.id for row in rows if row.id and row.by_mail]
    last = (
        sa.select(col(ReportDelivery.subscription_id), sa.func.max(col(ReportDelivery.due_at)).label("due"))
        .where(col(ReportDelivery.subscription_id).in_(numbers))
        .group_by(col(ReportDelivery.subscription_id))
        .subquery()
    )
    began = db.execute(
        sa.select(col(ReportDelivery.subscription_id), sa.func.min(col(ReportDelivery.created_at)))
        .join(last, sa.and_(last.c.subscription_id == col(ReportDelivery.subscription_id), last.c.due == col(ReportDelivery.due_at)))
        .group_by(col(ReportDelivery.subscription_id))
    ).all()  # fmt: skip
    found = {}
    for number, since in began:
        query = sa.select(col(OutboxMessage.state), sa.func.count()).where(
            col(OutboxMessage.key).like(f"report:{number}:%"), col(OutboxMessage.created_at) >= since,
            col(OutboxMessage.state).in_([one.value for one in _WORDS]),
        )  # fmt: skip
        counts = {
            str(state): int(count)
            for state, count in db.execute(query.group_by(col(OutboxMessage.state))).all()
        }
        said = [
            f"{counts[state.value]} 封邮件{words}" for state, words in _WORDS.items() if state.value in counts
        ]
        if said:
            found[int(number)] = "，".join(said)
    return found
