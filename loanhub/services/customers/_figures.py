"""The money in the head of customer 360: exposure, the newest application, how punctually was repaid."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Installment, Loan, Payment, Product
from loanhub.services._actor import Actor
from loanhub.services.customers._shared import figure
from loanhub.services.customers.relations import OWING


def money_of(db: Session, actor: Actor, customer: Customer, *, today: date) -> dict[str, object]:
    """Return the figures the reader may see, as texts of the overview."""
    found: dict[str, object] = {}
    if actor.can(Permission.APPLICATIONS_READ):
        query = (
            sa.select(Application, col(Product.label))
            .outerjoin(Product, col(Product.id) == col(Application.product_id))
            .where(col(Application.customer_id) == customer.id)
            .order_by(col(Application.id).desc())
        )
        newest = db.execute(query.limit(1)).first()
        if newest is not None:
            application, product = newest
            found["asked"], found["asked_unit"] = figure(application.amount_fen)
            months = f"{application.term_months} 期" if application.term_months else ""
            found["asked_hint"] = " · ".join(p for p in (product or "", months) if p)
            found["asked_label"] = f"本次申请 · {application.status.label}"
        else:
            found["asked_hint"] = "还没有申请"
    if actor.can(Permission.LOANS_READ):
        owing = sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(col(Loan.outstanding_principal_fen)), 0),
            sa.func.coalesce(sa.func.max(col(Loan.dpd)), 0),
        ).where(col(Loan.customer_id) == customer.id, col(Loan.status).in_(OWING))
        number, total, late = db.execute(owing).one()
        found["exposure"], found["exposure_unit"] = figure(int(total))
        found["exposure_full"] = format_fen(int(total))
        found["exposure_hint"] = f"{number} 笔在贷 · {formats.overdue(int(late))}" if number else "无在贷"
        found |= _punctuality(db, customer.id or 0, today=today)
    return found


def _punctuality(db: Session, customer_id: int, *, today: date) -> dict[str, object]:
    """Count installments due by today, and those cleared by their due date plus the product's grace days."""
    newest = (
        sa.select(col(Installment.loan_id), sa.func.max(col(Installment.schedule_version)).label("newest"))
        .group_by(col(Installment.loan_id))
        .subquery()
    )
    query = (
        sa.select(
            col(Installment.due_date),
            col(Installment.cleared_date),
            sa.func.coalesce(col(Product.grace_days), 0),
        )
        .join(Loan, col(Loan.id) == col(Installment.loan_id))
        .join(
            newest,
            sa.and_(
                newest.c.loan_id == col(Installment.loan_id),
                newest.c.newest == col(Installment.schedule_version),
            ),
        )
        .outerjoin(Product, col(Product.id) == col(Loan.product_id))
        .where(
            col(Loan.customer_id) == customer_id,
            col(Loan.status) != LoanStatus.PENDING,
            sa.or_(col(Installment.due_date) <= today, col(Installment.cleared_date).is_not(None)),
        )
    )
    rows = db.execute(query).all()
    if not rows:
        return {"paid_hint": "还没有到期的账单"}
    good = sum(
        1
        for due, cleared, grace in rows
        if cleared is not None and cleared <= due + timedelta(days=int(grace))
    )
    last = db.execute(
        sa.select(sa.func.max(col(Payment.value_date)))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .where(col(Loan.customer_id) == customer_id, col(Payment.kind) == "payment")
    ).scalar()
    return {
        "paid_on_time": str(good),
        "paid_on_time_unit": f"/ {len(rows)} 期",
        "paid_hint": f"最近一次 {formats.relative_day(last, today)}" if last else "还没有还过款",
    }
