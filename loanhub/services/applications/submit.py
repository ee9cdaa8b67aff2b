"""Submit an application 提交审批: complete, scored, on its way to the first reviewer."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import applications as rules
from loanhub.domain import leads as lead_rules
from loanhub.domain.applications import ApplicationEvent, ApprovalLevel
from loanhub.domain.calendar import add_working_time
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.leads import LeadEvent
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.risk import Assessment, RiskPolicy, Scorecard, assess
from loanhub.models import Application, Customer, Lead, Product, Submission
from loanhub.repositories import applications as repository
from loanhub.services import events, parameters
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.applications._shared import (
    check_against_product,
    checklist,
    close_notices,
    customer_facts,
    need_customer_facts,
    raise_if,
    regular_installment_fen,
    reviewers,
)
from loanhub.services.customers import grade, scores


def submit(
    actor: Actor, *, application_id: int, expected_version: int | None = None, key: str = "", now: datetime
) -> int:
    """Submit a complete application for review and return its score.

    Raises:
        NotFound: no such application in the actor's scope.
        NotPermitted: the actor lacks applications:submit.
        IllegalMove: it is not a draft or returned.
        Conflict: somebody saved it since ``expected_version``.
        InvalidInput: a sentence for each field, identity fact or document still missing.
    """
    with transaction() as db:
        application = repository.get_visible(db, actor, application_id, for_update=True)
        actor.require(Permission.APPLICATIONS_SUBMIT)

        def work() -> dict[str, object]:
            if expected_version is not None and expected_version != application.version:
                raise Conflict("别人刚改过这笔申请，请看过最新内容再提交")
            return {"score": _submit(db, actor, application, now=now)}

        stored = once(db, actor, "applications.submit", key, [application_id], now=now, work=work)
        return int(str(stored["score"]))


def _submit(db: Session, actor: Actor, application: Application, *, now: datetime) -> int:
    status = rules.move(application.status, ApplicationEvent.SUBMIT)
    customer = db.get(Customer, application.customer_id)
    product = db.get(Product, application.product_id) if application.product_id else None
    if customer is None:
        raise InvalidInput("申请没有客户")
    if product is None:
        raise InvalidInput(fields={"product_code": "请选择贷款产品"})
    today = local(now).date()
    errors = {
        **check_against_product(application, product),
        **need_customer_facts(customer, product, application.term_months or 0, today=today),
    }
    lacking = [str(row["label"]) for row in checklist(db, application, product) if not row["present"]]
    if lacking:
        errors["documents"] = f"还缺资料：{'、'.join(lacking)}"
    raise_if(errors)
    assessment = score(db, application, customer, product, now=now)
    application.status = status
    application.score, application.risk_grade = assessment.score, assessment.level
    application.score_reasons = stored_assessment(assessment, now=now)
    application.approved_amount_fen = application.approved_term_months = application.approved_rate = None
    application.decided_by_id = application.decided_at = None
    application.conditions = ""
    application.submitted_by_id, application.submitted_at = actor.actor_id, now
    application.due_at = add_working_time(now, rules.REVIEW_HOURS[ApprovalLevel.FIRST])
    application.updated_at = now
    application.version += 1
    customer.score = assessment.score
    grade.computed(customer, assessment.level)
    customer.updated_at = now
    scores.keep(db, actor, customer, assessment, application_id=application.id, now=now)
    _record_submission(db, application, product, now=now)
    lead = db.get(Lead, application.lead_id) if application.lead_id else None
    if lead is not None:
        for step in (LeadEvent.REACH, LeadEvent.QUALIFY, LeadEvent.MATCH, LeadEvent.SUBMIT):
            if (lead.status, step) in lead_rules.MOVES:
                lead.status = lead_rules.move(lead.status, step)
        lead.updated_at = now
        lead.version += 1
    event = events.record(
        db, actor, "application.submitted", now=now, entity="application", entity_id=application.id,
        customer_id=application.customer_id, lead_id=application.lead_id,
        summary=f"{application.number} · {format_wan(application.amount_fen or 0)} · 评分 {assessment.score}",
    )  # fmt: skip
    close_notices(db, application, now=now)
    tell_reviewers(db, application, event_id=event.id, now=now)
    return assessment.score


def score(
    db: Session, application: Application, customer: Customer, product: Product, *, now: datetime
) -> Assessment:
    """Return the assessment of an application with what is known of its customer now."""
    assert application.amount_fen and application.term_months and application.annual_rate is not None
    today = local(now).date()
    installment = regular_installment_fen(
        product, amount_fen=application.amount_fen, term_months=application.term_months,
        rate=application.annual_rate, start=today,
    )  # fmt: skip
    return assess(
        customer_facts(db, customer, today=today), amount_fen=application.amount_fen, installment_fen=installment,
        term_months=application.term_months, today=today,
        scorecard=Scorecard.parse(parameters.get(db, "scorecard", now=now)),
        policy=RiskPolicy.parse(parameters.get(db, "risk_policy", now=now)),
    )  # fmt: skip


def stored_assessment(assessment: Assessment, *, now: datetime) -> list[dict[str, object]]:
    """Return the assessment as the application keeps it: the model, then reasons, then every hard rule."""
    model: dict[str, object] = {
        "part": "model", "version": assessment.version, "advice": assessment.advice.value, "at": now.isoformat(),
        "worst": list(assessment.worst),
        "bands": [[b.from_score, b.grade.label, b.advice.label] for b in assessment.bands],
    }  # fmt: skip
    reasons: list[dict[str, object]] = [
        {"part": "reason", "code": r.code, "label": r.label, "points": r.points, "best": r.best, "effect": r.effect,
         "words": r.words}
        for r in assessment.reasons
    ]  # fmt: skip
    checks: list[dict[str, object]] = [
        {"part": "check", "code": c.code, "label": c.label, "state": c.state.value, "found": c.found,
         "sentence": c.sentence}
        for c in assessment.checks
    ]  # fmt: skip
    return [model, *reasons, *checks]


def _record_submission(db: Session, application: Application, product: Product, *, now: datetime) -> None:
    known = sa.select(Submission).where(
        col(Submission.application_id) == application.id, col(Submission.product_id) == product.id
    )
    row = db.execute(known).scalar_one_or_none()
    if row is None:
        db.add(
            Submission(
                application_id=application.id or 0, product_id=product.id, lender=product.lender,
                amount_fen=application.amount_fen, submitted_at=now,
            )
        )  # fmt: skip
    else:
        row.status, row.amount_fen, row.submitted_at = "submitted", application.amount_fen, now
        row.version += 1


def tell_reviewers(db: Session, application: Application, *, event_id: int | None, now: datetime) -> None:
    """Put the application into the inbox of everyone who may decide it at its level."""
    db.flush()
    for user_id, _ in reviewers(db, application):
        notify(
            db, user_id, title=f"待审批：{application.number}", text=application.status.label,
            link=f"/applications/{application.id}", kind="approval", entity="application",
            entity_id=application.id, actionable=True, event_id=event_id, now=now,
        )  # fmt: skip
