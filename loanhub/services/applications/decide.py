"""Decide an application 审批: by level and amount authority, with an opinion, never by who made it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import applications as rules
from loanhub.domain import leads as lead_rules
from loanhub.domain.applications import LEVEL_OF, ApplicationEvent, ApplicationStatus, Decision
from loanhub.domain.calendar import add_working_time
from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.leads import LeadEvent
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Approval, Customer, Lead, Product, Submission
from loanhub.repositories import applications as repository
from loanhub.services import events, product_terms
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.applications._shared import authority, close_notices, involved
from loanhub.services.applications.submit import tell_reviewers
from loanhub.services.rates import CostAboveCap

EVENT_OF = {
    ApplicationEvent.PASS_ON: "application.passed_on",
    ApplicationEvent.APPROVE: "application.approved",
    ApplicationEvent.RETURN: "application.returned",
    ApplicationEvent.REJECT: "application.rejected",
}


def decide(
    actor: Actor,
    *,
    application_id: int,
    decision: str,
    opinion: str,
    amount_fen: int | None = None,
    term_months: int | None = None,
    annual_rate: Decimal | None = None,
    conditions: str = "",
    reasons: Sequence[str] = (),
    expected_version: int | None = None,
    key: str = "",
    now: datetime,
) -> ApplicationStatus:
    """Approve, return or reject at the level the application stands at; returns its new status.

    An approval above the level's authority passes it on. Amount, term and rate default to what was asked for
    (or to what the level before set).

    Raises:
        NotFound: no such application in the actor's scope.
        NotPermitted: the actor lacks applications:approve, made it, or decided this round already.
        IllegalMove: it is not under review.
        Conflict: somebody decided since ``expected_version``.
        InvalidInput: no opinion, or an amount, term or rate outside the request or the product.
    """
    chosen = Decision.find(decision)
    if chosen is None:
        raise InvalidInput(fields={"decision": "请选择通过、退回或拒绝"})
    with transaction() as db:
        application = repository.get_visible(db, actor, application_id, for_update=True)
        actor.require(Permission.APPLICATIONS_APPROVE)

        def work() -> dict[str, object]:
            if expected_version is not None and expected_version != application.version:
                raise Conflict("这笔申请刚有变化，请看过最新内容再审批")
            amount = amount_fen or application.approved_amount_fen or application.amount_fen
            status = _decide(
                db, actor, application, chosen, opinion=opinion, amount_fen=amount, term_months=term_months,
                annual_rate=annual_rate, conditions=conditions, reasons=reasons, now=now,
            )  # fmt: skip
            return {"status": status.value}

        request = [
            application_id,
            decision,
            opinion,
            amount_fen,
            term_months,
            annual_rate,
            conditions,
            list(reasons),
        ]
        stored = once(db, actor, "applications.decide", key, request, now=now, work=work)
        return ApplicationStatus(str(stored["status"]))


def _decide(
    db: Session,
    actor: Actor,
    application: Application,
    chosen: Decision,
    *,
    opinion: str,
    amount_fen: int | None,
    term_months: int | None,
    annual_rate: Decimal | None,
    conditions: str,
    reasons: Sequence[str],
    now: datetime,
) -> ApplicationStatus:
    before = application.status
    level = LEVEL_OF.get(before)
    if level is None:
        raise rules.IllegalMove(before, ApplicationEvent(chosen.value))
    product = db.get(Product, application.product_id)
    assert product is not None and application.amount_fen is not None
    round_number = repository.current_round(db, application.id or 0)
    past = repository.list_approvals(db, application.id or 0)
    rules.check_four_eyes(
        approver_id=actor.user_id,
        involved=involved(db, application),
        decided_before={a.by_id for a in past if a.round == round_number},
    )
    rules.check_decision(
        chosen, opinion=opinion, amount_fen=amount_fen, applied_fen=application.amount_fen,
        max_fen=product.max_amount_fen, min_fen=product.min_amount_fen,
    )  # fmt: skip
    rate = annual_rate if annual_rate is not None else application.approved_rate or application.annual_rate
    term = term_months or application.approved_term_months or application.term_months
    if chosen is Decision.APPROVE:
        _check_terms(product, term, rate)
        _check_cost(db, application, product, amount_fen or 0, term or 1, rate or Decimal(0), now=now)
    event = rules.event_for(chosen, before, amount_fen=amount_fen or 0, authority=authority(db, now=now))
    received = past[-1].at if past and past[-1].round == round_number else application.submitted_at or now
    db.add(
        Approval(
            application_id=application.id or 0, round=round_number, level=level.value, level_label=level.label,
            decision=chosen, opinion=opinion.strip(), reasons=list(reasons)[:10],
            amount_fen=amount_fen if chosen is Decision.APPROVE else None, term_months=term, annual_rate=rate,
            by_id=actor.actor_id, received_at=received, at=now,
        )
    )  # fmt: skip
    application.status = rules.move(before, event)
    if chosen is Decision.APPROVE:
        application.approved_amount_fen, application.approved_term_months = amount_fen, term
        application.approved_rate = rate
        application.conditions = conditions[:500] or application.conditions
    final = event is not ApplicationEvent.PASS_ON
    following = LEVEL_OF.get(application.status)
    application.due_at = add_working_time(now, rules.REVIEW_HOURS[following]) if following else None
    close_notices(db, application, now=now)
    if final:
        application.decided_by_id, application.decided_at = actor.actor_id, now
        _tell_submission(db, application, event, now=now)
    application.updated_at = now
    application.version += 1
    amount_words = f" {format_wan(amount_fen or 0)}" if chosen is Decision.APPROVE else ""
    row = events.record(
        db, actor, EVENT_OF[event], now=now, entity="application", entity_id=application.id,
        customer_id=application.customer_id, lead_id=application.lead_id, before={"状态": before.label},
        after={"状态": application.status.label}, summary=f"{level.label}{chosen.label}{amount_words}：{opinion.strip()}",
    )  # fmt: skip
    if final:
        notify(
            db, application.owner_id, title=f"{application.number} {application.status.label}", text=level.label,
            link=f"/applications/{application.id}", kind="approval", entity="application", entity_id=application.id,
            actionable=event is not ApplicationEvent.APPROVE, event_id=row.id, now=now,
        )  # fmt: skip
    else:
        tell_reviewers(db, application, event_id=row.id, now=now)
    _move_lead(db, application, event, now=now)
    return application.status


def _check_cost(
    db: Session,
    application: Application,
    product: Product,
    amount_fen: int,
    term: int,
    rate: Decimal,
    *,
    now: datetime,
) -> None:
    """Refuse an own loan no contract could be made of: the caps of today, and fees taken before they may be."""
    if product.mode != Mode.OWN.value:
        return
    customer = db.get(Customer, application.customer_id)
    try:
        product_terms.check_cost(
            db, product, amount_fen=amount_fen, months=term, annual_rate=rate,
            customer_kind=customer.kind if customer else "", on=local(now).date(), now=now,
        )  # fmt: skip
    except CostAboveCap as fault:
        raise InvalidInput(fields={"annual_rate": fault.sentence}) from None


def _check_terms(product: Product, term: int | None, rate: Decimal | None) -> None:
    errors = {}
    if not term or (product.terms_months and term not in product.terms_months):
        errors["term_months"] = f"本产品期限可选 {'、'.join(str(t) for t in product.terms_months)} 个月"
    if rate is None or not product.min_annual_rate <= rate <= product.max_annual_rate:
        errors["annual_rate"] = "批复年利率不在本产品范围内"
    if errors:
        raise InvalidInput(fields=errors)


def _tell_submission(
    db: Session, application: Application, event: ApplicationEvent, *, now: datetime
) -> None:
    query = sa.select(Submission).where(col(Submission.application_id) == application.id)
    words = {ApplicationEvent.APPROVE: "approved", ApplicationEvent.REJECT: "rejected"}
    for row in db.execute(query).scalars():
        row.status = words.get(event, "returned")
        row.decided_at = now
        if event is ApplicationEvent.APPROVE:
            row.approved_amount_fen, row.approved_rate = (
                application.approved_amount_fen,
                application.approved_rate,
            )
        row.version += 1


def _move_lead(db: Session, application: Application, event: ApplicationEvent, *, now: datetime) -> None:
    lead = db.get(Lead, application.lead_id) if application.lead_id else None
    if lead is None or event is not ApplicationEvent.APPROVE:
        return
    for step in (LeadEvent.SUBMIT, LeadEvent.APPROVE):
        if (lead.status, step) in lead_rules.MOVES:
            lead.status = lead_rules.move(lead.status, step)
    lead.updated_at = now
    lead.version += 1
