"""Where the lines of the workbench come from: one function a kind of work, each within the actor's scope."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.applications import IN_REVIEW, LEVEL_OF, ApplicationStatus
from loanhub.domain.catalogue.kinds.dates import china_date, start_of_day
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.first_response import response
from loanhub.domain.leads import CLOSED_STATUSES, LeadStatus
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_fen
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.domain.pipelines import StageCode
from loanhub.domain.public_pool import Clock
from loanhub.models import Application, Approval, Channel, Contract, Customer, Lead, Loan, Product, Task
from loanhub.repositories.scope import visible_to
from loanhub.services import _sop_progress
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services.tasks import TaskKind
from loanhub.services.workbench._item import WorkItem, end_of_day, make_item

EACH = 500
REVIEW_HOURS = 24
_STAGES = {code.value: number for number, code in enumerate(StageCode, start=1)}
_TASK_ICONS = {
    TaskKind.FOLLOW_UP: "phone", TaskKind.COLLECT_DOCUMENTS: "paperclip", TaskKind.VISIT: "map-pin",
    TaskKind.APPROVAL: "stamp", TaskKind.CONTRACT: "file-signature", TaskKind.FUNDS: "banknote",
    TaskKind.MESSAGE: "message-circle", TaskKind.COLLECTION: "phone-outgoing",
}  # fmt: skip
_UNTOUCHED = (LeadStatus.NEW, LeadStatus.WAITING, LeadStatus.NOT_REACHED)


def gather(db: Session, actor: Actor, *, until: datetime, now: datetime) -> list[WorkItem]:
    """Return everything that waits for the actor before ``until``, in no order."""
    items: list[WorkItem] = []
    if actor.can(Permission.LEADS_EDIT):
        items += _first_contacts(db, actor, now=now)
        items += _lead_steps(db, actor, until=until, now=now)
    if actor.can(Permission.INTERACTIONS_CREATE) and actor.can(Permission.CUSTOMERS_READ):
        items += _customer_steps(db, actor, until=until, now=now)
    if actor.can(Permission.TASKS_EDIT):
        items += _tasks(db, actor, until=until, now=now)
    if actor.can(Permission.APPLICATIONS_SUBMIT):
        items += _own_applications(db, actor, now=now)
    if actor.can(Permission.APPLICATIONS_APPROVE):
        items += _approvals(db, actor, now=now)
    if actor.can(Permission.CONTRACTS_CREATE):
        items += _contracts_to_make(db, actor, now=now)
    if actor.can_any(Permission.CONTRACTS_PRINT, Permission.CONTRACTS_SIGN):
        items += _contracts_to_sign(db, actor, now=now)
    if actor.can(Permission.LOANS_DISBURSE):
        items += _loans_to_request(db, actor, now=now)
    if actor.can(Permission.LOANS_CONFIRM):
        items += _loans_to_confirm(db, actor, now=now)
    if actor.can(Permission.PAYMENTS_CREATE):
        items += _due_today(db, actor, now=now)
    if RoleCode.COLLECTIONS.value in actor.roles or actor.can(Permission.LEADS_EDIT):
        items += _overdue(db, actor, now=now)
    return _one_call(items)


def _one_call(items: list[WorkItem]) -> list[WorkItem]:
    """Return the lines with one call a new lead: the step of its sequence is done by the first contact itself."""
    steps = {
        item.lead_id: item.sop
        for item in items
        if item.key.startswith("task:") and item.sop and item.action == "dial"
    }
    new = {item.lead_id for item in items if item.key.startswith("lead:") and item.lead_id in steps}
    return [
        replace(item, sop=steps[item.lead_id])
        if item.key.startswith("lead:") and item.lead_id in new
        else item
        for item in items
        if not (item.lead_id in new and item.key.startswith("task:") and item.sop and item.action == "dial")
    ]


def _mine(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.and_(col(Lead.owner_id) == actor.user_id, col(Lead.deleted_at).is_(None))


def _first_contacts(db: Session, actor: Actor, *, now: datetime) -> list[WorkItem]:
    first = lead_rules(db, now=now).first
    query = (
        sa.select(Lead, col(Channel.label))
        .outerjoin(Channel, col(Channel.code) == col(Lead.channel_code))
        .where(_mine(actor), col(Lead.first_contact_at).is_(None), col(Lead.status).in_(_UNTOUCHED))
        .order_by(col(Lead.assigned_at))
        .limit(EACH)
    )
    items = []
    for lead, channel in db.execute(query).all():
        limit = response(lead.assigned_at or lead.created_at, first).due_at
        due = lead.next_step_at or limit
        items.append(
            make_item(
                f"lead:{lead.id}", "later_first" if due > limit else "first", f"首次联系 {lead.name}", now=now,
                detail=" · ".join(p for p in (channel, lead.industry or lead.occupation, lead.city) if p),
                icon="phone-missed" if lead.status is LeadStatus.NOT_REACHED else "phone", amount_fen=lead.amount_fen,
                stage=_STAGES.get(lead.stage_code, 0), due_at=due, clock=first.clock, overrides=first.overrides,
                lead_id=lead.id or 0, temperature=lead.temperature.value if lead.temperature else "",
                action="dial", action_label="拨打", action_icon="phone", href=f"/leads?lead={lead.id}",
                can_finish=True, can_snooze=True,
            )
        )  # fmt: skip
    return items


def _lead_steps(db: Session, actor: Actor, *, until: datetime, now: datetime) -> list[WorkItem]:
    query = (
        sa.select(Lead)
        .where(
            _mine(actor),
            col(Lead.status).not_in(CLOSED_STATUSES),
            sa.or_(col(Lead.first_contact_at).is_not(None), col(Lead.status).not_in(_UNTOUCHED)),
            col(Lead.next_step_at) < until,
        )
        .order_by(col(Lead.next_step_at))
        .limit(EACH)
    )
    return [
        _step(f"lead:{lead.id}", lead, f"/customers/{lead.customer_id}" if lead.customer_id else f"/leads?lead={lead.id}",
              amount_fen=lead.amount_fen, stage=_STAGES.get(lead.stage_code, 0), risk=0, now=now)
        for lead in db.execute(query).scalars()
    ]  # fmt: skip


def _customer_steps(db: Session, actor: Actor, *, until: datetime, now: datetime) -> list[WorkItem]:
    led = sa.select(col(Lead.customer_id)).where(
        _mine(actor), col(Lead.customer_id).is_not(None), col(Lead.next_step_at).is_not(None),
        col(Lead.status).not_in(CLOSED_STATUSES),
    )  # fmt: skip
    query = (
        sa.select(Customer)
        .where(
            col(Customer.owner_id) == actor.user_id,
            col(Customer.deleted_at).is_(None),
            col(Customer.next_step_at) < until,
            col(Customer.id).not_in(led),
        )
        .order_by(col(Customer.next_step_at))
        .limit(EACH)
    )
    return [
        _step(
            f"customer:{one.id}",
            one,
            f"/customers/{one.id}",
            amount_fen=None,
            stage=0,
            risk=one.risk_grade,
            now=now,
        )
        for one in db.execute(query).scalars()
    ]


def _step(
    key: str,
    row: Lead | Customer,
    href: str,
    *,
    amount_fen: int | None,
    stage: int,
    risk: int | None,
    now: datetime,
) -> WorkItem:
    call = row.next_step_kind in ("", "phone")
    last = f"最近跟进 {formats.relative(row.last_follow_up_at, now)}" if row.last_follow_up_at else ""
    warmth = row.temperature.value if isinstance(row, Lead) and row.temperature else ""
    return make_item(
        key, "visit" if row.next_step_kind == "map-pin" else "follow", f"{row.next_step or '跟进'} {row.name}", now=now,
        detail=" · ".join(p for p in (row.company_name or row.industry or row.city, last) if p),
        icon=row.next_step_kind or "phone", amount_fen=amount_fen, stage=stage, risk=risk, due_at=row.next_step_at,
        action="dial" if call else "finish", action_label="拨打" if call else "完成",
        action_icon="phone" if call else "check", href=href, can_finish=True, can_snooze=True, temperature=warmth,
        lead_id=(row.id or 0) if isinstance(row, Lead) else 0,
    )  # fmt: skip


def _tasks(db: Session, actor: Actor, *, until: datetime, now: datetime) -> list[WorkItem]:
    query = (
        sa.select(
            Task,
            col(Customer.name),
            col(Lead.name),
            col(Lead.amount_fen),
            col(Lead.stage_code),
            col(Lead.temperature),
        )
        .outerjoin(Customer, col(Customer.id) == col(Task.customer_id))
        .outerjoin(Lead, col(Lead.id) == col(Task.lead_id))
        .where(
            col(Task.owner_id) == actor.user_id,
            col(Task.done_at).is_(None),
            col(Task.deleted_at).is_(None),
            sa.or_(col(Task.snoozed_until).is_(None), col(Task.snoozed_until) <= now),
            sa.or_(col(Task.due_at).is_(None), col(Task.due_at) < until),
        )
        .order_by(col(Task.due_at).is_(None), col(Task.due_at))
        .limit(EACH)
    )
    items, rows = [], db.execute(query).all()
    steps = _sop_progress.words_of(db, {row[0].sop_run_id for row in rows if row[0].sop_run_id})
    overrides = lead_rules(db, now=now).first.overrides
    for task, customer, lead, amount, stage, warmth in rows:
        kind = TaskKind.find(task.kind) or TaskKind.OTHER
        href = f"/customers/{task.customer_id}" if task.customer_id else ""
        href = href or (f"/leads?lead={task.lead_id}" if task.lead_id else "")
        subject = customer or lead or ""
        calls = kind is TaskKind.FOLLOW_UP and bool(task.lead_id or task.customer_id)
        title = task.title if not subject or subject in task.title else f"{task.title} {subject}"
        items.append(
            make_item(
                f"task:{task.id}", "visit" if kind is TaskKind.VISIT else "task", title, now=now,
                detail=task.note or kind.label, icon=_TASK_ICONS.get(kind, "calendar-check"), amount_fen=amount,
                stage=_STAGES.get(stage or "", 0), due_at=task.due_at, action="dial" if calls else "finish",
                action_label="拨打" if calls else "完成", action_icon="phone" if calls else "check",
                href=href or f"/tasks?task={task.id}", can_finish=True, can_snooze=True, clock=Clock(task.clock),
                overrides=overrides, temperature=warmth.value if warmth else "", priority=task.priority,
                sop=steps.get(task.sop_run_id or 0, ""), lead_id=task.lead_id or 0,
            )
        )  # fmt: skip
    return items


def _with_names(query: sa.Select[Any]) -> sa.Select[Any]:
    return (
        query.add_columns(col(Customer.name), col(Product.label))
        .join(Customer, col(Customer.id) == col(Application.customer_id))
        .outerjoin(Product, col(Product.id) == col(Application.product_id))
    )


def _application_item(
    row: Application, name: str, product: str | None, kind: str, verb: str, label: str, icon: str, href: str,
    detail: str, due_at: datetime | None, now: datetime,
) -> WorkItem:  # fmt: skip
    return make_item(
        f"application:{row.id}", kind, f"{verb} {name}", now=now,
        detail=" · ".join(p for p in (product, detail, row.number) if p), icon=icon,
        amount_fen=row.approved_amount_fen or row.amount_fen, risk=row.risk_grade, due_at=due_at,
        action_label=label, href=href,
    )  # fmt: skip


def _own_applications(db: Session, actor: Actor, *, now: datetime) -> list[WorkItem]:
    query = sa.select(Application).where(
        col(Application.owner_id) == actor.user_id,
        col(Application.status).in_((ApplicationStatus.RETURNED, ApplicationStatus.DRAFT)),
    )
    items = []
    for row, name, product in db.execute(_with_names(query).limit(EACH)).all():
        back = row.status is ApplicationStatus.RETURNED
        items.append(
            _application_item(
                row, name, product, "returned" if back else "draft", "补充申请" if back else "提交申请",
                "补充" if back else "继续", "corner-down-left" if back else "file-pen", f"/applications/{row.id}",
                "审批退回" if back else "草稿", row.updated_at + timedelta(hours=REVIEW_HOURS) if back else None, now,
            )
        )  # fmt: skip
    return items


def _approvals(db: Session, actor: Actor, *, now: datetime) -> list[WorkItem]:
    decided = sa.select(sa.literal(1)).where(
        col(Approval.application_id) == col(Application.id),
        col(Approval.by_id) == actor.user_id,
        col(Approval.at) >= col(Application.submitted_at),
    )
    query = sa.select(Application).where(
        visible_to(actor, Application),
        col(Application.status).in_(IN_REVIEW),
        col(Application.submitted_by_id).is_distinct_from(actor.user_id),
        col(Application.owner_id).is_distinct_from(actor.user_id),
        ~decided.exists(),
    )
    return [
        _application_item(
            row, name, product, "approve", "审批", "审批", "stamp", f"/applications/{row.id}",
            LEVEL_OF[row.status].label,
            row.due_at or (row.submitted_at or row.created_at) + timedelta(hours=REVIEW_HOURS), now,
        )
        for row, name, product in db.execute(
            _with_names(query).order_by(col(Application.submitted_at)).limit(EACH)
        ).all()
    ]  # fmt: skip


def _contracts_to_make(db: Session, actor: Actor, *, now: datetime) -> list[WorkItem]:
    query = sa.select(Application).where(
        visible_to(actor, Application), col(Application.status) == ApplicationStatus.APPROVED
    )
    return [
        _application_item(
            row, name, product, "contract", "生成合同", "生成", "file-plus",
            f"/contracts?application={row.id}", "已通过审批",
            (row.decided_at or row.updated_at) + timedelta(hours=REVIEW_HOURS), now,
        )
        for row, name, product in db.execute(
            _with_names(query).order_by(col(Application.decided_at)).limit(EACH)
        ).all()
    ]  # fmt: skip


def _contracts_to_sign(db: Session, actor: Actor, *, now: datetime) -> list[WorkItem]:
    query = (
        sa.select(Contract, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Contract.customer_id))
        .where(visible_to(actor, Contract), col(Contract.status) == ContractStatus.TO_SIGN)
        .order_by(col(Contract.created_at))
        .limit(EACH)
    )
    items = []
    for row, name in db.execute(query).all():
        printed = row.copy_count > 0
        if not actor.can(Permission.CONTRACTS_SIGN if printed else Permission.CONTRACTS_PRINT):
            continue
        items.append(
            make_item(
                f"contract:{row.id}", "sign" if printed else "print", f"{'登记签署' if printed else '打印合同' if row.base == LOAN_CONTRACT else '打印文书'} {name}",
                now=now, detail=f"{row.number} · {'已打印 ' + str(row.copy_count) + ' 份' if printed else '还没有打印'}",
                icon="signature" if printed else "printer",
                amount_fen=row.amount_fen if row.base == LOAN_CONTRACT else None,
                due_at=row.created_at + timedelta(hours=REVIEW_HOURS * (3 if printed else 1)),
                action_label="登记" if printed else "打印", href=f"/contracts/{row.id}",
            )
        )  # fmt: skip
    return items


def _loans_to_request(db: Session, actor: Actor, *, now: datetime) -> list[WorkItem]:
    begun = sa.select(sa.literal(1)).where(col(Loan.contract_id) == col(Contract.id))
    query = (
        sa.select(Contract, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Contract.customer_id))
        .where(
            visible_to(actor, Contract),
            col(Contract.status) == ContractStatus.SIGNED,
            col(Contract.base) == LOAN_CONTRACT,
            ~begun.exists(),
        )
        .order_by(col(Contract.signed_date))
        .limit(EACH)
    )
    return [
        make_item(
            f"contract:{row.id}", "request", f"发起放款 {name}", now=now, detail=f"{row.number} · 已签",
            icon="banknote", amount_fen=row.amount_fen, due_at=row.updated_at + timedelta(hours=REVIEW_HOURS),
            action_label="放款", href=f"/contracts/{row.id}",
        )
        for row, name in db.execute(query).all()
    ]  # fmt: skip


def _loans(actor: Actor) -> Any:
    return (
        sa.select(Loan, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(visible_to(actor, Loan))
    )


def _loans_to_confirm(db: Session, actor: Actor, *, now: datetime) -> list[WorkItem]:
    query = _loans(actor).where(
        col(Loan.status) == LoanStatus.PENDING, col(Loan.requested_by_id).is_distinct_from(actor.user_id)
    )
    return [
        make_item(
            f"loan:{row.id}", "confirm", f"复核放款 {name}", now=now, detail=row.number, icon="badge-check",
            amount_fen=row.principal_fen, due_at=(row.requested_at or row.created_at) + timedelta(hours=4),
            action_label="复核", href=f"/loans/{row.id}",
        )
        for row, name in db.execute(query.order_by(col(Loan.requested_at)).limit(EACH)).all()
    ]  # fmt: skip


def _due_today(db: Session, actor: Actor, *, now: datetime) -> list[WorkItem]:
    query = _loans(actor).where(
        col(Loan.status).in_((LoanStatus.ACTIVE, LoanStatus.GRACE)),
        col(Loan.next_due_date) == china_date(now),
    )
    return [
        make_item(
            f"loan:{row.id}", "due", f"今日应还 {name}", now=now,
            detail=f"{row.number} · 剩余本金 {format_fen(row.outstanding_principal_fen)}", icon="wallet",
            amount_fen=row.outstanding_principal_fen, due_at=end_of_day(now) - timedelta(minutes=1),
            action_label="入账", href=f"/loans/{row.id}",
        )
        for row, name in db.execute(query.limit(EACH)).all()
    ]  # fmt: skip


def _overdue(db: Session, actor: Actor, *, now: datetime) -> list[WorkItem]:
    query = _loans(actor).where(col(Loan.status) == LoanStatus.OVERDUE)
    if RoleCode.COLLECTIONS.value not in actor.roles:
        query = query.where(col(Loan.owner_id) == actor.user_id)
    query = query.order_by(col(Loan.overdue_principal_fen).desc(), col(Loan.dpd).desc())
    return [
        make_item(
            f"loan:{row.id}", "overdue", f"逾期跟进 {name}", now=now,
            detail=f"{row.number} · {formats.overdue(row.dpd)} · {row.bucket}", icon="triangle-alert",
            amount_fen=row.overdue_principal_fen or row.outstanding_principal_fen,
            due_at=start_of_day(china_date(now)) - timedelta(days=row.dpd),
            action_label="查看", href=f"/customers/{row.customer_id}?tab=loans",
        )
        for row, name in db.execute(query.limit(EACH)).all()
    ]  # fmt: skip
