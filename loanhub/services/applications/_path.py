"""The approval path and the approval record of an application 审批流、审批记录."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import applications as rules
from loanhub.domain import formats
from loanhub.domain.applications import IN_REVIEW, LEVEL_OF, ApplicationStatus, ApprovalLevel, Decision
from loanhub.domain.calendar import working_time_between
from loanhub.domain.money import format_wan
from loanhub.models import Application, Approval
from loanhub.repositories import applications as repository
from loanhub.services.applications._queue import deadline_of
from loanhub.services.applications._shared import authority, reviewers

NAMED = 3
"""How many names of possible reviewers are shown."""


@dataclass(frozen=True)
class StepView:
    """A step of the approval path; ``state`` d passed, c waiting, x rejected, back returned, '' to come."""

    name: str
    who: str
    note: str
    state: str


@dataclass(frozen=True)
class ApprovalView:
    """A line of the approval record 审批记录."""

    round: int
    level: str
    who: str
    decision: str
    tone: str
    opinion: str
    reasons: str
    amount: str
    spent: str
    at: str
    at_title: str


_STATES = {Decision.APPROVE: "d", Decision.RETURN: "back", Decision.REJECT: "x"}
_DECISION_TONES = {Decision.APPROVE: "ok", Decision.RETURN: "warn", Decision.REJECT: "danger"}


def path_of(
    db: Session, application: Application, past: list[Approval], people: dict[int, str], *, now: datetime
) -> tuple[StepView, ...]:
    """Return the steps of the current round: submitted, decided, waiting, and those to come by amount."""
    if application.submitted_at is None:
        current = repository.current_round(db, application.id or 0)
        first = StepView("提交申请", people.get(application.owner_id or 0, ""), "草稿", "c")
    else:
        current = max([a.round for a in past], default=1)
        if application.status in IN_REVIEW:
            current = repository.current_round(db, application.id or 0)
        when = formats.relative(application.submitted_at, now)
        first = StepView("提交申请", people.get(application.submitted_by_id or 0, ""), when, "d")
    steps = [first]
    limits = authority(db, now=now)
    decided = [a for a in past if a.round == current]
    for row in decided:
        spent = formats.duration(working_time_between(row.received_at, row.at))
        note = f"{formats.relative(row.at, now)} · 用时 {spent}"
        steps.append(
            StepView(row.level_label, people.get(row.by_id or 0, "系统"), note, _STATES[row.decision])
        )
    level = LEVEL_OF.get(application.status)
    ended = application.status in (ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN)
    if level is not None:
        names = [name for _, name in reviewers(db, application)]
        shown = "、".join(names[:NAMED]) + (f" 等 {len(names)} 人" if len(names) > NAMED else "")
        steps.append(
            StepView(level.label, shown or "暂无可审批人", deadline_of(application, now=now).text, "c")
        )
    done = {row.level for row in decided} | ({level.value} if level else set())
    if not ended and application.status not in (ApplicationStatus.RETURNED, *_AFTER):
        amount = application.approved_amount_fen or application.amount_fen or 0
        for coming in limits.path(amount):
            if coming.value not in done:
                steps.append(StepView(coming.label, "", _needed(coming, limits), ""))
    if application.status is ApplicationStatus.WITHDRAWN:
        steps.append(StepView("已撤回", people.get(application.owner_id or 0, ""), "", "x"))
    elif not ended:
        signed = application.status in (ApplicationStatus.CONTRACTED, ApplicationStatus.FUNDED)
        waiting = application.status is ApplicationStatus.APPROVED
        steps.append(StepView("签约", "合同岗", "", "d" if signed else "c" if waiting else ""))
        funded = application.status is ApplicationStatus.FUNDED
        waiting = application.status is ApplicationStatus.CONTRACTED
        steps.append(StepView("放款", "财务岗", "", "d" if funded else "c" if waiting else ""))
    return tuple(steps)


_AFTER = (ApplicationStatus.APPROVED, ApplicationStatus.CONTRACTED, ApplicationStatus.FUNDED)


def _needed(level: ApprovalLevel, limits: rules.AmountAuthority) -> str:
    limit = {ApprovalLevel.SECOND: limits.first_fen, ApprovalLevel.FINAL: limits.second_fen}.get(level)
    return f"超过 {format_wan(limit)} 需要" if limit else ""


def approval_of(row: Approval, people: dict[int, str], *, now: datetime) -> ApprovalView:
    return ApprovalView(
        round=row.round, level=row.level_label, who=people.get(row.by_id or 0, "系统"), decision=row.decision.label,
        tone=_DECISION_TONES[row.decision], opinion=row.opinion, reasons="、".join(row.reasons),
        amount=format_wan(row.amount_fen) if row.amount_fen else "",
        spent=formats.duration(working_time_between(row.received_at, row.at)),
        at=formats.relative(row.at, now), at_title=formats.instant(row.at),
    )  # fmt: skip
