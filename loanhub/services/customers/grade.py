"""Set the risk grade 风险等级 by hand, with a reason, beside the computed one; give it back to the scorecard."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue.choices import RISK_GRADES
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, ScoreRecord, User
from loanhub.repositories import customers as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers._shared import check_version
from loanhub.services.customers.scores import SOURCES

LABEL = "风险等级"
REASON_LENGTH = 4
"""The fewest characters of a reason."""
LIMIT = 60
_WORDS = {int(code): label for code, label in RISK_GRADES}


@dataclass(frozen=True)
class GradeLine:
    """One grade given: by the scorecard, or by a person with a reason."""

    grade: int
    label: str
    source: str
    reason: str
    by: str
    at: str
    title: str


@dataclass(frozen=True)
class GradeView:
    """The grade in force, the computed one beside it, and how both came about, newest first."""

    grade: int = 0
    label: str = "未评级"
    computed: int = 0
    computed_label: str = "未评级"
    manual: bool = False
    sentence: str = ""
    lines: list[GradeLine] = field(default_factory=list)


def word(grade: int | None) -> str:
    """Return the grade in words, 未评级 for none."""
    return f"{_WORDS[grade]}风险" if grade else "未评级"


def set_grade(
    actor: Actor,
    *,
    customer_id: int,
    grade: int | None,
    reason: str,
    expected_version: int | None = None,
    now: datetime,
) -> int:
    """Set the grade in force by hand, or with None give it back to the scorecard; returns the new version.

    A grade set by hand stands through later runs of the scorecard: these change the computed grade beside it only.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:grade.
        StaleEdit: somebody saved the customer since ``expected_version``.
        InvalidInput: no such grade, no reason, or nothing would change.
    """
    words = " ".join(reason.split())[:200]
    with transaction() as db:
        customer = repository.get_visible(db, actor, customer_id, for_update=True)
        actor.require(Permission.CUSTOMERS_GRADE)
        errors = {}
        if grade is not None and grade not in _WORDS:
            errors["grade"] = "请选择等级"
        if len(words) < REASON_LENGTH:
            errors["reason"] = f"写明原因，至少 {REASON_LENGTH} 个字"
        if grade is None and not customer.grade_is_manual:
            errors["grade"] = "现在就是系统评级"
        if grade is not None and customer.grade_is_manual and grade == customer.risk_grade:
            errors["grade"] = f"现在就是{word(grade)}"
        if errors:
            raise InvalidInput(fields=errors)
        check_version(db, customer, expected_version)
        before = _shown(customer)
        customer.grade_is_manual = grade is not None
        customer.risk_grade = grade if grade is not None else customer.computed_risk_grade
        customer.version += 1
        customer.updated_at = now
        db.add(
            ScoreRecord(
                customer_id=customer_id, at=now, source="grade" if grade is not None else "restored", score=None,
                risk_grade=customer.risk_grade, by_id=actor.actor_id,
                reasons=[{"label": "原因", "words": words, "effect": 0}],
            )
        )  # fmt: skip
        event = events.record(
            db, actor, "customer.scored", now=now, entity="customer", entity_id=customer_id, customer_id=customer_id,
            before={LABEL: before}, after={LABEL: _shown(customer)}, summary=f"{before} → {_shown(customer)}",
            reason=words,
        )  # fmt: skip
        if customer.owner_id != actor.user_id:
            notify(
                db, customer.owner_id, title=f"客户 {customer.number} 风险等级改为{word(customer.risk_grade)}",
                link=f"/customers/{customer_id}?tab=scores", kind="customer", entity="customer",
                entity_id=customer_id, event_id=event.id, now=now,
            )  # fmt: skip
        return customer.version


def computed(customer: Customer, grade: int | None) -> None:
    """Take over what a scorecard gave, inside the caller's transaction: in force unless a person set another."""
    customer.computed_risk_grade = grade
    if not customer.grade_is_manual:
        customer.risk_grade = grade


def _shown(customer: Customer) -> str:
    return word(customer.risk_grade) + ("（人工）" if customer.grade_is_manual else "")


def grade_of(actor: Actor, *, customer_id: int, now: datetime) -> GradeView:
    """Return the grade of a customer with its history.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        sentence = "还没有评"
        if customer.grade_is_manual:
            sentence = (
                f"人工定为{word(customer.risk_grade)}，系统按评分算得{word(customer.computed_risk_grade)}"
            )
        elif customer.risk_grade:
            sentence = "按最近一次评分得出"
        return GradeView(
            grade=customer.risk_grade or 0, label=word(customer.risk_grade), computed=customer.computed_risk_grade or 0,
            computed_label=word(customer.computed_risk_grade), manual=customer.grade_is_manual, sentence=sentence,
            lines=_lines(db, customer_id, now=now),
        )  # fmt: skip


def _lines(db: Session, customer_id: int, *, now: datetime) -> list[GradeLine]:
    query = (
        sa.select(ScoreRecord, col(User.name))
        .outerjoin(User, col(User.id) == col(ScoreRecord.by_id))
        .where(col(ScoreRecord.customer_id) == customer_id, col(ScoreRecord.risk_grade).is_not(None))
        .order_by(col(ScoreRecord.at).desc(), col(ScoreRecord.id).desc())
        .limit(LIMIT)
    )
    return [
        GradeLine(
            grade=row.risk_grade or 0, label=word(row.risk_grade), source=SOURCES.get(row.source, row.source),
            reason=str(row.reasons[0].get("words", "")) if row.source != "scorecard" and row.reasons else "",
            by=by or "系统", at=formats.relative(row.at, now), title=formats.instant(row.at),
        )
        for row, by in db.execute(query).all()
    ]  # fmt: skip


@dataclass(frozen=True)
class PastGrade:
    """The grade in force at an instant; ``known`` is False when nothing was kept of that time."""

    label: str
    known: bool


def grade_at(db: Session, customer_id: int, until: datetime) -> PastGrade:
    """Return the grade that was in force just before an instant, from the records kept of every change."""
    query = (
        sa.select(col(ScoreRecord.source), col(ScoreRecord.risk_grade))
        .where(col(ScoreRecord.customer_id) == customer_id, col(ScoreRecord.at) < until)
        .order_by(col(ScoreRecord.at), col(ScoreRecord.id))
    )
    found, manual, known = None, False, True
    for source, grade in db.execute(query).all():
        if source == "scorecard":
            if manual:
                continue
            # Rounds from before grades were kept left a score only.
            found, known = grade, grade is not None
        else:
            found, manual, known = grade, source == "grade", True
    return PastGrade(word(found) + ("（人工）" if manual else ""), known)
