"""The queue of applications 审批队列: what waits for me, what is mine, everything; with deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.applications import IN_REVIEW, LEVEL_OF, REVIEW_HOURS, ApplicationStatus
from loanhub.domain.calendar import working_time_between
from loanhub.domain.catalogue.choices import RISK_GRADES
from loanhub.domain.choice import Choice
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Approval, Customer, Lead, Product, User
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services._segments import usable
from loanhub.services._transaction import reading
from loanhub.services.lists import select_ids
from loanhub.services.search import searched_ids

QUEUE_ROWS = 60
NEAR_PERCENT = 25


class QueueScope(Choice):
    """Whose applications the queue shows."""

    TODO = "todo", "待我审批"
    MINE = "mine", "我的申请"
    ALL = "all", "全部"


TONES: dict[ApplicationStatus, str] = {
    ApplicationStatus.DRAFT: "neutral",
    ApplicationStatus.FIRST_REVIEW: "review",
    ApplicationStatus.SECOND_REVIEW: "review",
    ApplicationStatus.FINAL_REVIEW: "review",
    ApplicationStatus.RETURNED: "warn",
    ApplicationStatus.APPROVED: "ok",
    ApplicationStatus.REJECTED: "danger",
    ApplicationStatus.WITHDRAWN: "closed",
    ApplicationStatus.CONTRACTED: "info",
    ApplicationStatus.FUNDED: "closed",
}
"""The tone of a status on screen."""


@dataclass(frozen=True)
class Deadline:
    """A level's deadline: words, share of its working time left (0 to 100), '' in time, 'w' near, 'o' over."""

    text: str
    percent: int
    status: str


@dataclass(frozen=True)
class QueueRow:
    """One application as the queue shows it."""

    id: int
    number: str
    customer: str
    amount: str
    term: str
    product: str
    status: str
    status_label: str
    tone: str
    risk: int
    risk_label: str
    score: int
    owner: str
    when: str
    deadline: Deadline


@dataclass(frozen=True)
class Queue:
    """A page of the queue, how many there are in all, how many each scope holds, and the segments it can be narrowed to."""

    rows: tuple[QueueRow, ...]
    total: int
    counts: dict[str, int]
    segments: tuple[tuple[int, str], ...] = ()


def deadline_of(application: Application, *, now: datetime) -> Deadline:
    """Return how the current level's deadline stands; over 24 hours ahead the date is shown."""
    level = LEVEL_OF.get(application.status)
    if level is None or application.due_at is None:
        return Deadline("", 0, "z")
    if application.due_at < now:
        return Deadline(formats.remaining(application.due_at, now), 100, "o")
    left = working_time_between(now, application.due_at)
    percent = min(100, round(left.total_seconds() / 36 / REVIEW_HOURS[level]))
    far = (application.due_at - now).total_seconds() > 24 * 3600
    text = formats.relative(application.due_at, now) if far else formats.remaining(application.due_at, now)
    return Deadline(text, percent, "w" if percent <= NEAR_PERCENT else "")


def waiting_for(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition that keeps what this actor may decide now 待我审批: four eyes, once a round."""
    if not actor.can(Permission.APPLICATIONS_APPROVE):
        return sa.false()
    returned = sa.orm.aliased(Approval)
    round_number = (
        sa.select(1 + sa.func.count(returned.id))  # type: ignore[arg-type]
        .where(returned.application_id == Application.id, returned.decision == "return")  # type: ignore[arg-type]
        .correlate(Application)
        .scalar_subquery()
    )
    decided = sa.exists().where(
        col(Approval.application_id) == col(Application.id),
        col(Approval.by_id) == actor.user_id,
        col(Approval.round) == round_number,
    )
    own_lead = sa.exists().where(
        col(Lead.id) == col(Application.lead_id), col(Lead.owner_id) == actor.user_id
    )
    made = [
        sa.func.coalesce(column, 0) != actor.user_id
        for column in (
            col(Application.owner_id),
            col(Application.created_by_id),
            col(Application.submitted_by_id),
        )
    ]
    return sa.and_(col(Application.status).in_(IN_REVIEW), *made, ~decided, ~own_lead)


def default_scope(actor: Actor) -> QueueScope:
    """Return the scope a person starts with: approvers their work, sales their own, others everything."""
    if actor.can(Permission.APPLICATIONS_APPROVE):
        return QueueScope.TODO
    return QueueScope.MINE if actor.can(Permission.APPLICATIONS_CREATE) else QueueScope.ALL


def queue(
    actor: Actor,
    *,
    scope: str = "",
    status: str = "",
    text: str = "",
    limit: int = QUEUE_ROWS,
    offset: int = 0,
    segment_id: int = 0,
    now: datetime,
) -> Queue:
    """Return a page of the applications in scope: what waits for me by deadline, the others newest first.

    ``segment_id``: of customers in this segment only; of one that is gone or not shared with the actor nobody is.

    Raises:
        NotPermitted: the actor lacks applications:read.
    """
    actor.require(Permission.APPLICATIONS_READ)
    chosen = QueueScope.find(scope) or default_scope(actor)
    wanted = ApplicationStatus.find(status) if status else None
    with reading() as db:
        mine = sa.or_(
            col(Application.owner_id) == actor.user_id, col(Application.created_by_id) == actor.user_id
        )
        scopes = {QueueScope.TODO: waiting_for(actor), QueueScope.MINE: mine, QueueScope.ALL: sa.true()}
        seen = visible_to(actor, Application)
        narrowed = sa.and_(seen, _found(db, text)) if text.strip() else seen
        if wanted is not None:
            narrowed = sa.and_(narrowed, col(Application.status) == wanted)
        segments = tuple((one.id or 0, one.name) for one in usable(db, actor))
        if segment_id:
            narrowed = sa.and_(narrowed, _in_segment(db, actor, segment_id, segments, now=now))
        counts = {
            code.value: int(
                db.execute(
                    sa.select(sa.func.count()).select_from(Application).where(condition, seen)
                ).scalar_one()
            )
            for code, condition in scopes.items()
        }
        condition = sa.and_(scopes[chosen], narrowed)
        total = db.execute(sa.select(sa.func.count()).select_from(Application).where(condition)).scalar_one()
        order = (
            (col(Application.due_at), col(Application.id))
            if chosen is QueueScope.TODO
            else (col(Application.updated_at).desc(), col(Application.id).desc())
        )
        query = (
            sa.select(Application, col(Customer.name), col(Product.label), col(User.name))
            .join(Customer, col(Customer.id) == col(Application.customer_id))
            .outerjoin(Product, col(Product.id) == col(Application.product_id))
            .outerjoin(User, col(User.id) == col(Application.owner_id))
            .where(condition)
            .order_by(*order)
            .limit(limit)
            .offset(offset)
        )
        rows = tuple(_row(*found, now=now) for found in db.execute(query).all())
        return Queue(rows, int(total), counts, segments)


def _in_segment(
    db: Session, actor: Actor, segment_id: int, known: tuple[tuple[int, str], ...], *, now: datetime
) -> sa.ColumnElement[bool]:
    if segment_id not in dict(known):
        return sa.false()
    wanted = {"field": "customer_segment_id", "op": "in_segment", "value": [segment_id]}
    return select_ids(db, actor, "application", raw_criteria={"all": [wanted]}, worded=False, now=now)[0]


def _found(db: Session, text: str) -> sa.ColumnElement[bool]:
    by_number = col(Application.number).contains(text.strip().upper()[:40], autoescape=True)
    customers = searched_ids(db, "customer", text)
    return by_number if customers is None else sa.or_(by_number, col(Application.customer_id).in_(customers))


def _row(
    application: Application, customer: str, product: str | None, owner: str | None, *, now: datetime
) -> QueueRow:
    grades = dict(RISK_GRADES)
    grade = application.risk_grade or 0
    return QueueRow(
        id=application.id or 0, number=application.number, customer=customer,
        amount=format_wan(application.amount_fen) if application.amount_fen else "—",
        term=f"{application.term_months} 个月" if application.term_months else "", product=product or "未选产品",
        status=application.status.value, status_label=application.status.label, tone=TONES[application.status],
        risk=grade, risk_label=grades.get(str(grade), ""), score=application.score or 0, owner=owner or "",
        when=formats.relative(application.submitted_at or application.created_at, now),
        deadline=deadline_of(application, now=now),
    )  # fmt: skip
