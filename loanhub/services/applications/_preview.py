"""What a decision would lead to, before it is made 接下来给谁."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loanhub.domain import applications as rules
from loanhub.domain import formats
from loanhub.domain.applications import (
    IN_REVIEW,
    LEVEL_OF,
    ApplicationEvent,
    ApplicationStatus,
    ApprovalLevel,
    Decision,
)
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_wan, parse_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import parse_percent
from loanhub.repositories import applications as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.applications._path import NAMED
from loanhub.services.applications._shared import authority, reviewers


@dataclass(frozen=True)
class Preview:
    """What a decision about to be made would do: difference to what was applied for, whose turn, the verb."""

    amount_fen: int
    annual_rate: Decimal | None
    difference: str
    lowers: bool
    sentence: str
    verb: str
    error: str


def preview(
    actor: Actor, *, application_id: int, decision: str, amount: str, rate: str = "", now: datetime
) -> Preview:
    """Return what deciding so would lead to 接下来给谁; ``amount`` and ``rate`` as typed. Writes nothing.

    Raises:
        NotFound, NotPermitted: as for :func:`open_application`, with applications:approve.
        InvalidInput: the decision is unknown, or the rate is no percentage.
    """
    chosen = Decision.find(decision)
    if chosen is None:
        raise InvalidInput(fields={"decision": "请选择通过、退回或拒绝"})
    with reading() as db:
        application = repository.get_visible(db, actor, application_id)
        actor.require(Permission.APPLICATIONS_APPROVE)
        annual_rate = parse_percent(rate) if rate.strip() else None
        applied, error = application.amount_fen or 0, ""
        try:
            amount_fen = parse_fen(amount, field="amount_fen") if amount.strip() else 0
        except InvalidInput as refusal:
            amount_fen, error = 0, refusal.fields.get("amount_fen", refusal.sentence)
        if application.status not in IN_REVIEW:
            return Preview(
                amount_fen, annual_rate, "", False, f"申请现在是「{application.status.label}」", "", error
            )
        limits = authority(db, now=now)
        sentence = rules.next_sentence(
            chosen, application.status, amount_fen=amount_fen or applied, authority=limits
        )
        event = rules.event_for(
            chosen, application.status, amount_fen=amount_fen or applied, authority=limits
        )
        if event is ApplicationEvent.PASS_ON:
            others = [name for user_id, name in reviewers(db, application) if user_id != actor.user_id]
            sentence += f"：{'、'.join(others[:NAMED])}" if others else "，目前没有其他可审批的人"
        verb = {
            ApplicationEvent.PASS_ON: f"通过并送{_following(application.status)}",
            ApplicationEvent.APPROVE: f"通过 {format_wan(amount_fen)}" if amount_fen else "通过",
            ApplicationEvent.RETURN: "退回补充",
            ApplicationEvent.REJECT: "拒绝申请",
        }[event]
        gap = amount_fen - applied
        difference = (
            "与申请一致" if gap == 0 else f"较申请 {formats.MINUS if gap < 0 else '+'}{format_wan(abs(gap))}"
        )
        return Preview(
            amount_fen, annual_rate, difference if amount_fen else "", gap < 0, sentence, verb, error
        )


def _following(status: ApplicationStatus) -> str:
    levels = list(ApprovalLevel)
    return levels[levels.index(LEVEL_OF[status]) + 1].label
