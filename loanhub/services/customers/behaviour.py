"""How a customer repays 还款表现: every installment at a glance, the payments, the decisions on applications, to-dos."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.applications import Decision
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import Application, Approval, Installment, Loan, Payment, Product, Task, User
from loanhub.repositories import customers as repository
from loanhub.services import tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

LIMIT = 100
DOTS = 36
_MONEY = (
    PostingKind.PAYMENT, PostingKind.PREPAYMENT, PostingKind.SETTLEMENT, PostingKind.RECOVERY, PostingKind.REFUND,
    PostingKind.WAIVER, PostingKind.REVERSAL,
)  # fmt: skip
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Behaviour:
    """Repayment behaviour over all loans.

    ``dots`` are the newest installments due, oldest first: {state: ok, late, open, early; title}. ``payments`` are the
    postings that moved money, newest first. ``late_rate`` is of installments due.
    """

    sentence: str = ""
    dots: Rows = field(default_factory=list)
    payments: Rows = field(default_factory=list)
    paid_total: str = ""
    interest_total: str = ""
    worst: str = ""


def behaviour(actor: Actor, *, customer_id: int, now: datetime) -> Behaviour:
    """Return how a customer repaid and repays.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks loans:read.
    """
    today = local(now).date()
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.LOANS_READ)
        dots, due, good, worst, principal, interest = _dots(db, customer_id, today)
        sentence = f"已到期 {due} 期，{good} 期按时还清" if due else "还没有到期的账单"
        if due and worst:
            sentence += f"，最长迟还 {worst} 天"
        return Behaviour(
            sentence, dots[-DOTS:], _payments(db, customer_id), format_fen(principal + interest), format_fen(interest),
            f"{worst} 天" if worst else "无",
        )  # fmt: skip


def _dots(db: Session, customer_id: int, today: date) -> tuple[Rows, int, int, int, int, int]:
    query = (
        sa.select(Installment, col(Loan.number), sa.func.coalesce(col(Product.grace_days), 0))
        .join(Loan, col(Loan.id) == col(Installment.loan_id))
        .outerjoin(Product, col(Product.id) == col(Loan.product_id))
        .where(col(Loan.customer_id) == customer_id, col(Loan.status) != LoanStatus.PENDING)
        .order_by(col(Installment.due_date), col(Installment.id))
    )
    dots: Rows = []
    due = good = worst = principal = interest = 0
    for row, number, grace in db.execute(query).all():
        principal += row.paid_principal_fen
        interest += row.paid_interest_fen
        if row.due_date > today and row.cleared_date is None:
            continue
        late = ((row.cleared_date or today) - row.due_date).days
        in_time = row.cleared_date is not None and row.cleared_date <= row.due_date + timedelta(
            days=int(grace)
        )
        due += row.due_date <= today
        good += in_time and row.due_date <= today
        worst = max(worst, late if not in_time else 0)
        state = (
            "early"
            if in_time and late < 0
            else "ok"
            if in_time
            else "open"
            if row.cleared_date is None
            else "late"
        )
        words = {
            "early": f"提前 {-late} 天还清", "ok": "按时还清", "late": f"迟 {late} 天还清",
            "open": f"逾期 {late} 天" if late > 0 else "今天到期",
        }[state]  # fmt: skip
        dots.append(
            {
                "state": state,
                "title": f"{number} 第 {row.period} 期 {formats.day(row.due_date)} {words}",
                "id": str(row.id),
            }
        )
    return dots, due, good, worst, principal, interest


def _payments(db: Session, customer_id: int) -> Rows:
    query = (
        sa.select(Payment, col(Loan.number), col(User.name))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .outerjoin(User, col(User.id) == col(Payment.by_id))
        .where(col(Loan.customer_id) == customer_id, col(Payment.kind).in_([kind.value for kind in _MONEY]))
        .order_by(col(Payment.value_date).desc(), col(Payment.id).desc())
        .limit(LIMIT)
    )
    rows = db.execute(query).all()
    undone = {row.reverses_id for row, _, _ in rows if row.reverses_id}
    return [
        {
            "id": str(row.id), "number": row.receipt_number or "—", "href": f"/loans/{row.loan_id}", "loan": number,
            "kind": PostingKind(row.kind).label, "amount": format_plain(row.amount_fen), "date": formats.day(row.value_date),
            "payer": row.payer_name or "—", "by": by or "系统",
            "state": "reversed" if row.id in undone or row.kind == PostingKind.REVERSAL else "",
            "note": "已冲正" if row.id in undone else "",
        }
        for row, number, by in rows
    ]  # fmt: skip


def approvals(actor: Actor, *, customer_id: int, now: datetime) -> Rows:
    """Return the decisions on a customer's applications, newest first.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks applications:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.APPLICATIONS_READ)
        query = (
            sa.select(Approval, col(Application.number), col(User.name))
            .join(Application, col(Application.id) == col(Approval.application_id))
            .outerjoin(User, col(User.id) == col(Approval.by_id))
            .where(col(Application.customer_id) == customer_id)
            .order_by(col(Approval.id).desc())
            .limit(LIMIT)
        )
        return [
            {
                "id": str(row.id), "number": number, "href": f"/applications/{row.application_id}", "level": row.level_label,
                "decision": Decision(row.decision).label, "code": Decision(row.decision).value,
                "opinion": row.opinion or "、".join(row.reasons) or "—", "by": by or "系统",
                "at": formats.relative(row.at, now), "title": formats.instant(row.at),
                "spent": formats.duration(row.at - row.received_at),
            }
            for row, number, by in db.execute(query).all()
        ]  # fmt: skip


def todos(actor: Actor, *, customer_id: int, now: datetime) -> Rows:
    """Return a customer's to-dos, open ones first, the lately finished after them.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks tasks:edit.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.TASKS_EDIT)
        query = (
            sa.select(Task)
            .where(col(Task.customer_id) == customer_id, col(Task.deleted_at).is_(None))
            .order_by(
                col(Task.done_at).is_not(None), col(Task.done_at).desc(), col(Task.due_at), col(Task.id)
            )
            .limit(LIMIT)
        )
        rows = list(db.execute(query).scalars())
        views = tasks.views_of(db, rows, now=now)
        return [
            {
                "id": str(view.id), "title": view.title, "kind": view.kind_label, "owner": view.owner, "state": view.state,
                "due": view.done_text or view.due_text, "at": view.due_title,
                "note": row.done_note or row.note,
                "mine": "yes" if actor.reaches(owner_id=row.owner_id, department_id=row.department_id) else "",
            }
            for row, view in zip(rows, views, strict=True)
        ]  # fmt: skip
